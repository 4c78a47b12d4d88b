/// ISO 8601 weeks. Expected days from the standard's own rule: week 1 holds the year's first Thursday.
import EstateModel
import Foundation
import Reports
import Testing

@Suite("Weeks")
struct WeekTests {
  private let shanghai = TimeZone(identifier: "Asia/Shanghai") ?? .gmt

  @Test(
    "A week begins on Monday at midnight where the estate is",
    arguments: [
      ("2026-W01", "2025-12-29T00:00:00+08:00"), ("2026-W12", "2026-03-16T00:00:00+08:00"),
      ("2026-W53", "2026-12-28T00:00:00+08:00"), ("2027-W01", "2027-01-04T00:00:00+08:00"),
    ])
  func start(text: String, monday: String) throws {
    let week = try #require(Week(text, in: shanghai))
    #expect(week.start == Timestamp(rfc3339: monday))
    #expect(week.end - week.start == 7 * 86_400_000)
    #expect(week.description == text)
    #expect(Week(containing: week.end - 1, in: shanghai) == week)
    #expect(week.next.previous == week)
    #expect(week.days.count == 7 && week.days.last?.upperBound == week.end)
  }

  @Test(
    "What is no week is refused",
    arguments: ["2026-W54", "2027-W53", "2026-W00", "2026-12", "26-W12", "2026-W1", ""])
  func refused(text: String) { #expect(Week(text, in: shanghai) == nil) }

  @Test("Where the clocks go forward the week is an hour shorter")
  func summerTime() throws {
    let berlin = try #require(TimeZone(identifier: "Europe/Berlin"))
    let week = try #require(Week("2026-W13", in: berlin))
    #expect(week.end - week.start == 7 * 86_400_000 - 3_600_000)
    #expect(week.days.count == 7)
  }
}
