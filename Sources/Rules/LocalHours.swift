/// Hours and days of the clock on the wall, in one time zone.
import Foundation

/// Asks the time zone once for each stretch between two changes of its offset.
struct LocalHours: Sendable {
  static let hour: Int64 = 3_600_000
  private static let day: Int64 = 24 * hour

  let timeZone: TimeZone
  /// Milliseconds; good for the times of `known`, in milliseconds since 1970.
  private var offset: Int64 = 0
  private var known: Range<Int64> = 0..<0

  init(_ timeZone: TimeZone) { self.timeZone = timeZone }

  /// The local hour of a time, counted since 1970; hour of the day is its remainder by 24.
  mutating func hour(of time: Int64) -> Int64 {
    if !known.contains(time) { find(time) }
    return (time + offset).floored(by: Self.hour)
  }

  /// When the local hour of a time ends, in milliseconds since 1970.
  mutating func end(ofHourAt time: Int64) -> Int64 { (hour(of: time) + 1) * Self.hour - offset }

  /// Days that begin at noon, so that a night is not cut in two.
  mutating func day(of time: Int64) -> Int64 { (hour(of: time) - 12).floored(by: 24) }

  private mutating func find(_ time: Int64) {
    func date(_ time: Int64) -> Date { Date(timeIntervalSince1970: Double(time) / 1000) }
    func change(after time: Int64) -> Int64 {
      timeZone.nextDaylightSavingTimeTransition(after: date(time)).map {
        Int64(($0.timeIntervalSince1970 * 1000).rounded())
      } ?? .max
    }
    offset = Int64(timeZone.secondsFromGMT(for: date(time))) * 1000
    let end = change(after: time)
    // A little back as well: what is learned from lies before what is judged.
    let isSameBefore = change(after: time - Self.day) == end
    known = (isSameBefore ? time - Self.day : time)..<max(end, time + 1)
  }
}

extension Int64 {
  /// The quotient rounded down.
  func floored(by divisor: Int64) -> Int64 { (self - modulo(divisor)) / divisor }
}
