import Console
import EstateModel
import Foundation
import Store
import Testing

@Suite("Try-outs", .serialized)
struct BacktestTests {
  /// Waits until a try-out is over.
  private func outcome(_ console: RunningConsole, _ id: String, _ token: [String: String]) async throws
    -> [String: Any]
  {
    for _ in 0..<600 {
      let body = try await console.send("GET", "/api/v1/backtests/\(id)", token).object()
      if let state = body["state"] as? String, !["waiting", "running"].contains(state) { return body }
      try await Task.sleep(for: .milliseconds(50))
    }
    throw ClientFailure(text: "the try-out doesn't end")
  }

  @Test("A lower limit adds the ticket of a level that the rule as it runs lets pass")
  func added() async throws {
    let console = try RunningConsole()
    let story = try Story(console)
    // Well 6 has a bore of 0.30 m: 0.22 m is 73 %, below the 80 % of the rule. Half an hour of it.
    try story.hours(3, in: console) { (60..<90).contains($0) ? 0.22 : 0.08 }
    try await console.start(now: Story.start)
    let token = try console.bearer(.operator)
    let made = try await console.send(
      "POST", "/api/v1/backtests", token,
      body: #"{"rule":"sewer-high-level","days":2,"raise":"level / device.bore >= 70%"}"#)
    #expect(made.status == 202, "\(made.text)")
    let id = try #require(try made.object()["id"] as? String)
    #expect(made.header("Location") == "/api/v1/backtests/\(id)")
    let done = try await outcome(console, id, token)
    #expect(done["state"] as? String == "done", "\(done)")
    #expect(done["readings"] as? Int == 180)
    let result = try #require(done["result"] as? [String: Any])
    let tickets = try #require(result["tickets"] as? [String: Int])
    #expect(tickets == ["present": 0, "tried": 1, "added": 1, "spared": 0])
    #expect(
      try #require(result["alarms"] as? [String: Int]) == ["present": 0, "tried": 1, "added": 1, "spared": 0])
    let first = try #require((result["added"] as? [[String: Any]])?.first)
    #expect(first["place"] as? String == "w06" && first["category"] as? String == "sewer-blockage")
    // What is stored is what it was.
    let reader = try Store.reader(folder: console.folder)
    #expect(try reader.transitions().isEmpty && reader.ticketEvents().isEmpty)

    let session = try await console.session().merging(["Accept-Language": "en"]) { $1 }
    let page = try await console.send("GET", "/backtests/\(id)", session).text
    #expect(page.contains("0 → 1") && page.contains("id=\"added\""))
    #expect(try await console.send("DELETE", "/api/v1/backtests/\(id)", token).status == 204)
    #expect(try await console.send("GET", "/api/v1/backtests/\(id)", token).status == 404)
    try await console.stop()
  }

  @Test("A higher limit spares the ticket; the form on the rule's page asks for numbers only")
  func spared() async throws {
    let console = try RunningConsole()
    let story = try Story(console)
    // 0.25 m is 83 %.
    try story.hours(3, in: console) { (60..<100).contains($0) ? 0.25 : 0.08 }
    try await console.start(now: Story.start)
    let session = try await console.session().merging(["Accept-Language": "en"]) { $1 }
    let page = try await console.send("GET", "/rules/sewer-high-level", session)
    #expect(page.status == 200)
    #expect(page.text.contains("name=\"raise.0\" value=\"80%\""))
    let csrf = RunningConsole.token(in: page)
    func form(_ fields: [String: String]) async throws -> Answer {
      try await console.post(
        "/rules/sewer-high-level/try", fields.merging(["csrf": csrf, "days": "30"]) { $1 }, session)
    }
    let unchanged = try await form(["raise.0": "80%"])
    #expect(unchanged.status == 422 && unchanged.text.contains("Change a number first"))
    for nonsense in ["90% or level > 1 m", "ninety", "90 parsecs", "'"] {
      let refused = try await form(["raise.0": nonsense])
      #expect(refused.status == 422, "\(nonsense)")
      #expect(refused.text.contains("expected a number with its unit"), "\(nonsense)")
    }
    let made = try await form(["raise.0": "90%"])
    #expect(made.status == 303)
    let path = try #require(made.header("Location"))
    let id = String(path.dropFirst("/backtests/".count))
    let done = try await outcome(console, id, try console.bearer(.viewer))
    #expect((done["changes"] as? [String: String])?["raise"] == "level / device.bore >= 90%")
    let tickets = ((done["result"] as? [String: Any])?["tickets"] as? [String: Int]) ?? [:]
    #expect(tickets == ["present": 1, "tried": 0, "added": 0, "spared": 1])
    try await console.stop()
  }

  @Test("What can't be tried is refused with the reason; viewers may look, not try")
  func refused() async throws {
    let console = try RunningConsole()
    _ = try Story(console)
    try await console.start(now: Story.start)
    let token = try console.bearer(.operator)
    let cases: [(body: String, status: Int)] = [
      ("nonsense", 400), (#"{"raise":"level > 1 m"}"#, 400),
      (#"{"rule":"no-such-rule","raise":"level > 1 m"}"#, 422),
      (#"{"rule":"sewer-high-level"}"#, 422), (#"{"rule":"sewer-high-level","raise":"level > 60 dBA"}"#, 422),
      (#"{"rule":"sewer-high-level","raise":"levle > 1 m"}"#, 422),
      (#"{"rule":"sewer-high-level","for":"10min\n  priority: P1"}"#, 422),
      (#"{"rule":"sewer-high-level","for":"' }"}"#, 422), (#"{"rule":"sewer-high-level","for":"ten"}"#, 422),
      (#"{"rule":"sewer-high-level","for":"5min","days":0}"#, 422),
      (#"{"rule":"sewer-high-level","for":"5min","days":91}"#, 422),
      (#"{"rule":"sewer-high-level","raise":"\#(String(repeating: "x", count: 1001))"}"#, 422),
      (#"{"rule":"sewer-high-level","clear":"\#(String(repeating: "(", count: 900))"}"#, 422),
    ]
    for (body, status) in cases {
      let answer = try await console.send("POST", "/api/v1/backtests", token, body: body)
      #expect(answer.status == status, "\(body.prefix(80)): \(answer.text)")
    }
    let whole = #"{"rule":"sewer-high-level","for":"5min"}"#
    #expect(
      try await console.send("POST", "/api/v1/backtests", try console.bearer(.viewer), body: whole).status
        == 403)
    #expect(try await console.send("DELETE", "/api/v1/backtests/B-none", token).status == 404)
    try await console.stop()
  }

  @Test("One runs at a time, four at most are taken; one that is stopped ends at once")
  func limits() async throws {
    let console = try RunningConsole()
    let story = try Story(console)
    for part in 0..<40 { try story.hours(10, from: part * 600, in: console) { _ in 0.1 } }
    try await console.start(now: Story.start)
    let token = try console.bearer(.operator)
    var ids: [String] = []
    var refused = 0
    for _ in 0..<6 {
      let answer = try await console.send(
        "POST", "/api/v1/backtests", token, body: #"{"rule":"sewer-high-level","for":"5min"}"#)
      if answer.status == 202, let id = try answer.object()["id"] as? String { ids.append(id) }
      if answer.status == 429 {
        refused += 1
        #expect(answer.header("Retry-After") != nil)
      }
    }
    #expect(ids.count + refused == 6 && ids.count >= 4)
    let list = try await console.send("GET", "/api/v1/backtests", token).items
    #expect(list.count(where: { $0["state"] as? String == "running" }) <= 1)
    for id in ids.reversed() {
      #expect(try await console.send("DELETE", "/api/v1/backtests/\(id)", token).status == 204)
    }
    for id in ids {
      let state = try await console.send("GET", "/api/v1/backtests/\(id)", token).object()["state"] as? String
      #expect([nil, "cancelled"].contains(state), "\(state ?? "")")
    }
    try await console.stop()
  }

  @Test("Quality: counts of the last days, and rules that tell too much")
  func quality() async throws {
    let console = try RunningConsole()
    let story = try Story(console)
    for number in 0..<12 { try story.raise(number) }
    for number in 0..<12 { try story.clear(number) }
    try await console.start(now: Story.start + 3_600_000)
    let token = try console.bearer(.viewer)
    let found = try await console.send("GET", "/api/v1/quality?days=7", token).object()
    #expect(found["alarms"] as? Int == 12)
    // A minute apart: ten in ten minutes.
    #expect(found["mostInTenMinutes"] as? Int == 10)
    let faulty = (found["faulty"] as? [[String: Any]])?.first
    #expect(faulty?["rule"] as? String == "sewer-high-level")
    #expect((faulty?["faults"] as? [String])?.contains("fleeting") == true)
    #expect(try await console.send("GET", "/api/v1/quality?days=0", token).status == 400)
    let session = try await console.session().merging(["Accept-Language": "en"]) { $1 }
    #expect(try await console.send("GET", "/rules", session).text.contains("fleeting"))
    #expect(
      try await console.send("GET", "/rules/sewer-high-level", session).text.contains("raise only after"))
    try await console.stop()
  }
}
