/// What profiles can say: computations, codecs, topics with several levels under one name, events without ids.
import Configuration
import EstateModel
import Foundation
import Payloads
import Testing

@Suite struct LanguageTests {
  private func decoder(_ profiles: String..., catalogue: Catalogue = Catalogue()) throws -> PayloadDecoder {
    let diagnostics = Diagnostics()
    let documents = profiles.enumerated().compactMap { number, text in
      Document(text: text, file: "p\(number).yaml", diagnostics: diagnostics)
    }
    let read = Profile.read(documents, diagnostics: diagnostics)
    try diagnostics.check()
    return PayloadDecoder(
      catalogue: catalogue, profiles: read,
      unknownDevices: catalogue.devices.isEmpty ? .register : .refuse, tolerance: .unlimited)
  }

  private func problem(_ profile: String) -> String {
    let diagnostics = Diagnostics()
    if let document = Document(text: profile, file: "p.yaml", diagnostics: diagnostics) {
      _ = Profile.read([document], diagnostics: diagnostics)
    }
    return diagnostics.errors.map(\.message).joined(separator: "; ")
  }

  private func well(_ mountHeight: Double?) -> Catalogue {
    var probe = device("probe-w01", address: "w1")
    probe.attributes["mount-height"] = mountHeight.map { Quantity($0, .metre) }
    return Catalogue(devices: [probe])
  }

  private let gap = """
    profile: p
    topic: site/{device}/up
    device: "{device}"
    signals:
      distance: {from: d, unit: mm, faults: {65535: no echo, "< 280": dead zone}}
      level: {compute: device.mount-height - distance}
    """

