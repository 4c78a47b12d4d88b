/// A device's own bytes as network servers write them: base64 or hexadecimal text.

struct RawBytes {
  private(set) var bytes: ContiguousArray<UInt8> = []

  var isEmpty: Bool { bytes.isEmpty }

  /// - Returns: false when the text isn't hexadecimal.
  mutating func setHex(_ text: UnsafeRawBufferPointer) -> Bool {
    bytes.removeAll(keepingCapacity: true)
    guard text.count % 2 == 0 else { return false }
    for index in stride(from: 0, to: text.count, by: 2) {
      guard let high = Self.digit(text[index]), let low = Self.digit(text[index + 1]) else { return false }
      bytes.append(high << 4 | low)
    }
    return true
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 48...57: byte - 48
    case 65...70: byte - 55
    case 97...102: byte - 87
    default: nil
    }
  }

  /// RFC 4648, section 4, and its alphabet for addresses; the padding may be missing.
  /// - Returns: false when the text isn't base64.
  mutating func setBase64(_ text: UnsafeRawBufferPointer) -> Bool {
    bytes.removeAll(keepingCapacity: true)
    var bits: UInt32 = 0
    var count = 0
    var position = 0
    while position < text.count, let value = Self.value(text[position]) {
      bits = bits << 6 | UInt32(value)
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
      position += 1
    }
    let digits = position
    while position < text.count, text[position] == UInt8(ascii: "=") { position += 1 }
    return position == text.count && digits % 4 != 1 && position - digits <= 2
  }

  private static func value(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 65...90: byte - 65
    case 97...122: byte - 71
    case 48...57: byte + 4
    case 43, 45: 62
    case 47, 95: 63
    default: nil
    }
  }
}
