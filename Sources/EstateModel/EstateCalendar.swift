/// Hours of the day that rules refer to: night, noon rest.
import Configuration
import Foundation

/// A named set of daily hours, in each estate's own time zone.
public struct EstateCalendar: Sendable {
  public var name: String
  /// Minutes after midnight; an end at or before its start lies on the next day.
  public var hours: [(start: Int, end: Int)]

  public init(name: String, hours: [(start: Int, end: Int)]) {
    self.name = name
    self.hours = hours
  }

  /// The stretch of time around an instant over which the answer to "inside?" stays the same.
  public struct Span: Sendable {
    public var isInside: Bool
    public var from: Timestamp
    public var until: Timestamp
  }

  /// - Returns: whether `time` lies in the calendar's hours, since when, and until when.
  public func span(at time: Timestamp, in timeZone: TimeZone) -> Span {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = timeZone
    let today = calendar.startOfDay(for: time.date)
    var intervals: [(from: Timestamp, until: Timestamp)] = []
    for offset in -1...2 {
      guard let day = calendar.date(byAdding: .day, value: offset, to: today) else { continue }
      for (start, end) in hours {
        let lastDay = end <= start ? calendar.date(byAdding: .day, value: 1, to: day) : day
        guard let lastDay,
          let from = calendar.date(bySettingHour: start / 60, minute: start % 60, second: 0, of: day),
          let until = end == 1440
            ? calendar.date(byAdding: .day, value: 1, to: day)
            : calendar.date(bySettingHour: end / 60, minute: end % 60, second: 0, of: lastDay)
        else { continue }
        intervals.append((Timestamp(from), Timestamp(until)))
      }
    }
    intervals.sort { $0.from < $1.from }
    if let inside = intervals.first(where: { $0.from <= time && time < $0.until }) {
      return Span(isInside: true, from: inside.from, until: inside.until)
    }
    let before = intervals.last { $0.until <= time }?.until ?? time - 86_400_000
    let after = intervals.first { $0.from > time }?.from ?? time + 86_400_000
    return Span(isInside: false, from: before, until: after)
  }

  /// Reads `config/calendars/*.yaml`: a mapping of names to lists of hours such as `22:00-06:00`.
  public static func calendars(in documents: [Document], diagnostics: Diagnostics) -> [String: EstateCalendar]
  {
    var calendars: [String: EstateCalendar] = [:]
    for document in documents {
      guard let fields = Fields(document.root, of: "a calendar file", diagnostics: diagnostics) else {
        continue
      }
      for name in fields.keys {
        let hours = fields.list(name).compactMap { dailyHours($0, diagnostics) }
        if calendars[name] != nil {
          diagnostics.error("calendar '\(name)' is already defined", at: fields.keyLocation(name))
        }
        calendars[name] = EstateCalendar(name: name, hours: hours)
      }
    }
    return calendars
  }

  private static func dailyHours(_ node: Node, _ diagnostics: Diagnostics) -> (start: Int, end: Int)? {
    guard let text = node.text(diagnostics) else { return nil }
    let ends = text.replacingOccurrences(of: "–", with: "-").split(separator: "-").map { part -> Int? in
      let numbers = part.trimmingCharacters(in: .whitespaces).split(separator: ":").map { Int($0) }
      guard numbers.count == 2, let hour = numbers[0], let minute = numbers[1], (0...24).contains(hour),
        (0..<60).contains(minute), hour * 60 + minute <= 1440
      else { return nil }
      return hour * 60 + minute
    }
    guard ends.count == 2, let start = ends[0], let end = ends[1], start < 1440 else {
      diagnostics.error("found '\(text)', expected hours such as 22:00-06:00", at: node.location)
      return nil
    }
    return (start, end)
  }
}
