/// What comes from outside may be anything: it is counted and shown, and harms nobody else.
import Foundation
import Testing

@Suite("Bad input", .serialized)
struct BadInputTests {
  @Test("Nothing that a device sends stops the gateway or loses a neighbour's reading")
  func badMessages() throws {
    let running = try RunningGateway(["--estates", "luyuan,yiheyuan"])
    defer { try? FileManager.default.removeItem(at: running.data) }
    #expect(try running.isUp(), "\(running.gateway.errors)")
    let now = Int(Date().timeIntervalSince1970 * 1000)
    let deep = String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000)
    let cases: [(payload: Data, reason: String)] = [
      (Data("level is fine".utf8), "not-json"),
      (Data("[1,2,3]".utf8), "wrong-shape"),
      (Data(#"{"ts":\#(now),"level":"high"}"#.utf8), "fault"),
      (Data((#"{"level":1,"x":""# + String(repeating: "a", count: 300_000) + "\"}").utf8), "too-large"),
      (Data((#"{"level":"# + deep + "}").utf8), "too-deep"),
      (Data(#"{"ts":\#(now),"level":NaN}"#.utf8), "not-a-number"),
      (Data(#"{"ts":\#(now),"level":1e308}"#.utf8), "out-of-range"),
      (Data(#"{"ts":\#(now),"level":29999}"#.utf8), "out-of-range"),
      (Data(#"{"ts":0,"level":0.1}"#.utf8), "time-in-past"),
      (Data(#"{"ts":"2400-01-01T00:00:00Z","level":0.1}"#.utf8), "time-in-future"),
      (Data(#"{"ts":\#(now),"levle":0.1}"#.utf8), "unknown-signal"),
      (Data([0x7B, 0x22, 0xFF, 0xFE, 0x22, 0x3A, 0x31, 0x7D]), "not-utf8"),
      (Data(), "empty"),
    ]
    for (number, bad) in cases.enumerated() {
      try running.publish("estates/luyuan/probe-w02/reading", bad.payload)
      // The neighbour speaks between any two of them.
      try running.publish(
        "estates/luyuan/probe-w01/reading", Data(#"{"ts":\#(now - 60_000 + number),"level":0.08}"#.utf8))
    }
    try running.publish("estates/luyuan/nobody/reading", Data(#"{"level":0.1}"#.utf8))
    #expect(try Programs.eventually { try running.status("messages") >= cases.count * 2 + 1 })

    #expect(
      try Programs.eventually {
        let history = try running.command("history", "luyuan/probe-w01", "level", "--since", "1h", "--json")
        return history.lines.count == cases.count
      })
    var problems: [[String: Any]] = []
    func count(_ device: String, _ reason: String) -> Int {
      problems.filter { $0["device"] as? String == device && $0["reason"] as? String == reason }
        .reduce(0) { $0 + ($1["count"] as? Int ?? 0) }
    }
    // What came last may be kept a second later than what came before it.
    let isKept = try Programs.eventually {
      problems = try running.command("devices", "--problems", "--json").objects()
      return count("luyuan/nobody", "unknown-device") == 1
    }
    #expect(isKept, "\(problems)")
    for reason in Set(cases.map(\.reason)) {
      #expect(
        count("luyuan/probe-w02", reason) == cases.filter { $0.reason == reason }.count,
        "\(reason): \(problems)")
    }
    let logged = running.gateway.errors.split(separator: "\n").filter { $0.contains("luyuan/probe-w02") }
    #expect(logged.count == 1, "at most one line a minute for each device: \(logged)")
    #expect(running.stop().status == 0)
  }

  @Test("Names, faces and plates of camera messages reach neither disk nor log nor output")
  func privacy() throws {
    let running = try RunningGateway(["--estates", "yiheyuan"])
    defer { try? FileManager.default.removeItem(at: running.data) }
    #expect(try running.isUp(), "\(running.gateway.errors)")
    let now = Date().timeIntervalSince1970
    let visit: [String: Any] = [
      "id": "\(now).1-abc", "camera": "yiheyuan-gate", "frame_time": now, "label": "person",
      "sub_label": ["Zhang Somebody", 0.9], "start_time": now - 5, "end_time": NSNull(),
      "false_positive": false, "current_zones": ["gate"], "entered_zones": ["gate"],
      "attributes": ["face": 0.86], "recognized_license_plate": "JIN-B12345", "active": true,
    ]
    let message = ["type": "update", "before": visit, "after": visit] as [String: Any]
    try running.publish("frigate/events", try JSONSerialization.data(withJSONObject: message))
    #expect(try Programs.eventually { try running.status("messages") >= 1 })
    #expect(running.stop().status == 0)
    let secrets = ["Zhang Somebody", "JIN-B12345"].map { Data($0.utf8) }
    let files = try FileManager.default.subpathsOfDirectory(atPath: running.data.path)
      // The broker's own store is not Gatehouse's to write; it holds messages only until they are taken.
      .filter { !$0.hasPrefix("broker/") }
    #expect(files.contains { $0.hasSuffix(".sqlite") })
    for file in files {
      let url = running.data.appendingPathComponent(file)
      guard let bytes = try? Data(contentsOf: url) else { continue }
      for secret in secrets { #expect(bytes.range(of: secret) == nil, "\(file)") }
    }
    for secret in secrets { #expect(Data(running.gateway.errors.utf8).range(of: secret) == nil) }
  }
}
