/// From an alarm to a signed message: the real gateway, its broker, and a receiver that is not always well.
import Foundation
import TestSupport
import Testing

@Suite("Notifications", .serialized)
struct NotificationTests {
  /// A configuration with a webhook, and the receiver that may be started at its end.
  private struct Stand {
    let folder: URL
    let config: URL
    let port: Int
    var log: String { folder.appendingPathComponent("log").path }

    init(_ path: String, more: String = "") throws {
      folder = try Programs.temporaryFolder()
      let port = try freePort()
      self.port = port
      config = try copyOfConfiguration(in: folder) { $0 }
      try "s3cret\n".write(
        to: config.appendingPathComponent("hook-secret"), atomically: true, encoding: .utf8)
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o600], ofItemAtPath: config.appendingPathComponent("hook-secret").path)
      try """
      simulated-runs: true
      retry: {first: 200 ms, longest: 500 ms, give-up-after: 10 min}
      channels:
        - {id: hook, kind: webhook, url: "http://127.0.0.1:\(port)\(path)", secret: {file: hook-secret}, language: en}
      \(more)
      """.write(to: config.appendingPathComponent("notifications.yaml"), atomically: true, encoding: .utf8)
    }

    func receiver() throws -> Running {
      let script = Programs.root.appendingPathComponent("Tests/NotificationsTests/Fixtures/receiver.py").path
      return try Running(
        "python3", [script, "\(port)", folder.appendingPathComponent("port").path, log])
    }

    func gateway(data: URL? = nil) throws -> RunningGateway {
      try RunningGateway(config: config, data: data, ["--clock", "simulation", "--estates", "luyuan"])
    }

    func play(_ running: RunningGateway) throws {
      let simulator = try Programs.run(
        "estatesim", ["play", "luyuan-sewer-blockage", "--speed", "max", "--data", running.data.path])
      #expect(simulator.status == 0, "\(simulator.errors)")
    }

    var requests: [[String: Any]] {
      let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
      return text.split(separator: "\n").compactMap {
        try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
      }
    }

    var keys: [String] {
      requests.compactMap { ($0["headers"] as? [String: String])?["idempotency-key"] }
    }

    func remove(_ running: RunningGateway) {
      try? FileManager.default.removeItem(at: running.data)
      try? FileManager.default.removeItem(at: folder)
    }
  }

  private func waiting(_ running: RunningGateway) throws -> Int {
    try running.command("outbox", "--json").lines.count
  }

  @Test("A receiver that is down at first gets everything when it comes up, signed and once")
  func downAtFirst() throws {
    let stand = try Stand("/ok")
    let running = try stand.gateway()
    defer { stand.remove(running) }
    #expect(try running.isUp(), "\(running.gateway.errors)")
    try stand.play(running)
    #expect(try Programs.eventually { try running.command("tickets", "--json").lines.count == 1 })
    // It was tried, and waits.
    #expect(
      try Programs.eventually {
        try running.command("outbox", "--json").objects().contains { ($0["attempts"] as? Int ?? 0) > 0 }
      })
    let receiver = try stand.receiver()
    #expect(try Programs.eventually { try waiting(running) == 0 && !stand.requests.isEmpty })
    let sent = try running.command("outbox", "--all", "--json").objects()
    #expect(sent.allSatisfy { $0["state"] as? String == "sent" })
    #expect(Set(stand.keys) == Set(sent.compactMap { $0["key"] as? String }))
    #expect(Set(stand.keys).count == stand.keys.count, "none twice")
    #expect(try running.command("tickets", "--all", "--json").lines.count == 1)

    let first = try #require(stand.requests.first)
    let headers = try #require(first["headers"] as? [String: String])
    let body = try #require(first["body"] as? String)
    let time = try #require(headers["gatehouse-timestamp"])
    let file = stand.folder.appendingPathComponent("body")
    try Data("\(time).\(body)".utf8).write(to: file)
    let digest = try Programs.run("openssl", ["dgst", "-sha256", "-hmac", "s3cret", file.path])
    let expected = digest.output.split(separator: " ").last.map { $0.trimmingCharacters(in: .newlines) }
    #expect(headers["gatehouse-signature"] == "v1=\(expected ?? "")")
    #expect(body.contains("Luyuan"))
    #expect(!running.gateway.errors.contains("s3cret"))
    #expect(running.stop().status == 0)
    receiver.signal(SIGTERM)
  }

  @Test("Killed between sending and taking that down: the next life sends it again, under the same key")
  func killed() throws {
    let stand = try Stand("/delay/3")
    let receiver = try stand.receiver()
    let running = try stand.gateway()
    defer { stand.remove(running) }
    #expect(try running.isUp(), "\(running.gateway.errors)")
    try stand.play(running)
    #expect(Programs.eventually { !stand.requests.isEmpty })
    running.gateway.signal(SIGKILL)
    _ = running.gateway.wait()
    let first = try #require(stand.keys.first)
    let again = try stand.gateway(data: running.data)
    #expect(try again.isUp(), "\(again.gateway.errors)")
    #expect(Programs.eventually { stand.keys.count { $0 == first } == 2 }, "\(stand.keys)")
    #expect(try Programs.eventually(60) { try waiting(again) == 0 })
    #expect(try again.command("tickets", "--all", "--json").lines.count == 1)
    #expect(again.stop().status == 0)
    receiver.signal(SIGTERM)
  }

  @Test("What is refused stands in the list of dead letters until somebody has it sent once more")
  func deadLetters() throws {
    let stand = try Stand("/refuse/1")
    let receiver = try stand.receiver()
    let running = try stand.gateway()
    defer { stand.remove(running) }
    #expect(try running.isUp(), "\(running.gateway.errors)")
    try stand.play(running)
    #expect(
      try Programs.eventually {
        try waiting(running) == 0 && running.command("outbox", "--dead", "--json").lines.count == 1
      })
    let dead = try #require(try running.command("outbox", "--dead", "--json").objects().first)
    #expect(dead["error"] as? String == "answered 404")
    let table = try running.command("outbox", "--dead")
    #expect(table.output.contains("answered 404"))
    let number = try #require(dead["id"] as? Int)
    let resent = try running.command("outbox", "resend", "\(number)")
    #expect(resent.status == 0, "\(resent.errors)")
    #expect(try Programs.eventually { try running.command("outbox", "--dead").output == "no messages\n" })
    let key = dead["key"] as? String
    #expect(Programs.eventually { stand.keys.count { $0 == key } == 2 })
    #expect(try running.command("outbox", "resend", "4711").errors.contains("no message 4711"))
    #expect(running.stop().status == 0)
    receiver.signal(SIGTERM)
  }

  @Test("Retained topics show the ticket while it is open, on the gateway's own broker")
  func retained() throws {
    let stand = try Stand("/ok", more: "  - {id: broker, kind: mqtt}")
    let receiver = try stand.receiver()
    let running = try stand.gateway()
    defer { stand.remove(running) }
    #expect(try running.isUp(), "\(running.gateway.errors)")
    try stand.play(running)
    #expect(try Programs.eventually { try waiting(running) == 0 && !stand.requests.isEmpty })
    func topics() throws -> [String] {
      try Programs.run(
        "mosquitto_sub",
        try running.brokerArguments() + ["-t", "estates/+/tickets/+", "-F", "%t %p", "-W", "2"]
      ).lines
    }
    let id = try #require(try running.ticket()["id"] as? String)
    let shown = try topics()
    #expect(shown.count == 1)
    #expect(shown.first?.hasPrefix("estates/luyuan/tickets/\(id) {") == true)
    #expect(try running.command("ticket", "cancel", id, "--note", "an exercise", "--by", "guard").status == 0)
    #expect(try Programs.eventually { try topics().isEmpty })
    #expect(Programs.eventually { stand.requests.contains { "\($0)".contains("cancelled") } })
    #expect(running.stop().status == 0)
    receiver.signal(SIGTERM)
  }

  @Test(
    "A retained-topic channel that is set up later shows what is open already, without waiting for a change")
  func standing() throws {
    let stand = try Stand("/ok")
    let receiver = try stand.receiver()
    let first = try stand.gateway()
    #expect(try first.isUp(), "\(first.gateway.errors)")
    try stand.play(first)
    let id = try #require(try first.ticket()["id"] as? String)
    #expect(first.stop().status == 0)
    let plan = stand.config.appendingPathComponent("notifications.yaml")
    try (String(contentsOf: plan, encoding: .utf8) + "\n  - {id: broker, kind: mqtt}\n").write(
      to: plan, atomically: true, encoding: .utf8)
    let second = try stand.gateway(data: first.data)
    defer { stand.remove(second) }
    #expect(try second.isUp(), "\(second.gateway.errors)")
    func topics() throws -> [String] {
      try Programs.run(
        "mosquitto_sub", try second.brokerArguments() + ["-t", "estates/+/tickets/+", "-F", "%t", "-W", "2"]
      ).lines
    }
    #expect(try Programs.eventually { try topics() == ["estates/luyuan/tickets/\(id)"] })
    #expect(second.stop().status == 0)
    receiver.signal(SIGTERM)
  }

  @Test("A channel can be tried, and check says what is wrong with its secret")
  func trying() throws {
    let stand = try Stand("/ok")
    defer { try? FileManager.default.removeItem(at: stand.folder) }
    func command(_ words: String...) throws -> Outcome { try Programs.run("gatehouse", words) }
    let down = try command("outbox", "test", "hook", "--config", stand.config.path)
    #expect(down.status == 1)
    #expect(down.errors.contains("'hook' did not take it"), "\(down.errors)")
    let receiver = try stand.receiver()
    #expect(
      try Programs.eventually {
        try command("outbox", "test", "hook", "--config", stand.config.path).output == "sent by 'hook'\n"
      })
    #expect(stand.requests.count == 1)
    let unknown = try command("outbox", "test", "hok", "--config", stand.config.path)
    #expect(unknown.errors.contains("no channel 'hok'; did you mean 'hook'?"))

    let secret = stand.config.appendingPathComponent("hook-secret").path
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: secret)
    let warned = try command("check", stand.config.path)
    #expect(warned.status == 0)
    #expect(warned.output.contains("notifications.yaml:4"), "\(warned.output)")
    #expect(warned.output.contains("can be read or written by everybody"))
    try FileManager.default.removeItem(atPath: secret)
    let missing = try command("check", stand.config.path)
    #expect(missing.status == 1)
    #expect(missing.output.contains("secret file 'hook-secret' can't be read"))
    receiver.signal(SIGTERM)
  }
}
