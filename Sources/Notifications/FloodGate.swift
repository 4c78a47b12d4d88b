/// Too many messages are as good as none: what comes beyond a measure is put into a digest.
import EstateModel

/// When messages of one estate become a digest. Source: ISA-18.2 and EEMUA 191, over 10 alarms in 10 minutes are a
/// flood.
public struct FloodRule: Hashable, Sendable {
  /// More than so many within `within` begin a flood.
  public var moreThan = 10
  /// Fewer than so many end it.
  public var until = 5
  /// Milliseconds.
  public var within: Int64 = 600_000

  public init() {}
}

/// Counts one estate's messages. Time comes with them.
struct FloodGate: Sendable {
  private(set) var isFlooding = false
  private var times: [Int64] = []

  /// Counts a message.
  /// - Returns: whether it is one of a flood.
  mutating func count(at time: Int64, _ rule: FloodRule) -> Bool {
    times.append(time)
    pass(to: time, rule)
    if times.count > rule.moreThan { isFlooding = true }
    return isFlooding
  }

  /// Lets time pass, which may end a flood.
  mutating func pass(to time: Int64, _ rule: FloodRule) {
    times.removeAll { $0 <= time - rule.within }
    if times.count < rule.until { isFlooding = false }
  }

  /// When it will end if nothing more comes; nil: there is no flood.
  func end(_ rule: FloodRule) -> Int64? {
    guard isFlooding, times.count >= rule.until else { return nil }
    return times.sorted()[times.count - rule.until] + rule.within
  }
}
