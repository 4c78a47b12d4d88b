/// Configuration files that change under a running gateway: by file, by signal, by command and by the API.
import Foundation
import Testing

@Suite("A gateway whose configuration changes", .serialized)
struct ReloadTests {
  private static let probe = "estates/luyuan/probe-w01/reading"

  /// One rule only, with its limit in cm.
  private func write(limit: String, to config: URL, byRenaming: Bool = false) throws {
    let text = """
      - rule: full
        on: sewer-level-probe
        raise: mean(level, 10min) > \(limit) and samples(level, 10min) >= 5
        priority: P2
        ticket: sewer-blockage

      """
    let file = config.appendingPathComponent("rules/one.yaml")
    if byRenaming {
      // As editors save: another file, put in the place of the old one.
      let draft = config.appendingPathComponent("rules/.one.yaml.swp")
      try Data(text.utf8).write(to: draft)
      guard rename(draft.path, file.path) == 0 else { throw Failure("rename") }
    } else {
      try Data(text.utf8).write(to: file)
    }
  }

  private func start(_ limit: String) throws -> (RunningGateway, folder: URL) {
    let folder = try Programs.temporaryFolder()
    let config = try copyOfConfiguration(in: folder) {
      // Any free port: other gateways may run on this machine.
      $0.replacingOccurrences(of: "port: 8080", with: "port: 0")
    }
    let rules = config.appendingPathComponent("rules")
    for name in try FileManager.default.contentsOfDirectory(atPath: rules.path) {
      try FileManager.default.removeItem(at: rules.appendingPathComponent(name))
    }
    try write(limit: limit, to: config)
    return (try RunningGateway(config: config, ["--estates", "luyuan"]), folder)
  }

