/// `/metrics`, `/healthz` and `/readyz`, judged by Prometheus' own tool.
import Foundation
import Gateway
import Testing

@Suite("What the gateway tells of itself")
struct MetricsTests {
  private static func tool(_ name: String) throws -> String {
    try #require(
      ["/usr/bin/\(name)", "/usr/local/bin/\(name)"].first {
        FileManager.default.isExecutableFile(atPath: $0)
      },
      "\(name) is not installed: apt-get install prometheus")
  }

  /// Exit status and output of `promtool check metrics`.
  private func check(_ text: String) throws -> (status: Int32, output: String) {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("prom-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let input = folder.appendingPathComponent("in")
    try Data(text.utf8).write(to: input)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try Self.tool("promtool"))
    process.arguments = ["check", "metrics"]
    process.standardInput = try FileHandle(forReadingFrom: input)
    let pipe = Pipe()
    (process.standardOutput, process.standardError) = (pipe, pipe)
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, output)
  }

  private func status() -> GatewayStatus {
    var status = GatewayStatus()
    (status.messages, status.readings, status.link) = (12, 34, "connected")
    status.problemsByReason = ["not-json": 2, "unknown-device": 5]
    for milliseconds in [1.0, 3, 3, 40, 20_000] { status.commitLatency.add(seconds: milliseconds / 1000) }
    return status
  }

  private func metrics(_ console: RunningConsole, _ headers: [String: String] = [:]) async throws -> Answer {
    try await console.send("GET", "/metrics", ["Host": "localhost"].merging(headers) { $1 })
  }

  @Test("promtool finds nothing to complain of")
  func promtool() async throws {
    let console = try RunningConsole()
    let story = try Story(console)
    _ = try story.raise(1, device: "probe-w01", place: "w01")
    try await console.start(status: status())
    let answer = try await metrics(console)
    #expect(answer.status == 200)
    #expect(answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
    let (status, output) = try check(answer.text)
    #expect(status == 0, "\(output)")
    #expect(output.trimmingCharacters(in: .whitespacesAndNewlines).isEmpty, "\(output)")
    // The tool does find what is wrong.
    #expect(try check("# TYPE wrong_seconds counter\nwrong_seconds 1\n").output.contains("_total"))
    for line in [
      "gatehouse_readings_total 34", #"gatehouse_decode_failures_total{reason="not-json"} 2"#,
      #"gatehouse_commit_duration_seconds_bucket{le="0.001"} 1"#,
      #"gatehouse_commit_duration_seconds_bucket{le="0.005"} 3"#,
      #"gatehouse_commit_duration_seconds_bucket{le="10"} 4"#,
      #"gatehouse_commit_duration_seconds_bucket{le="+Inf"} 5"#, "gatehouse_commit_duration_seconds_count 5",
      #"gatehouse_tickets{state="new",party=""#, "gatehouse_database_size_bytes ", "process_open_fds ",
      "gatehouse_broker_connected 1",
    ] { #expect(answer.text.contains(line), "\(line)") }
    try await console.stop()
  }

  @Test("Who comes from elsewhere, or by a foreign page in a local browser, needs a token")
  func access() async throws {
    let console = try RunningConsole()
    try await console.start(status: status())
    #expect(try await metrics(console, ["Host": "evil.example"]).status == 401)
    #expect(try await metrics(console, ["Authorization": "Bearer nonsense"]).status == 401)
    let token = try console.bearer(.viewer)
    #expect(try await metrics(console, token.merging(["Host": "gate.example"]) { $1 }).status == 200)
    try await console.stop()

    var behind = console.configuration
    behind.settings.console?.isBehindProxy = true
    let proxied = try RunningConsole(configuration: behind)
    try await proxied.start(status: status())
    #expect(try await metrics(proxied).status == 401, "through a proxy everybody comes from this machine")
    #expect(try await metrics(proxied, ["X-Forwarded-For": "127.0.0.1"]).status == 401)
    try await proxied.stop()
  }

  @Test("Health is the process's own; readiness needs broker, disk and an empty backlog")
  func health() async throws {
    func answers(_ change: (inout GatewayStatus) -> Void) async throws -> [Int] {
      let console = try RunningConsole()
      var status = status()
      (status.beat, status.isCaughtUp) = (GatewayClock.monotonic + 3_600_000, true)
      change(&status)
      try await console.start(status: status)
      let codes = [
        try await console.send("GET", "/healthz").status, try await console.send("GET", "/readyz").status,
      ]
      try await console.stop()
      return codes
    }
    #expect(try await answers { _ in } == [200, 200])
    #expect(try await answers { $0.link = "disconnected" } == [200, 503])
    #expect(try await answers { $0.commitFailure = "the disk is full" } == [200, 503])
    #expect(try await answers { $0.isCaughtUp = false } == [200, 503])
    #expect(try await answers { $0.beat = GatewayClock.monotonic - 60_000 } == [503, 200])
    #expect(try await answers { $0.beat = nil } == [503, 200])
  }

  @Test("Every metric that the dashboard asks for is there")
  func dashboard() async throws {
    let console = try RunningConsole()
    let story = try Story(console)
    _ = try story.raise(1, device: "probe-w01", place: "w01")
    try await console.start(status: status())
    let text = try await metrics(console).text
    try await console.stop()
    let known = Set(
      text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.flatMap { line -> [String] in
        let parts = line.split(separator: " ").map(String.init)
        let ends = parts[3] == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
        return ends.map { parts[2] + $0 }
      })
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("docs/grafana-dashboard.json")
    let board = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
    let panels = try #require(board["panels"] as? [[String: Any]])
    let questions = panels.flatMap { $0["targets"] as? [[String: Any]] ?? [] }.compactMap {
      $0["expr"] as? String
    }
    #expect(questions.count >= 10)
    for question in questions {
      let names = question.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
        .filter { $0.hasPrefix("gatehouse_") || $0.hasPrefix("process_") }
      #expect(!names.isEmpty, "\(question)")
      for name in names { #expect(known.contains(name), "\(name)") }
    }
  }
}
