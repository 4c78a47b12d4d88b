import Console
import Foundation
import Store
import Testing

@Suite("Live stream", .serialized, .timeLimit(.minutes(3)))
struct StreamTests {
  /// Reads until so many alarm and ticket events are there.
  private func steps(_ connection: Connection, _ count: Int) async throws -> [[String: String]] {
    var found: [[String: String]] = []
    while found.count < count {
      let event = try await connection.event()
      if event["event"] == "alarm" || event["event"] == "ticket" { found.append(event) }
    }
    return found
  }

  private func open(_ console: RunningConsole, _ token: [String: String], after: String? = nil) async throws
    -> Connection
  {
    let connection = try Connection(port: console.port)
    try await connection.send(
      "GET", "/api/v1/stream", token.merging(after.map { ["Last-Event-ID": $0] } ?? [:]) { $1 })
    let head = try await connection.head()
    #expect(head.status == 200)
    #expect(head.header("Content-Type") == "text/event-stream")
    return connection
  }

  @Test("A step is told within a second of its commit")
  func live() async throws {
    let console = try RunningConsole()
    let story = try Story(console)
    try await console.start()
    let stream = try await open(console, try console.bearer(.viewer))
    #expect(try await stream.event()["event"] == "status", "the feed runs")
    var times: [Duration] = []
    var events: [[String: String]] = []
    for number in 1...5 {
      let committed = ContinuousClock.now
      try story.raise(number)
      let told = try await steps(stream, 2)
      times.append(ContinuousClock.now - committed)
      if events.isEmpty { events = told }
    }
    #expect(times.sorted()[2] < .seconds(1), "\(times)")
    #expect(events.map { $0["event"] } == ["alarm", "ticket"])
    #expect(events.map { $0["id"] } == ["1-0", "1-1"])
    let alarm = try JSONSerialization.jsonObject(with: Data((events[0]["data"] ?? "").utf8)) as? [String: Any]
    #expect((alarm?["alarm"] as? [String: Any])?["id"] as? String == "A-1")
    try await console.stop()
  }

  @Test("Last-Event-ID goes on without a gap or a repetition, also after a restart")
  func resume() async throws {
    let console = try RunningConsole()
    let story = try Story(console)
    try await console.start()
    let token = try console.bearer(.viewer)
    let first = try await open(console, token, after: "0-0")
    for number in 0..<5 { try story.raise(number) }
    var seen = try await steps(first, 4)
    var last = try #require(seen.last?["id"])
    try await console.stop()
    for number in 5..<9 { try story.raise(number) }
    try story.clear(2)
    try await console.start()
    let second = try await open(console, token, after: last)
    try story.raise(9)
    seen += try await steps(second, 7)
    last = try #require(seen.last?["id"])
    let third = try await open(console, token, after: last)
    seen += try await steps(third, 22 - seen.count)
    // 10 raised, 1 cleared, each with one event on the ticket.
    #expect(Set(seen.compactMap { $0["data"] }).count == 22, "nothing came twice, nothing was left out")
    let final = try await store(console)
    #expect(seen.last?["id"] == final.text)
    try await console.stop()
  }

  private func store(_ console: RunningConsole) async throws -> StepPosition {
    try Store.reader(folder: console.folder).latestStep()
  }

  @Test("An id of another database starts anew, with word of it")
  func reset() async throws {
    let console = try RunningConsole()
    let story = try Story(console)
    try story.raise(1)
    try await console.start()
    let stream = try await open(console, try console.bearer(.viewer), after: "900-900")
    let event = try await stream.event()
    #expect(event["event"] == "reset")
    #expect(event["id"] == "1-1")
    try story.raise(2)
    #expect(try await steps(stream, 1).first?["id"] == "2-1")
    try await console.stop()
  }

  @Test("A reader that takes nothing is cut off; the others get everything")
  func slowReader() async throws {
    let console = try RunningConsole()
    let story = try Story(console)
    try await console.start()
    let token = try console.bearer(.viewer)
    let slow = try Connection(port: console.port, receiveBuffer: 2048)
    try await slow.send("GET", "/api/v1/stream", token)
    _ = try await slow.head()
    let good = try await open(console, token)
    // Bursts that a backlog holds, and together far more than it holds.
    for burst in 0..<40 {
      try story.raise(burst * 200..<burst * 200 + 200)
      #expect(try await steps(good, 200).count == 200)
    }
    let health = try await console.send("GET", "/api/v1/health", token).object()
    #expect(health["slowListeners"] as? Int == 1)
    try await console.stop()
  }

  @Test("A reader that is cut off and reads on hears why")
  func reason() async throws {
    let console = try RunningConsole()
    let story = try Story(console)
    try await console.start()
    let token = try console.bearer(.viewer)
    let slow = try Connection(port: console.port, receiveBuffer: 2048)
    try await slow.send("GET", "/api/v1/stream", token)
    _ = try await slow.head()
    var burst = 0
    while burst < 100 {
      try story.raise(burst * 200..<burst * 200 + 200)
      burst += 1
      try await Task.sleep(for: .milliseconds(200))
      if try await console.send("GET", "/api/v1/health", token).object()["slowListeners"] as? Int == 1 {
        break
      }
    }
    #expect(burst < 100, "it is cut off")
    var event = try await slow.event()
    while event["event"] != "goodbye" { event = try await slow.event() }
    #expect(event["data"]?.contains("too slow") == true)
    #expect(event["data"]?.contains("Last-Event-ID") == true)
    try await console.stop()
  }

  @Test("The stream ends with the reason when the gateway stops")
  func goodbye() async throws {
    let console = try RunningConsole()
    _ = try Story(console)
    try await console.start()
    let stream = try await open(console, try console.bearer(.viewer))
    _ = try await stream.event()
    async let stopped: Void = console.stop()
    var event = try await stream.event()
    while event["event"] == "status" { event = try await stream.event() }
    #expect(event["event"] == "goodbye")
    #expect(event["data"]?.contains("stopping") == true)
    try await stopped
  }
}
