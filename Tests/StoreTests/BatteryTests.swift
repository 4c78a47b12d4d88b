/// How long a battery lasts, from its days. Expected values by hand.
import EstateModel
import Store
import Testing

@Suite("Battery forecast")
struct BatteryTests {
  private static let day: Int64 = 86_400_000

  private func days(_ levels: [Double]) -> BatteryDays {
    var days = BatteryDays()
    for (number, level) in levels.enumerated() {
      days.note(level, at: Timestamp(milliseconds: (20_000 + Int64(number)) * Self.day + 3_600_000))
    }
    return days
  }

  @Test("Two points a day from 50 are 25 days")
  func line() throws {
    let left = try #require(days([56, 54, 52, 50]).daysLeft)
    #expect(abs(left - 25) < 1e-9)
  }

  @Test("Noise around the line hardly matters: the best fit counts")
  func noise() throws {
    // Least squares by hand: slope -1 %/day, value at the last day 90.
    let left = try #require(days([94.2, 92.6, 92.2, 91.4, 89.6]).daysLeft)
    // Mean 92; sum of (x - mean)(y - mean) = -2·2.2 - 0.6 - 0.6 + 2·-2.4 = -10.4, spread 10: slope -1.04.
    #expect(abs(left - (92 - 2 * 1.04) / 1.04) < 1e-9)
  }

  @Test("A new battery begins a new line")
  func renewed() throws {
    #expect(days([20, 15, 10, 100, 99]).daysLeft == nil)
    let left = try #require(days([20, 15, 10, 100, 99, 98]).daysLeft)
    #expect(abs(left - 98) < 1e-9)
  }

  @Test("No forecast from two days, from a level battery, or from one that charges")
  func unknown() {
    #expect(days([50, 40]).daysLeft == nil)
    #expect(days([80, 80, 80, 80]).daysLeft == nil)
    #expect(days([80, 81, 82, 83]).daysLeft == nil)
  }

  @Test("A day's last value counts, readings of days gone by change nothing, and 90 days are kept")
  func daily() {
    var days = BatteryDays()
    days.note(60, at: Timestamp(milliseconds: 20_000 * Self.day + 1))
    days.note(59, at: Timestamp(milliseconds: 20_000 * Self.day + 2))
    days.note(90, at: Timestamp(milliseconds: 19_999 * Self.day))
    #expect(days.days == [20_000])
    #expect(days.levels == [59])
    for day in 1...200 { days.note(50, at: Timestamp(milliseconds: (20_000 + Int64(day)) * Self.day)) }
    #expect(days.days.count == 90)
    #expect(days.days.first == 20_111)
  }
}
