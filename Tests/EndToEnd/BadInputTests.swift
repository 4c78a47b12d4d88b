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
      (Data(#"{"ts":\#(now),"level":"high"}"#.utf8), "wrong-shape"),
      (Data((#"{"level":1,"x":""# + String(repeating: "a", count: 300_000) + "\"}").utf8), "too-large"),
      (Data((#"{"level":"# + deep + "}").utf8), "too-deep"),
      (Data(#"{"ts":\#(now),"level":NaN}"#.utf8), "not-json"),
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
    let problems = try running.command("devices", "--problems", "--json").objects()
    func count(_ device: String, _ reason: String) -> Int {
      problems.filter { $0["device"] as? String == device && $0["reason"] as? String == reason }
        .reduce(0) { $0 + ($1["count"] as? Int ?? 0) }
    }
    for reason in Set(cases.map(\.reason)) {
      #expect(
        count("luyuan/probe-w02", reason) == cases.filter { $0.reason == reason }.count,
        "\(reason): \(problems)")
    }
    #expect(count("luyuan/nobody", "unknown-device") == 1, "\(problems)")
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

@Suite("Configuration", .serialized)
struct ConfigurationTests {
  @Test("The shipped configuration is silent under check")
  func shipped() throws {
    let outcome = try Programs.run("gatehouse", ["check"])
    #expect(outcome.status == 0)
    #expect(outcome.output == "", "\(outcome.output)")
  }

  @Test("check prints every problem with file, line and column, and run refuses with the same text")
  func broken() throws {
    let folder = try Programs.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let config = try copyOfConfiguration(in: folder) {
      $0.replacingOccurrences(of: "accepted-ahead: 2 min", with: "accepted-ahead: 2 m")
        .replacingOccurrences(of: "topic-root: estates", with: "topic-rot: estates")
    }
    let rules = """
      - rule: broken-one
        title: {zh: 坏, en: Broken}
        on: elevator-noise-meter
        raise: leq(laeqq, 10min) > 35 dBA
        priority: P3
        ticket: elevator-noise
        source: none
      - rule: broken-two
        title: {zh: 坏, en: Broken}
        on: elevator-noise-meter
        raise: laeq > 3 m
        priority: P3
        ticket: elevator-noise
        source: none
      """
    try rules.write(to: config.appendingPathComponent("rules/broken.yaml"), atomically: true, encoding: .utf8)
    let estate = folder.appendingPathComponent("seeds/estates/luyuan.yaml")
    try String(contentsOf: estate, encoding: .utf8).replacingOccurrences(of: "depth:", with: "dept:")
      .write(to: estate, atomically: true, encoding: .utf8)

    let check = try Programs.run("gatehouse", ["check", config.path])
    #expect(check.status == 1)
    for expected in [
      "config/gatehouse.yaml:", "did you mean 'topic-root'", "'2 m' in m",
      "config/rules/broken.yaml:4:14: unknown signal 'laeqq'; did you mean 'laeq'?",
      "config/rules/broken.yaml:11:",
      "seeds/estates/luyuan.yaml:", "did you mean 'depth'",
    ] {
      #expect(check.output.contains(expected), "\(expected) in \(check.output)")
    }
    let run = try Programs.run(
      "gatehouse", ["run", "--config", config.path, "--data", folder.path + "/data"])
    #expect(run.status == 1)
    #expect(run.errors.contains(check.output.trimmingCharacters(in: .newlines)), "\(run.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/data/gatehouse.sqlite"))
  }

  @Test(
    "Wrong usage ends with status 2 and says what is right",
    arguments: [["frob"], ["tickets", "--state", "sleeping"], ["demo", "--speed", "fast"], ["decode"]])
  func usage(_ arguments: [String]) throws {
    let outcome = try Programs.run("gatehouse", arguments)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("Usage") || outcome.errors.contains("help"), "\(outcome.errors)")
  }

  @Test(
    "Every command explains itself with an example",
    arguments: [
      "run", "demo", "check", "decode", "tickets", "ticket", "alarms", "watch", "devices", "history",
      "explain",
      "status",
    ])
  func help(_ command: String) throws {
    let outcome = try Programs.run("gatehouse", [command, "--help"])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("EXAMPLE"))
    #expect(!outcome.output.contains("\u{1B}["), "no colour when not a terminal")
  }

  @Test("estatesim explains itself too", arguments: ["play", "list", "load", "replay"])
  func simulatorHelp(_ command: String) throws {
    let outcome = try Programs.run("estatesim", [command, "--help"])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("EXAMPLE"))
  }
}
