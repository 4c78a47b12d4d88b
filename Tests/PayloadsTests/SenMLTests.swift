/// SenML beyond the published examples. Source of the rules: RFC 8428, sections 4 and 5.
import EstateModel
import Payloads
import Testing

@Suite struct SenMLTests {
  private let decoder = PayloadDecoder(
    catalogue: Catalogue(devices: [device("probe-w01", address: "urn:dev:mac:0024befffe804ff1")]),
    profiles: (try? shippedProfiles()) ?? [], tolerance: .unlimited)

  private func decode(_ payload: String) { decoder.decode("senml/any", payload) }

  @Test("Times below 2^28 count from now; base values are added; base units stand in")
  func base() {
    decode(
      #"[{"bn": "urn:dev:mac:0024befffe804ff1/", "bt": -60, "bu": "Cel", "bv": 20, "n": "temperature", "v": 1.5}, {"n": "temperature", "t": 60, "v": -20}]"#
    )
    #expect(decoder.summary == ["temperature 21.5", "temperature 0"])
    #expect(decoder.readings.map(\.time) == [moment - 60_000, moment])
    #expect(decoder.readings.map { $0.marks.contains(.arrivalTime) } == [false, true])
    #expect(decoder.sender == DeviceIndex(0))
  }

  @Test("A unit that doesn't fit the name is a fault; what has no signal is left out")
  func units() {
    decode(#"[{"n": "urn:dev:mac:0024befffe804ff1:humidity", "u": "V", "v": 3}]"#)
    #expect(decoder.reasons == [.wrongUnit])
    #expect(decoder.readings.map(\.quality) == [.fault])
    decode(#"[{"n": "urn:dev:mac:0024befffe804ff1:colour", "vs": "red"}]"#)
    #expect(decoder.readings.isEmpty && decoder.problems.isEmpty)
  }

  @Test(
    "A pack that can't be understood is left alone, with one problem",
    arguments: [
      #"[{"bver": 11, "n": "temperature", "v": 1}]"#, #"[{"n": "temperature", "v": 1, "must_": 1}]"#, "[3]",
      "{\"n\": 3", "\u{0081}\u{0000}",
    ])
  func foreign(_ payload: String) {
    decode(payload)
    #expect(decoder.readings.isEmpty)
    #expect(decoder.problems.count == 1)
  }

  @Test("CBOR that breaks off or promises too much gives what came before, and one problem")
  func cbor() {
    // [{0: "urn:dev:mac:0024befffe804ff1:temperature", 2: 21}] by hand: RFC 8949, section 3.
    let name = Array("urn:dev:mac:0024befffe804ff1:temperature".utf8)
    let record: [UInt8] = [0xA2, 0x00, 0x78, UInt8(name.count)] + name + [0x02, 0x15]
    decoder.decode(topic: Array("senml/any".utf8), payload: [0x81] + record)
    #expect(decoder.summary == ["temperature 21"])
    #expect(decoder.problems.isEmpty)
    for payload in [
      [0x82] + record, [0x9B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF] + record,
      [0x81, 0xA1, 0x02, 0x5B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
      [UInt8](repeating: 0x81, count: 100_000),
    ] {
      decoder.decode(topic: Array("senml/any".utf8), payload: payload)
      #expect(decoder.reasons == [.wrongShape])
    }
  }
}
