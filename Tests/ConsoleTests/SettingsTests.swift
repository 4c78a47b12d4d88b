import Console
import EstateModel
import Foundation
import Gateway
import Testing

@Suite("Settings", .serialized)
struct SettingsTests {
  /// What is shown once.
  private func secret(_ answer: Answer) -> String {
    answer.text.firstMatch(of: /<p><code>([^<]+)<\/code>/).map { String($0.1) } ?? ""
  }

  @Test(
    "An admin adds somebody, changes the role, disables, gives a new password, removes; all of it is audited")
  func accounts() async throws {
    let console = try RunningConsole()
    _ = try Story(console)
    try await console.start()
    let admin = try await console.session().merging(["Accept-Language": "en"]) { $1 }
    let csrf = RunningConsole.token(in: try await console.send("GET", "/settings", admin))
    func order(_ fields: [String: String]) async throws -> Answer {
      try await console.post("/settings/accounts", fields.merging(["csrf": csrf]) { $1 }, admin)
    }
    let added = try await order(["do": "add", "account": "li", "role": "operator"])
    #expect(added.status == 200)
    let password = secret(added)
    #expect(password.count == 23)
    #expect(try await console.signIn("li", password).header("Location") == "/password")
    #expect(try await !console.send("GET", "/settings", admin).text.contains(password), "shown once")
    #expect(try await order(["do": "add", "account": "li", "role": "viewer"]).status == 422)
    #expect(try await order(["do": "add", "account": "a b", "role": "viewer"]).status == 422)
    #expect(try await order(["do": "role", "account": "li", "role": "viewer"]).status == 303)
    #expect(console.accounts.account("li")?.access == .viewer)

    try console.accounts.setPassword(of: "li", to: RunningConsole.password)
    let session = try await console.session("li")
    let token = try console.accounts.addToken(account: "li", scope: .viewer, ends: .max).secret
    let bearer = ["Authorization": "Bearer \(token)"]
    #expect(try await console.send("GET", "/", session).status == 200)
    #expect(try await console.send("GET", "/api/v1/session", bearer).status == 200)
    #expect(try await order(["do": "disable", "account": "li"]).status == 303)
    #expect(try await console.send("GET", "/", session).status == 303, "the session is over")
    #expect(try await console.send("GET", "/api/v1/session", bearer).status == 401, "and so is the token")
    #expect(try await console.signIn("li", RunningConsole.password).status == 401)
    #expect(try await order(["do": "enable", "account": "li"]).status == 303)
    #expect(try await console.send("GET", "/api/v1/session", bearer).status == 200)
    let renewed = try await order(["do": "password", "account": "li"])
    #expect(try await console.signIn("li", secret(renewed)).status == 303)

    for fields in [
      ["do": "disable", "account": "admin"], ["do": "remove", "account": "admin"],
      ["do": "role", "account": "admin", "role": "viewer"],
    ] {
      let refused = try await order(fields)
      #expect(refused.status == 422 && refused.text.contains("last admin"))
    }
    #expect(try await order(["do": "remove", "account": "li"]).status == 303)
    #expect(console.accounts.account("li") == nil)

    let page = try await console.send("GET", "/settings", admin).text
    for word in [
      "added an account", "role: viewer", "disabled an account", "enabled an account", "gave a new password",
      "removed an account",
    ] { #expect(page.contains(word), "\(word)") }
    #expect(!page.contains(password))
    try await console.stop()
  }

  @Test("A token is made with scope and last day, works, and is revoked")
  func tokens() async throws {
    let console = try RunningConsole()
    _ = try Story(console)
    try await console.start()
    let admin = try await console.session().merging(["Accept-Language": "en"]) { $1 }
    let csrf = RunningConsole.token(in: try await console.send("GET", "/settings", admin))
    func order(_ fields: [String: String]) async throws -> Answer {
      try await console.post("/settings/tokens", fields.merging(["csrf": csrf]) { $1 }, admin)
    }
    let tomorrow = String(
      Timestamp(milliseconds: GatewayClock.wall.milliseconds + 86_400_000).formatted().prefix(10))
    let made = try await order(["do": "make", "account": "admin", "scope": "viewer", "ends": tomorrow])
    #expect(made.status == 200)
    let bearer = ["Authorization": "Bearer \(secret(made))"]
    #expect(
      try await console.send("GET", "/api/v1/session", bearer).object()["access"] as? String == "viewer")
    for ends in ["2020-01-01", "tomorrow", "2126-01-01", ""] {
      #expect(
        try await order(["do": "make", "account": "admin", "scope": "viewer", "ends": ends]).status == 422,
        "\(ends)")
    }
    let id = try #require(console.accounts.tokens.first?.id)
    #expect(try await order(["do": "revoke", "token": id]).status == 303)
    #expect(try await console.send("GET", "/api/v1/session", bearer).status == 401)
    try await console.stop()
  }

  @Test("Only admins see the page and the audit list; forms without their token change nothing")
  func access() async throws {
    let console = try RunningConsole()
    _ = try Story(console)
    try console.accounts.add("li", access: .operator, password: RunningConsole.password)
    try await console.start()
    let session = try await console.session("li")
    #expect(try await console.send("GET", "/settings", session).status == 403)
    #expect(try await console.send("GET", "/api/v1/audit", session).status == 403)
    #expect(try await !console.send("GET", "/", session).text.contains("href=\"/settings\""))
    let admin = try await console.session()
    #expect(try await console.send("GET", "/", admin).text.contains("href=\"/settings\""))
    for (path, fields) in [
      ("/settings/accounts", ["do": "remove", "account": "li"]),
      ("/settings/tokens", ["do": "revoke", "token": "x"]),
    ] {
      #expect(try await console.post(path, fields, admin).status == 403)
      let csrf = RunningConsole.token(in: try await console.send("GET", "/", session))
      #expect(try await console.post(path, fields.merging(["csrf": csrf]) { $1 }, session).status == 403)
    }
    #expect(console.accounts.account("li") != nil)
    try await console.stop()
  }

  @Test("The audit list comes in parts that together hold everything once")
  func paging() async throws {
    let console = try RunningConsole()
    _ = try Story(console)
    let audit = Audit(folder: console.folder)
    for number in 0..<23 { audit.note("sign-in", by: "li", about: "\(number)") }
    try await console.start()
    let token = try console.bearer(.admin)
    var seen: [String] = []
    var cursor: String? = ""
    while let here = cursor {
      let part = try await console.send("GET", "/api/v1/audit?limit=5&cursor=\(here)", token)
      #expect(part.status == 200 && part.items.count <= 5)
      seen += part.items.compactMap { $0["about"] as? String }
      cursor = try part.object()["next"] as? String
    }
    #expect(seen == (0..<23).reversed().map { "\($0)" })
    #expect(try await console.send("GET", "/api/v1/audit?cursor=eA", token).status == 400)
    try await console.stop()
  }
}
