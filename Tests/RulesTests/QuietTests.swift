/// Rules that rest wake in time: at the grid's first point at which something has changed.
import EstateModel
import Rules
import Testing

@Suite("Resting rules") struct QuietTests {
  private let start = at("2026-03-10 12:00:00")

  /// Minutes after 12:00 and levels, then the clock alone for three hours. What happens to well 12.
  private func play(_ raise: String, _ readings: [(minute: Int64, level: Double)]) -> [String] {
    let bench = Bench(on: "sewer-level-probe", "raise: \(raise)")
    #expect(bench.messages == [])
    var engine = bench.engine(from: start)
    for (at, level) in readings {
      engine.ingest(bench.reading("p12", "level", level, at: start + at * minute))
    }
    engine.advance(to: start + 3 * hour)
    return log(engine.takeTransitions().filter { $0.device == "p12" })
  }

  @Test("A sample that leaves a window can raise a rule, at the grid's first point after it left")
  func sampleLeaves() {
    // The mean is 0.5 m until the sample of 12:00 has left at 12:30; then it is 0.9 m.
    #expect(play("mean(level, 30min) > 0.8 m", [(0, 0.1), (1, 0.9)]) == ["raised r p12 12:30:00"])
    #expect(play("max(level, 30min) < 0.5 m", [(0, 0.9), (10, 0.1)]) == ["raised r p12 12:30:00"])
    #expect(play("min(level, 30min) > 0.5 m", [(0, 0.1), (10, 0.9)]) == ["raised r p12 12:30:00"])
    #expect(
      play("median(level, 30min) > 0.5 m", [(0, 0.1), (1, 0.1), (2, 0.9), (3, 0.9)]) == [
        "raised r p12 12:30:00"
      ])
  }

  @Test("An age reaches its limit without a reading, whichever side of the comparison it stands on")
  func age() {
    for raise in ["age(level) > 20min", "20min < age(level)", "not (age(level) <= 20min)"] {
      #expect(play(raise, [(0, 0.1), (5, 0.1)]) == ["raised r p12 12:25:10"], "\(raise)")
    }
    #expect(play("age(level) >= 20min", [(0, 0.1), (5, 0.1)]) == ["raised r p12 12:25:00"])
    #expect(
      play("age(level) > 20min and age(level) < 40min", [(0, 0.1)]) == [
        "raised r p12 12:20:10", "cleared r p12 12:40:00",
      ])
  }

  @Test("Limits on both sides, signs and factors: what is left out is never what would raise")
  func calm() {
    let cases: [(raise: String, level: Double)] = [
      ("-level < -0.8 m", 0.81), ("level * -2 < -1.6 m", 0.81), ("abs(level - 1 m) >= 0.2 m", 0.8),
      ("abs(level - 1 m) < 0.2 m", 0.81), ("level - 0.3 m > 0.5 m", 0.81), ("level + 0.3 m >= 1.1 m", 0.8),
      ("level / device.bore >= 80%", 0.24), ("abs(abs(level - 1 m) - 0.5 m) <= 0.1 m", 0.5),
      ("level != 0.1 m", 0.81), ("level = 0.81 m", 0.81), ("abs(level) > 0.8 m and not (level > 9 m)", 0.81),
    ]
    for (raise, level) in cases {
      // 0.1 m raises none of them; it has been rested upon for a while.
      let ordinary = raise.contains("bore") || raise.contains("abs(level - 1 m) >=") ? 1.0 : 0.1
      let before = raise.contains("bore") ? 0.1 : ordinary
      #expect(
        play(raise, [(0, before), (1, before), (2, level)]) == ["raised r p12 12:02:00"], "\(raise)")
    }
  }
}
