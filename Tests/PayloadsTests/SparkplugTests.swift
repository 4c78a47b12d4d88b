/// Sparkplug's life of a node: birth, aliases, numbers, death. Source: Sparkplug 3.0.0, sections 5 and 6.
import EstateModel
import Payloads
import Testing

/// Writes protobuf by hand: protobuf.dev, encoding.
private enum Wire {
  static func varint(_ value: UInt64) -> [UInt8] {
    value < 128 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + varint(value >> 7)
  }
  static func number(_ field: UInt64, _ value: UInt64) -> [UInt8] { varint(field << 3) + varint(value) }
  static func bytes(_ field: UInt64, _ value: [UInt8]) -> [UInt8] {
    varint(field << 3 | 2) + varint(UInt64(value.count)) + value
  }
  static func text(_ field: UInt64, _ value: String) -> [UInt8] { bytes(field, Array(value.utf8)) }
  static func double(_ field: UInt64, _ value: Double) -> [UInt8] {
    varint(field << 3 | 1) + (0..<8).map { UInt8(value.bitPattern >> UInt64(8 * $0) & 0xFF) }
  }
  static func payload(_ metrics: [[UInt8]], sequence: UInt64?) -> [UInt8] {
    number(1, 1_773_500_966_535) + metrics.flatMap { bytes(2, $0) } + (sequence.map { number(3, $0) } ?? [])
  }
}

@Suite struct SparkplugTests {
  private let decoder = PayloadDecoder(
    catalogue: Catalogue(devices: [device("node", address: "pump"), device("probe-w01", address: "well-1")]),
    profiles: (try? shippedProfiles()) ?? [])

  private func decode(_ kind: String, _ payload: [UInt8], device: String? = nil) {
    let end = device.map { "/\($0)" } ?? ""
    decoder.decode(topic: Array("spBv1.0/estate/\(kind)/pump\(end)".utf8), payload: payload)
  }

  private let birth = Wire.payload(
    [Wire.text(1, "bdSeq") + Wire.number(4, 4) + Wire.number(11, 7)], sequence: 0)
  private let deviceBirth = Wire.payload(
    [
      Wire.text(1, "Sensors/water_level") + Wire.number(2, 5) + Wire.number(4, 10)
        + Wire.bytes(9, Wire.text(1, "engUnit") + Wire.bytes(2, Wire.number(1, 12) + Wire.text(8, "cm")))
        + Wire.double(13, 187)
    ], sequence: 1)

  private func data(_ sequence: UInt64, _ metric: [UInt8]) -> [UInt8] {
    Wire.payload([metric], sequence: sequence)
  }

  @Test("A birth gives names and units to the numbers that come afterwards")
  func aliases() {
    decode("NBIRTH", birth)
    #expect(decoder.statusChanges.map(\.isOnline) == [true])
    #expect(decoder.rebirths.isEmpty)
    decode("DBIRTH", deviceBirth, device: "well-1")
    #expect(decoder.summary == ["level 1.87"])
    #expect(decoder.readings.map(\.device) == [DeviceIndex(1)])
    decode("DDATA", data(2, Wire.number(2, 5) + Wire.double(13, 190)), device: "well-1")
    #expect(decoder.summary == ["level 1.9"])
    #expect(decoder.readings.map(\.time.milliseconds) == [1_773_500_966_535])
    #expect(decoder.problems.isEmpty && decoder.rebirths.isEmpty)
  }

  @Test("Without a birth, numbers mean nothing: the node is to tell all again")
  func late() {
    decode("DDATA", data(9, Wire.number(2, 5) + Wire.double(13, 190)), device: "well-1")
    #expect(decoder.readings.isEmpty)
    #expect(decoder.rebirths == ["estate/pump"])
  }

