/// Hours and days of the clock on the wall, in one time zone.
import Foundation

/// Asks the time zone once an hour.
struct LocalHours: Sendable {
  static let hour: Int64 = 3_600_000

  let timeZone: TimeZone
  /// Milliseconds since 1970 at which the hour asked for last began.
  private var begin = Int64.max
  private var number: Int64 = 0

  init(_ timeZone: TimeZone) { self.timeZone = timeZone }

  /// The local hour of a time, counted since 1970; hour of the day is its remainder by 24.
  mutating func hour(of time: Int64) -> Int64 {
    find(time)
    return number
  }

  /// When the local hour of a time ends, in milliseconds since 1970.
  mutating func end(ofHourAt time: Int64) -> Int64 {
    find(time)
    return begin + Self.hour
  }

  /// Days that begin at noon, so that a night is not cut in two.
  mutating func day(of time: Int64) -> Int64 { (hour(of: time) - 12).floored(by: 24) }

  private mutating func find(_ time: Int64) {
    guard time < begin || time >= begin + Self.hour else { return }
    let date = Date(timeIntervalSince1970: Double(time) / 1000)
    let offset = Int64(timeZone.secondsFromGMT(for: date)) * 1000
    number = (time + offset).floored(by: Self.hour)
    begin = number * Self.hour - offset
  }
}

extension Int64 {
  /// The quotient rounded down.
  func floored(by divisor: Int64) -> Int64 { (self - modulo(divisor)) / divisor }
}
