/// Chunks come back bit by bit, and damaged ones as an error.
import EstateModel
import Foundation
import Store
import Testing

@Suite("Chunks")
struct ChunkTests {
  private static func reading(
    _ value: Double, _ time: Int64, delay: Int64 = 40, event: UInt64 = 0, quality: Quality = .good,
    marks: ReadingMarks = []
  ) -> SeriesReading {
    SeriesReading(
      time: time, arrival: time &+ delay, value: value, event: event, quality: quality, marks: marks)
  }

  /// Readings every ten seconds with the values given.
  private static func series(_ values: [Double]) -> [SeriesReading] {
    values.enumerated().map { reading($1, 1_773_100_800_000 + Int64($0) * 10_000) }
  }

  private func expectSame(_ readings: [SeriesReading]) throws {
    let decoded = try Chunk.decode(Chunk.encode(readings))
    #expect(decoded.map(\.value.bitPattern) == readings.map(\.value.bitPattern))
    #expect(decoded.map(\.time) == readings.map(\.time))
    #expect(decoded.map(\.arrival) == readings.map(\.arrival))
    #expect(decoded.map(\.event) == readings.map(\.event))
    #expect(decoded.map(\.quality) == readings.map(\.quality))
    #expect(decoded.map(\.marks) == readings.map(\.marks))
  }

  static let values: [[Double]] = [
    PackedReadingsTests.values,
    [25.01, 25, 24.85, .nan, 25.3, 26, 27, 28, 29],
    [1, 1, 1, 1], [0], [-0.0], [-0.0, 0, 0, 0, 0, 0], [.nan], [0.1 + 0.2, 1.0 / 3, .pi, 2.0 / 3],
    [1e15, 1e15 + 1, -9_007_199_254_740_991], [1e300, 1e-300], [0.000001, 123_456.654321],
    [Double(Int64.max), Double(Int64.min)],
  ]

  @Test("Values come back with the very same bits", arguments: values)
  func bits(values: [Double]) throws {
    try expectSame(Self.series(values))
    for value in values { try expectSame(Self.series([value])) }
  }

  @Test("Times, delays, marks and events come back, whatever they are")
  func extremes() throws {
    let times: [Int64] = [.min, .min + 1, -1, 0, 1, 1, 1_773_100_800_000, .max - 1, .max]
    for delay in [Int64.min, -5, 0, 40, .max] {
      try expectSame(times.map { Self.reading(1.5, $0, delay: delay) })
      for time in times { try expectSame([Self.reading(1.5, time, delay: delay)]) }
    }
    let qualities: [Quality] = [.good, .good, .fault, .fault, .outOfRange, .outsideZone, .implausible, .good]
    try expectSame(
      qualities.enumerated().map {
        Self.reading(
          7, 1000 + Int64($0) * 13, delay: Int64($0 * $0), event: $0 > 4 ? .max - UInt64($0) : 0, quality: $1,
          marks: $0 == 2 ? [.begin, .duplicate] : [])
      })
  }

  @Test("Random readings come back", arguments: UInt64(1)...60)
  func random(seed: UInt64) throws {
    var state = seed
    func next(_ bound: Int64) -> Int64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int64(state >> 33) % bound
    }
    var time = next(2_000_000_000_000)
    let kind = next(4)
    let readings = (0..<(1 + next(700))).map { _ in
      time += next(kind == 0 ? 1 : 20_000)
      let value =
        switch kind {
        case 0: Double(next(2))
        case 1: Double(next(100_000)) / 100
        case 2: Double(bitPattern: UInt64(bitPattern: next(.max)) << 30)
        default: next(10) == 0 ? .nan : Double(next(5000)) / 1000
        }
      return Self.reading(
        value, time, delay: next(3) == 0 ? next(1_000_000_000) : 40,
        quality: next(20) == 0 ? .implausible : .good)
    }
    try expectSame(readings)
  }

  @Test("A level in mm every ten seconds takes less than two bytes a reading, an unchanging one nearly none")
  func size() {
    let moving = Self.series((0..<360).map { 0.8 + Double(($0 &* 7919) % 13) / 1000 })
    #expect(Chunk.encode(moving).count < 360 * 2)
    #expect(Chunk.encode(Self.series(Array(repeating: 57, count: 360))).count < 40)
  }

  @Test("Any single damaged byte is noticed, and any missing end")
  func damage() throws {
    let whole = Chunk.encode(Self.series([25.01, .nan, 24.85, 25.3, 25.02, 25.07, 1]))
    for position in whole.indices {
      for bit in 0..<8 {
        var damaged = whole
        damaged[position] ^= 1 << UInt8(bit)
        #expect(throws: PackedReadingsError.self) { try Chunk.decode(damaged) }
      }
    }
    for count in 0..<whole.count {
      #expect(throws: PackedReadingsError.self) { try Chunk.decode(Array(whole[..<count])) }
    }
  }

  @Test("Wrong bytes with a right check sum give readings or an error, and never stop the process")
  func malformed() {
    let whole = Chunk.encode(Self.series([25.01, .nan, 24.85, 25.3, 25.02, 25.07, 1]))
    var refused = 0
    for position in 1..<(whole.count - 4) {
      for value in [UInt8(0), 1, 0x7f, 0x80, 0xff] {
        var body = Array(whole.dropLast(4))
        body[position] = value
        let hash = body.withUnsafeBytes(StableHash.of)
        let sum = UInt32(truncatingIfNeeded: hash ^ (hash >> 32))
        let bytes = body + (0..<4).map { UInt8(truncatingIfNeeded: sum >> ($0 * 8)) }
        if (try? Chunk.decode(bytes)) == nil { refused += 1 }
      }
    }
    #expect(refused > 0)
  }
}
