/// Events of RFC 5545 as hours of a calendar. Expected times follow the examples of its section 3.8.5.3.
import Calendars
import Configuration
import EstateModel
import Foundation
import Testing

@Suite("iCalendar files") struct ICalendarFileTests {
  private func read(_ event: String) -> (calendar: EstateCalendar?, problems: [String]) {
    let diagnostics = Diagnostics()
    let text =
      "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n"
      + event.split(separator: "\n", omittingEmptySubsequences: false).map { "\($0)\r\n" }.joined()
      + "END:VCALENDAR\r\n"
    let calendar = ICalendarFile.calendar(named: "c", text: text, file: "c.ics", diagnostics: diagnostics)
    return (calendar, diagnostics.problems.map { "\($0.location): \($0.message)" })
  }

  private func event(_ lines: String) -> String {
    "BEGIN:VEVENT\nUID:1\nDTSTAMP:20260101T000000Z\n\(lines)\nEND:VEVENT"
  }

  /// Of hours of a day in March 2026, those in which the calendar holds.
  private func holds(_ calendar: EstateCalendar?, _ times: [String], zone: String = "Asia/Shanghai") throws
    -> [Bool]
  {
    let calendar = try #require(calendar)
    let timeZone = try #require(TimeZone(identifier: zone))
    return try times.map { calendar.span(at: try #require(Timestamp(rfc3339: $0)), in: timeZone).isInside }
  }

  @Test("A night of eight hours from 22:00, every day but one, is one stretch across midnight")
  func night() throws {
    let (calendar, problems) = read(
      event(
        "DTSTART;TZID=Asia/Shanghai:20260301T220000\nDURATION:PT8H\nRRULE:FREQ=DAILY\nEXDATE;TZID=Asia/Shanghai:20260310T220000"
      ))
    #expect(problems == [])
    #expect(
      try holds(
        calendar,
        [
          "2026-03-09T21:59:00+08:00", "2026-03-09T22:00:00+08:00", "2026-03-10T05:59:00+08:00",
          "2026-03-10T06:00:00+08:00", "2026-03-10T23:00:00+08:00", "2026-03-11T23:00:00+08:00",
          "2060-07-01T23:00:00+08:00",
        ]) == [false, true, true, false, false, true, true])
    let zone = try #require(TimeZone(identifier: "Asia/Shanghai"))
    let span = try #require(calendar).span(
      at: try #require(Timestamp(rfc3339: "2026-03-10T01:00:00+08:00")), in: zone)
    #expect(span.from.formatted(in: zone) == "2026-03-09T22:00:00.000+08:00")
    #expect(span.until.formatted(in: zone) == "2026-03-10T06:00:00.000+08:00")
  }

  @Test("Times without a zone are each estate's own; those with one are not")
  func zones() throws {
    let floating = read(event("DTSTART:20260310T120000\nDTEND:20260310T140000")).calendar
    let fixed = read(event("DTSTART;TZID=America/New_York:20260310T000000\nDURATION:PT1H")).calendar
    for (zone, offset) in [("Asia/Shanghai", "+08:00"), ("Europe/Berlin", "+01:00")] {
      #expect(
        try holds(floating, ["2026-03-10T12:30:00\(offset)", "2026-03-10T14:00:00\(offset)"], zone: zone) == [
          true, false,
        ])
      // New York keeps summer time from 8 March 2026 on: midnight is 04:00 UTC.
      #expect(
        try holds(fixed, ["2026-03-10T04:30:00Z", "2026-03-10T05:30:00Z"], zone: zone) == [true, false])
    }
    let utc = read(event("DTSTART:20260310T120000Z\nDURATION:PT1H")).calendar
    #expect(try holds(utc, ["2026-03-10T20:30:00+08:00", "2026-03-10T12:30:00+08:00"]) == [true, false])
  }

  @Test("Whole days, and the first Friday of four months but with a count")
  func rules() throws {
    let exam = read(event("DTSTART;VALUE=DATE:20260607\nDTEND;VALUE=DATE:20260611")).calendar
    #expect(
      try holds(
        exam,
        [
          "2026-06-06T23:59:00+08:00", "2026-06-07T00:00:00+08:00", "2026-06-10T23:59:00+08:00",
          "2026-06-11T00:00:00+08:00",
        ])
        == [false, true, true, false])
    let fridays = read(
      event("DTSTART;TZID=Asia/Shanghai:20260306T090000\nDURATION:PT1H\nRRULE:FREQ=MONTHLY;COUNT=4;BYDAY=1FR")
    ).calendar
    #expect(
      try holds(
        fridays, ["03-06", "04-03", "05-01", "06-05", "07-03"].map { "2026-\($0)T09:30:00+08:00" })
        == [true, true, true, true, false])
  }

  @Test(
    "What can't be used is told with the event's line",
    arguments: [
      (
        "DTSTART;TZID=Mars/Olympus:20260310T120000\nDURATION:PT1H",
        "c.ics:4:1: unknown time zone 'Mars/Olympus'"
      ),
      ("SUMMARY:nothing", "c.ics:4:1: this event has no beginning, expected DTSTART"),
      (
        "DTSTART:20260310T120000\nRRULE:FREQ=SECONDLY",
        "c.ics:4:1: this event comes more often than daily, expected FREQ=DAILY, WEEKLY, MONTHLY or YEARLY"
      ),
    ])
  func problems(lines: String, message: String) {
    #expect(read(event(lines)).problems == [message])
  }

  @Test("What is no calendar is refused, whatever it is")
  func garbage() {
    #expect(read("").problems == ["c.ics:1:1: found no event, expected BEGIN:VEVENT"])
    for text in ["", "hello", "BEGIN:VEVENT\r\nEND:VEVENT\r\n", "\u{0}\u{FEFF}"] {
      let diagnostics = Diagnostics()
      #expect(ICalendarFile.calendar(named: "c", text: text, file: "c.ics", diagnostics: diagnostics) == nil)
      #expect(diagnostics.errors.count == 1)
    }
  }
}
