/// A calendar in one time zone, with its present answer kept until it changes.
import EstateModel
import Foundation

struct CalendarHours: Sendable {
  let name: String
  let timeZone: TimeZone
  let calendar: EstateCalendar
  private var span: EstateCalendar.Span?

  init(name: String, timeZone: TimeZone, calendar: EstateCalendar) {
    self.name = name
    self.timeZone = timeZone
    self.calendar = calendar
  }

  /// Whether all of the last `window` milliseconds lie in the calendar's hours, and until when that stays so.
  mutating func contain(_ time: Int64, window: Int64) -> (isInside: Bool, until: Int64) {
    if let span, span.from.milliseconds <= time, time < span.until.milliseconds {
      return Self.answer(span, time, window)
    }
    let fresh = calendar.span(at: Timestamp(milliseconds: time), in: timeZone)
    span = fresh
    return Self.answer(fresh, time, window)
  }

  private static func answer(_ span: EstateCalendar.Span, _ time: Int64, _ window: Int64) -> (Bool, Int64) {
    if span.isInside, span.from.milliseconds > time - window {
      return (false, min(span.until.milliseconds, span.from.milliseconds + window))
    }
    return (span.isInside, span.until.milliseconds)
  }
}
