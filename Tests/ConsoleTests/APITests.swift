import Console
import Foundation
import Testing
import Tickets

@Suite("API", .serialized)
struct APITests {
  @Test("The description has every route, and no other")
  func description() async throws {
    let console = try RunningConsole()
    try await console.start()
    let answer = try await console.send("GET", "/api/v1/openapi.json")
    #expect(answer.status == 200)
    let document = try answer.object()
    #expect(document["openapi"] as? String == "3.1.0")
    let paths = try #require(document["paths"] as? [String: [String: Any]])
    let described = Set(paths.flatMap { path, methods in methods.keys.map { "\($0.uppercased()) \(path)" } })
    let served = Set(try ConsoleRoutes.all(console.configuration).filter { $0.contains("/api/") })
    #expect(described == served)
    #expect(served.count >= 16)
    try await console.stop()
  }

  @Test("Lists come in parts that together hold everything once")
  func paging() async throws {
    let console = try RunningConsole()
    let story = try Story(console)
    let wells = (1...9).map { ("probe-w0\($0)", "w0\($0)") }
    for (number, well) in wells.enumerated() {
      if let ticket = try story.raise(number, device: well.0, place: well.1) {
        try story.act(.cancel("a test of the probe"), on: ticket)
      }
    }
    try await console.start()
    let token = try console.bearer(.viewer)
    for list in ["tickets", "alarms", "devices", "estates", "rules"] {
      let whole = try await console.send("GET", "/api/v1/\(list)?limit=500", token)
      #expect(try whole.object()["next"] == nil)
      var seen: [String] = []
      var cursor: String? = ""
      while let here = cursor {
        let part = try await console.send("GET", "/api/v1/\(list)?limit=4&cursor=\(here)", token)
        #expect(part.status == 200)
        #expect((1...4).contains(part.items.count))
        seen += part.items.compactMap { ($0["id"] ?? $0["path"]) as? String }
        cursor = try part.object()["next"] as? String
      }
      let all = whole.items.compactMap { ($0["id"] ?? $0["path"]) as? String }
      #expect(seen == all)
      #expect(all.count >= 8)
    }
    try await console.stop()
  }

  @Test("A ticket's ETag: 304 when it is known, 412 when it has moved on, 409 for what its state forbids")
  func tags() async throws {
    let console = try RunningConsole()
    let story = try Story(console)
    let id = try #require(try story.raise(1))
    try await console.start(now: Story.start)
    let token = try console.bearer()
    let path = "/api/v1/tickets/\(id)"
    let tag = try #require(try await console.send("GET", path, token).header("ETag"))
    #expect(try await console.send("GET", path, token.merging(["If-None-Match": tag]) { $1 }).status == 304)
    try story.act(.comment("seen"), on: id)
    let changed = try await console.send("GET", path, token.merging(["If-None-Match": tag]) { $1 })
    #expect(changed.status == 200)
    #expect(changed.header("ETag") != tag)

    func step(_ body: String, _ headers: [String: String] = [:]) async throws -> Answer {
      try await console.send("POST", path + "/transitions", token.merging(headers) { $1 }, body: body)
    }
    let late = try await step(#"{"step":"acknowledge"}"#, ["If-Match": tag])
    #expect(late.status == 412)
    #expect(late.header("Content-Type") == "application/problem+json")
    let problem = try late.object()
    #expect(problem["status"] as? Int == 412)
    #expect(problem["instance"] as? String == path + "/transitions")
    #expect(problem["type"] != nil && problem["title"] != nil && problem["detail"] != nil)
    let forbidden = try await step(#"{"step":"close","note":"x"}"#)
    #expect(forbidden.status == 409)
    #expect(
      try forbidden.object()["allowed"] as? [String] == [
        "acknowledge", "arrive", "assign", "inform", "comment", "contact", "visit", "council", "propose",
        "consent", "inspect", "resolve", "merge", "cancel",
      ])
    #expect(try await step(#"{"step":"resolve"}"#).status == 422, "a note is needed")
    #expect(try await step(#"{"step":"dance"}"#).status == 400)
    #expect(try await step("nonsense").status == 400)
    #expect(try await step(#"{"step":"acknowledge"}"#, ["If-Match": "\"other\""]).status == 412)
    #expect(
      try await console.send(
        "POST", "/api/v1/tickets/T-0/transitions", token, body: #"{"step":"acknowledge"}"#
      )
      .status == 404)
    #expect(try await step(String(repeating: "x", count: 70_000)).status == 413)
    try await console.stop()
  }

