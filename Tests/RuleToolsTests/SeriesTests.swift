/// Readings and events as they are written in rule tests.
import EstateModel
import RuleTools
import Testing

@Suite("Series and events") struct SeriesTests {
  /// Minutes and values of well 6's level, as an engine gets them.
  private func levels(_ series: String) throws -> [String] {
    let (tests, problems) = try ruleTests(
      wellTest("readings: {probe-w06: {level: '\(series)'}}\nexpect: nothing"))
    #expect(problems == [])
    let test = try #require(tests.first)
    return test.series.map { reading in
      let seconds = Double(reading.time - test.start) / 1000
      let late = (reading.arrival - reading.time) / 1000
      return "\(plainNumber(seconds)): \(reading.quality == .fault ? "fault" : plainNumber(reading.value))"
        + (late > 0 ? " late \(late)" : "")
    }
  }

  @Test(
    "Values stand at the device's interval of 30 s, from the test's start",
    arguments: [
      ("0.1 x3, _ x3599", ["0: 0.1", "30: 0.1", "60: 0.1"]),
      ("0.1, 0.2, silent", ["0: 0.1", "30: 0.2"]),
      ("0.1 for 1min, silent 1min, 0.2 x1, silent", ["0: 0.1", "30: 0.1", "120: 0.2"]),
      ("0..0.4 over 2min, silent", ["0: 0", "30: 0.1", "60: 0.2", "90: 0.3"]),
      ("(0.1, 0.2 x2) x2, silent", ["0: 0.1", "30: 0.2", "60: 0.2", "90: 0.1", "120: 0.2", "150: 0.2"]),
      ("10 cm x1 every 10min, 200 mm x1, silent", ["0: 0.1", "600: 0.2"]),
      ("fault x2, silent", ["0: fault", "30: fault"]),
      ("0.1 x1, 0.2 x1 late 2min, silent", ["0: 0.1", "30: 0.2 late 120"]),
      ("silent 59min30s, 0.3", ["3570: 0.3", "3600: 0.3"]),
    ])
  func values(series: String, expected: [String]) throws {
    #expect(try levels(series) == expected)
  }

  @Test("A last value without a count goes on to the end of the test, its end included")
  func rest() throws {
    #expect(try levels("0.1").count == 121)
  }

  @Test("A visit begins, is told of each so often, and ends")
  func visits() throws {
    let (tests, problems) = try ruleTests(
      """
      estate: yiheyuan
      start: 2026-03-20 23:00
      length: 1h
      tests:
        - test: try
          readings: {cam-gate: {loitering: 'at 23:10 for 12s, at 20min for 5s x2 each 1min outside, at 40min'}}
          expect: nothing
      """)
    #expect(problems == [])
    let test = try #require(tests.first)
    let told = test.series.map { reading in
      let mark = reading.marks.contains(.begin) ? "begin" : reading.marks.contains(.end) ? "end" : "update"
      return "\((reading.time - test.start) / 1000) \(mark) \(Int(reading.value)) \(reading.quality.name)"
    }
    #expect(
      told == [
        "600 begin 0 good", "605 update 5 good", "610 update 10 good", "612 end 12 good",
        "1200 begin 0 outside-zone", "1205 end 5 outside-zone", "1260 begin 0 outside-zone",
        "1265 end 5 outside-zone", "2400 begin 0 good", "2400 end 0 good",
      ])
    #expect(Set(test.series.map(\.event)).count == 4)
  }

  @Test("A table's times are seconds after the start, or local times")
  func tables() throws {
    let (tests, problems) = try ruleTests(
      wellTest(
        "readings: {probe-w06: {level: {csv: Tests/RuleToolsTests/Fixtures/level.csv}}}\nexpect: nothing"))
    #expect(problems == [])
    let test = try #require(tests.first)
    #expect(test.series.map { ($0.time - test.start) / 1000 } == [0, 30, 60, 3600])
    #expect(test.series.map(\.value) == [0.08, 0.09, 0.1, 0.11])
  }
}
