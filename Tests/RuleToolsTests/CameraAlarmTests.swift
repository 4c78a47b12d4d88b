/// Who stays before a camera that tells of begin and end only, from the message to the alarm.
import EstateModel
import Payloads
import Rules
import Testing

@Suite("Cameras that tell begin and end") struct CameraAlarmTests {
  /// Seconds after 23:00 at which alarms are raised and cleared.
  private func alarms(_ messages: [(second: Int64, action: String)]) throws -> [String] {
    let context = try shippedContext()
    let decoder = PayloadDecoder(catalogue: context.catalogue, profiles: context.profiles)
    let start = try #require(Timestamp(rfc3339: "2026-03-20T23:00:00+08:00"))
    var engine = RuleEngine(rules: context.rules, catalogue: context.catalogue, start: start)
    var found: [String] = []
    for second in stride(from: Int64(10), through: 7200, by: 10) {
      let time = start + second * 1000
      for message in messages where message.second == second {
        decoder.decode(
          "dahua/yiheyuan_gate/event",
          #"{"Code": "WanderDetection", "action": "\#(message.action)", "index": "0", "data": {"UTC": \#(time.milliseconds / 1000)}}"#,
          now: time)
        #expect(decoder.problems.isEmpty, "\(decoder.problems)")
        for reading in decoder.readings { engine.ingest(reading) }
      }
      engine.advance(to: time)
      for transition in engine.takeTransitions() where transition.rule == "loitering" {
        found.append(
          "\(transition.kind == .raised ? "raised" : "cleared") \((transition.at - start.milliseconds) / 1000)"
        )
      }
    }
    return found
  }

  @Test("Somebody who stays is an alarm at the limit, not at the end; a courier's 90 s are none")
  func stay() throws {
    // 120 s at night; ten minutes after the end it is over.
    #expect(try alarms([(600, "Start"), (1020, "Stop")]) == ["raised 720", "cleared 1620"])
    #expect(try alarms([(600, "Start"), (690, "Stop")]) == [])
  }

  @Test("An end that never comes ends after half an hour")
  func lost() throws {
    #expect(try alarms([(600, "Start")]) == ["raised 720", "cleared 3010"])
  }
}
