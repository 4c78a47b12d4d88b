/// Reads numbers from the front of a blob; never beyond its end.
import EstateModel

struct ByteReader {
  let bytes: UnsafeRawBufferPointer
  var position: Int
  let end: Int

  @inline(__always)
  mutating func byte() throws(PackedReadingsError) -> UInt8 {
    guard position < end else { throw .truncated(at: position) }
    defer { position += 1 }
    return bytes[position]
  }

  @inline(__always)
  mutating func unsigned() throws(PackedReadingsError) -> UInt64 {
    let first = try byte()
    if first < 0x80 { return UInt64(first) }
    return try rest(of: first)
  }

  private mutating func rest(of first: UInt8) throws(PackedReadingsError) -> UInt64 {
    var value = UInt64(first & 0x7f)
    for shift in stride(from: UInt64(7), to: 70, by: 7) {
      let next = try byte()
      value |= UInt64(next & 0x7f) << shift
      if next < 0x80 { return value }
    }
    throw .malformed("number longer than 64 bits", at: position)
  }

  @inline(__always)
  mutating func signed() throws(PackedReadingsError) -> Int64 {
    let raw = try unsigned()
    return Int64(bitPattern: (raw >> 1) ^ (0 &- (raw & 1)))
  }

  @inline(__always)
  mutating func narrow<Number: FixedWidthInteger>(_ what: StaticString) throws(PackedReadingsError) -> Number
  {
    let value = try unsigned()
    guard let number = Number(exactly: value) else { throw .malformed("\(what) \(value)", at: position) }
    return number
  }

  @inline(__always)
  mutating func fixed<Number: FixedWidthInteger>() throws(PackedReadingsError) -> Number {
    let size = Number.bitWidth / 8
    guard end - position >= size else { throw .truncated(at: position) }
    defer { position += size }
    return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Number.self))
  }
}

/// A batch's devices: their stored numbers in order, each as the difference from the one before.
enum DeviceSet {
  static func encode(_ devices: [UInt32]) -> [UInt8] {
    var writer = ByteWriter()
    var last: UInt32 = 0
    for (position, device) in devices.sorted().enumerated() where position == 0 || device != last {
      writer.append(UInt64(device - last))
      last = device
    }
    return writer.bytes
  }

  /// Whether a device may be in the batch. Bytes that can't be read rule nothing out.
  static func contains(_ device: UInt32, in bytes: UnsafeRawBufferPointer) -> Bool {
    var reader = ByteReader(bytes: bytes, position: 0, end: bytes.count)
    var number: UInt64 = 0
    while reader.position < reader.end {
      guard let step = try? reader.unsigned() else { return true }
      number &+= step
      if number >= UInt64(device) { return number == UInt64(device) }
    }
    return false
  }
}
