/// The wire format of Protocol Buffers: fields with a number and one of four encodings. Only what Sparkplug needs.
/// Source: protobuf.dev, encoding.

struct WireReader {
  enum Value {
    case number(UInt64)
    case fixed32(UInt32)
    case fixed64(UInt64)
    case bytes(UnsafeRawBufferPointer)

    var bytes: UnsafeRawBufferPointer? { if case .bytes(let bytes) = self { bytes } else { nil } }
    var number: UInt64? { if case .number(let number) = self { number } else { nil } }
  }

  private let bytes: UnsafeRawBufferPointer
  private var position = 0
  /// The bytes break off or hold something that is no field.
  private(set) var isBroken = false

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// nil at the end, and where the bytes are broken.
  mutating func next() -> (field: UInt64, value: Value)? {
    guard position < bytes.count, !isBroken else { return nil }
    guard let key = varint() else { return fail() }
    let field = key >> 3
    guard field > 0 else { return fail() }
    switch key & 7 {
    case 0:
      guard let number = varint() else { return fail() }
      return (field, .number(number))
    case 1:
      guard let number = fixed(8) else { return fail() }
      return (field, .fixed64(number))
    case 2:
      guard let count = varint(), count <= UInt64(bytes.count - position) else { return fail() }
      let end = position + Int(count)
      defer { position = end }
      return (field, .bytes(UnsafeRawBufferPointer(rebasing: bytes[position..<end])))
    case 5:
      guard let number = fixed(4) else { return fail() }
      return (field, .fixed32(UInt32(truncatingIfNeeded: number)))
    default: return fail()
    }
  }

  private mutating func fail() -> (field: UInt64, value: Value)? {
    isBroken = true
    return nil
  }

  private mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard position < bytes.count else { return nil }
      let byte = bytes[position]
      position += 1
      if shift == 63, byte > 1 { return nil }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }

  private mutating func fixed(_ count: Int) -> UInt64? {
    guard position + count <= bytes.count else { return nil }
    var value: UInt64 = 0
    for index in 0..<count { value |= UInt64(bytes[position + index]) << UInt64(8 * index) }
    position += count
    return value
  }
}
