/// The stored form of a batch's readings: one blob, a few bytes a reading.
///
/// Byte 0 is the version (1), then the count as a varint, the readings, and four bytes of FNV-1a over all before
/// them. A reading is a head byte, then only what differs from the reading before it: device number, signal
/// number, event time and arrival as differences, value, quality and marks, event. Numbers are little-endian
/// base-128 varints, signed ones zigzag (as Protocol Buffers do both). A value is stored as a whole number of
/// 10^-k units where that gives exactly the same bits back, else as 4 or 8 bytes of IEEE 754.
import EstateModel

/// A blob that isn't what this program wrote.
public enum PackedReadingsError: Error, Hashable, Sendable, CustomStringConvertible {
  case truncated(at: Int)
  case unknownVersion(UInt8)
  case checksum
  case malformed(String, at: Int)

  public var description: String {
    switch self {
    case .truncated(let offset): "packed readings end at byte \(offset), in the middle of one"
    case .unknownVersion(let version): "packed readings of version \(version), expected 1"
    case .checksum: "packed readings are damaged: their check sum doesn't match"
    case .malformed(let what, let offset): "packed readings: \(what) at byte \(offset)"
    }
  }
}

/// A reading with the store's own numbers for device and signal.
public struct PackedReading: Hashable, Sendable, BitwiseCopyable {
  public var device: UInt32
  public var signal: UInt16
  public var time: Timestamp
  public var arrival: Timestamp
  public var value: Double
  public var quality: Quality
  public var marks: ReadingMarks
  public var event: UInt64

  public init(
    device: UInt32, signal: UInt16, time: Timestamp, arrival: Timestamp, value: Double,
    quality: Quality = .good, marks: ReadingMarks = [], event: UInt64 = 0
  ) {
    (self.device, self.signal, self.time, self.arrival) = (device, signal, time, arrival)
    (self.value, self.quality, self.marks, self.event) = (value, quality, marks, event)
  }
}

public enum PackedReadings {
  static let version: UInt8 = 1
  static let checkSumSize = 4

  /// What the head byte says.
  enum Head {
    static let sameDevice: UInt8 = 1
    static let sameSignal: UInt8 = 2
    static let sameArrival: UInt8 = 4
    static let hasMarks: UInt8 = 8
    static let hasEvent: UInt8 = 16
    static let formShift: UInt8 = 5
  }

  /// How a value is written: as a whole number of 10^-form for 0 to 5, or as its bits.
  enum Form {
    static let scales: [Double] = [1, 10, 100, 1000, 10_000, 100_000]
    static let single: UInt8 = 6
    static let double: UInt8 = 7
    /// Above this a decimal would need as many bytes as the bits themselves.
    static let largest: Double = 33_554_432
  }

  public static func encode(_ readings: some Collection<PackedReading>) -> [UInt8] {
    var writer = PackedReadingsWriter(count: readings.count)
    for reading in readings { writer.append(reading) }
    return writer.finished()
  }
}

/// Packs readings one at a time, so that the pipeline's batch needs no second array.
struct PackedReadingsWriter {
  private var writer = ByteWriter()
  private var last = PackedReading(
    device: 0, signal: 0, time: Timestamp(milliseconds: 0), arrival: Timestamp(milliseconds: 0), value: 0)
  private var isFirst = true

  init(count: Int) {
    writer.reserve(count * 8 + 16)
    writer.append(byte: PackedReadings.version)
    writer.append(UInt64(count))
  }

  mutating func append(_ reading: PackedReading) {
    typealias Head = PackedReadings.Head
    let (form, whole) = Self.form(of: reading.value)
    let hasMarks = reading.quality != .good || !reading.marks.isEmpty
    var head = form << Head.formShift
    if reading.device == last.device, !isFirst { head |= Head.sameDevice }
    if reading.signal == last.signal, !isFirst { head |= Head.sameSignal }
    if reading.arrival == last.arrival { head |= Head.sameArrival }
    if hasMarks { head |= Head.hasMarks }
    if reading.event != 0 { head |= Head.hasEvent }
    writer.append(byte: head)
    if head & Head.sameDevice == 0 { writer.append(UInt64(reading.device)) }
    if head & Head.sameSignal == 0 { writer.append(UInt64(reading.signal)) }
    writer.append(signed: reading.time.milliseconds &- last.time.milliseconds)
    if head & Head.sameArrival == 0 {
      writer.append(signed: reading.arrival.milliseconds &- reading.time.milliseconds)
    }
    if hasMarks {
      writer.append(byte: reading.quality.rawValue)
      writer.append(byte: reading.marks.rawValue)
    }
    if reading.event != 0 { writer.append(fixed: reading.event) }
    switch form {
    case PackedReadings.Form.single: writer.append(fixed: Float(reading.value).bitPattern)
    case PackedReadings.Form.double: writer.append(fixed: reading.value.bitPattern)
    default: writer.append(signed: whole)
    }
    last = reading
    isFirst = false
  }

  mutating func finished() -> [UInt8] {
    writer.appendCheckSum()
    return writer.bytes
  }

  /// The shortest form that gives the very same bits back.
  private static func form(of value: Double) -> (form: UInt8, whole: Int64) {
    for (form, scale) in PackedReadings.Form.scales.enumerated() {
      let scaled = (value * scale).rounded()
      // False for NaN as well.
      guard abs(scaled) < PackedReadings.Form.largest else { break }
      let whole = Int64(scaled)
      // By way of the integer, so that -0 isn't taken for 0.
      if (Double(whole) / scale).bitPattern == value.bitPattern { return (UInt8(form), whole) }
    }
    // Compared by bits, so that a NaN keeps its payload or takes all 8 bytes.
    let isSingle = Double(Float(value)).bitPattern == value.bitPattern
    return (isSingle ? PackedReadings.Form.single : PackedReadings.Form.double, 0)
  }
}

extension PackedReadings {
  static func checkSum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    let hash = StableHash.of(bytes)
    return UInt32(truncatingIfNeeded: hash ^ (hash >> 32))
  }
}
