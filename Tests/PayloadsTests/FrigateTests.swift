/// Frigate's cameras: one event for one id, and nobody's name.
import EstateModel
import Foundation
import Payloads
import Testing

@Suite struct FrigateTests {
  let decoder: PayloadDecoder

  init() throws {
    decoder = PayloadDecoder(
      catalogue: smallCatalogue, profiles: try shippedProfiles(), tolerance: .unlimited)
  }

  private func event(_ type: String, _ after: String) {
    decoder.decode("frigate/events", #"{"type": "\#(type)", "before": null, "after": {\#(after)}}"#)
  }

  @Test("The camera is the catalogue's device with that address")
  func camera() throws {
    let example = try Example.named("frigate-events-update")
    decoder.decode(topic: Array(example.topic.utf8), payload: example.payload)
    #expect(decoder.events.map(\.device) == ["luyuan/gate-1"])
    // 1607123962.082975 s is the frame, 1607123955.475377 s the start.
    #expect(decoder.readings.map(\.time.milliseconds) == [1_607_123_962_082])
    #expect(decoder.readings.map(\.value) == [6.607])
    #expect(decoder.events.map(\.startMilliseconds) == [1_607_123_955_475])
    #expect(decoder.problems.isEmpty)
  }

  @Test("Names and plates are in no reading, event, problem or line")
  func privacy() throws {
    for example in try Example.published() where !example.secrets.isEmpty {
      // Known camera, unknown camera, and every way to break the message.
      for cut in [example.payload.count, example.payload.count / 2, example.payload.count - 1] {
        decoder.decode(topic: Array(example.topic.utf8), payload: Array(example.payload.prefix(cut)))
        let written = "\(decoder.events)\(decoder.problems)\(decoder.lines())\(decoder.readings)"
        for secret in example.secrets + ["sub_label", "plate"] { #expect(!written.contains(secret)) }
      }
    }
  }

  @Test("new, update and end of one id are one event")
  func oneEvent() {
    let after = #""camera": "front_cam", "label": "person", "id": "1-a", "entered_zones": ["gate"]"#
    var ids: Set<UInt64> = []
    for (type, marks) in [("new", ReadingMarks.begin), ("update", []), ("update", []), ("end", .end)] {
      event(type, #""frame_time": 1773500966.5, "start_time": 1773500960.5, "end_time": null, \#(after)"#)
      #expect(decoder.readings.map(\.marks) == [marks])
      #expect(decoder.readings.map(\.value) == [6])
      ids.formUnion(decoder.readings.map(\.event))
    }
    #expect(ids.count == 1)
  }

  @Test("What Frigate took back is left out without a complaint; what nobody asked for is only an object")
  func ignored() {
    event("new", #""camera": "front_cam", "label": "person", "id": "1", "false_positive": true"#)
    #expect(decoder.readings.isEmpty && decoder.problems.isEmpty)
    event("new", #""camera": "front_cam", "label": "goat", "id": "1", "false_positive": false"#)
    #expect(decoder.events.map(\.kind) == ["object"])
    #expect(decoder.events.map(\.label) == ["goat"])
    #expect(decoder.problems.isEmpty)
  }

  @Test("A person outside the zones that count is marked")
  func zones() {
    event("new", #""camera": "front_cam", "label": "person", "id": "1", "entered_zones": ["street"]"#)
    #expect(decoder.readings.map(\.quality) == [.outsideZone])
    event("new", #""camera": "front_cam", "label": "person", "id": "1", "entered_zones": ["lane"]"#)
    #expect(decoder.readings.map(\.quality) == [.good])
  }

  @Test("A review counts when it is an alert")
  func reviews() {
    for (severity, count) in [("detection", 0), ("alert", 1)] {
      decoder.decode(
        "frigate/reviews",
        """
        {"type": "update", "before": {}, "after": {"id": "r-1", "camera": "front_door", "start_time": 1773500960,
        "end_time": null, "severity": "\(severity)", "data": {"zones": [], "sub_labels": ["Bob"]}}}
        """)
      #expect(decoder.events.count == count)
      #expect(decoder.problems.isEmpty)
    }
  }

  @Test(
    "A lost picture takes the camera offline",
    arguments: [("online", true), (" offline ", false), ("disabled", false)])
  func status(_ text: String, _ isOnline: Bool) {
    decoder.decode("frigate/front_cam/status/detect", text)
    #expect(decoder.statusChanges.map(\.isOnline) == [isOnline])
    #expect(decoder.statusChanges.map(\.device.raw) == [4])
    #expect((decoder.sender != nil) == isOnline)
    decoder.decode("frigate/front_cam/status/detect", "asleep")
    #expect(decoder.statusChanges.isEmpty)
    #expect(decoder.reasons == [.wrongShape])
  }

  @Test("A camera that the catalogue doesn't have is a problem")
  func unknownCamera() {
    event("new", #""camera": "back_door", "label": "person", "id": "1""#)
    #expect(decoder.readings.isEmpty)
    #expect(decoder.problems.map(\.device) == ["back_door"])
    #expect(decoder.reasons == [.unknownDevice])
  }
}