  @Test("A step is told in full or refused with what it lacks; a whole one gets as far as the gateway")
  func steps() async throws {
    let cases: [(body: String, status: Int)] = [
      (#"{"step":"arrive"}"#, 503), (#"{"step":"assign"}"#, 422),
      (#"{"step":"inform","to":"sub-district"}"#, 503),
      (#"{"step":"contact","note":"smells"}"#, 422),
      (#"{"step":"contact","note":"smells","from":"3-2-301","channel":"12345"}"#, 503),
      (#"{"step":"resolve","note":"flushed","measure":"cleaned","items":[{"what":"well","count":10}]}"#, 503),
      (#"{"step":"resolve","note":"flushed","measure":"polished"}"#, 400),
      (#"{"step":"resolve","note":"flushed","items":[{"what":"well"}]}"#, 400),
      (
        #"{"step":"visit","note":"seen","visit":{"attendees":["grid worker"],"start":"2026-04-14T22:00:00+08:00","end":"2026-04-14T23:00:00+08:00"}}"#,
        503
      ),
      (
        #"{"step":"visit","note":"seen","visit":{"attendees":["grid worker"],"start":"yesterday","end":"today"}}"#,
        422
      ),
      (
        #"{"step":"council","note":"pipe is relaid","council":{"parties":["a","b","c"],"claims":[{"party":"a","text":"b"}]}}"#,
        503
      ),
      (
        #"{"step":"propose","proposal":{"text":"relay","amount":100001,"division":"equal","households":[{"id":"1"},{"id":"2"}],"rule":"unanimous"}}"#,
        503
      ),
      (
        #"{"step":"propose","proposal":{"text":"relay","amount":0,"division":"equal","households":[{"id":"1"}],"rule":"unanimous"}}"#,
        422
      ),
      (#"{"step":"consent","consent":{"household":"1","vote":"agree"}}"#, 503),
      (#"{"step":"inspect","note":"rusty","inspection":{"place":"b1","plan":"assisted"}}"#, 503),
      (#"{"step":"merge","to":"T-1"}"#, 503), (#"{"step":"merge"}"#, 422), (#"{"step":"cancel"}"#, 422),
      (#"{"step":"pause","reason":"parts","note":"pump ordered"}"#, 409), (#"{"step":"report"}"#, 422),
    ]
    let console = try RunningConsole()
    let id = try #require(try Story(console).raise(1))
    try await console.start(now: Story.start)
    let token = try console.bearer()
    for (body, status) in cases {
      let answer = try await console.send("POST", "/api/v1/tickets/\(id)/transitions", token, body: body)
      #expect(answer.status == status, "\(body): \(answer.text)")
    }
    try await console.stop()
  }

  @Test("What is shelved is listed; an order is told in full or refused; only operators may give one")
  func suppressions() async throws {
    let console = try RunningConsole()
    let story = try Story(console)
    try story.shelve(until: Story.start + 7_200_000)
    try await console.start(now: Story.start)
    let token = try console.bearer()
    let list = try await console.send("GET", "/api/v1/suppressions", token)
    #expect(list.items.map { $0["why"] as? String } == ["pump test"])
    #expect(list.items.first?["until"] as? String == "2026-04-14T16:00:00.000Z")
    let whole =
      #"{"kind":"shelved","estate":"luyuan","device":"probe-w06","rule":"sewer-high-level","until":"2026-04-14T22:00:00Z","why":"x"}"#
    for (body, status) in [
      (whole, 503), (#"{"kind":"put away","estate":"luyuan","why":"x"}"#, 400), (#"{"kind":"shelved"}"#, 400),
      (#"{"kind":"maintenance","estate":"luyuan","until":"tomorrow","why":"x"}"#, 422),
    ] {
      let answer = try await console.send("POST", "/api/v1/suppressions", token, body: body)
      #expect(answer.status == status, "\(body): \(answer.text)")
    }
    #expect(try await console.send("POST", "/api/v1/suppressions/S-NONE/end", token).status == 404)
    let viewer = try console.bearer(.viewer)
    #expect(try await console.send("POST", "/api/v1/suppressions", viewer, body: whole).status == 403)
    let session = try await console.session()
    let page = try await console.send("GET", "/rules", session).text
    #expect(page.contains("pump test") && page.contains("/suppressions/"))
    try await console.stop()
  }

  @Test("What a query can't mean is refused with its name")
  func badQueries() async throws {
    let console = try RunningConsole()
    _ = try Story(console)
    try await console.start()
    let token = try console.bearer(.viewer)
    for path in [
      "tickets?limit=0", "tickets?limit=x", "tickets?state=lost", "tickets?cursor=%21", "alarms?active=maybe",
      "devices/luyuan/probe-w06/readings/level?since=yesterday",
      "devices/luyuan/probe-w06/readings/level?points=3",
      "alarms?cursor=YQ", "stream?after=x",
    ] {
      let answer = try await console.send("GET", "/api/v1/\(path)", token)
      #expect(answer.status == 400, "\(path)")
      #expect(answer.header("Content-Type") == "application/problem+json")
    }
    try await console.stop()
  }

  @Test("Readings are thinned without losing a peak")
  func thinning() async throws {
    let console = try RunningConsole()
    let story = try Story(console)
    try story.readings(2000, peak: 777, in: console)
    try await console.start(now: Story.start + 86_400_000)
    let token = try console.bearer(.viewer)
    let window = "since=2026-04-13T00:00:00Z&until=2026-04-16T00:00:00Z"
    let path = "/api/v1/devices/luyuan/probe-w06/readings/level?\(window)"
    let thin = try await console.send("GET", path + "&points=40", token).object()
    let points = try #require(thin["points"] as? [[Double]])
    #expect(thin["readings"] as? Int == 2000)
    #expect((8...40).contains(points.count))
    #expect(points.map { $0[1] }.max() == 0.9)
    #expect(points.map { $0[0] } == points.map { $0[0] }.sorted())
    let whole = try await console.send("GET", path + "&points=5000", token).object()
    #expect((whole["points"] as? [[Double]])?.count == 2000)
    #expect(
      try await console.send("GET", "/api/v1/devices/luyuan/probe-w06/readings/laeq", token).status == 404)
    #expect(try await console.send("GET", "/api/v1/devices/luyuan/nothing", token).status == 404)
    try await console.stop()
  }

  @Test(
    "Only an admin has the configuration read again, with a form's token or a program's; without a gateway it is 503"
  )
  func reload() async throws {
    let console = try RunningConsole()
    try await console.start()
    let path = "/api/v1/configuration/reload"
    #expect(try await console.send("POST", path).status == 401)
    for scope in [Access.viewer, .operator] {
      #expect(try await console.send("POST", path, try console.bearer(scope)).status == 403)
    }
    #expect(
      try await console.send("POST", path, try await console.session()).status == 403, "no form's token")
    #expect(try await console.send("POST", path, try console.bearer()).status == 503)
    try await console.stop()
  }
}
