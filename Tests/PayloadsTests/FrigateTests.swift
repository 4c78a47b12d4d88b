/// Frigate's cameras: one event for one id, and nobody's name.
import EstateModel
import Foundation
import Payloads
import Testing

@Suite final class FrigateTests {
  let decoder: PayloadDecoder
  var ids: Set<String> = []

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

  /// Loitering after each message of one person, as phase and dwell, by the seconds since Frigate saw the person and the
  /// zones that it is in.
  private func stays(
    _ steps: [(second: Double, zones: String)], camera: String = "front_cam", label: String = "person",
    in decoder: PayloadDecoder? = nil
  ) -> [String] {
    let decoder = decoder ?? self.decoder
    return steps.enumerated().flatMap { number, step -> [String] in
      let type = step.zones == "gone" ? "end" : number == 0 ? "new" : "update"
      let zones = ["", "gone"].contains(step.zones) ? "" : "\"\(step.zones)\""
      decoder.decode(
        "frigate/events",
        """
        {"type": "\(type)", "after": {"camera": "\(camera)", "label": "\(label)", "id": "5-a", "start_time": 1773500000,
        "frame_time": \(1_773_500_000 + step.second), "current_zones": [\(zones)], "entered_zones": ["gate"]}}
        """)
      #expect(decoder.problems.isEmpty)
      ids.formUnion(decoder.events.filter { $0.kind == "loitering" }.map(\.id))
      return decoder.readings.filter { $0.signal == Signal.named("loitering") }.map {
        "\($0.marks.contains(.begin) ? "begin" : $0.marks.contains(.end) ? "end" : "update") \(plainNumber($0.value))"
      }
    }
  }

  @Test("A stay in a zone that counts is loitering: from the message with the zone to the one without")
  func stay() {
    #expect(
      stays([(0.5, ""), (600, "street"), (605, "gate"), (665, "gate"), (700, "street"), (760, "street")])
        == ["begin 60", "end 95"])
    // The same person comes back.
    #expect(
      stays([(800, "lane"), (830, "lane"), (850, "lane"), (860, "gone")]) == [
        "begin 30", "update 50", "end 60",
      ])
    #expect(ids == ["5-a@1773500605000", "5-a@1773500800000"])
    // Whom the decoder first hears of in the zone has been there from the beginning.
    #expect(stays([(900, "gate"), (960, "gate"), (961, "gone")]) == ["begin 900", "update 960", "end 961"])
  }

  @Test("Other zones, other things, and cameras whose zones the catalogue doesn't name know no loitering")
  func noStay() {
    #expect(stays([(1, "street"), (300, "street"), (301, "gone")]) == [])
    #expect(stays([(1, "gate"), (300, "gate")], label: "car") == [])
    #expect(stays([(1, "gate"), (300, "gate")], camera: "front_door") == [])
  }

  @Test(
    "What Frigate waits before it tells of the zone is added, as far as the person was not seen elsewhere")
  func loiteringTime() throws {
    var gate = device("gate-2", .entranceCamera, address: "front_cam", zones: ["gate"])
    gate.attributes["loitering-time"] = Quantity(90, .second)
    let decoder = PayloadDecoder(
      catalogue: Catalogue(devices: [gate]), profiles: try shippedProfiles(), tolerance: .unlimited)
    #expect(
      stays([(1, ""), (100, "gate"), (160, "gate"), (161, "gone")], in: decoder) == [
        "begin 90", "update 150", "end 151",
      ])
    #expect(stays([(1, ""), (60, ""), (100, "gate")], in: decoder) == ["begin 40"])
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
