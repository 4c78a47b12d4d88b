/// Sparkplug B's payload. Source: Sparkplug 3.0.0, section 6.4, and its protobuf schema; protobuf.dev, encoding.
import EstateModel

struct SparkplugWriter {
  private var bytes: [UInt8] = []
  private var sequence: UInt8?

  /// - Parameter sequence: nil for deaths, which have none.
  init(time: Timestamp, sequence: UInt8?) {
    self.sequence = sequence
    number(1, UInt64(clamping: time.milliseconds))
  }

  /// A number by its name, its alias, or both.
  /// - Parameter unit: told in births.
  mutating func add(name: String?, alias: Int?, value: Double, unit: String? = nil, at time: Timestamp) {
    var metric = SparkplugWriter()
    if let name { metric.bytes(1, Array(name.utf8)) }
    if let alias { metric.number(2, UInt64(alias)) }
    metric.number(3, UInt64(clamping: time.milliseconds))
    // Double
    metric.number(4, 10)
    if let unit {
      // Properties: the key, and a value of type 12 (String).
      var text = SparkplugWriter()
      text.number(1, 12)
      text.bytes(8, Array(unit.utf8))
      var properties = SparkplugWriter()
      properties.bytes(1, Array("engUnit".utf8))
      properties.bytes(2, text.bytes)
      metric.bytes(9, properties.bytes)
    }
    metric.varint(13 << 3 | 1)
    for place in 0..<8 {
      metric.bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt64(8 * place)))
    }
    bytes(2, metric.bytes)
  }

  /// Which birth a death belongs to.
  mutating func add(birthNumber: UInt64, at time: Timestamp) {
    var metric = SparkplugWriter()
    metric.bytes(1, Array("bdSeq".utf8))
    metric.number(3, UInt64(clamping: time.milliseconds))
    // Int64
    metric.number(4, 4)
    metric.number(11, birthNumber)
    bytes(2, metric.bytes)
  }

  func finished() -> [UInt8] {
    var whole = self
    if let sequence { whole.number(3, UInt64(sequence)) }
    return whole.bytes
  }

  private init() {}

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private mutating func number(_ field: UInt64, _ value: UInt64) {
    varint(field << 3)
    varint(value)
  }

  private mutating func bytes(_ field: UInt64, _ value: [UInt8]) {
    varint(field << 3 | 2)
    varint(UInt64(value.count))
    bytes += value
  }
}
