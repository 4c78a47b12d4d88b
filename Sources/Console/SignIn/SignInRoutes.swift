/// Signing in and out, changing one's password, and choosing language and colours.
import Foundation
import Gateway
import HTTPTypes
import Hummingbird

struct SignInRoutes: Sendable {
  let accounts: AccountBook
  let sessions: Sessions
  let limiter: TryLimiter
  let pages: Pages
  let audit: Audit
  let isEncrypted: Bool
  /// One hash at a time: many tries at once can't take all memory and cores.
  private let hashing = Blocking("gatehouse.console.hashing")
  /// Checked for names that nobody bears, so that they take as long as others.
  private let nobody: PasswordHash

  init(
    accounts: AccountBook, sessions: Sessions, limiter: TryLimiter, pages: Pages, audit: Audit,
    isEncrypted: Bool
  ) throws {
    (self.accounts, self.sessions, self.limiter) = (accounts, sessions, limiter)
    (self.pages, self.audit, self.isEncrypted) = (pages, audit, isEncrypted)
    nobody = try PasswordHash(Secret.random())
  }

  func add(to router: Router<ConsoleContext>) {
    router.get("/sign-in", use: form)
    router.post("/sign-in", use: signIn)
    router.post("/sign-out", use: signOut)
    router.get("/choose/:what/:value", use: choose)
    let own = router.group("/password").add(middleware: Guard(access: .viewer, isForPrograms: false))
    own.get("", use: passwordForm)
    own.post("", use: changePassword)
  }

  @Sendable func form(_ request: Request, _ context: ConsoleContext) -> Response {
    formPage(request, context, next: Query(request).text("next"), message: nil)
  }

  private func formPage(
    _ request: Request, _ context: ConsoleContext, next: String?, message: String?,
    status: HTTPResponse.Status = .ok
  ) -> Response {
    let secret = request.cookies[Identification.formCookie]?.value ?? Secret.random()
    var values: [String: Any] = [
      "csrf": Secret.csrf(of: secret), "next": next?.isLocalPath == true ? next ?? "/" : "/",
    ]
    if let message { values["message"] = message }
    let title = pages.speech(context.preferences)("sign-in.title")
    var response = Response.html(
      pages.plain("sign-in", values, title: title, context.preferences), status: status)
    setCookie(Identification.formCookie, secret, for: 3600, &response)
    return response
  }

  @Sendable func signIn(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let name = context.form["account"] ?? ""
    let password = String((context.form["password"] ?? "").prefix(400))
    let next = context.form["next"]
    let speech = pages.speech(context.preferences)
    let keys = ["account \(name.prefix(80))", "address \(context.remoteAddress)"]
    let now = GatewayClock.monotonic
    let wait = limiter.take(keys, at: now)
    if wait > 0 {
      audit.note("sign-in-refused", by: String(name.prefix(80)), from: context.remoteAddress)
      var response = formPage(
        request, context, next: next, message: speech("sign-in.wait"), status: .tooManyRequests)
      response.headers[.retryAfter] = "\(wait / 1000 + 1)"
      return response
    }
    let account = accounts.account(name).flatMap { $0.isDisabled ? nil : $0 }
    let hash = account?.password ?? nobody
    let matches = try await hashing.run { hash.matches(password) }
    guard let account, matches else {
      audit.note("sign-in-failed", by: String(name.prefix(80)), from: context.remoteAddress)
      return formPage(
        request, context, next: next, message: speech("sign-in.wrong"), status: .unauthorized)
    }
    limiter.forgive(keys, at: now)
    audit.note("sign-in", by: account.name, from: context.remoteAddress)
    let secret = sessions.begin(account, now: GatewayClock.wall.milliseconds)
    var response = Response.seeOther(
      account.mustChangePassword ? "/password" : next?.isLocalPath == true ? next ?? "/" : "/")
    setCookie(Identification.sessionCookie, secret, for: Int(Sessions.longest / 1000), &response)
    setCookie(Identification.formCookie, "", for: 0, &response)
    return response
  }

