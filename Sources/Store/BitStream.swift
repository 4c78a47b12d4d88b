/// Bits, the most significant first, and numbers of few bits: exponential Golomb codes.
///
/// A code of order k is cheap for numbers up to about 2^k, and grows with the logarithm beyond: one outlier costs
/// a few bytes and spoils nothing. Source: ITU-T H.264, 9.1.

struct BitWriter {
  private(set) var bytes: [UInt8] = []
  private var pending: UInt64 = 0
  /// 0 to 7 between calls.
  private var pendingCount: UInt64 = 0

  /// - Parameter count: 0 to 64; the lowest bits are written.
  mutating func append(_ bits: UInt64, count: UInt64) {
    if count > 32 {
      append(bits >> 32, count: count - 32)
      append(bits & 0xffff_ffff, count: 32)
      return
    }
    guard count > 0 else { return }
    pending = pending << count | (bits & (1 << count - 1))
    pendingCount += count
    while pendingCount >= 8 {
      pendingCount -= 8
      bytes.append(UInt8(truncatingIfNeeded: pending >> pendingCount))
    }
  }

  /// - Parameter order: 1 or more where the number may be `UInt64.max`.
  mutating func append(golomb number: UInt64, order: UInt64) {
    let shifted = (number >> order) &+ 1
    let width = UInt64(64 - shifted.leadingZeroBitCount)
    append(0, count: width - 1)
    append(shifted, count: width)
    append(number, count: order)
  }

  /// Fills the last byte with zeros.
  mutating func finish() {
    if pendingCount > 0 { append(0, count: 8 - pendingCount) }
  }
}

struct BitReader {
  let bytes: UnsafeRawBufferPointer
  /// In bytes.
  let end: Int
  private var position: Int
  private var held: UInt64 = 0
  private var heldCount: UInt64 = 0

  init(bytes: UnsafeRawBufferPointer, from position: Int, to end: Int) {
    (self.bytes, self.position, self.end) = (bytes, position, end)
  }

  mutating func bits(_ count: UInt64) throws(PackedReadingsError) -> UInt64 {
    if count > 32 {
      let upper = try bits(count - 32)
      return try upper << 32 | bits(32)
    }
    while heldCount < count {
      guard position < end else { throw .truncated(at: position) }
      held = held << 8 | UInt64(bytes[position])
      heldCount += 8
      position += 1
    }
    heldCount -= count
    return held >> heldCount & (1 << count - 1)
  }

  mutating func golomb(order: UInt64) throws(PackedReadingsError) -> UInt64 {
    var zeros: UInt64 = 0
    while try bits(1) == 0 {
      zeros += 1
      guard zeros < 64 else { throw .malformed("number longer than 64 bits", at: position) }
    }
    let shifted = try (1 << zeros | bits(zeros)) &- 1
    return try shifted << order | bits(order)
  }
}
