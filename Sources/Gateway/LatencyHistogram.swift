/// How often something took how long.

public struct LatencyHistogram: Codable, Hashable, Sendable {
  /// Upper limits in seconds, each included; what takes longer is counted in the total alone.
  public static let limits = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
  ]

  /// By limit, each without those of the limits below it; the last is of what took longer than any.
  public private(set) var counts = [Int](repeating: 0, count: limits.count + 1)
  /// Seconds.
  public private(set) var sum = 0.0

  public init() {}

  public var total: Int { counts.reduce(0, +) }

  public mutating func add(seconds: Double) {
    let place = Self.limits.firstIndex { seconds <= $0 } ?? Self.limits.count
    counts[place] += 1
    sum += seconds
  }
}
