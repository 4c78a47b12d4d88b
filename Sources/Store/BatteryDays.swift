/// How a battery was, day by day, and how long it will last.
import EstateModel

/// The last value of each day.
public struct BatteryDays: Hashable, Sendable, Codable {
  /// Days since 1970-01-01 in GMT, ascending.
  public private(set) var days: [Int] = []
  /// Percent, one for each day.
  public private(set) var levels: [Double] = []

  public static let limit = 90
  /// A rise of so many percentage points is another battery.
  static let renewal = 10.0
  /// Days that a forecast needs.
  static let fewest = 3
  /// A battery that loses less in a day, in percentage points, will outlast what it powers.
  static let leastLoss = 0.005

  public init() {}

  /// - Parameter level: percent.
  public mutating func note(_ level: Double, at time: Timestamp) {
    let day = Int((Double(time.milliseconds) / 86_400_000).rounded(.down))
    if let last = days.last, day <= last {
      if day == last { levels[levels.count - 1] = level }
      return
    }
    days.append(day)
    levels.append(level)
    guard days.count > Self.limit else { return }
    days.removeFirst()
    levels.removeFirst()
  }

  /// Days until it is empty, counted from the newest one: where the straight line that fits best meets zero. Nil: too
  /// few days, or no loss.
  public var daysLeft: Double? {
    var first = 0
    for index in levels.indices.dropFirst() where levels[index] - levels[index - 1] >= Self.renewal {
      first = index
    }
    let count = days.count - first
    guard count >= Self.fewest, let last = days.last else { return nil }
    // From the newest day on, so that the line's value there is its constant part.
    let x = days[first...].map { Double($0 - last) }
    let y = levels[first...]
    let meanX = x.reduce(0, +) / Double(count)
    let meanY = y.reduce(0, +) / Double(count)
    let spread = x.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }
    let common = zip(x, y).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
    let slope = common / spread
    guard slope < -Self.leastLoss else { return nil }
    return max(0, (meanY - slope * meanX) / -slope)
  }
}
