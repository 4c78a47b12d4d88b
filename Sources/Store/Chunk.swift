/// The readings of one signal of one device in one hour: a column for each part, packed.
///
/// Byte 0 is the version (1), byte 1 tells which parts there are, then the count as a varint. Quality with marks,
/// and events, are runs: a length as a varint, then what is the same for so long. Values that are no whole number
/// of the chunk's 10^-k units are listed with their position and 8 bytes; where that are many, all values are
/// XORed with the one before them instead. The heads of the columns follow (`PackedColumn`), four bytes with the
/// length of the heads, the columns' bits, and four bytes of FNV-1a over all before them.
import EstateModel

/// One reading of a series, whole: what a chunk gives back, bit for bit. Times in milliseconds since 1970.
public struct SeriesReading: Hashable, Sendable, BitwiseCopyable {
  public var time: Int64
  public var arrival: Int64
  public var value: Double
  public var event: UInt64
  public var quality: Quality
  public var marks: ReadingMarks

  init(_ packed: PackedReading) {
    (time, arrival) = (packed.time.milliseconds, packed.arrival.milliseconds)
    (value, event, quality, marks) = (packed.value, packed.event, packed.quality, packed.marks)
  }

  public init(
    time: Int64, arrival: Int64, value: Double, event: UInt64, quality: Quality, marks: ReadingMarks
  ) {
    (self.time, self.arrival, self.value) = (time, arrival, value)
    (self.event, self.quality, self.marks) = (event, quality, marks)
  }

  /// The same reading delivered again, whatever it says this time. Several events may begin in one millisecond,
  /// and one may begin and end in it.
  func isRepetition(of other: SeriesReading) -> Bool {
    time == other.time && event == other.event
      && (event == 0 || marks.subtracting(.duplicate) == other.marks.subtracting(.duplicate))
  }
}

extension PackedReading {
  init(_ reading: SeriesReading, of key: ChunkKey) {
    self.init(
      device: key.device, signal: key.signal, time: Timestamp(milliseconds: reading.time),
      arrival: Timestamp(milliseconds: reading.arrival), value: reading.value, quality: reading.quality,
      marks: reading.marks, event: reading.event)
  }
}

public enum Chunk {
  static let version: UInt8 = 1

  enum Parts {
    static let decimals: UInt8 = 0x07
    /// Instead of decimals: bits of the values.
    static let bits: UInt8 = 0x07
    static let hasMarks: UInt8 = 0x08
    static let hasEvents: UInt8 = 0x10
    static let hasExceptions: UInt8 = 0x20
  }

  /// - Parameter readings: one or more, in order of time.
  public static func encode(_ readings: [SeriesReading]) -> [UInt8] {
    var body = ByteWriter()
    var heads = ByteWriter()
    var bits = BitWriter()
    let values = ScaledValues(readings.lazy.map(\.value))
    let hasMarks = readings.contains { $0.quality != .good || !$0.marks.isEmpty }
    let hasEvents = readings.contains { $0.event != 0 }
    var parts = values.map(\.decimals) ?? Parts.bits
    if hasMarks { parts |= Parts.hasMarks }
    if hasEvents { parts |= Parts.hasEvents }
    if let values, !values.exceptions.isEmpty { parts |= Parts.hasExceptions }
    body.append(byte: version)
    body.append(byte: parts)
    body.append(UInt64(readings.count))
    if hasMarks {
      appendRuns(readings.map { UInt16($0.quality.rawValue) << 8 | UInt16($0.marks.rawValue) }, to: &body)
    }
    if hasEvents { appendRuns(readings.map(\.event), to: &body) }
    if let values, !values.exceptions.isEmpty { values.appendExceptions(to: &body) }

    PackedColumn.encode(readings.map(\.time), head: &heads, bits: &bits)
    PackedColumn.encode(readings.map { $0.arrival &- $0.time }, head: &heads, bits: &bits)
    if let values {
      PackedColumn.encode(values.whole, head: &heads, bits: &bits)
    } else {
      ValueBits.append(readings.lazy.map(\.value.bitPattern), to: &bits)
    }
    bits.finish()
    body.append(UInt64(heads.bytes.count))
    body.append(heads.bytes)
    body.append(bits.bytes)
    body.appendCheckSum()
    return body.bytes
  }

  private static func appendRuns<Number: FixedWidthInteger>(_ numbers: [Number], to body: inout ByteWriter) {
    var start = 0
    while start < numbers.count {
      let end = numbers[start...].firstIndex { $0 != numbers[start] } ?? numbers.count
      body.append(UInt64(end - start))
      body.append(fixed: numbers[start])
      start = end
    }
  }
}
