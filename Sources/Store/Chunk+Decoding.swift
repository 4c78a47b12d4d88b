/// Back from a chunk to readings. Whatever the bytes are, the answer is readings or an error.
import EstateModel

extension Chunk {
  /// - Returns: in order of time, as they were packed.
  public static func decode(_ bytes: [UInt8]) throws(PackedReadingsError) -> [SeriesReading] {
    // A typed throw out of the buffer's closure.
    let result: Result<[SeriesReading], PackedReadingsError> = bytes.withUnsafeBytes { buffer in
      do throws(PackedReadingsError) { return .success(try decode(buffer)) } catch { return .failure(error) }
    }
    return try result.get()
  }

  static func decode(_ bytes: UnsafeRawBufferPointer) throws(PackedReadingsError) -> [SeriesReading] {
    guard let version = bytes.first else { throw .truncated(at: 0) }
    guard version == Self.version else { throw .unknownVersion(version) }
    let end = bytes.count - PackedReadings.checkSumSize
    guard end >= 3 else { throw .truncated(at: bytes.count) }
    var sum = ByteReader(bytes: bytes, position: end, end: bytes.count)
    let stored: UInt32 = try sum.fixed()
    guard stored == PackedReadings.checkSum(UnsafeRawBufferPointer(rebasing: bytes[..<end])) else {
      throw .checksum
    }
    var reader = ByteReader(bytes: bytes, position: 1, end: end)
    let parts = try reader.byte()
    let count: Int = try reader.narrow("count")
    // A chunk of equal readings in equal steps needs no bits for them: only sense limits the count.
    guard (1...largestCount).contains(count) else { throw .malformed("impossible count \(count)", at: 2) }
    let marks: [UInt16]? = parts & Parts.hasMarks == 0 ? nil : try runs(count, from: &reader)
    let events: [UInt64]? = parts & Parts.hasEvents == 0 ? nil : try runs(count, from: &reader)
    let exceptions = parts & Parts.hasExceptions == 0 ? [] : try exceptions(count, from: &reader)
    let headCount: Int = try reader.narrow("length")
    guard headCount >= 0, headCount <= end - reader.position else { throw .truncated(at: end) }
    var heads = ByteReader(bytes: bytes, position: reader.position, end: reader.position + headCount)
    var bits = BitReader(bytes: bytes, from: reader.position + headCount, to: end)
    let times = try PackedColumn.decode(count, head: &heads, bits: &bits)
    let delays = try PackedColumn.decode(count, head: &heads, bits: &bits)
    var values = try values(count, decimals: parts & Parts.decimals, &heads, &bits)
    for (index, pattern) in exceptions { values[index] = Double(bitPattern: pattern) }

    var readings: [SeriesReading] = []
    readings.reserveCapacity(count)
    for index in 0..<count {
      let mark = marks?[index] ?? 0
      guard let quality = Quality(rawValue: UInt8(mark >> 8)) else {
        throw .malformed("unknown quality \(mark >> 8)", at: 2)
      }
      readings.append(
        SeriesReading(
          time: times[index], arrival: times[index] &+ delays[index], value: values[index],
          event: events?[index] ?? 0, quality: quality,
          marks: ReadingMarks(rawValue: UInt8(truncatingIfNeeded: mark))))
    }
    return readings
  }

  /// One every quarter of a millisecond.
  static let largestCount = 1 << 24

  private static func values(
    _ count: Int, decimals: UInt8, _ heads: inout ByteReader, _ bits: inout BitReader
  ) throws(PackedReadingsError) -> [Double] {
    if decimals == Parts.bits {
      return try ValueBits.decode(count, from: &bits).map(Double.init(bitPattern:))
    }
    let scale = ScaledValues.scales[Int(decimals)]
    return try PackedColumn.decode(count, head: &heads, bits: &bits).map { Double($0) / scale }
  }

  private static func runs<Number: FixedWidthInteger>(_ count: Int, from reader: inout ByteReader)
    throws(PackedReadingsError) -> [Number]
  {
    var numbers: [Number] = []
    numbers.reserveCapacity(count)
    while numbers.count < count {
      let length: Int = try reader.narrow("length")
      guard length > 0, length <= count - numbers.count else {
        throw .malformed("impossible length \(length)", at: reader.position)
      }
      numbers += repeatElement(try reader.fixed(), count: length)
    }
    return numbers
  }

  private static func exceptions(_ count: Int, from reader: inout ByteReader)
    throws(PackedReadingsError) -> [(index: Int, bits: UInt64)]
  {
    let number: Int = try reader.narrow("count")
    guard number >= 0, number <= count else { throw .malformed("impossible count", at: reader.position) }
    var exceptions: [(index: Int, bits: UInt64)] = []
    var index = 0
    for _ in 0..<number {
      let step: Int = try reader.narrow("position")
      guard step >= 0, step < count - index else {
        throw .malformed("impossible position", at: reader.position)
      }
      index += step
      exceptions.append((index, try reader.fixed()))
    }
    return exceptions
  }
}
