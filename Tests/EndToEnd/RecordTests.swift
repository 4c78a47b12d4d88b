/// `estatesim record` and `replay` at a real broker.
import Foundation
import TestSupport
import Testing

@Suite("Captured traffic at a broker", .serialized)
struct RecordTests {
  @Test("What was recorded is played again with the same topics, bytes, QoS, flags and pauses")
  func roundTrip() throws {
    let folder = try Programs.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let port = try freePort()
    let configuration = folder.appendingPathComponent("broker.conf")
    try "listener \(port) 127.0.0.1\nallow_anonymous true\n".write(
      to: configuration, atomically: true, encoding: .utf8)
    let broker = try Running("mosquitto", ["-c", configuration.path])
    let url = "mqtt://127.0.0.1:\(port)"
    let payload = folder.appendingPathComponent("payload")
    let bytes = Data([0, 1, 0xFF, 10, 0x7B])
    try bytes.write(to: payload)
    func publish(_ topic: String, _ arguments: [String]) throws {
      let outcome = try Programs.run("mosquitto_pub", ["-p", "\(port)", "-t", topic] + arguments)
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    #expect(
      try Programs.eventually(10) {
        try Programs.run("mosquitto_pub", ["-p", "\(port)", "-t", "x", "-n"]).status == 0
      })
    // A message that the broker keeps: it comes first, and flagged.
    try publish("kept/1", ["-m", "online", "-r", "-q", "1"])

    func record(_ name: String, while body: () throws -> Void) throws -> [[String: Any]] {
      let out = folder.appendingPathComponent(name)
      let recorder = try Running("estatesim", ["record", "--broker", url, "--out", out.path])
      defer { _ = recorder.wait() }
      let text = { (try? String(contentsOf: out, encoding: .utf8)) ?? "" }
      #expect(Programs.eventually(20) { text().contains("kept/1") })
      try body()
      #expect(Programs.eventually(20) { text().contains("\"last\"") })
      recorder.signal(SIGINT)
      let outcome = recorder.wait()
      #expect(outcome.status == 0, "\(outcome.errors)")
      return try text().split(separator: "\n").compactMap {
        try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
      }
    }
    let first = try record("first.jsonl") {
      try publish("raw/1", ["-f", payload.path, "-q", "0"])
      usleep(700_000)
      try publish("raw/2", ["-f", payload.path, "-q", "2"])
      // QoS 2 takes two rounds, in which QoS 1 would overtake it.
      usleep(400_000)
      try publish("last", ["-m", "end", "-q", "1"])
    }
    #expect(first.compactMap { $0["topic"] as? String } == ["kept/1", "raw/1", "raw/2", "last"])
    #expect(first.compactMap { $0["retain"] as? Bool } == [true, false, false, false])
    #expect(first.compactMap { $0["qos"] as? Int } == [1, 0, 2, 1])
    #expect(first[1]["payload"] as? String == bytes.base64EncodedString())
    let second = try record("second.jsonl") {
      let replayed = try Programs.run(
        "estatesim", ["replay", folder.appendingPathComponent("first.jsonl").path, "--broker", url])
      #expect(replayed.status == 0, "\(replayed.errors)")
    }
    // The kept message once from the broker, and once as it is played.
    let played = second.dropFirst()
    #expect(played.map { $0["topic"] as? String } == first.map { $0["topic"] as? String })
    #expect(played.map { $0["payload"] as? String } == first.map { $0["payload"] as? String })
    #expect(played.map { $0["qos"] as? Int } == first.map { $0["qos"] as? Int })
    func pause(_ list: [[String: Any]]) -> Int {
      func time(_ topic: String) -> Int { list.first { $0["topic"] as? String == topic }?["ms"] as? Int ?? 0 }
      return time("raw/2") - time("raw/1")
    }
    #expect(abs(pause(first) - pause(Array(second))) < 300)
    broker.signal(SIGTERM)
    _ = broker.wait()
  }
}
