/// Templates put together to pages. The first paint needs no script.
import Foundation
import HTTPTypes
import Hummingbird
import Mustache

struct Pages: Sendable {
  let words: Words
  let assets: Assets
  private let templates: MustacheLibrary

  init() throws {
    words = try Words()
    assets = try Assets()
    var templates = MustacheLibrary()
    for file in try Resources.names(in: "templates") where file.hasSuffix(".mustache") {
      let template = try MustacheTemplate(string: try Resources.text("templates/\(file)"))
      templates.register(template, named: String(file.dropLast(".mustache".count)))
    }
    self.templates = templates
  }

  func speech(_ preferences: Preferences) -> Speech { Speech(words: words, isChinese: preferences.isChinese) }

  /// The middle of a page.
  func part(_ template: String, _ values: [String: Any], _ preferences: Preferences) -> String {
    var values = values
    values["w"] = words.nested(isChinese: preferences.isChinese)
    return templates.render(values, withTemplate: template) ?? ""
  }

  /// A whole page, or only its middle when a script asks for that.
  /// - Parameters:
  ///   - section: the entry of the navigation that it belongs to.
  ///   - attributes: for scripts, as `data-` attributes of the middle.
  func page(
    _ body: String, title: String, section: String, request: Request, context: ConsoleContext,
    attributes: [String: String] = [:]
  ) -> Response {
    if request.headers[.fragment] != nil { return .html(body) }
    return .html(whole(body, title: title, section: section, context: context, attributes: attributes))
  }

  private func whole(
    _ body: String, title: String, section: String, context: ConsoleContext, attributes: [String: String]
  ) -> String {
    var values = frame(title: title, context.preferences)
    values["body"] = body
    values["on-\(section)"] = true
    values["attributes"] = attributes.sorted { $0.key < $1.key }.map { ["name": $0.key, "value": $0.value] }
    if let identity = context.identity {
      values["account"] = identity.account
      values["isAdmin"] = identity.access >= .admin
      values["access"] = words.text(
        "access.\(identity.access.rawValue)", isChinese: context.preferences.isChinese)
      if case .session(let csrf) = identity.proof { values["csrf"] = csrf }
    }
    return templates.render(values, withTemplate: "layout") ?? ""
  }

  /// A page without navigation: signing in, what went wrong.
  func plain(_ template: String, _ values: [String: Any], title: String, _ preferences: Preferences) -> String
  {
    var all = frame(title: title, preferences)
    all["body"] = part(template, values, preferences)
    return templates.render(all, withTemplate: "plain") ?? ""
  }

  func problem(_ problem: Problem, _ preferences: Preferences) -> String {
    let key = "problem.\(problem.status.code)"
    let known = words.all(isChinese: preferences.isChinese)
    let title = known[key] ?? known["problem.other"] ?? ""
    return plain(
      "problem", ["title": title, "status": problem.status.code, "detail": problem.detail], title: title,
      preferences)
  }

  private func frame(title: String, _ preferences: Preferences) -> [String: Any] {
    [
      "w": words.nested(isChinese: preferences.isChinese), "title": title,
      "lang": preferences.isChinese ? "zh-CN" : "en", "otherLang": preferences.isChinese ? "en" : "zh",
      "theme": preferences.theme ?? "auto", "version": assets.version, "dygraphs": assets.hasDygraphs,
    ]
  }
}

extension HTTPField.Name {
  /// A script asks for the middle of a page only.
  static let fragment = HTTPField.Name("X-Fragment") ?? .accept
}
