/// A calendar in one time zone, with its present answer kept until it changes.
import EstateModel
import Foundation

struct CalendarHours: Sendable {
  let name: String
  let timeZone: TimeZone
  let calendar: EstateCalendar
  private var span: EstateCalendar.Span?
  /// Worked out ahead, in order of time: that takes Foundation half a millisecond each.
  private var ahead: [EstateCalendar.Span] = []

  /// So far ahead they are worked out, and so long they are kept for readings that come late, in milliseconds.
  private static let reach: Int64 = 3_600_000

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
    let known = ahead.first { $0.from.milliseconds <= time && time < $0.until.milliseconds }
    let fresh = known ?? calendar.span(at: Timestamp(milliseconds: time), in: timeZone)
    span = fresh
    return Self.answer(fresh, time, window)
  }

  /// Works out the next span when the present one is about to end.
  /// - Parameter now: milliseconds since 1970.
  mutating func lookAhead(from now: Int64) {
    ahead.removeAll { $0.until.milliseconds <= now - Self.reach }
    // After a jump of the clock: from here on anew.
    if let first = ahead.first, first.from.milliseconds > now { ahead.removeAll(keepingCapacity: true) }
    let next = max(now, ahead.last?.until.milliseconds ?? now)
    if next < now + Self.reach {
      ahead.append(calendar.span(at: Timestamp(milliseconds: next), in: timeZone))
    }
  }

  private static func answer(_ span: EstateCalendar.Span, _ time: Int64, _ window: Int64) -> (Bool, Int64) {
    if span.isInside, span.from.milliseconds > time - window {
      return (false, min(span.until.milliseconds, span.from.milliseconds + window))
    }
    return (span.isInside, span.until.milliseconds)
  }
}