  /// Puts a level probe in well 1 into the catalogue, and waits until the gateway has it.
  private func addProbe(_ keys: String, to running: RunningGateway) throws {
    let catalogue = running.config.deletingLastPathComponent().appendingPathComponent(
      "seeds/estates/luyuan.yaml")
    let before = try running.status("devices")
    let text = try String(contentsOf: catalogue, encoding: .utf8)
    try Data(
      text.replacingOccurrences(
        of: "devices:\n", with: "devices:\n  - {\(keys), kind: sewer-level-probe, at: w01}\n"
      ).utf8
    ).write(to: catalogue)
    #expect(
      try Programs.eventually { try running.status("devices") == before + 1 }, "\(running.gateway.errors)")
  }

  private func active(_ running: RunningGateway) throws -> [String] {
    try running.command("alarms", "--json").objects().compactMap {
      ($0["raised"] as? [String: Any])?["rule"] as? String
    }
  }

  private func say(_ level: Double, ago seconds: Int, to running: RunningGateway) throws {
    let time = Int(Date().timeIntervalSince1970 * 1000) - seconds * 1000
    try running.publish(Self.probe, Data(#"{"ts":\#(time),"level":\#(level)}"#.utf8))
  }

  /// - Returns: what the API answers to an admin's token.
  private func postReload(_ running: RunningGateway) throws -> String {
    let place = ["--config", running.config.path, "--data", running.data.path]
    let added = try Programs.run(
      "gatehouse", ["user", "add", "robot", "--role", "admin", "--password-from-input"] + place,
      input: Data("a long enough password\n".utf8))
    let made = try Programs.run("gatehouse", ["user", "token", "robot", "--scope", "admin"] + place)
    guard added.status == 0, let token = made.lines.first?.split(separator: " ").last else {
      throw Failure(added.errors + made.errors)
    }
    let url = try String(contentsOf: running.data.appendingPathComponent("console.url"), encoding: .utf8)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    let script = """
      import sys, urllib.request
      request = urllib.request.Request(sys.argv[1] + "api/v1/configuration/reload", data=b"", method="POST",
        headers={"Authorization": "Bearer " + sys.argv[2]})
      print(urllib.request.urlopen(request).read().decode())
      """
    let outcome = try Programs.run("python3", ["-c", script, url, String(token)])
    guard outcome.status == 0 else { throw Failure(outcome.errors) }
    return outcome.output
  }

  @Test(
    "A changed limit judges within seconds what came before it; a broken file changes nothing and is told")
  func wholeWay() throws {
    let (running, folder) = try start("90 cm")
    defer {
      try? FileManager.default.removeItem(at: running.data)
      try? FileManager.default.removeItem(at: folder)
    }
    #expect(try running.isUp(), "\(running.gateway.errors)")
    // The window fills under a limit that nothing reaches.
    for step in (0...8).reversed() { try say(0.3, ago: 20 + step * 40, to: running) }
    #expect(try Programs.eventually { try running.status("readings") == 9 })
    #expect(try active(running).isEmpty)

    try write(limit: "20 cm", to: running.config, byRenaming: true)
    #expect(
      try Programs.eventually(30) { try active(running) == ["full"] },
      "\(running.gateway.errors)")
    // The alarm may be kept before the change is told.
    #expect(
      Programs.eventually { running.gateway.errors.contains("rules: 1 changed (full), 0 unchanged") },
      "\(running.gateway.errors)")

    try write(limit: "20 parsec", to: running.config)
    #expect(Programs.eventually { running.gateway.errors.contains("unknown unit 'parsec'") })
    let status = try running.command("status")
    #expect(status.output.contains("refused"))
    #expect(status.output.contains("config/rules/one.yaml:3:"), "\(status.output)")
    let refused = try running.command("reload")
    #expect(refused.status == 1)
    #expect(refused.output.contains("unknown unit 'parsec'"), "\(refused.output)")
    #expect(try active(running) == ["full"], "the old rule still holds its alarm")
    #expect(running.gateway.isRunning)

    // Put right, and taken up by a signal; the alarm and its ticket go on.
    try write(limit: "25 cm", to: running.config)
    running.gateway.signal(SIGHUP)
    #expect(
      try Programs.eventually {
        let report = try running.command("status", "--json").objects().first?["lastReload"] as? [String: Any]
        return report?["result"] as? String != "refused"
      })
    let same = try running.command("reload", "--json")
    #expect(same.status == 0 && same.output.contains(#""result":"unchanged""#), "\(same.output)")
    #expect(try active(running) == ["full"])
    #expect(try running.command("tickets", "--json").lines.count == 1)

    // The API.
    try write(limit: "26 cm", to: running.config)
    #expect(try postReload(running).contains(#""result":"#))
    #expect(try active(running) == ["full"])

    // kill -9 after a reload: the same rules, the same alarm, no second ticket.
    running.gateway.signal(SIGKILL)
    _ = running.gateway.wait()
    let again = try RunningGateway(config: running.config, data: running.data, ["--estates", "luyuan"])
    #expect(try again.isUp(), "\(again.gateway.errors)")
    #expect(try active(again) == ["full"])
    #expect(try again.command("tickets", "--json").lines.count == 1)

    // Its rule is gone: the alarm ends, the ticket stays and says why.
    try FileManager.default.removeItem(at: running.config.appendingPathComponent("rules/one.yaml"))
    #expect(try Programs.eventually { try active(again).isEmpty }, "\(again.gateway.errors)")
    let ticket = try #require(try again.command("tickets", "--json").objects().first?["id"] as? String)
    #expect(try again.command("ticket", "show", ticket).output.contains("rule-removed"))
    let audit = try String(
      contentsOf: running.data.appendingPathComponent("console-audit.jsonl"), encoding: .utf8)
    #expect(audit.contains("configuration-applied") && audit.contains("configuration-refused"))
    #expect(again.stop().status == 0)
  }

  @Test("A device that is added is heard at once, and what needs a restart is named")
  func addedDevice() throws {
    let (running, folder) = try start("90 cm")
    defer {
      try? FileManager.default.removeItem(at: running.data)
      try? FileManager.default.removeItem(at: folder)
    }
    #expect(try running.isUp(), "\(running.gateway.errors)")
    try addProbe("id: probe-new", to: running)
    let now = Int(Date().timeIntervalSince1970 * 1000)
    try running.publish("estates/luyuan/probe-new/reading", Data(#"{"ts":\#(now),"level":0.08}"#.utf8))
    #expect(try Programs.eventually { try running.status("readings") == 1 })
    let main = running.config.appendingPathComponent("gatehouse.yaml")
    let settings = try String(contentsOf: main, encoding: .utf8)
    try Data((settings + "\nclient-id: another\n").utf8).write(to: main)
    #expect(Programs.eventually { running.gateway.errors.contains("needs a restart: client-id") })
    #expect(running.stop().status == 0)
  }

  @Test("A model that nobody knew is understood by the running gateway as soon as its file is there")
  func addedModel() throws {
    let (running, folder) = try start("90 cm")
    defer {
      try? FileManager.default.removeItem(at: running.data)
      try? FileManager.default.removeItem(at: folder)
    }
    #expect(try running.isUp(), "\(running.gateway.errors)")
    let address = "24e124fe00aa0001"
    try addProbe("id: sludge, address: \(address)", to: running)
    func say(_ count: Int) throws {
      let time = Date().ISO8601Format()
      try running.publish(
        "application/1/device/\(address)/event/up",
        Data(
          #"{"time":"\#(time)","deviceInfo":{"devEui":"\#(address)"},"fCnt":\#(count),"object":{"sludge_depth_cm":120}}"#
            .utf8))
    }
    try say(1)
    #expect(try Programs.eventually { try running.status("problems") == 1 })
    #expect(try running.status("readings") == 0)
    try Data(
      """
      model: sludge-probe
      source: the maker's data sheet
      has: sludge_depth_cm
      signals:
        level: {from: sludge_depth_cm, unit: cm}

      """.utf8
    ).write(to: running.config.appendingPathComponent("profiles/models/sludge.yaml"))
    #expect(
      Programs.eventually { running.gateway.errors.contains("models/sludge.yaml") },
      "\(running.gateway.errors)")
    try say(2)
    #expect(try Programs.eventually { try running.status("readings") == 1 })
    var kept: [[String: Any]] = []
    _ = try Programs.eventually {
      kept = try running.command("history", "luyuan/sludge", "level", "--json").objects()
      return !kept.isEmpty
    }
    #expect(kept.map { ($0["value"] as? NSNumber)?.doubleValue } == [1.2])
    #expect(running.stop().status == 0)
  }
}
