/// Who asks, how they like their pages, and whether a changing request really comes from one of our pages.
import Crypto
import Foundation
import Gateway
import HTTPTypes
import Hummingbird
import NIOCore

struct Identification: RouterMiddleware {
  static let sessionCookie = "gatehouse-session"
  /// Of a browser that has not signed in yet: its sign-in form carries a token made of it.
  static let formCookie = "gatehouse-form"

  let accounts: AccountBook
  let sessions: Sessions
  let isBehindProxy: Bool

  func handle(
    _ request: Request, context: ConsoleContext, next: (Request, ConsoleContext) async throws -> Response
  ) async throws -> Response {
    var (request, context) = (request, context)
    context.preferences = Preferences(of: request)
    context.believe(request, isBehindProxy: isBehindProxy)
    context.identity = try identity(request)
    if Self.changes(request.method) {
      try await readForm(&request, &context)
      try checkOrigin(request, context)
    }
    return try await next(request, context)
  }

  static func changes(_ method: HTTPRequest.Method) -> Bool { ![.get, .head, .options].contains(method) }

  private func identity(_ request: Request) throws -> Identity? {
    let now = GatewayClock.wall.milliseconds
    if let header = request.headers[.authorization] {
      let parts = header.split(separator: " ", maxSplits: 1)
      guard parts.count == 2, parts[0].lowercased() == "bearer",
        let identity = accounts.identity(token: String(parts[1]), now: now)
      else { throw Problem.unauthorized("the token is unknown or its time is over") }
      return identity
    }
    guard let cookie = request.cookies[Self.sessionCookie]?.value,
      let account = sessions.account(of: cookie, in: accounts, now: now)
    else { return nil }
    return Identity(
      account: account.name, access: account.access, proof: .session(csrf: Secret.csrf(of: cookie)),
      mustChangePassword: account.mustChangePassword)
  }

  private func readForm(_ request: inout Request, _ context: inout ConsoleContext) async throws {
    let body: ByteBuffer
    do {
      body = try await request.body.collect(upTo: context.maxUploadSize)
    } catch is NIOTooManyBytesError {
      throw Problem(.contentTooLarge, "at most \(context.maxUploadSize) bytes are read")
    }
    request.body = RequestBody(buffer: body)
    if request.headers[.contentType]?.hasPrefix("application/x-www-form-urlencoded") == true {
      context.form = FormFields.read(String(buffer: body))
    }
  }

  /// Another site's page can send requests with our cookie in an old browser; it can't know the token.
  private func checkOrigin(_ request: Request, _ context: ConsoleContext) throws {
    if let site = request.headers[.fetchSite], !["same-origin", "none"].contains(site) {
      throw Problem(.forbidden, "this request comes from another site")
    }
    let expected: String
    switch context.identity?.proof {
    case .token: return
    case .session(let csrf): expected = csrf
    case nil:
      guard request.uri.path == "/sign-in" else { throw Problem.unauthorized("sign in first") }
      guard let cookie = request.cookies[Self.formCookie]?.value else {
        throw Problem(.forbidden, "the form is too old, or cookies are switched off; load the page again")
      }
      expected = Secret.csrf(of: cookie)
    }
    let given = request.headers[.csrfToken] ?? context.form["csrf"] ?? ""
    guard isSame(Data(given.utf8), Data(expected.utf8)) else {
      throw Problem(.forbidden, "the form's token is missing or wrong; load the page again")
    }
  }
}

extension ConsoleContext {
  /// Behind a proxy the request comes from the proxy's client.
  mutating func believe(_ request: Request, isBehindProxy: Bool) {
    if isBehindProxy, let forwarded = request.headers[.forwardedFor]?.split(separator: ",").last {
      remoteAddress = forwarded.trimmingCharacters(in: .whitespaces)
    }
  }
}

extension HTTPField.Name {
  static let csrfToken = known("X-CSRF-Token")
  static let forwardedFor = known("X-Forwarded-For")
  static let fetchSite = known("Sec-Fetch-Site")
  static let lastEventID = known("Last-Event-ID")

  private static func known(_ name: String) -> HTTPField.Name { HTTPField.Name(name) ?? .accept }
}

extension Problem {
  static func unauthorized(_ detail: String) -> Problem {
    var problem = Problem(.unauthorized, detail)
    problem.headers[.wwwAuthenticate] = "Bearer realm=\"gatehouse\""
    return problem
  }
}

/// `a=1&b=%E4%BA%95`: of fields that stand twice the last counts.
enum FormFields {
  static func read(_ text: String) -> [String: String] {
    var fields: [String: String] = [:]
    for pair in text.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
        $0.replacingOccurrences(of: "+", with: " ").removingPercentEncoding ?? ""
      }
      fields[parts[0]] = parts.count > 1 ? parts[1] : ""
    }
    return fields
  }
}

/// Lets only those pass who may.
struct Guard: RouterMiddleware {
  let access: Access
  /// Programs get 401 and 403; people are led to the form that helps.
  let isForPrograms: Bool

  func handle(
    _ request: Request, context: ConsoleContext, next: (Request, ConsoleContext) async throws -> Response
  ) async throws -> Response {
    guard let identity = context.identity else {
      if isForPrograms || Identification.changes(request.method) {
        throw Problem.unauthorized("sign in, or send a token as 'Authorization: Bearer …'")
      }
      let path = request.uri.path
      return .seeOther(path == "/" ? "/sign-in" : "/sign-in?next=\(path.escapedForQuery)")
    }
    if identity.mustChangePassword, request.uri.path != "/password", request.uri.path != "/sign-out" {
      if isForPrograms { throw Problem(.forbidden, "replace the one-time password first") }
      return .seeOther("/password")
    }
    guard identity.access >= access else {
      throw Problem(
        .forbidden,
        "this needs the access of an \(access.rawValue); you have that of a \(identity.access.rawValue)")
    }
    return try await next(request, context)
  }
}

extension String {
  var escapedForQuery: String {
    addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(CharacterSet(charactersIn: "/-_.")))
      ?? "/"
  }

  /// A path on this server, so that nobody is led elsewhere.
  var isLocalPath: Bool {
    hasPrefix("/") && !hasPrefix("//") && !contains("\\")
      && unicodeScalars.allSatisfy { $0.value > 32 && $0.value < 127 }
  }
}
