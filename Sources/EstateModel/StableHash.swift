/// Identifiers that are a function of what they name, the same on every machine and in every run.

/// FNV-1a, 64 bits. Source: Fowler, Noll, Vo; draft-eastlake-fnv.
public struct StableHash: Sendable {
  public private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  public init() {}

  @inlinable public static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash
  }

  public mutating func add(_ text: String) {
    for byte in text.utf8 { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
    // A separator, so that ("ab", "c") and ("a", "bc") differ.
    value = (value ^ 0xff) &* 0x100_0000_01b3
  }

  public mutating func add(_ number: Int64) {
    for shift in stride(from: 0, to: 64, by: 8) {
      value = (value ^ UInt64(UInt8(truncatingIfNeeded: number >> shift))) &* 0x100_0000_01b3
    }
  }

  /// The upper bits in Crockford's base 32 (no I, L, O, U: they are misread on paper).
  public func text(length: Int) -> String {
    let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    // FNV's low bits are the better mixed ones: fold the halves before taking five at a time.
    var rest = value ^ (value >> 32) ^ (value << 27)
    return String(
      (0..<length).map { _ in
        defer { rest >>= 5 }
        return digits[Int(rest & 31)]
      })
  }
}
