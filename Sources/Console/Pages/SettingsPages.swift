/// *Settings*, for admins: who may use the console, programs' tokens, and the list of what was done.
import EstateModel
import Foundation
import Gateway
import HTTPTypes
import Hummingbird

extension PageRoutes {
  private static let auditPage = 100
  /// Days.
  private static let usualTokenLife = 90
  private static let longestTokenLife: Int64 = 3660

  @Sendable func settings(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let before = try Query(request).integer("before", in: 0...Int.max, else: 0)
    return try await settingsPage(request, context, before: before)
  }

  /// What a form asks for: `do` and `account`, and `role` where it is needed. The name stands in no address.
  @Sendable func changeAccount(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let by = try context.signedIn().account
    let speech = pages.speech(context.preferences)
    let (action, name) = (context.form["do"] ?? "", context.form["account"] ?? "")
    let role = context.form["role"].flatMap(Access.init)
    do {
      let accounts = accounts
      let password: String?
      let word: String
      switch (action, role) {
      case ("add", let role?):
        password = try await hashing.run { try accounts.add(name, access: role) }
        word = "user-added"
      case ("password", _):
        password = try await hashing.run { try accounts.setPassword(of: name) }
        word = "user-password"
      case ("role", let role?):
        try accounts.setAccess(of: name, to: role)
        (password, word) = (nil, "user-role-\(role.rawValue)")
      case ("disable", _), ("enable", _):
        try accounts.setDisabled(action == "disable", of: name)
        (password, word) = (nil, "user-\(action)d")
      case ("remove", _):
        try accounts.remove(name)
        (password, word) = (nil, "user-removed")
      default: throw Problem(.badRequest, "the form names nothing to be done")
      }
      api.audit.note(word, by: by, about: name, from: context.remoteAddress)
      guard let password else { return .seeOther("/settings") }
      // Shown once, in the answer itself: it stands in no address and in no log.
      return try await settingsPage(
        request, context, secret: (speech("settings.password-once"), name, password))
    } catch let error as AccountError {
      return try await settingsPage(request, context, message: "\(speech("ticket.refused")) \(error)")
    }
  }

  @Sendable func changeToken(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let by = try context.signedIn().account
    let speech = pages.speech(context.preferences)
    do {
      switch context.form["do"] {
      case "make":
        let now = GatewayClock.wall.milliseconds
        guard let scope = context.form["scope"].flatMap(Access.init),
          let last = context.form["ends"].flatMap({ Timestamp(rfc3339: "\($0)T00:00:00Z") }),
          last.milliseconds > now - 86_400_000, last.milliseconds < now + Self.longestTokenLife * 86_400_000
        else { return try await settingsPage(request, context, message: speech("settings.token-expected")) }
        let account = context.form["account"] ?? ""
        let made = try accounts.addToken(
          account: account, scope: scope, ends: last.milliseconds + 86_400_000)
        api.audit.note("token-added", by: by, about: "\(account) \(made.id)", from: context.remoteAddress)
        return try await settingsPage(
          request, context, secret: (speech("settings.token-once"), "\(account) \(made.id)", made.secret))
      case "revoke":
        let id = context.form["token"] ?? ""
        try accounts.removeToken(id)
        api.audit.note("token-revoked", by: by, about: id, from: context.remoteAddress)
        return .seeOther("/settings")
      default: throw Problem(.badRequest, "the form names nothing to be done")
      }
    } catch let error as AccountError {
      return try await settingsPage(request, context, message: "\(speech("ticket.refused")) \(error)")
    }
  }

  private func settingsPage(
    _ request: Request, _ context: ConsoleContext, before: Int = 0, message: String? = nil,
    secret: (what: String, whose: String, text: String)? = nil
  ) async throws -> Response {
    let identity = try context.signedIn()
    guard case .session(let csrf) = identity.proof else {
      throw Problem(.forbidden, "this page is for people; a token uses the API and 'gatehouse user'")
    }
    let speech = pages.speech(context.preferences)
    let zone = catalogue.estates.first?.timeZone ?? .gmt
    let now = GatewayClock.wall.milliseconds
    func roles(_ chosen: Access) -> [[String: Any]] {
      Access.allCases.map {
        ["value": $0.rawValue, "text": speech("access.\($0.rawValue)"), "on": $0 == chosen]
      }
    }
    let audit = api.audit
    let (lines, next) = try await hashing.run {
      try audit.lines(before: before == 0 ? nil : before, limit: Self.auditPage)
    }
    var values: [String: Any] = [
      "csrf": csrf, "roles": roles(.viewer),
      "accounts": accounts.accounts.map { account -> [String: Any] in
        [
          "name": account.name, "key": account.name.elementKey, "isDisabled": account.isDisabled,
          "roles": roles(account.access), "isOwn": account.name == identity.account,
          "state": speech(
            account.isDisabled
              ? "settings.disabled" : account.mustChangePassword ? "settings.one-time" : "settings.active"),
        ]
      },
      "tokens": accounts.tokens.map { token -> [String: Any] in
        [
          "id": token.id, "account": token.account, "scope": speech("access.\(token.scope.rawValue)"),
          "ends": LocalTime.text(token.ends, in: zone), "isOver": token.ends <= now,
        ]
      },
      "hasTokens": !accounts.tokens.isEmpty,
      "ends": String(
        Timestamp(milliseconds: now + Int64(Self.usualTokenLife) * 86_400_000).formatted().prefix(10)),
      "audit": lines.map { line -> [String: Any] in
        [
          "at": LocalTime.text(line.at, in: zone, seconds: true), "action": action(line.action, speech),
          "by": line.by, "about": line.about ?? "", "from": line.from ?? "",
        ]
      },
    ]
    if let next { values["next"] = "/settings?before=\(next)#audit" }
    if let message { values["message"] = message }
    if let secret {
      values["secret"] = ["what": secret.what, "whose": secret.whose, "text": secret.text]
    }
    var response = pages.page(
      pages.part("settings", values, context.preferences), title: speech("nav.settings"), section: "settings",
      request: request, context: context)
    if message != nil { response.status = .unprocessableContent }
    return response
  }

  /// `ticket-acknowledge` as the button's word; what has none is shown as it is.
  private func action(_ action: String, _ speech: Speech) -> String {
    let key = action.hasPrefix("ticket-") ? "act.\(action.dropFirst(7))" : "audit.\(action)"
    let text = speech(key)
    return text == key ? action : text
  }
}
