/// Cameras at a gate, from the message at the broker to the line on the live stream.
import Foundation
import Testing

@Suite("Cameras at a gate", .serialized)
struct CameraTests {
  private func loitering(_ camera: String, _ id: String, _ phase: String, lasted seconds: Int) -> (
    String, Data
  ) {
    let now = Int(Date().timeIntervalSince1970 * 1000)
    return (
      "estates/yiheyuan/\(camera)/event",
      Data(
        """
        {"ts":\(now),"event":"loitering","phase":"\(phase)","id":"\(id)","start":\(now - seconds * 1000),
         "zones":["gate"],"active":\(phase != "end")}
        """.utf8)
    )
  }

  /// The same of a camera behind Frigate, of which the gateway hears for the first time.
  private func frigate(_ camera: String, _ id: String, lasted seconds: Int) -> (String, Data) {
    let now = Date().timeIntervalSince1970
    return (
      "frigate/events",
      Data(
        """
        {"type":"update","before":null,"after":{"id":"\(id)","camera":"\(camera)","frame_time":\(now),
         "start_time":\(now - Double(seconds)),"end_time":null,"label":"person","sub_label":["Somebody",0.8],
         "false_positive":false,"current_zones":["gate"],"entered_zones":["gate"],"active":false,"stationary":true}}
        """.utf8)
    )
  }

  /// Seconds from the end of the publisher's process to the line of the watching one, and that line.
  private func wait(for word: String, in watch: Running, since: Date) -> Double? {
    let found = Programs.eventually(10) { watch.output.contains(word) }
    return found ? Date().timeIntervalSince(since) : nil
  }

  @Test(
    "A loitering alert is on the live stream in less than a second, and a second camera's, behind Frigate, joins its ticket"
  )
  func alert() throws {
    let folder = try Programs.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let config = try copyOfConfiguration(in: folder) { $0 }
    let estate = folder.appendingPathComponent("seeds/estates/yiheyuan.yaml")
    let second = "  - {id: cam-second, kind: entrance-camera, at: gate, address: front_gate, zones: [gate]}\n"
    try (String(contentsOf: estate, encoding: .utf8) + second)
      .write(to: estate, atomically: true, encoding: .utf8)
    let running = try RunningGateway(config: config, ["--estates", "yiheyuan"])
    defer { try? FileManager.default.removeItem(at: running.data) }
    #expect(try running.isUp(), "\(running.gateway.errors)")
    #expect(
      try Programs.eventually(30) {
        try running.command("status", "--json").output.contains("\"isCaughtUp\":true")
      })
    let watch = try Running(
      "gatehouse", ["watch", "--json", "--config", config.path, "--data", running.data.path])
    usleep(500_000)

    let (topic, payload) = loitering("cam-gate", "visit-1", "update", lasted: 320)
    let before = Date()
    try running.publish(topic, payload)
    let took = try #require(wait(for: "\"raised\"", in: watch, since: before), "\(watch.output)")
    #expect(took < 1, "\(took) s from before mosquitto_pub started to the line")
    #expect(try running.command("tickets", "--json").lines.count == 1)

    let (other, same) = frigate("front_gate", "1607123955.475377-mxklsc", lasted: 310)
    let told = Date()
    try running.publish(other, same)
    let frigateTook = try #require(
      wait(for: #""device":"cam-second""#, in: watch, since: told), "\(watch.output)")
    #expect(frigateTook < 1, "\(frigateTook) s from before mosquitto_pub started to the line")
    #expect(
      try Programs.eventually(10) {
        try running.command("alarms", "--json").lines.count == 2
      })
    let tickets = try running.command("tickets", "--json").objects()
    #expect(tickets.count == 1, "one gate, one ticket")
    #expect(tickets.first?["category"] as? String == "gate-security")
    watch.signal(SIGTERM)
    _ = watch.wait()
    #expect(running.stop().status == 0)
  }
}
