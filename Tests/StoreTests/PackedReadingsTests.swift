/// Packed readings come back bit by bit, and damaged ones as an error.
import EstateModel
import Foundation
import Store
import Testing

@Suite("Packed readings")
struct PackedReadingsTests {
  private func reading(_ value: Double, time: Int64 = 1_773_100_800_000, arrival: Int64 = 1_773_100_800_250)
    -> PackedReading
  {
    PackedReading(
      device: 3, signal: 7, time: Timestamp(milliseconds: time), arrival: Timestamp(milliseconds: arrival),
      value: value)
  }

  static let values: [Double] = [
    0, -0.0, 1, -1, 0.1, 45.3, -12.34, 0.083, 1.0000001, 33_554_431, 33_554_432, 1e308, -1e308,
    .leastNonzeroMagnitude, .pi,
    .nan, .signalingNaN, -.nan, .infinity, -.infinity, .greatestFiniteMagnitude, .leastNormalMagnitude,
    Double(bitPattern: 0x7ff8_dead_beef_0001), Double(Float(0.1)),
  ]

  @Test("A value comes back with the very same bits", arguments: values)
  func value(value: Double) throws {
    let decoded = try PackedReadings.decode(PackedReadings.encode([reading(value)]))
    #expect(decoded.map(\.value.bitPattern) == [value.bitPattern])
  }

  @Test("Extreme numbers, times, marks and events come back")
  func extremes() throws {
    var readings: [PackedReading] = []
    for time in [Int64.min, -1, 0, 1, .max] {
      for arrival in [Int64.max, .min, 0] { readings.append(reading(1.5, time: time, arrival: arrival)) }
    }
    for quality in [Quality.good, .outOfRange, .fault, .outsideZone, .implausible] {
      readings.append(
        PackedReading(
          device: .max, signal: .max, time: Timestamp(milliseconds: 5), arrival: Timestamp(milliseconds: 5),
          value: 30, quality: quality, marks: [.begin, .duplicate], event: .max))
    }
    readings.append(
      PackedReading(
        device: 0, signal: 0, time: Timestamp(milliseconds: 5), arrival: Timestamp(milliseconds: 4), value: 0)
    )
    #expect(try PackedReadings.decode(PackedReadings.encode(readings)) == readings)
    #expect(try PackedReadings.decode(PackedReadings.encode([PackedReading]())) == [])
  }

  @Test("Any single damaged byte is noticed")
  func damage() throws {
    let whole = PackedReadings.encode((0..<20).map { reading(Double($0) / 10, time: 1_000 + $0 * 60_000) })
    for position in whole.indices {
      for bit in 0..<8 {
        var damaged = whole
        damaged[position] ^= 1 << UInt8(bit)
        #expect(throws: PackedReadingsError.self) { try PackedReadings.decode(damaged) }
      }
    }
    for count in 0..<whole.count {
      #expect(throws: PackedReadingsError.self) { try PackedReadings.decode(Array(whole[..<count])) }
    }
    #expect(throws: PackedReadingsError.self) { try PackedReadings.decode(whole + [0]) }
  }

  /// Bodies that carry a right check sum, so that the decoder itself must find the mistake.
  static let malformed: [[UInt8]] = [
    [1, 200, 1],  // 200 readings in no bytes
    [1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1],  // a count of 2^64 - 1
    [1, 1, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1],  // a number longer than 64 bits
    [1, 1, 0, 255, 255, 255, 255, 255, 1, 0, 0, 0, 0],  // a device number beyond 32 bits
    [1, 1, 8, 1, 1, 0, 0, 77, 0, 0],  // quality 77
    [1, 1, 0xe0, 1, 1, 0, 0, 1, 2, 3],  // a double of three bytes
    [1, 1, 0, 1, 1, 0, 0, 0, 9, 9],  // bytes behind the last reading
  ]

  @Test("Wrong bytes with a right check sum are an error as well", arguments: malformed)
  func malformedBody(body: [UInt8]) {
    let hash = body.withUnsafeBytes(StableHash.of)
    let sum = UInt32(truncatingIfNeeded: hash ^ (hash >> 32))
    let bytes = body + (0..<4).map { UInt8(truncatingIfNeeded: sum >> ($0 * 8)) }
    #expect {
      try PackedReadings.decode(bytes)
    } throws: { error in
      // Not the check sum: that one is right.
      error as? PackedReadingsError != .checksum && error is PackedReadingsError
    }
  }

  @Test("A version that this program doesn't know is named")
  func version() {
    #expect(throws: PackedReadingsError.unknownVersion(9)) { try PackedReadings.decode([9, 0, 0, 0, 0, 0]) }
  }

  @Test("A minute's readings of 100 devices take at most 8 bytes each")
  func size() {
    // Devices report in turn, each a level in mm and a battery in %.
    let readings = (0..<100).flatMap { device -> [PackedReading] in
      let time = Timestamp(milliseconds: 1_773_100_800_000 + Int64(device) * 600)
      return [(UInt16(9), 0.083 + Double(device) / 1000), (15, 57)].map {
        PackedReading(device: UInt32(device), signal: $0.0, time: time, arrival: time + 40, value: $0.1)
      }
    }
    #expect(PackedReadings.encode(readings).count <= readings.count * 8)
  }
}
