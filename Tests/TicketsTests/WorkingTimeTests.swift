/// Working time, by hand on the calendar of 2026.
import EstateModel
import Foundation
import Testing
import Tickets

@Suite("Working time")
struct WorkingTimeTests {
  private static let shanghai = TimeZone(identifier: "Asia/Shanghai") ?? .gmt
  private static let hour: Int64 = 3_600_000

  /// Start, working hours, end. A working day is 08:30 to 12:00 and 14:30 to 18:00, seven hours.
  static let ends: [(String, Int64, String)] = [
    ("03-10 10:00", 2, "03-10 12:00"),  // up to the noon break
    ("03-10 10:00", 3, "03-10 15:30"),
    ("03-10 10:00", 7, "03-11 10:00"),  // the same hour of the next working day
    ("03-10 22:45", 7, "03-11 18:00"),  // begins when the office opens
    ("03-13 17:00", 2, "03-16 09:30"),  // Friday to Monday
    ("03-14 12:00", 1, "03-16 09:30"),  // Saturday
    ("02-13 17:00", 14, "02-24 17:00"),  // 14 February is worked, 15 to 23 February are holidays
    ("04-30 17:00", 2, "05-06 09:30"),  // 1 to 5 May
    ("09-18 17:30", 7, "09-20 17:30"),  // Sunday 20 September is worked
  ]

  @Test("A term ends where the calendar says", arguments: ends)
  func end(from: String, hours: Int64, until: String) throws {
    let workingTime = try Fixture.routing().workingTime
    #expect(workingTime.day == 7 * Self.hour)
    let end = workingTime.adding(hours * Self.hour, to: time(from), in: Self.shanghai)
    #expect(local(end.milliseconds) == until)
    #expect(workingTime.elapsed(from: time(from), to: end, in: Self.shanghai) == hours * Self.hour)
  }

  @Test("Hours follow the estate's clock over a change to summer time")
  func summerTime() throws {
    let berlin = try #require(TimeZone(identifier: "Europe/Berlin"))
    // On 29 March 2026 clocks go from 02:00 to 03:00.
    let start = try #require(Timestamp(rfc3339: "2026-03-27T17:30:00+01:00"))
    let end = WorkingTime.standard.adding(Self.hour, to: start, in: berlin)
    #expect(end.formatted(in: berlin) == "2026-03-30T09:00:00.000+02:00")
  }

  @Test("A calendar without a working day doesn't go on for ever")
  func never() {
    let workingTime = WorkingTime(weekdays: [], hours: [510..<720])
    let start = time("03-10 10:00")
    #expect(workingTime.adding(Self.hour, to: start, in: Self.shanghai) == start + Self.hour)
    #expect(workingTime.elapsed(from: start, to: start + 365 * 24 * Self.hour, in: Self.shanghai) == 0)
  }
}
