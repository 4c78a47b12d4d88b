/// The profiles that ship, on the messages that their sources publish.
import EstateModel
import Foundation
import Payloads
import Testing

@Suite struct ShippedProfileTests {
  /// What an example expects and nothing else, apart from the signals named in `besides`.
  private func check(_ example: Example, besides: Set<String> = []) throws {
    let decoder = openDecoder(try shippedProfiles())
    decoder.decode(topic: Array(example.topic.utf8), payload: example.payload)
    if let status = decoder.statusChanges.first {
      let expected = example.readings.first { $0.signal == "available" }
      #expect(expected?.value == (status.isOnline ? 1 : 0), "\(example)")
      #expect(decoder.name(of: status.device) == example.device, "\(example)")
      #expect(decoder.readings.isEmpty && decoder.problems.isEmpty, "\(example)")
      return
    }
    let found = decoder.readings.filter { $0.event == 0 && !besides.contains(Signal[$0.signal].name) }
    #expect(
      found.map { Signal[$0.signal].name }.sorted() == example.readings.map(\.signal).sorted(), "\(example)")
    for (name, value, unit) in example.readings {
      let isThere = found.contains { reading in
        guard Signal[reading.signal].name == name else { return false }
        guard let value else { return reading.quality == .fault && reading.value.isNaN }
        return reading.quality == .good && abs(reading.value - value) <= 1e-12 * abs(value)
          && Signal[reading.signal].unit.symbol == unit
      }
      #expect(isThere, "\(example): \(name)")
    }
    let times = Set(decoder.readings.map(\.time.milliseconds))
    if let expected = example.times {
      #expect(times == Set(expected), "\(example)")
    } else if let time = example.time {
      #expect(times.isSubset(of: [time]), "\(example)")
    } else {
      // An event of long ago without a time of its own counts from its start.
      #expect(
        decoder.readings.allSatisfy {
          $0.marks.contains(.arrivalTime) && ($0.time == moment || $0.event != 0)
        }, "\(example)")
    }
    #expect(decoder.events.map(\.kind) == [example.event?.kind].compactMap(\.self), "\(example)")
    #expect(decoder.events.map(\.phase.rawValue) == [example.event?.phase].compactMap(\.self), "\(example)")
    if example.event != nil {
      #expect(decoder.events.first?.id == example.eventID)
      #expect(decoder.events.first?.zones == example.zones)
    }
    if let device = example.device, !decoder.readings.isEmpty {
      #expect(decoder.readings.contains { decoder.name(of: $0.device) == device }, "\(example)")
    }
    let written = (decoder.lines() + decoder.problems.map(\.description)).joined(separator: "\n")
    for secret in example.secrets { #expect(!written.contains(secret), "\(example)") }
  }

  @Test("Published messages give exactly the published values, units and times")
  func published() throws {
    let examples = try Example.published()
    #expect(examples.count == 9)
    // The published lists leave out what the sensors think of themselves.
    for example in examples {
      try check(example, besides: ["position", "tilt.alarm.x", "tilt.alarm.y", "tilt.alarm.z"])
    }
  }

  @Test("Every profile has an example beside it, and all of them decode")
  func examples() throws {
    let folder = folderOfPackage.appendingPathComponent("config/profiles")
    let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    let profiles = files.filter { $0.hasSuffix(".yaml") }
    #expect(profiles.count >= 10)
    let examples = files.filter { $0.hasSuffix(".example.json") }.sorted()
    for profile in profiles {
      let name = profile.dropLast("yaml".count)
      #expect(examples.contains { $0.hasPrefix(name) }, "\(profile) has no example")
    }
    for file in examples {
      try check(try Example(Data(contentsOf: folder.appendingPathComponent(file)), name: file))
    }
  }

  @Test("A sensor of the catalogue is found by its address, in any case")
  func address() throws {
    let decoder = PayloadDecoder(catalogue: smallCatalogue, profiles: try shippedProfiles())
    let example = try Example.named("milesight-ws302-chirpstack")
    decoder.decode(topic: Array(example.topic.utf8), payload: example.payload)
    #expect(Set(decoder.readings.map(\.device)) == [DeviceIndex(2)])
    #expect(decoder.problems.isEmpty)
    let other = try Example.named("milesight-em310-tilt-chirpstack")
    decoder.decode(topic: Array(other.topic.utf8), payload: other.payload)
    #expect(decoder.readings.isEmpty)
    #expect(decoder.reasons == [.unknownDevice])
    #expect(decoder.problems.first?.device == "24e124713d100001")
  }

  @Test("The key tells the weighting: only LAeq is dB(A)")
  func weighting() throws {
    // Values: conformance examples of the WS302 with the weightings C and Z.
    let decoder = openDecoder(try shippedProfiles())
    let topic = "application/a/device/24e124743d012345/event/up"
    decoder.decode(topic, #"{"object": {"LCF": 55.1, "LCeq": 57.2, "LCFmax": 70}}"#)
    #expect(decoder.summary == ["lceq 57.2", "lcf 55.1", "lcfmax 70"])
    decoder.decode(topic, #"{"object": {"battery": 92, "LZI": 102.4, "LZeq": 76.8, "LZImax": 51.2}}"#)
    #expect(decoder.summary == ["lzeq 76.8", "lzf 102.4", "lzfmax 51.2", "battery 92"])
    decoder.decode(topic, #"{"object": {"battery": 100, "freq_weight": "A", "la": 57.5, "laeq": 47.4}}"#)
    #expect(decoder.summary == ["laeq 47.4", "laf 57.5", "battery 100"])
    #expect(decoder.problems.isEmpty)
  }

  @Test(
    "What stands for a fault is never a number",
    arguments: [
      (#"{"depth": 65535}"#, "collection failed"), (#"{"depth": 65533}"#, "out of range"),
      (#"{"depth_error": "collection failed"}"#, "'collection failed'"), (#"{"depth": null}"#, "null"),
      (#"{"depth": "NaN"}"#, "'NaN'"), (#"{"depth": NaN}"#, "NaN"),
      (#"{"distance": 65533}"#, "no target"), (#"{"distance": 65535}"#, "sensor exception"),
      (#"{"distance": "No Sensor"}"#, "No Sensor"), (#"{"Distance": "0 mm"}"#, "no sensor"),
      (#"{"Distance": 20}"#, "invalid reading"), (#"{"Distance": "2.8 kPa"}"#, "found kPa, expected m"),
    ])
  func faults(_ object: String, _ reason: String) throws {
    let decoder = openDecoder(try shippedProfiles())
    decoder.decode("application/a/device/x/event/up", #"{"object": \#(object)}"#)
    #expect(decoder.readings.map(\.quality) == [.fault])
    #expect(decoder.readings.allSatisfy { $0.value.isNaN })
    #expect(decoder.problems.map(\.detail) == [reason])
  }

  @Test("A number with a unit keeps its own unit")
  func units() throws {
    let decoder = openDecoder(try shippedProfiles())
    for (text, metres) in [("2799 mm", 2.799), ("279.9cm", 2.799), ("2.799 m", 2.799), (" 2799 ", 2.799)] {
      decoder.decode("application/a/device/x/event/up", #"{"object": {"Distance": "\#(text)"}}"#)
      #expect(decoder.readings.map(\.value) == [metres], "\(text)")
    }
  }

  @Test("The same frame twice is one reading; a new session, or the broker's own repeat, is not the same")
  func frames() throws {
    let decoder = PayloadDecoder(catalogue: smallCatalogue, profiles: try shippedProfiles())
    func readings(_ counter: Int, _ address: String, isDuplicate: Bool = false) -> Int {
      decoder.decode(
        "application/a/device/24e124743d012345/event/up",
        #"{"fCnt": \#(counter), "devAddr": "\#(address)", "object": {"LAeq": 40}}"#, isDuplicate: isDuplicate)
      #expect(decoder.sender == DeviceIndex(2))
      return decoder.readings.count
    }
    #expect(readings(7, "a") == 1)
    #expect(readings(7, "a") == 0)
    #expect(decoder.isRepeat)
    #expect(readings(8, "a") == 1)
    #expect(!decoder.isRepeat)
    #expect(readings(7, "a") == 0)
    #expect(readings(7, "b") == 1)
    #expect(readings(7, "b", isDuplicate: true) == 1)
  }

  @Test("Messages that somebody typed into the network's console are ignored")
  func simulated() throws {
    let decoder = openDecoder(try shippedProfiles())
    let uplink = #""uplink_message": {"decoded_payload": {"distance": 300}}"#
    decoder.decode("v3/a/devices/w/up", "{\(uplink)}")
    #expect(decoder.summary == ["distance 0.3"])
    decoder.decode("v3/a/devices/w/up", #"{"simulated": true, \#(uplink)}"#)
    #expect(decoder.readings.isEmpty && decoder.problems.isEmpty)
  }

  @Test("Stored values keep the time at which they were measured")
  func history() throws {
    let decoder = openDecoder(try shippedProfiles())
    decoder.decode(
      "application/a/device/x/event/up",
      #"{"time": "2024-01-18T07:59:00.25+00:00", "object": {"depth": 3, "history": [{"timestamp": 1705362688, "depth": 30}]}}"#
    )
    #expect(decoder.readings.map(\.value) == [0.03, 0.3])
    #expect(decoder.readings.map(\.time.milliseconds) == [1_705_564_740_250, 1_705_362_688_000])
    #expect(decoder.readings.map(\.marks) == [[], .historical])
  }

  @Test("Without a codec, or with keys of no model, nothing is read and it is said why")
  func undecoded() throws {
    let decoder = openDecoder(try shippedProfiles())
    for (fields, reason) in [
      ("\"data\": \"3q2+7w==\"", PayloadProblem.Reason.undecoded), ("\"object\": null", .undecoded),
      ("\"object\": [1]", .wrongShape), ("\"object\": {\"firmware\": 92}", .unknownModel),
    ] {
      decoder.decode("application/a/device/x/event/up", "{\(fields)}")
      #expect(decoder.readings.isEmpty)
      #expect(decoder.reasons == [reason])
      #expect(decoder.sender != nil)
    }
  }
}
