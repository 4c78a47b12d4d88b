/// Bytes in which state is put away and found again: variable-length numbers, exact doubles, texts.

/// What was found where bytes can't be what a ``StateWriter`` wrote.
public struct StateDamage: Error, Hashable, Sendable {
  /// Bytes from the beginning.
  public var offset: Int

  public init(offset: Int) { self.offset = offset }
}

/// Appends values to bytes; small numbers take few of them.
public struct StateWriter: Sendable {
  public private(set) var bytes: [UInt8] = []

  public init() {}

  public mutating func reserve(_ count: Int) { bytes.reserveCapacity(count) }

  public mutating func byte(_ value: UInt8) { bytes.append(value) }

  /// Seven bits a byte, the lowest first. Source: LEB128, DWARF 5, 7.6.
  public mutating func number(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  /// How many of something.
  public mutating func count(_ value: Int) { number(UInt64(max(0, value))) }

  /// Numbers of either sign that are mostly small.
  public mutating func signed(_ value: Int64) { number(UInt64(bitPattern: (value << 1) ^ (value >> 63))) }

  /// Eight bytes, the lowest first.
  public mutating func word(_ value: UInt64) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  public mutating func double(_ value: Double) { word(value.bitPattern) }

  public mutating func text(_ value: String) {
    count(value.utf8.count)
    bytes.append(contentsOf: value.utf8)
  }
}

/// Takes the values out again. Whatever the bytes are, it throws rather than crash, and what it hands out is never
/// larger than the bytes that are left.
public struct StateReader: Sendable {
  private let bytes: [UInt8]
  private let end: Int
  public private(set) var offset: Int

  /// - Parameter range: the part of the bytes to read.
  public init(_ bytes: [UInt8], in range: Range<Int>) {
    self.bytes = bytes
    let range = range.clamped(to: bytes.startIndex..<bytes.endIndex)
    offset = range.lowerBound
    end = range.upperBound
  }

  public var remaining: Int { end - offset }
  public var damage: StateDamage { StateDamage(offset: offset) }

  public mutating func byte() throws(StateDamage) -> UInt8 {
    guard offset < end else { throw damage }
    offset += 1
    return bytes[offset - 1]
  }

  public mutating func number() throws(StateDamage) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let next = try byte()
      guard shift < 63 || next <= 1 else { throw damage }
      value |= UInt64(next & 0x7f) << shift
      if next < 0x80 { return value }
      shift += 7
    }
  }

  /// How many of something that takes at least so many bytes each.
  public mutating func count(ofAtLeast size: Int = 1) throws(StateDamage) -> Int {
    let value = try number()
    guard value <= UInt64(remaining / max(1, size)) else { throw damage }
    return Int(value)
  }

  public mutating func signed() throws(StateDamage) -> Int64 {
    let value = try number()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  public mutating func word() throws(StateDamage) -> UInt64 {
    guard remaining >= 8 else { throw damage }
    defer { offset += 8 }
    return bytes.withUnsafeBytes {
      UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
  }

  public mutating func double() throws(StateDamage) -> Double { Double(bitPattern: try word()) }

  public mutating func text() throws(StateDamage) -> String {
    let count = try count()
    guard let text = String(validating: bytes[offset..<(offset + count)], as: UTF8.self) else { throw damage }
    offset += count
    return text
  }
}
