/// Hours of the day that rules refer to: night, noon rest; on all days or on some.
import Configuration
import Foundation

/// A named set of hours, in each estate's own time zone.
public struct EstateCalendar: Sendable {
  public var name: String
  /// Minutes after midnight; an end at or before its start lies on the next day.
  public var hours: [(start: Int, end: Int)]
  /// The days on which the hours begin; nil: all.
  public var days: DaySelection?
  /// Dated stretches besides: milliseconds since 1970, in order, none touching the next.
  public var spans: [Range<Int64>] = []
  /// The same by the clock on the wall, as if it were UTC.
  public var localSpans: [Range<Int64>] = []

  public init(name: String, hours: [(start: Int, end: Int)], days: DaySelection? = nil) {
    (self.name, self.hours, self.days) = (name, hours, days)
  }

  /// The stretch of time around an instant over which the answer to "inside?" stays the same.
  public struct Span: Sendable {
    public var isInside: Bool
    public var from: Timestamp
    public var until: Timestamp
  }

  private static let day: Int64 = 86_400_000

  /// - Returns: whether `time` lies in the calendar's hours, since when, and until when. What lies further off than some
  ///   days isn't looked for: such a span ends earlier, and the next one gives the same answer.
  public func span(at time: Timestamp, in timeZone: TimeZone) -> Span {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = timeZone
    let today = calendar.startOfDay(for: time.date)
    // Hours that hold on some days only may go on for many.
    let reach = days == nil ? -1...2 : -9...9
    var intervals: [(from: Timestamp, until: Timestamp)] = []
    for offset in hours.isEmpty ? 0...0 : reach {
      guard let day = calendar.date(byAdding: .day, value: offset, to: today) else { continue }
      if let days, !days.contains(Self.number(of: day, timeZone)) { continue }
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
    intervals += dated(around: time, in: timeZone)
    intervals.sort { $0.from < $1.from }
    let limit = Self.day * (days == nil ? 1 : 7)
    return Self.span(in: intervals, at: time, before: time - limit, after: time + limit)
  }

  /// - Parameter intervals: in order of their start.
  private static func span(
    in intervals: [(from: Timestamp, until: Timestamp)], at time: Timestamp, before: Timestamp,
    after: Timestamp
  ) -> Span {
    var merged: [(from: Timestamp, until: Timestamp)] = []
    for interval in intervals {
      if let last = merged.last, interval.from <= last.until {
        merged[merged.count - 1].until = max(last.until, interval.until)
      } else {
        merged.append(interval)
      }
    }
    if let inside = merged.first(where: { $0.from <= time && time < $0.until }) {
      return Span(isInside: true, from: inside.from, until: inside.until)
    }
    return Span(
      isInside: false, from: merged.last { $0.until <= time }?.until ?? before,
      until: merged.first { $0.from > time }?.from ?? after)
  }

  /// Dated stretches near a time.
  private func dated(around time: Timestamp, in timeZone: TimeZone) -> [(from: Timestamp, until: Timestamp)] {
    func near(_ all: [Range<Int64>], _ time: Int64) -> ArraySlice<Range<Int64>> {
      var (low, high) = (0, all.count)
      while low < high {
        let middle = (low + high) / 2
        if all[middle].upperBound < time - 2 * Self.day { low = middle + 1 } else { high = middle }
      }
      return all[low...].prefix { $0.lowerBound < time + 2 * Self.day }
    }
    func offset(_ time: Int64) -> Int64 {
      Int64(timeZone.secondsFromGMT(for: Timestamp(milliseconds: time).date)) * 1000
    }
    func moment(_ local: Int64) -> Timestamp {
      Timestamp(milliseconds: local - offset(local - offset(local)))
    }
    let milliseconds = time.milliseconds
    return near(spans, milliseconds).map {
      (Timestamp(milliseconds: $0.lowerBound), Timestamp(milliseconds: $0.upperBound))
    }
      + near(localSpans, milliseconds + offset(milliseconds)).map {
        (moment($0.lowerBound), moment($0.upperBound))
      }
  }

  private static func number(of day: Date, _ timeZone: TimeZone) -> Int {
    let local = day.timeIntervalSince1970 + Double(timeZone.secondsFromGMT(for: day))
    return Int((local / 86_400).rounded(.down))
  }

  /// Reads `config/calendars/*.yaml`: a mapping of names to hours such as `22:00-06:00`, lists of them, or mappings with
  /// `hours` (left out: the whole day) and the days on which they hold.
  public static func calendars(in documents: [Document], diagnostics: Diagnostics) -> [String: EstateCalendar]
  {
    var calendars: [String: EstateCalendar] = [:]
    for document in documents {
      guard let fields = Fields(document.root, of: "a calendar file", diagnostics: diagnostics) else {
        continue
      }
      for name in fields.keys {
        if calendars[name] != nil {
          diagnostics.error("calendar '\(name)' is already defined", at: fields.keyLocation(name))
        }
        calendars[name] = calendar(name, fields, diagnostics)
      }
    }
    return calendars
  }

  private static func calendar(_ name: String, _ fields: Fields, _ diagnostics: Diagnostics) -> EstateCalendar
  {
    guard let node = fields.optional(name), case .mapping = node.content else {
      return EstateCalendar(name: name, hours: fields.list(name).compactMap { dailyHours($0, diagnostics) })
    }
    guard let parts = Fields(node, of: "calendar '\(name)'", diagnostics: diagnostics) else {
      return EstateCalendar(name: name, hours: [])
    }
    let hours = parts.list("hours").compactMap { dailyHours($0, diagnostics) }
    let isWhole = !parts.keys.contains("hours")
    let days = DaySelection(parts, diagnostics)
    parts.finish()
    return EstateCalendar(name: name, hours: isWhole ? [(0, 1440)] : hours, days: days)
  }

  /// Warns when the year of the last day that stands in the calendar by its date is over, or will be within so many
  /// days: lists of days are made for a year.
  public func warnWhenRunningOut(at now: Timestamp, within days: Int = 30, diagnostics: Diagnostics) {
    guard let selection = self.days, let last = selection.last, let location = selection.location else {
      return
    }
    let text = Timestamp(milliseconds: Int64(last) * Self.day).formatted()
    guard let year = Int(text.prefix(4)),
      let end = Timestamp(rfc3339: "\(year + 1)-01-01T00:00:00Z"), end < now + Int64(days) * Self.day
    else { return }
    diagnostics.warning(
      "calendar '\(name)' has no dates after \(year)\(end <= now ? "" : ", which ends soon"); from then on "
        + (selection.dates == nil ? "only days of the week count" : "it never holds"),
      at: location)
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
