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

  /// Whether all of the last `window` milliseconds lie in the calendar's hours.
  mutating func contain(_ time: Int64, window: Int64) -> Bool {
    if let span, span.from.milliseconds <= time, time < span.until.milliseconds {
      return span.isInside && span.from.milliseconds <= time - window
    }
    let fresh = calendar.span(at: Timestamp(milliseconds: time), in: timeZone)
    span = fresh
    return fresh.isInside && fresh.from.milliseconds <= time - window
  }
}