  @Sendable func signOut(_ request: Request, _ context: ConsoleContext) -> Response {
    if let secret = request.cookies[Identification.sessionCookie]?.value { sessions.end(secret) }
    if let account = context.identity?.account { audit.note("sign-out", by: account) }
    var response = Response.seeOther("/sign-in")
    setCookie(Identification.sessionCookie, "", for: 0, &response)
    return response
  }

  @Sendable func passwordForm(_ request: Request, _ context: ConsoleContext) throws -> Response {
    try passwordPage(request, context, message: nil)
  }

  private func passwordPage(
    _ request: Request, _ context: ConsoleContext, message: String?, status: HTTPResponse.Status = .ok
  ) throws -> Response {
    let identity = try context.signedIn()
    guard case .session(let csrf) = identity.proof else {
      throw Problem(.forbidden, "a token has no password to change")
    }
    var values: [String: Any] = [
      "csrf": csrf, "account": identity.account, "first": identity.mustChangePassword,
    ]
    if let message { values["message"] = message }
    let title = pages.speech(context.preferences)("password.title")
    return .html(pages.plain("password", values, title: title, context.preferences), status: status)
  }

  @Sendable func changePassword(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let identity = try context.signedIn()
    let speech = pages.speech(context.preferences)
    let (old, new, again) = (
      context.form["old"] ?? "", context.form["new"] ?? "", context.form["again"] ?? ""
    )
    func refuse(_ key: String) throws -> Response {
      try passwordPage(request, context, message: speech(key), status: .unprocessableContent)
    }
    guard new == again else { return try refuse("password.differ") }
    guard new != old else { return try refuse("password.same") }
    do {
      try AccountBook.check(new, of: identity.account)
    } catch let error as AccountError {
      return try refuse(error == .knownPassword ? "password.known" : "password.length")
    }
    let keys = ["account \(identity.account)"]
    let now = GatewayClock.monotonic
    guard limiter.take(keys, at: now) == 0 else { return try refuse("sign-in.wait") }
    guard let account = accounts.account(identity.account),
      try await hashing.run({ account.password.matches(old) })
    else { return try refuse("password.wrong") }
    limiter.forgive(keys, at: now)
    _ = try await hashing.run { [accounts] in try accounts.setPassword(of: account.name, to: new) }
    audit.note("password-changed", by: account.name, from: context.remoteAddress)
    guard let changed = accounts.account(account.name) else { return .seeOther("/sign-in") }
    var response = Response.seeOther("/")
    let secret = sessions.begin(changed, now: GatewayClock.wall.milliseconds)
    setCookie(Identification.sessionCookie, secret, for: Int(Sessions.longest / 1000), &response)
    return response
  }

  /// `/choose/language/zh?back=/tickets`
  @Sendable func choose(_ request: Request, _ context: ConsoleContext) throws -> Response {
    let (what, value) = (try context.parameters.require("what"), try context.parameters.require("value"))
    let cookie: String
    switch (what, value) {
    case ("language", "zh"), ("language", "en"): cookie = Preferences.languageCookie
    case ("theme", "light"), ("theme", "dark"), ("theme", "auto"): cookie = Preferences.themeCookie
    default: throw Problem.notFound("there is no such choice")
    }
    let back = Query(request).text("back") ?? "/"
    var response = Response.seeOther(back.isLocalPath ? back : "/")
    setCookie(cookie, value, for: 366 * 86_400, &response)
    return response
  }

  private func setCookie(_ name: String, _ value: String, for seconds: Int, _ response: inout Response) {
    response.setCookie(
      Cookie(
        name: name, value: value, maxAge: seconds, path: "/", secure: isEncrypted, httpOnly: true,
        sameSite: .strict))
  }
}

extension HTTPField.Name {
  static let retryAfter = HTTPField.Name("Retry-After") ?? .accept
}
