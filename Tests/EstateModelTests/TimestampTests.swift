/// RFC 3339 in and out.
import EstateModel
import Foundation
import Testing

struct TimestampTests {
  private static let times: [(String, Int64)] = [
    ("1970-01-01T00:00:00Z", 0),
    ("1969-12-31T23:59:59.999Z", -1),
    // RFC 3339, 5.8: examples; the leap second counts as the second after it.
    ("1985-04-12T23:20:50.52Z", 482_196_050_520),
    ("1996-12-19T16:39:57-08:00", 851_042_397_000),
    ("1990-12-31T23:59:60Z", 662_688_000_000),
    ("1990-12-31T15:59:60-08:00", 662_688_000_000),
    // `date -d ... +%s` for these.
    ("2026-03-10T22:45:00.000+08:00", 1_773_153_900_000),
    ("2026-03-10 14:45:00Z", 1_773_153_900_000),
    ("2026-03-10t14:45:00z", 1_773_153_900_000),
    ("2024-02-29T12:00:00Z", 1_709_208_000_000),
    ("2000-02-29T00:00:00+00:00", 951_782_400_000),
    ("2026-03-10T20:15:00+05:30", 1_773_153_900_000),
    ("2026-03-10T20:15:00+0530", 1_773_153_900_000),
    ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    // Network servers print nanoseconds: digits after the third are cut.
    ("2023-05-22T13:34:00.123456789+00:00", 1_684_762_440_123),
    ("2023-05-22T13:34:00.999999999Z", 1_684_762_440_999),
    ("2023-05-22T13:34:00,5Z", 1_684_762_440_500),
    ("2023-05-22T13:34:00.0000000000000000000000001Z", 1_684_762_440_000),
  ]

  @Test(
    "A time is read to the millisecond",
    arguments: Self.times)
  func reading(text: String, milliseconds: Int64) {
    #expect(Timestamp(rfc3339: text)?.milliseconds == milliseconds)
  }

  @Test(
    "A text that is no such time is refused",
    arguments: [
      "", "2026", "2026-03-10", "2026-03-10T22:45", "2026-03-10T22:45:00", "2026-13-01T00:00:00Z",
      "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z", "2026-01-01T24:00:00Z",
      "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "0000-01-01T00:00:00Z", "2026-01-01T00:00:00.Z",
      "2026-01-01T00:00:00+8", "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+08:60",
      "2026-01-01T00:00:00Z ", " 2026-01-01T00:00:00Z", "2026-1-1T00:00:00Z", "2026/01/01T00:00:00Z",
      "26-01-01T00:00:00Z", "-2026-01-01T00:00:00Z", "2026-01-01T00:00:00Zulu", "٢٠٢٦-01-01T00:00:00Z",
      // Days that the month doesn't have.
      "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-02-30T00:00:00Z", "2026-04-31T00:00:00Z",
    ])
  func refused(text: String) {
    #expect(Timestamp(rfc3339: text) == nil)
  }

  @Test(
    "Foundation reads and prints the same",
    arguments: [
      "1970-01-01T00:00:00.000Z", "1999-12-31T23:59:59.999Z", "2000-02-29T12:34:56.789Z",
      "2024-02-29T23:59:59.001Z", "2026-03-10T14:45:00.000Z", "2026-11-21T07:00:00.500Z",
      "2099-12-31T00:00:00.250Z",
    ])
  func likeFoundation(text: String) throws {
    let formatter = ISO8601DateFormatter()
    formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
    let date = try #require(formatter.date(from: text))
    let time = try #require(Timestamp(rfc3339: text))
    #expect(Timestamp(date) == time)
    #expect(time.formatted() == text)
  }

  @Test(
    "Printed in any zone, a time reads back as itself",
    arguments: ["Asia/Shanghai", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "GMT"],
    [Int64(0), 1_773_153_900_000, 1_792_888_200_123, 951_782_399_999])
  func roundTrip(zone: String, milliseconds: Int64) throws {
    let time = Timestamp(milliseconds: milliseconds)
    let zone = try #require(TimeZone(identifier: zone))
    let text = time.formatted(in: zone)
    #expect(Timestamp(rfc3339: text) == time, "\(text)")
  }

  @Test("Beyond the years 1 to 9999 the nearest moment inside is told")
  func extremes() throws {
    #expect(Timestamp.distantPast.formatted() == "0001-01-01T00:00:00.000Z")
    #expect(Timestamp.distantFuture.formatted() == "9999-12-31T23:59:59.999Z")
    let shanghai = try #require(TimeZone(identifier: "Asia/Shanghai"))
    for (extreme, text) in [(Int64.max, "9999-12-31 23:59:59"), (.min, "0001-01-01")] {
      #expect(Timestamp(milliseconds: extreme).localText(in: shanghai).hasPrefix(text))
    }
  }

  @Test("Shanghai's clock is eight hours ahead")
  func shanghai() throws {
    let zone = try #require(TimeZone(identifier: "Asia/Shanghai"))
    #expect(
      Timestamp(milliseconds: 1_773_153_900_000).formatted(in: zone) == "2026-03-10T22:45:00.000+08:00")
  }

  @Test(
    "The clock on the wall, before 1970 and in a leap year too",
    arguments: [
      (1_773_153_900_000, "Asia/Shanghai", "2026-03-10 22:45:00"),
      (-1, "GMT", "1969-12-31 23:59:59"), (951_782_399_999, "GMT", "2000-02-28 23:59:59"),
      (951_782_400_000, "Asia/Shanghai", "2000-02-29 08:00:00"),
      (0, "America/St_Johns", "1969-12-31 20:30:00"),
    ] as [(Int64, String, String)])
  func wallClock(milliseconds: Int64, zone: String, text: String) throws {
    let zone = try #require(TimeZone(identifier: zone))
    #expect(Timestamp(milliseconds: milliseconds).localText(in: zone) == text)
  }

  @Test(
    "How long it took, in words",
    arguments: [
      (-5, "0 min", "0 分"), (59 * 60_000 + 59_999, "59 min", "59 分"),
      (125 * 60_000, "2 h 05 min", "2 小时 05 分"), (99 * 3_600_000, "4 d 3 h", "4 天 3 小时"),
    ] as [(Int64, String, String)])
  func elapsed(milliseconds: Int64, english: String, chinese: String) {
    #expect(ElapsedTime.text(milliseconds, isChinese: false) == english)
    #expect(ElapsedTime.text(milliseconds, isChinese: true) == chinese)
  }

  @Test("Seconds are rounded down to a millisecond, before 1970 too")
  func seconds() {
    #expect(Timestamp(seconds: 1.9999).milliseconds == 1999)
    #expect(Timestamp(seconds: -0.0001).milliseconds == -1)
  }
}
