import EstateModel
import EstateSimulator
import Foundation
import Testing

@Suite("Measured series")
struct MeasuredSeriesTests {
  private func series(_ text: String, _ zone: String = "Asia/Shanghai") throws -> MeasuredSeries {
    try MeasuredSeries(
      text: text, file: "t.csv", device: "xintai/noise-flat", signal: "laeq",
      timeZone: try #require(TimeZone(identifier: zone)))
  }

  @Test("Local times become event times, and numbers keep their digits")
  func readings() throws {
    let text =
      "datetime,LEQ dB -A\n2025-03-21 00:00:30,47.36041774214498\n2025-03-21 00:01:30,48.36329556161962\n"
    var played: [String] = []
    Player(speed: .unlimited).printMessages(of: try series(text)) { played.append($0) }
    // date -u -d '2025-03-20 16:00:30' +%s
    #expect(
      played.readings == [
        "estates/xintai/noise-flat/status\tonline",
        "estates/xintai/noise-flat/reading\t{\"ts\":1742486430000,\"laeq\":47.36041774214498}",
        "estates/xintai/noise-flat/reading\t{\"ts\":1742486490000,\"laeq\":48.36329556161962}",
      ])
    #expect(played.first == "simulation/clock\t{\"now\":1742486429000}")
    #expect(played.last == "simulation/end\t{\"now\":1742486550000}")
  }

  @Test("Summer time counts where a zone has it")
  func summerTime() throws {
    // Berlin went from UTC+1 to UTC+2 on 2025-03-30.
    let text = "t,v\n2025-03-29 12:00:00,1\n2025-03-30 12:00:00,2\n"
    let read = try series(text, "Europe/Berlin")
    #expect(read.end - read.start == 2 * 23 * 3_600_000 + 1000)
  }

  @Test(
    "A bad line is told with its number",
    arguments: [
      ("t,v\n2025-03-21 00:00:30,47\nyesterday,48\n", "t.csv:3: found 'yesterday', expected a time"),
      ("t,v\n2025-03-21 00:00:30,loud\n", "t.csv:2: found 'loud', expected a number"),
      ("t,v\n2025-03-21 00:00:30,1,2\n", "t.csv:2: found 3 columns, expected 2"),
      ("t,v\n2025-03-21 00:01:30,1\n2025-03-21 00:00:30,1\n", "t.csv:3: the time does not lie after"),
      ("t,v\n", "t.csv:1: a header and no readings"),
    ])
  func badLines(text: String, message: String) throws {
    let problem = #expect(throws: MeasuredSeries.Problem.self) { try series(text) }
    #expect(try #require(problem).description.hasPrefix(message))
  }
}
