/// Daily hours: inside or outside, since when and until when.
import Configuration
import EstateModel
import Foundation
import Testing

struct EstateCalendarTests {
  private static let night = EstateCalendar(name: "night", hours: [(22 * 60, 6 * 60)])
  private static let rest = EstateCalendar(name: "rest", hours: [(12 * 60, 14 * 60), (22 * 60, 6 * 60)])

  private func span(_ calendar: EstateCalendar, at text: String, zone: String) throws
    -> (Bool, String, String)
  {
    let zone = try #require(TimeZone(identifier: zone))
    let span = calendar.span(at: try #require(Timestamp(rfc3339: text)), in: zone)
    return (span.isInside, span.from.formatted(in: zone), span.until.formatted(in: zone))
  }

  @Test(
    "Night runs across midnight; its start belongs to it, its end doesn't",
    arguments: [
      ("2026-03-10T21:59:59.999+08:00", false, "2026-03-10T06:00", "2026-03-10T22:00"),
      ("2026-03-10T22:00:00.000+08:00", true, "2026-03-10T22:00", "2026-03-11T06:00"),
      ("2026-03-10T23:59:59.999+08:00", true, "2026-03-10T22:00", "2026-03-11T06:00"),
      ("2026-03-11T00:00:00.000+08:00", true, "2026-03-10T22:00", "2026-03-11T06:00"),
      ("2026-03-11T05:59:59.999+08:00", true, "2026-03-10T22:00", "2026-03-11T06:00"),
      ("2026-03-11T06:00:00.000+08:00", false, "2026-03-11T06:00", "2026-03-11T22:00"),
      ("2026-03-11T12:00:00.000+08:00", false, "2026-03-11T06:00", "2026-03-11T22:00"),
      ("2026-12-31T23:00:00.000+08:00", true, "2026-12-31T22:00", "2027-01-01T06:00"),
    ])
  func night(at: String, inside: Bool, from: String, until: String) throws {
    let found = try span(Self.night, at: at, zone: "Asia/Shanghai")
    #expect(found == (inside, from + ":00.000+08:00", until + ":00.000+08:00"))
  }

  @Test("With two stretches a day, the gap between them ends at the next one")
  func twoStretches() throws {
    let noon = try span(Self.rest, at: "2026-05-12T13:00:00+08:00", zone: "Asia/Shanghai")
    #expect(noon == (true, "2026-05-12T12:00:00.000+08:00", "2026-05-12T14:00:00.000+08:00"))
    let afternoon = try span(Self.rest, at: "2026-05-12T14:00:00+08:00", zone: "Asia/Shanghai")
    #expect(afternoon == (false, "2026-05-12T14:00:00.000+08:00", "2026-05-12T22:00:00.000+08:00"))
  }

  @Test("The night on which clocks go forward is seven hours long, the one on which they go back nine")
  func clockChange() throws {
    // Europe/Berlin: 2026-03-29 02:00 -> 03:00, 2026-10-25 03:00 -> 02:00.
    let spring = try span(Self.night, at: "2026-03-29T01:30:00+01:00", zone: "Europe/Berlin")
    #expect(spring == (true, "2026-03-28T22:00:00.000+01:00", "2026-03-29T06:00:00.000+02:00"))
    let autumn = try span(Self.night, at: "2026-10-25T02:30:00+01:00", zone: "Europe/Berlin")
    #expect(autumn == (true, "2026-10-24T22:00:00.000+02:00", "2026-10-25T06:00:00.000+01:00"))
    let day = try span(Self.night, at: "2026-10-25T06:00:00+01:00", zone: "Europe/Berlin")
    #expect(day == (false, "2026-10-25T06:00:00.000+01:00", "2026-10-25T22:00:00.000+01:00"))
  }

  @Test("Hours that begin in the missing hour begin when the clock goes on")
  func missingHour() throws {
    let early = EstateCalendar(name: "early", hours: [(2 * 60 + 30, 5 * 60)])
    let found = try span(early, at: "2026-03-29T04:00:00+02:00", zone: "Europe/Berlin")
    #expect(found.0)
    #expect(found.2 == "2026-03-29T05:00:00.000+02:00")
    let before = try span(early, at: "2026-03-29T01:59:00+01:00", zone: "Europe/Berlin")
    #expect(!before.0)
  }

  @Test("Anywhere in a span, the answer is the same span")
  func consistency() throws {
    let zone = try #require(TimeZone(identifier: "Europe/Berlin"))
    var time = try #require(Timestamp(rfc3339: "2026-10-24T00:00:00Z"))
    var last: EstateCalendar.Span?
    for _ in 0..<(3 * 24 * 12) {
      let span = Self.rest.span(at: time, in: zone)
      #expect(span.from <= time && time < span.until)
      if let last {
        let same = last.from == span.from && last.until == span.until && last.isInside == span.isInside
        let next = last.until == span.from && last.isInside != span.isInside
        #expect(same || next, "\(time.formatted(in: zone))")
      }
      last = span
      time = time + 300_000
    }
  }

  private func calendars(_ text: String) throws -> ([String: EstateCalendar], [String]) {
    let diagnostics = Diagnostics()
    let document = try #require(Document(text: text, file: "hours.yaml", diagnostics: diagnostics))
    let calendars = EstateCalendar.calendars(in: [document], diagnostics: diagnostics)
    return (calendars, diagnostics.problems.map { "\($0.location): \($0.message)" })
  }

  @Test("Calendars are read from their file")
  func reading() throws {
    let (calendars, problems) = try calendars(
      "night: 22:00-06:00\nrest: [\"12:00 - 14:00\", 22:00–24:00]\nalways: 00:00-24:00\n")
    #expect(problems == [])
    #expect(calendars["night"]?.hours.map { [$0.start, $0.end] } == [[1320, 360]])
    #expect(calendars["rest"]?.hours.map { [$0.start, $0.end] } == [[720, 840], [1320, 1440]])
    #expect(calendars["always"]?.hours.map { [$0.start, $0.end] } == [[0, 1440]])
  }

  @Test(
    "Working days of 2026: holidays, the days worked in exchange, and days of the week besides",
    arguments: [
      ("2026-02-13", true), ("2026-02-14", true), ("2026-02-15", false), ("2026-02-23", false),
      ("2026-02-24", true), ("2026-02-28", true), ("2026-03-01", false), ("2026-09-20", true),
      ("2026-09-21", true), ("2026-09-25", false), ("2026-10-05", false), ("2026-10-10", true),
      ("2026-10-11", false), ("2027-01-01", true),
    ])
  func workingDays(day: String, isWorked: Bool) throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("config/calendars/working-days.yaml")
    let (calendars, problems) = try calendars(try String(contentsOf: root, encoding: .utf8))
    #expect(problems == [])
    let calendar = try #require(calendars["working-days"])
    for hour in ["00:00", "12:00", "23:59"] {
      #expect(
        try span(calendar, at: "\(day)T\(hour):00+08:00", zone: "Asia/Shanghai").0 == isWorked, "\(hour)")
    }
  }

  @Test("Days that follow one another are one stretch; hours of dated days begin on them only")
  func dated() throws {
    let (calendars, problems) = try calendars(
      """
      week: {days: [mon, tue, wed, thu, fri], holidays: [2026-05-01..2026-05-05], working-days: [2026-05-09]}
      exam: {dates: [2026-06-07..2026-06-08, 2026-06-10], hours: 20:00-08:00}
      """)
    #expect(problems == [])
    let week = try #require(calendars["week"])
    let found = try span(week, at: "2026-05-07T10:00:00+08:00", zone: "Asia/Shanghai")
    #expect(found == (true, "2026-05-06T00:00:00.000+08:00", "2026-05-10T00:00:00.000+08:00"))
    let exam = try #require(calendars["exam"])
    for (time, isInside) in [
      ("06-07T19:59", false), ("06-07T20:00", true), ("06-09T07:59", true), ("06-09T21:00", false),
      ("06-11T07:59", true),
      ("06-11T08:00", false), ("12-07T21:00", false),
    ] {
      #expect(try span(exam, at: "2026-\(time):00+08:00", zone: "Asia/Shanghai").0 == isInside, "\(time)")
    }
  }

  @Test(
    "A list of days runs out with its year",
    arguments: [
      ("2026-11-21", nil), ("2026-12-01", nil),
      ("2026-12-03", "calendar 'exam' has no dates after 2026, which ends soon; from then on it never holds"),
      ("2027-03-01", "calendar 'exam' has no dates after 2026; from then on it never holds"),
    ] as [(String, String?)])
  func runningOut(day: String, warning: String?) throws {
    let (calendars, _) = try calendars("exam: {dates: [2026-06-07]}\nnight: 22:00-06:00\n")
    let diagnostics = Diagnostics()
    let now = try #require(Timestamp(rfc3339: "\(day)T00:00:00Z"))
    for calendar in calendars.values { calendar.warnWhenRunningOut(at: now, diagnostics: diagnostics) }
    #expect(diagnostics.warnings.map(\.message) == (warning.map { [$0] } ?? []))
    #expect(!diagnostics.hasErrors)
  }

  @Test(
    "Hours that are none are refused where they stand",
    arguments: ["25:00-06:00", "22:60-06:00", "22:00", "22-6", "24:00-06:00", "22:00-24:01", "night"])
  func refused(hours: String) throws {
    let (_, problems) = try calendars("rest:\n  - 12:00-14:00\n  - \"\(hours)\"\n")
    #expect(problems == ["hours.yaml:3:5: found '\(hours)', expected hours such as 22:00-06:00"])
  }
}