  @Test("A missing number is counted and asks for a birth; 255 is followed by 0")
  func sequence() {
    decode("NBIRTH", birth)
    decode("DBIRTH", deviceBirth, device: "well-1")
    decode("DDATA", data(4, Wire.number(2, 5) + Wire.double(13, 190)), device: "well-1")
    #expect(decoder.summary == ["level 1.9"])
    #expect(decoder.reasons == [.lostMessages])
    #expect(decoder.problems.first?.detail == "2 messages of estate/pump are missing before number 4")
    #expect(decoder.rebirths == ["estate/pump"])
    for number in UInt64(5)...260 {
      decode("NDATA", data(number % 256, Wire.text(1, "uptime") + Wire.number(11, 1)))
      #expect(decoder.problems.isEmpty, "\(number)")
    }
  }

  @Test("A death makes the device unavailable, and gives no value; one of an earlier birth means nothing")
  func death() {
    decode("NBIRTH", birth)
    decode("NDEATH", Wire.payload([Wire.text(1, "bdSeq") + Wire.number(11, 6)], sequence: nil))
    #expect(decoder.statusChanges.isEmpty)
    decode("NDEATH", Wire.payload([Wire.text(1, "bdSeq") + Wire.number(11, 7)], sequence: nil))
    #expect(decoder.statusChanges.map(\.isOnline) == [false])
    #expect(decoder.readings.isEmpty)
    #expect(decoder.sender == nil)
  }

  @Test("A device's death has a number like any other message of its node")
  func deviceDeath() {
    decode("NBIRTH", birth)
    decode("DBIRTH", deviceBirth, device: "well-1")
    decode("DDEATH", Wire.payload([], sequence: 2), device: "well-1")
    #expect(decoder.statusChanges.map(\.isOnline) == [false])
    #expect(decoder.problems.isEmpty)
    decode("DBIRTH", Wire.payload([], sequence: 3), device: "well-1")
    #expect(decoder.problems.isEmpty && decoder.rebirths.isEmpty)
    decode("DDEATH", Wire.payload([], sequence: 6), device: "well-1")
    #expect(decoder.reasons == [.lostMessages])
  }

  @Test("A node's death takes all devices behind it along; it needs no place in the catalogue itself")
  func nodeDeath() throws {
    let other = PayloadDecoder(
      catalogue: Catalogue(devices: [device("probe-w01", address: "well-1")]), profiles: try shippedProfiles()
    )
    func decode(_ kind: String, _ payload: [UInt8], device: String = "") {
      other.decode(topic: Array("spBv1.0/estate/\(kind)/pump\(device)".utf8), payload: payload)
    }
    decode("NBIRTH", birth)
    #expect(other.problems.isEmpty && other.statusChanges.isEmpty)
    decode("DBIRTH", deviceBirth, device: "/well-1")
    decode("DDATA", data(3, Wire.number(2, 5) + Wire.double(13, 190)), device: "/well-1")
    #expect(other.reasons == [.lostMessages], "numbers are those of the node, whoever it is")
    decode("NDEATH", Wire.payload([Wire.text(1, "bdSeq") + Wire.number(11, 7)], sequence: nil))
    #expect(other.statusChanges.map(\.device) == [DeviceIndex(0)])
    #expect(other.statusChanges.map(\.isOnline) == [false])
  }

  @Test("Null is a fault, stored values are history, whole numbers have their sign")
  func values() {
    decode("NBIRTH", birth)
    decode("NDATA", data(1, Wire.text(1, "temperature") + Wire.number(4, 10) + Wire.number(7, 1)))
    #expect(decoder.summary == ["temperature fault"])
    decode("NDATA", data(2, Wire.text(1, "temperature") + Wire.number(5, 1) + Wire.double(13, 4.5)))
    #expect(decoder.readings.map(\.marks) == [.historical])
    // Int16 -5 travels as 65531.
    decode("NDATA", data(3, Wire.text(1, "temperature") + Wire.number(4, 2) + Wire.number(10, 65_531)))
    #expect(decoder.summary == ["temperature -5"])
  }

  @Test(
    "Bytes that are no payload are one problem",
    arguments: [[0xFF], [0x12, 0x7F, 0x0A], [0x08], [0x0B, 0x01], [0x12, 0x02, 0x0A, 0x05]] as [[UInt8]])
  func broken(_ payload: [UInt8]) {
    decode("NDATA", payload)
    #expect(decoder.readings.isEmpty)
    #expect(decoder.reasons == [.wrongShape])
  }
}
