/// What every simulated thing does: live through virtual time and say what a real one would.
import EstateModel
import Foundation

protocol DeviceModel {
  /// Lives up to and including `time`, and appends what it says on the way, in order of time.
  /// What it says must not depend on the steps in which it is called.
  mutating func live(until time: Timestamp, into messages: inout [Publication])
}

/// When a device reports: every interval, at a phase of its own so that not all speak at once.
struct ReportSchedule: Sendable {
  let interval: Int64
  private(set) var next: Timestamp

  /// - Parameter path: decides the phase, in whole seconds.
  init(path: String, interval: Int64, start: Timestamp) {
    var hash = StableHash()
    hash.add(path)
    let seconds = max(1, interval / 1000)
    self.interval = max(1000, interval / 1000 * 1000)
    next = start + (Int64(hash.value >> 17 & 0xffff) % seconds + 1) * 1000
  }

  mutating func advance() { next = next + interval }
}

/// The local hour of the day, as a fraction: 7.5 is half past seven.
struct LocalHours: Sendable {
  private let timeZone: TimeZone
  private var cachedFrom = Timestamp.distantPast
  private var offset: Int64 = 0

  init(_ timeZone: TimeZone) { self.timeZone = timeZone }

  mutating func hour(at time: Timestamp) -> Double {
    let quarter = Timestamp(milliseconds: time.milliseconds - time.milliseconds % 900_000)
    if quarter != cachedFrom {
      // Offsets change at full quarters of an hour only.
      offset = Int64(timeZone.secondsFromGMT(for: quarter.date)) * 1000
      cachedFrom = quarter
    }
    let local = (time.milliseconds + offset) % 86_400_000
    return Double(local < 0 ? local + 86_400_000 : local) / 3_600_000
  }
}

/// A quantity that follows the hour of the day: 24 values, joined by straight lines.
struct DailyPattern: Sendable {
  private let values: [Double]

  /// - Parameter values: 24, each for the beginning of its hour.
  init(_ values: [Double]) { self.values = values }

  /// The same shape with mean 1.
  var normalised: DailyPattern {
    let mean = values.reduce(0, +) / Double(values.count)
    return DailyPattern(values.map { $0 / mean })
  }

  func value(at hour: Double) -> Double {
    let index = Int(hour) % values.count
    let next = values[(index + 1) % values.count]
    return values[index] + (next - values[index]) * (hour - hour.rounded(.down))
  }
}
