/// The outermost layer: errors become answers, and every answer carries the headers that keep browsers strict.
import HTTPTypes
import Hummingbird
import Logging

struct Outcome: RouterMiddleware {
  let pages: Pages
  let isEncrypted: Bool

  /// Nothing from other hosts, nothing inline, no frames.
  static let policy = [
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
    "font-src 'self'", "manifest-src 'self'", "form-action 'self'", "base-uri 'none'",
    "frame-ancestors 'none'",
  ].joined(separator: "; ")

  func handle(
    _ request: Request, context: ConsoleContext, next: (Request, ConsoleContext) async throws -> Response
  ) async throws -> Response {
    var response: Response
    do {
      response = try await next(request, context)
    } catch {
      let problem = Problem(error)
      if problem.status.code >= 500, !(error is Problem) {
        context.logger.error("\(request.method) \(request.uri.path): \(error)")
      }
      response = answer(problem, request, context)
    }
    set(&response.headers)
    return response
  }

  private func answer(_ problem: Problem, _ request: Request, _ context: ConsoleContext) -> Response {
    let path = request.uri.path
    if path.hasPrefix("/api/") || request.headers[.accept]?.contains("text/html") != true {
      return problem.response(for: path)
    }
    let chosen = Preferences(of: request)
    return .html(pages.problem(problem, chosen), status: problem.status)
  }

  private func set(_ headers: inout HTTPFields) {
    func add(_ name: String, _ value: String) {
      guard let name = HTTPField.Name(name), headers[name] == nil else { return }
      headers[name] = value
    }
    add("Content-Security-Policy", Self.policy)
    add("X-Content-Type-Options", "nosniff")
    add("X-Frame-Options", "DENY")
    add("Referrer-Policy", "no-referrer")
    add("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
    add("Cross-Origin-Opener-Policy", "same-origin")
    add("Cross-Origin-Resource-Policy", "same-origin")
    add("Cache-Control", "no-store")
    if isEncrypted { add("Strict-Transport-Security", "max-age=31536000") }
  }
}

extension Preferences {
  static let languageCookie = "gatehouse-language"
  static let themeCookie = "gatehouse-theme"

  /// By the person's own choice, else by what the browser prefers.
  init(of request: Request) {
    switch request.cookies[Self.languageCookie]?.value {
    case "zh": isChinese = true
    case "en": isChinese = false
    default: isChinese = Self.prefersChinese(request.headers[.acceptLanguage] ?? "")
    }
    let theme = request.cookies[Self.themeCookie]?.value
    if theme == "light" || theme == "dark" { self.theme = theme }
  }

  /// `zh-CN,zh;q=0.9,en;q=0.8`: the language with the highest weight wins, the first of equals.
  static func prefersChinese(_ header: String) -> Bool {
    var best = (weight: -1.0, isChinese: false)
    for entry in header.split(separator: ",") {
      let parts = entry.split(separator: ";").map { $0.trimmingPrefix { $0 == " " } }
      guard let tag = parts.first?.lowercased() else { continue }
      let isChinese = tag.hasPrefix("zh")
      guard isChinese || tag.hasPrefix("en") else { continue }
      let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
      if weight > best.weight { best = (weight, isChinese) }
    }
    return best.isChinese
  }
}
