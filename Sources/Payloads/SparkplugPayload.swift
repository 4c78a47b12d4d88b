/// Sparkplug B's payload as it stands in bytes. Source: Sparkplug 3.0.0, section 6.4, and its protobuf schema.

struct SparkplugPayload {
  var timestamp: UInt64?
  var sequence: UInt64?
  var metrics: [SparkplugMetric] = []

  /// Metrics of one message that are read.
  static let maximumMetrics = 4096

  /// - Returns: nil when the bytes are no such payload.
  init?(_ bytes: UnsafeRawBufferPointer) {
    var reader = WireReader(bytes)
    while let (field, value) = reader.next() {
      switch (field, value) {
      case (1, .number(let number)): timestamp = number
      case (2, .bytes(let bytes)):
        guard metrics.count < Self.maximumMetrics, let metric = SparkplugMetric(bytes) else { return nil }
        metrics.append(metric)
      case (3, .number(let number)): sequence = number
      case (1, _), (2, _), (3, _): return nil
      default: break
      }
    }
    if reader.isBroken { return nil }
  }
}

struct SparkplugMetric {
  enum Value: Equatable {
    case number(Double), boolean(Bool), text(String)
  }

  var name: String?
  var alias: UInt64?
  var timestamp: UInt64?
  var dataType: UInt64 = 0
  var isHistorical = false
  var isNull = false
  /// `engUnit` among the properties.
  var unit: String?
  private(set) var value: Value?

  private static let longestName = 256

  init?(_ bytes: UnsafeRawBufferPointer) {
    var raw: UInt64?
    var reader = WireReader(bytes)
    while let (field, value) = reader.next() {
      switch (field, value) {
      case (1, .bytes(let bytes)): name = printable(bytes, limit: Self.longestName)
      case (2, .number(let number)): alias = number
      case (3, .number(let number)): timestamp = number
      case (4, .number(let number)): dataType = number
      case (5, .number(let number)): isHistorical = number != 0
      case (7, .number(let number)): isNull = number != 0
      case (9, .bytes(let bytes)): unit = Self.unit(bytes)
      case (10, .number(let number)), (11, .number(let number)): raw = number
      case (12, .fixed32(let bits)): self.value = .number(decimal(Float(bitPattern: bits)))
      case (13, .fixed64(let bits)): self.value = .number(Double(bitPattern: bits))
      case (14, .number(let number)): self.value = .boolean(number != 0)
      case (15, .bytes(let bytes)): self.value = .text(printable(bytes, limit: Self.longestName))
      default: break
      }
    }
    if reader.isBroken { return nil }
    if let raw { value = .number(Self.number(raw, dataType)) }
  }

  /// Whole numbers travel without a sign; the data type tells how many bits count.
  private static func number(_ raw: UInt64, _ dataType: UInt64) -> Double {
    switch dataType {
    case 1: Double(Int8(truncatingIfNeeded: raw))
    case 2: Double(Int16(truncatingIfNeeded: raw))
    case 3: Double(Int32(truncatingIfNeeded: raw))
    case 4: Double(Int64(bitPattern: raw))
    default: Double(raw)
    }
  }

  private static func unit(_ bytes: UnsafeRawBufferPointer) -> String? {
    var keys: [String] = []
    var values: [String?] = []
    var reader = WireReader(bytes)
    while let (field, value) = reader.next(), keys.count < 64, values.count < 64 {
      guard let bytes = value.bytes else { continue }
      if field == 1 { keys.append(printable(bytes)) }
      if field == 2 { values.append(text(bytes)) }
    }
    for (key, value) in zip(keys, values) where key == "engUnit" || key == "EngUnit" { return value }
    return nil
  }

  private static func text(_ bytes: UnsafeRawBufferPointer) -> String? {
    var reader = WireReader(bytes)
    while let (field, value) = reader.next() {
      if field == 8, let bytes = value.bytes { return printable(bytes) }
    }
    return nil
  }
}

/// The double that is written like the float: 12.3, and not 12.300000190734863.
func decimal(_ value: Float) -> Double { Double("\(value)") ?? Double(value) }