  @Test("A level follows from the mount height and the distance; a fault of one is a fault of the other")
  func computed() throws {
    let decoder = try decoder(gap, catalogue: well(2.4))
    decoder.decode("site/w1/up", #"{"d": 1150}"#)
    #expect(decoder.summary == ["distance 1.15", "level 1.25"])
    for value in [65535, 279] {
      decoder.decode("site/w1/up", #"{"d": \#(value)}"#)
      #expect(decoder.summary == ["distance fault", "level fault"])
    }
    decoder.decode("site/w1/up", #"{"other": 1}"#)
    #expect(decoder.readings.isEmpty)
  }

  @Test("Without the mount height nothing is computed")
  func unmounted() throws {
    let decoder = try decoder(gap, catalogue: well(nil))
    decoder.decode("site/w1/up", #"{"d": 1150}"#)
    #expect(decoder.summary == ["distance 1.15"])
  }

  @Test(
    "A computation that can't come out right doesn't load",
    arguments: [
      ("level: {compute: device.mount-height - battery}", "measure different things"),
      ("level: {compute: device.mount-height * distance}", "doesn't come out in m"),
      ("level: {compute: device.mount-hight - distance}", "did you mean 'mount-height'"),
      ("tilt: {compute: 'lean(distance, distance)'}", "takes angles"),
      ("tilt: {compute: lean(tilt)}", "two or three axes"), ("tilt: {compute: lean tilt}", "'(' is missing"),
      ("level: {compute: (distance}", "')' is missing"), ("level: {compute: distance +}", "ends too early"),
    ])
  func wrongComputation(_ signal: String, _ message: String) {
    let text = problem(
      "profile: p\ntopic: site/{device}/up\ndevice: '{device}'\nsignals: {distance: {from: d, unit: m}, \(signal)}\n"
    )
    #expect(text.contains(message), "\(text)")
  }

  @Test("A stay needs what tells things apart and where they are")
  func wrongStay() {
    for (keys, isRight) in [
      ("id: i, zones: z, phase: {from: t, map: {a: begin}}", true), ("id: i, zones: z, phase: moment", false),
      ("zones: z, phase: {from: t, map: {a: begin}}", false),
    ] {
      let text = problem(
        "profile: p\ntopic: site/{device}/up\ndevice: '{device}'\nevent: {kind: loitering, stay: 10 s, \(keys)}\n"
      )
      #expect(text.isEmpty == isRight, "\(text)")
    }
  }

  @Test("A name in a topic may have several levels")
  func tail() throws {
    let decoder = try decoder(
      "profile: all\ntopic: 'z/{device...}'\ndevice: '{device}'\nsignals: {level: v}\n",
      "profile: state\ntopic: 'z/{device...}/there'\ndevice: '{device}'\nstatus: {'yes': online, 'no': offline}\n",
      "profile: not\ntopic: ['z/bridge/{rest...}']\nignore: true\n")
    decoder.decode("z/yard/well 3", #"{"v": 1}"#)
    #expect(decoder.readings.map { decoder.name(of: $0.device) } == ["yard/well 3"])
    decoder.decode("z/yard/well 3/there", "no")
    #expect(decoder.statusChanges.map { decoder.name(of: $0.device) } == ["yard/well 3"])
    #expect(decoder.statusChanges.map(\.isOnline) == [false])
    decoder.decode("z/bridge/any/thing", "not JSON")
    #expect(decoder.readings.isEmpty && decoder.problems.isEmpty)
    #expect(decoder.topicFilters.contains("z/#"))
  }

  private let network = """
    network: n
    topic: site/{device}/up
    device: "{device}"
    decoded: object
    raw: {hex: hex, port: port, names: [model]}
    """

  @Test("Fixed layouts: bit fields, byte order, signs, sentinels, parts that a flag announces, lists")
  func layout() throws {
    let decoder = try decoder(
      network,
      """
      codec: c
      bytes: big
      names: [probe]
      layouts:
        - read: {_version: u8 = 2, flags: u8, volts: u16 & 0x3FFF / 1000, moved: {is: peek u8 >> 7, texts: {0: "no", 1: "yes"}}, celsius: u8 & 0x7F - 32}
          parts:
            - {when: flags & 1, read: {depth: i16le / 100 unless 0x7FFF}}
            - {when: flags & 2, list: past, read: {at: u32, depth: u16}}
      """,
      """
      model: m
      has: volts
      signals:
        battery.voltage: {from: volts, unit: V}
        temperature: {from: celsius, unit: degC}
        level: {from: depth, unit: m}
        position: {from: moved, states: {"no": 0, "yes": 1}}
      history: {at: past, time: {at: at, form: epoch-s}}
      """)
    func decode(_ hex: String) {
      decoder.decode("site/x/up", #"{"model": "Probe-7", "hex": "\#(hex)"}"#)
    }
    // 0xCD3A & 0x3FFF = 3386; 0xB7: the top bit, and 55 - 32; 0x7D00 with its bytes changed about = 125.
    decode("0201CD3AB77D00")
    #expect(
      decoder.summary == ["battery.voltage 3.386", "temperature 23", "level 1.25", "position 1"])
    decode("0201CD3A37FF7F")
    #expect(decoder.summary == ["battery.voltage 3.386", "temperature 23", "position 0"])
    decode("0202CD3A3765A5C5000002" + "65A5C6000003")
    #expect(decoder.summary.suffix(2) == ["level 2", "level 3"])
    #expect(decoder.readings.suffix(2).map(\.time.milliseconds) == [1_705_362_688_000, 1_705_362_944_000])
    for hex in ["0301CD3AB77D00", "0201CD3AB77D", "0201CD3AB77D0000", "02", "", "0G"] {
      decode(hex)
      #expect(decoder.readings.isEmpty, "\(hex)")
      #expect(decoder.problems.count >= 1, "\(hex)")
    }
  }

  @Test("Tags: lengths pass over what nobody knows; an unnamed model must be understood to the last byte")
  func tags() throws {
    let decoder = try decoder(
      network,
      "codec: c\nbytes: big\nnames: [probe]\nby-shape: true\ntags: {size: 1, values: {'01': {depth: u16}}}\n",
      "codec: l\nbytes: big\nnames: [meter]\ntags: {size: 1, length: behind, values: {'01': {depth: u16}}}\n",
      "model: m\nhas: depth\nsignals: {level: {from: depth, unit: cm}}\n")
    func decode(_ model: String, _ hex: String) -> [String] {
      decoder.decode("site/x/up", #"{"model": "\#(model)", "hex": "\#(hex)"}"#)
      return decoder.summary
    }
    #expect(decode("?", "01007D") == ["level 1.25"])
    #expect(decode("?", "01007DEE") == [])
    #expect(decode("probe", "01007DEE00") == ["level 1.25"])
    #expect(decode("meter", "EE03AABBCC0102007D") == ["level 1.25"])
    #expect(decode("meter", "EE09AABBCC") == [])
  }

  @Test("The catalogue's model goes before what the bytes look like")
  func catalogueModel() throws {
    var probe = device("probe-w01", address: "w1")
    probe.model = "Meter"
    let decoder = try decoder(
      network, "codec: c\nbytes: big\nby-shape: true\nlayouts: [{length: 2, read: {a: u16}}]\n",
      "codec: d\nbytes: little\nnames: [meter]\nlayouts: [{length: 2, read: {a: u16}}]\n",
      "model: m\nhas: a\nsignals: {level: {from: a, unit: cm}}\n", catalogue: Catalogue(devices: [probe]))
    decoder.decode("site/w1/up", #"{"hex": "7D00"}"#)
    #expect(decoder.summary == ["level 1.25"])
  }

  @Test("Events without an id: one visit is one event, whatever the number of messages")
  func events() throws {
    let decoder = try decoder(
      """
      profile: p
      topic: cam/{device}/{rule}
      device: "{device}"
      event: {kind: loitering, phase: {from: on, map: {"true": begin, "false": end}}, key: "{rule}"}
      """)
    var seen: [(phase: String, id: String)] = []
    for (rule, isOn, second) in [
      ("a", true, 0), ("a", true, 5), ("b", true, 6), ("a", false, 9), ("a", true, 60), ("a", false, 61),
    ] {
      decoder.decode("cam/gate/\(rule)", #"{"on": \#(isOn)}"#, now: moment + Int64(second) * 1000)
      seen += decoder.events.map { ($0.phase.rawValue, $0.id) }
    }
    #expect(seen.map(\.phase) == ["begin", "update", "begin", "end", "begin", "end"])
    #expect(seen[0].id == seen[1].id && seen[1].id == seen[3].id)
    #expect(seen[4].id == seen[5].id)
    #expect(Set(seen.map(\.id)).count == 3)
    // From the first message of the visit: 9 s.
    decoder.decode("cam/gate/c", #"{"on": true}"#)
    decoder.decode("cam/gate/c", #"{"on": false}"#, now: moment + 9000)
    #expect(decoder.readings.map(\.value) == [9])
    #expect(decoder.readings.map(\.marks.rawValue) == [ReadingMarks([.end, .arrivalTime]).rawValue])
  }

  @Test("A wall clock without a zone is the estate's")
  func wallClock() throws {
    let title = Title(zh: "x", en: "x")
    let zone = try #require(TimeZone(identifier: "Asia/Shanghai"))
    let estate = Estate(
      id: "luyuan", title: title, community: title, subDistrict: title, district: title,
      management: .propertyCompany, timeZone: zone)
    let decoder = try decoder(
      """
      profile: p
      topic: site/{device}/up
      device: "{device}"
      time: {at: t, form: local}
      signals: {level: v}
      """, catalogue: Catalogue(estates: [estate], devices: [device("probe-w01", address: "w1")]))
    decoder.decode("site/w1/up", #"{"t": "2026-03-14T23:09:26", "v": 1}"#)
    #expect(decoder.readings.map(\.time.milliseconds) == [1_773_500_966_000])
  }

  @Test("A gzip payload on a topic that says so; anything else there is a problem")
  func gzip() throws {
    // printf '{"ts":1773500966535,"level":1.25}' | gzip -n9 | base64
    let text = "H4sIAAAAAAACA6tWKilWsjI0Nzc2NTCwNDMzNTbVUcpJLUvNAYrqGZnWAgCV/rECIQAAAA=="
    let payload = Array(Data(base64Encoded: text) ?? Data())
    let decoder = PayloadDecoder(catalogue: smallCatalogue)
    decoder.decode(topic: Array("estates/luyuan/probe-w01/reading/gzip".utf8), payload: payload)
    #expect(decoder.summary == ["level 1.25"])
    for damaged in [Array(payload.dropLast(9)), Array(#"{"level": 1}"#.utf8), [], payload.map { $0 ^ 1 }] {
      decoder.decode(topic: Array("estates/luyuan/probe-w01/reading/gzip".utf8), payload: damaged)
      #expect(decoder.readings.isEmpty)
      #expect(decoder.reasons == [.notCompressed])
    }
  }

  @Test("Missing frames are counted; a new session counts from anew")
  func missedFrames() throws {
    let decoder = PayloadDecoder(catalogue: smallCatalogue, profiles: try shippedProfiles())
    func missed(_ counter: Int, _ address: String) -> Int? {
      decoder.decode(
        "application/a/device/24e124743d012345/event/up",
        #"{"fCnt": \#(counter), "devAddr": "\#(address)", "rxInfo": [{"rssi": -87, "snr": 7.5}], "object": {"LAeq": 40}}"#
      )
      #expect(decoder.link?.rssi == -87 && decoder.link?.snr == 7.5)
      return decoder.link?.missed
    }
    #expect(missed(7, "a") == 0)
    #expect(missed(8, "a") == 0)
    #expect(missed(12, "a") == 3)
    #expect(missed(0, "b") == 0)
  }
}
