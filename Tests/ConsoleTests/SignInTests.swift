import Console
import Foundation
import Gateway
import Testing

@Suite("Signing in", .serialized)
struct SignInTests {
  @Test("The first start makes an admin whose one-time password is printed, works, and must be replaced")
  func firstStart() async throws {
    let console = try RunningConsole(withAdmin: false)
    _ = try Story(console)
    try await console.start()
    let line = try #require(console.announced.first { $0.contains("one-time password") })
    let password = try #require(line.split(separator: " ").last.map(String.init))
    #expect(password.count == 23)

    let path = console.folder.appendingPathComponent(AccountBook.fileName).path
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    #expect(try !String(contentsOfFile: path, encoding: .utf8).contains(password))

    let signedIn = try await console.signIn("admin", password)
    #expect(signedIn.status == 303)
    #expect(signedIn.header("Location") == "/password")
    var session = ["Cookie": "gatehouse-session=\(try #require(signedIn.cookie("gatehouse-session")))"]
    #expect(try await console.send("GET", "/", session).header("Location") == "/password")
    #expect(try await console.send("GET", "/api/v1/estates", session).status == 403)

    let form = try await console.send("GET", "/password", session)
    let refused = try await console.post(
      "/password",
      [
        "csrf": RunningConsole.token(in: form), "old": password, "new": "Qwerty123456",
        "again": "Qwerty123456",
      ], session)
    #expect(refused.status == 422 && refused.text.contains("among those that everybody tries"))
    let changed = try await console.post(
      "/password",
      [
        "csrf": RunningConsole.token(in: form), "old": password, "new": "a longer password",
        "again": "a longer password",
      ], session)
    #expect(changed.status == 303)
    #expect(
      try await console.send("GET", "/", session).header("Location") == "/sign-in",
      "the old password's session is over")
    session = ["Cookie": "gatehouse-session=\(try #require(changed.cookie("gatehouse-session")))"]
    #expect(try await console.send("GET", "/", session).status == 200)
    try await console.stop()
    try await console.start()
    #expect(!console.announced.contains { $0.contains("password") }, "printed once")
    #expect(try await console.send("GET", "/", session).status == 200, "sessions survive a restart")
    try await console.stop()
  }

  @Test("Cookies are for this site and not for scripts; every answer carries strict headers")
  func headers() async throws {
    let console = try RunningConsole()
    _ = try Story(console)
    try await console.start()
    let signedIn = try await console.signIn("admin", RunningConsole.password)
    let cookies = signedIn.headers.filter { $0.name.lowercased() == "set-cookie" }.map(\.value)
    #expect(cookies.count == 2)
    for cookie in cookies {
      #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && cookie.contains("Path=/"))
    }
    let session = try await console.session()
    for path in ["/", "/sign-in", "/nowhere", "/api/v1/tickets", "/api/v1/nowhere", "/static/x/console.css"] {
      let answer = try await console.send("GET", path, session)
      let policy = try #require(answer.header("Content-Security-Policy"), "\(path)")
      #expect(!policy.contains("unsafe") && policy.contains("default-src 'none'"))
      #expect(policy.contains("frame-ancestors 'none'"))
      #expect(answer.header("X-Content-Type-Options") == "nosniff")
      #expect(answer.header("Referrer-Policy") == "no-referrer")
    }
    #expect(try await console.send("GET", "/nowhere", session).status == 404)
    try await console.stop()
  }

  @Test("The sixth wrong try in a minute is refused, and so is the right password then")
  func tries() async throws {
    let console = try RunningConsole()
    try await console.start()
    for _ in 0..<5 { #expect(try await console.signIn("admin", "wrong password").status == 401) }
    let sixth = try await console.signIn("admin", RunningConsole.password)
    #expect(sixth.status == 429)
    #expect((1...61).contains(sixth.header("Retry-After").flatMap { Int($0) } ?? 0))
    #expect(sixth.cookie("gatehouse-session") == nil)
    #expect(
      try await console.signIn("somebody", "wrong password").status == 429, "the address has used its tries")
    try await console.stop()
  }

  @Test("Tries are counted by key and for a minute", arguments: [(5, true), (4, false)])
  func limiter(wrong: Int, isFull: Bool) {
    let limiter = TryLimiter()
    for number in 0..<wrong { #expect(limiter.take(["account li"], at: Int64(number)) == 0) }
    #expect((limiter.take(["account li", "address 1"], at: 1000) > 0) == isFull)
    #expect(limiter.take(["account wang"], at: 1000) == 0)
    #expect(limiter.take(["account li"], at: 60_001) == 0)
  }

  @Test("A right try isn't counted")
  func forgiven() {
    let limiter = TryLimiter()
    for number in 0..<20 {
      #expect(limiter.take(["account li"], at: Int64(number)) == 0)
      limiter.forgive(["account li"], at: Int64(number))
    }
  }

  @Test("A form without its token, or from another site, is refused")
  func forged() async throws {
    let console = try RunningConsole()
    let story = try Story(console)
    let ticket = try #require(try story.raise(1))
    try await console.start()
    let session = try await console.session()
    #expect(try await console.post("/tickets/\(ticket)", ["step": "acknowledge"], session).status == 403)
    let token = RunningConsole.token(in: try await console.send("GET", "/tickets/\(ticket)", session))
    let foreign = session.merging(["Sec-Fetch-Site": "cross-site"]) { $1 }
    #expect(
      try await console.post("/tickets/\(ticket)", ["step": "acknowledge", "csrf": token], foreign).status
        == 403)
    #expect(
      try await console.send(
        "POST", "/api/v1/tickets/\(ticket)/transitions", session, body: #"{"step":"acknowledge"}"#
      ).status == 403)
    #expect(
      try await console.post("/sign-in", ["account": "admin", "password": RunningConsole.password]).status
        == 403)
    #expect(try await console.post("/sign-out", ["csrf": token], session).status == 303)
    #expect(try await console.send("GET", "/", session).status == 303, "the session is over")
    try await console.stop()
  }

  @Test("Tokens do what their scope says, until their end")
  func tokens() async throws {
    let console = try RunningConsole()
    let story = try Story(console)
    let ticket = try #require(try story.raise(1))
    try await console.start()
    let path = "/api/v1/tickets/\(ticket)/transitions"
    let body = #"{"step":"acknowledge"}"#
    #expect(try await console.send("GET", "/api/v1/tickets", try console.bearer(.viewer)).status == 200)
    #expect(try await console.send("POST", path, try console.bearer(.viewer), body: body).status == 403)
    // No gateway runs here: the step gets as far as its mailbox.
    #expect(try await console.send("POST", path, try console.bearer(.operator), body: body).status == 503)
    #expect(
      try await console.send("GET", "/api/v1/tickets", try console.bearer(.admin, days: -1)).status == 401)
    #expect(
      try await console.send("GET", "/api/v1/tickets", ["Authorization": "Bearer gh_nonsense"]).status == 401)
    #expect(try await console.send("GET", "/api/v1/tickets").status == 401)
    try await console.stop()
  }

  @Test("Nobody is led to another site after signing in")
  func openRedirect() async throws {
    let console = try RunningConsole()
    try await console.start()
    for next in ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"] {
      let encoded = next.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
      let form = try await console.send("GET", "/sign-in?next=\(encoded)")
      #expect(form.text.contains("name=\"next\" value=\"/\""))
      let chosen = try await console.send("GET", "/choose/language/zh?back=\(encoded)")
      #expect(chosen.header("Location") == "/")
    }
    try await console.stop()
  }

  @Test(
    "A password that is short, or that anybody would try, is refused",
    arguments: [
      ("elevenchars", AccountError.passwordLength),
      (String(repeating: "long enough ", count: 17), .passwordLength),
      ("qwerty123456", .knownPassword), ("QWERTY123456", .knownPassword), ("woaini5201314", .knownPassword),
      ("aaaaaaaaaaab", .knownPassword), ("gatehouse2026", .knownPassword), ("wangli-wangli", .knownPassword),
    ])
  func weak(_ password: String, _ error: AccountError) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "ghc-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let book = AccountBook(folder: folder)
    #expect(throws: error) { try book.add("wangli", access: .viewer, password: password) }
    #expect(book.accounts.isEmpty)
    try book.add("wangli", access: .viewer, password: "three wells rise")
    #expect(throws: error) { try book.setPassword(of: "wangli", to: password) }
    #expect(book.account("wangli")?.password.matches("three wells rise") == true)
  }

  @Test("Accounts: names, passwords and the last admin are checked")
  func accounts() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "ghc-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let book = AccountBook(folder: folder)
    try book.add("admin", access: .admin)
    #expect(throws: AccountError.lastAdmin("admin")) { try book.remove("admin") }
    #expect(throws: AccountError.exists("admin")) { try book.add("admin", access: .viewer) }
    #expect(throws: AccountError.badName("a b")) { try book.add("a b", access: .viewer) }
    let made = try book.add("门卫", access: .operator)
    #expect(
      AccountBook(folder: folder).account("门卫")?.password.matches(made) == true, "another process sees it")
    #expect(book.account("门卫")?.password.matches(made + "x") == false)
    #expect(try book.addToken(account: "门卫", scope: .admin, ends: 1).id == book.tokens.first?.id)
    #expect(book.tokens.first?.scope == .operator, "never more than the account itself may do")
    try book.remove("门卫")
    #expect(book.accounts.map(\.name) == ["admin"] && book.tokens.isEmpty)
  }
}
