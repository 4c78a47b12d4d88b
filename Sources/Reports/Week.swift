/// A week from Monday to Sunday as ISO 8601 counts them, in an estate's time zone.
import EstateModel
import Foundation

public struct Week: Hashable, Sendable, CustomStringConvertible {
  public let year: Int
  public let number: Int
  /// Monday, 00:00.
  public let start: Timestamp
  /// The Monday after, not included.
  public let end: Timestamp
  public let zone: TimeZone

  /// The week in which a moment lies.
  public init(containing moment: Timestamp, in zone: TimeZone) {
    let calendar = Self.calendar(zone)
    let parts = calendar.dateComponents([.yearForWeekOfYear, .weekOfYear], from: moment.date)
    self.init(year: parts.yearForWeekOfYear ?? 1970, number: parts.weekOfYear ?? 1, calendar, zone)
  }

  /// - Parameter text: `2026-W12`.
  /// - Returns: nil when the text is no such week; a year has 52 or 53.
  public init?(_ text: String, in zone: TimeZone) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].count == 4, parts[1].first == "W", parts[1].count == 3,
      let year = Int(parts[0]), let number = Int(parts[1].dropFirst()), (1...53).contains(number),
      year >= 1970
    else { return nil }
    self.init(year: year, number: number, Self.calendar(zone), zone)
    guard Week(containing: start, in: zone).number == number else { return nil }
  }

  private init(year: Int, number: Int, _ calendar: Calendar, _ zone: TimeZone) {
    let parts = DateComponents(weekday: 2, weekOfYear: number, yearForWeekOfYear: year)
    let monday = calendar.startOfDay(for: calendar.date(from: parts) ?? .distantPast)
    (self.year, self.number, self.zone) = (year, number, zone)
    start = Self.timestamp(monday)
    end = Self.timestamp(calendar.date(byAdding: .day, value: 7, to: monday) ?? monday)
  }

  /// The days, each from its first to its last moment.
  public var days: [Range<Timestamp>] {
    let calendar = Self.calendar(zone)
    let bounds = (0...7).map {
      Self.timestamp(calendar.date(byAdding: .day, value: $0, to: start.date) ?? start.date)
    }
    return zip(bounds, bounds.dropFirst()).map { $0..<$1 }
  }

  public var description: String { "\(year)-W\(number < 10 ? "0" : "")\(number)" }
  public var previous: Week { Week(containing: start - 1, in: zone) }
  public var next: Week { Week(containing: end, in: zone) }

  private static func calendar(_ zone: TimeZone) -> Calendar {
    var calendar = Calendar(identifier: .iso8601)
    calendar.timeZone = zone
    return calendar
  }

  private static func timestamp(_ date: Date) -> Timestamp {
    Timestamp(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()))
  }
}
