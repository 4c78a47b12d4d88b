/// The values of a chunk: as whole numbers of decimal units where they are such, else by their bits.
import EstateModel

/// Values as whole numbers of 10^-decimals units, and those few that are none.
struct ScaledValues {
  static let scales: [Double] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000]
  /// Whole numbers below this are exact as Double.
  private static let largest: Double = 9_007_199_254_740_992

  /// 0 to 6.
  var decimals: UInt8
  var whole: [Int64]
  /// Position, and the value's bits. The column repeats the number before.
  var exceptions: [(index: Int, bits: UInt64)]

  /// - Returns: nil when their bits are the shorter form.
  init?(_ values: some RandomAccessCollection<Double>) {
    decimals = values.lazy.compactMap(Self.decimals).max() ?? 0
    whole = []
    whole.reserveCapacity(values.count)
    exceptions = []
    let scale = Self.scales[Int(decimals)]
    for (index, value) in values.enumerated() {
      if let number = Self.whole(value, scale) {
        whole.append(number)
      } else {
        exceptions.append((index, value.bitPattern))
        guard exceptions.count * 4 <= values.count else { return nil }
        whole.append(whole.last ?? 0)
      }
    }
  }

  /// The fewest that give the very same bits back.
  private static func decimals(of value: Double) -> UInt8? {
    for (decimals, scale) in scales.enumerated() where whole(value, scale) != nil { return UInt8(decimals) }
    return nil
  }

  private static func whole(_ value: Double, _ scale: Double) -> Int64? {
    let scaled = (value * scale).rounded()
    // False for NaN as well.
    guard abs(scaled) < largest else { return nil }
    let number = Int64(scaled)
    // By way of the integer, so that -0 isn't taken for 0.
    return (Double(number) / scale).bitPattern == value.bitPattern ? number : nil
  }

  func appendExceptions(to body: inout ByteWriter) {
    body.append(UInt64(exceptions.count))
    var last = 0
    for (index, bits) in exceptions {
      body.append(UInt64(index - last))
      body.append(fixed: bits)
      last = index
    }
  }
}

/// Each value's bits XORed with those of the one before: equal ones take one bit, near ones a few bytes.
/// Source: Pelkonen and others, Gorilla, VLDB 2015, 4.1.2.
enum ValueBits {
  static func append(_ values: some Sequence<UInt64>, to bits: inout BitWriter) {
    var last: UInt64 = 0
    var window: (leading: Int, trailing: Int)?
    for value in values {
      let difference = value ^ last
      last = value
      if difference == 0 {
        bits.append(0, count: 1)
        continue
      }
      let (leading, trailing) = (difference.leadingZeroBitCount, difference.trailingZeroBitCount)
      if let window, leading >= window.leading, trailing >= window.trailing {
        bits.append(0b10, count: 2)
        bits.append(
          difference >> UInt64(window.trailing), count: UInt64(64 - window.leading - window.trailing))
      } else {
        bits.append(0b11, count: 2)
        bits.append(UInt64(leading), count: 6)
        bits.append(UInt64(63 - leading - trailing), count: 6)
        bits.append(difference >> UInt64(trailing), count: UInt64(64 - leading - trailing))
        window = (leading, trailing)
      }
    }
  }

  static func decode(_ count: Int, from bits: inout BitReader) throws(PackedReadingsError) -> [UInt64] {
    var values: [UInt64] = []
    values.reserveCapacity(count)
    var last: UInt64 = 0
    var (leading, length): (UInt64, UInt64) = (0, 64)
    for _ in 0..<count {
      if try bits.bits(1) == 1 {
        if try bits.bits(1) == 1 {
          leading = try bits.bits(6)
          length = try bits.bits(6) + 1
          guard leading + length <= 64 else { throw .malformed("value longer than 64 bits", at: 0) }
        }
        last ^= try bits.bits(length) << (64 - leading - length)
      }
      values.append(last)
    }
    return values
  }
}
