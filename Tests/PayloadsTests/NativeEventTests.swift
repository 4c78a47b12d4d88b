/// Gatehouse's own event topic.
import EstateModel
import Payloads
import Testing

@Suite struct NativeEventTests {
  let decoder = PayloadDecoder(catalogue: smallCatalogue)

  private func decode(_ device: String, _ fields: String) {
    decoder.decode("estates/luyuan/\(device)/event", #"{"ts": 1773500900000, \#(fields)}"#)
  }

  @Test("Begin, update and end of one event share its id; the value is the time it has lasted")
  func phases() {
    let start = #""event": "loitering", "id": "7-a", "start": 1773500870000, "zones": ["gate"]"#
    decode("gate-1", #""phase": "begin", \#(start)"#)
    let begin = decoder.readings.first
    #expect(begin?.marks == .begin)
    #expect(begin?.value == 30)
    #expect(begin?.signal == Signal.named("loitering"))
    #expect(
      decoder.events == [
        EventDetail(
          device: "luyuan/gate-1", kind: "loitering", phase: .begin, id: "7-a", zones: ["gate"], active: true,
          startMilliseconds: 1_773_500_870_000, timeMilliseconds: 1_773_500_900_000)
      ])
    decode("gate-1", #""phase": "update", \#(start)"#)
    #expect(decoder.readings.first?.marks == [])
    #expect(decoder.readings.first?.event == begin?.event)
    decode("gate-1", #""phase": "end", \#(start)"#)
    #expect(decoder.readings.first?.marks == .end)
    #expect(decoder.readings.first?.event == begin?.event)
    #expect(decoder.events.first?.active == false)
    decode("gate-1", #""phase": "begin", "event": "loitering", "id": "7-b""#)
    #expect(decoder.readings.first?.event != begin?.event)
    #expect(decoder.readings.first?.value == 0)
    #expect(decoder.problems.isEmpty)
  }

  @Test(
    "Events outside the zones that count are marked",
    arguments: [
      (#"["gate"]"#, Quality.good), (#"["street", "lane"]"#, .good), (#"["street"]"#, .outsideZone),
      ("[]", .outsideZone), ("null", .good), (#""gate""#, .good), (#"[1, {}]"#, .outsideZone),
    ])
  func zones(_ zones: String, _ quality: Quality) {
    decode("gate-2", #""event": "person", "phase": "begin", "id": "1", "zones": \#(zones)"#)
    #expect(decoder.readings.map(\.quality) == [quality])
    #expect(decoder.problems.isEmpty)
  }

  @Test("A message that says nothing of zones counts")
  func silentOfZones() {
    decode("gate-2", #""event": "person", "phase": "begin", "id": "1""#)
    #expect(decoder.readings.map(\.quality) == [.good])
  }

  @Test("A camera without zones takes events from everywhere")
  func noZones() {
    decode("gate-1", #""event": "person", "phase": "begin", "id": "1", "zones": ["street"]"#)
    #expect(decoder.readings.map(\.quality) == [.good])
  }

  @Test("Without an id, kind and start name the event")
  func noID() {
    decode("gate-1", #""event": "person", "phase": "begin", "start": 1773500870000"#)
    #expect(decoder.events.map(\.id) == ["person-1773500870000"])
  }

  @Test(
    "A malformed event is reported",
    arguments: [
      (#""phase": "begin""#, PayloadProblem.Reason.wrongShape),
      (#""event": "level", "phase": "begin""#, .unknownSignal),
      (#""event": "dancing", "phase": "begin""#, .unknownSignal),
      (#""event": "person", "phase": "middle""#, .wrongShape), (#""event": "person""#, .wrongShape),
    ])
  func malformed(_ fields: String, _ reason: PayloadProblem.Reason) {
    decode("gate-1", fields)
    #expect(decoder.readings.isEmpty)
    #expect(decoder.events.isEmpty)
    #expect(decoder.reasons == [reason])
  }

  @Test("A start after the message, or none that is a time, is reported; the event counts")
  func badStart() {
    decode("gate-1", #""event": "person", "phase": "begin", "id": "1", "start": 1773500999000"#)
    #expect(decoder.readings.map(\.value) == [0])
    #expect(decoder.reasons == [.badTime])
    decode("gate-1", #""event": "person", "phase": "begin", "id": "1", "start": "noon""#)
    #expect(decoder.readings.map(\.value) == [0])
    #expect(decoder.reasons == [.badTime])
  }
}
