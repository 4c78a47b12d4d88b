/// When a message that could not be sent is tried again.
import EstateModel

/// Pauses double from `first` to `longest`; each is spread over its upper half, so that many messages don't come back
/// in step. Times are milliseconds.
public struct Retry: Hashable, Sendable {
  public var first: Int64 = 5000
  public var longest: Int64 = 30 * 60_000
  /// Counted from the first attempt.
  public var giveUpAfter: Int64 = 24 * 3_600_000
  /// A receiver that asks for more patience than that is not believed.
  static let longestAsked: Int64 = 6 * 3_600_000

  public init() {}

  /// The pause after a failed attempt.
  /// - Parameters:
  ///   - attempts: those that have failed so far, 1 or more.
  ///   - spread: 0…1.
  ///   - asked: what the receiver asked for, in milliseconds.
  public func pause(after attempts: Int, spread: Double, asked: Int64? = nil) -> Int64 {
    let doubled = first.multipliedReportingOverflow(by: 1 << Int64(min(max(attempts, 1) - 1, 40)))
    let full = doubled.overflow ? longest : min(longest, doubled.partialValue)
    let pause = Int64((Double(full) * (0.5 + 0.5 * spread)).rounded())
    return max(pause, min(asked ?? 0, Self.longestAsked))
  }

  /// A number in 0…1 that is the same for the same message and attempt, and unlike that of any other.
  public static func spread(key: String, attempts: Int) -> Double {
    var hash = StableHash()
    hash.add(key)
    hash.add(Int64(attempts))
    // The upper bits of a hash of little text hardly differ: they are mixed first.
    var value = hash.value
    value = (value ^ (value >> 33)) &* 0xff51_afd7_ed55_8ccd
    value = (value ^ (value >> 33)) &* 0xc4ce_b9fe_1a85_ec53
    return Double((value ^ (value >> 33)) >> 11) / Double(1 << 53)
  }
}
