/// `overlap` and `count(event, window, signal > limit)`, against times counted by hand.
import EstateModel
import Rules
import Testing

@Suite("Overlap") struct OverlapTests {
  private let start = at("2026-03-10 12:00:00")

  /// The parts of a rule on the meter, which told levels each second and trips, at a time.
  private func parts(
    _ raise: String, levels: [(from: Int, to: Int, level: Double)] = [], trips: [(from: Int, to: Int)] = [],
    at second: Int
  ) -> RuleEngine.Explanation? {
    let bench = Bench(on: "elevator-noise-meter", "raise: \(raise)")
    #expect(bench.messages == [])
    var engine = bench.engine(from: start)
    var readings: [Reading] = []
    for stretch in levels {
      for step in stretch.from..<stretch.to {
        readings.append(bench.reading("meter", "laeq", stretch.level, at: start + Int64(step) * 1000))
      }
    }
    for (number, trip) in trips.enumerated() {
      for step in [trip.from, trip.to] {
        readings.append(
          bench.reading(
            "meter", "trip", Double(step - trip.from), at: start + Int64(step) * 1000,
            marks: step == trip.to ? .end : .begin, event: UInt64(number + 1)))
      }
    }
    for reading in readings.sorted(by: { $0.time < $1.time }) { engine.ingest(reading) }
    engine.advance(to: start + Int64(second) * 1000)
    return engine.explanation(rule: "r", device: "test/meter")
  }

  private func share(_ explanation: RuleEngine.Explanation?) -> Double? {
    explanation?.raiseParts.first { $0.label.hasPrefix("overlap") }?.value
  }

  @Test("20 s are loud, 15 of them during a trip: 75 %")
  func levels() {
    // A reading stands for the second before it: those at 10 to 29 cover 9 to 29.
    let found = parts(
      "overlap(laeq > 40 dBA, trip, 5min) < 20%",
      levels: [(0, 10, 30), (10, 30, 50), (30, 60, 30)], trips: [(14, 40)], at: 59)
    #expect(share(found) == 75)
    #expect(found?.raises == false)
  }

  @Test("A limit that is reached counts with >= and not with >; quiet can be asked for as well")
  func comparisons() {
    let levels = [(0, 10, 30.0), (10, 20, 50.0), (20, 40, 30.0)]
    #expect(
      share(parts("overlap(laeq > 50 dBA, trip, 5min) > 0", levels: levels, trips: [(0, 9)], at: 39)) == nil)
    #expect(
      share(parts("overlap(laeq >= 50 dBA, trip, 5min) >= 0", levels: levels, trips: [(0, 9)], at: 39)) == 0)
    // 29 s of quiet: 0 to 9 and 19 to 39; the trip takes the last 10 of them.
    let quiet = share(
      parts("overlap(laeq < 40 dBA, trip, 5min) > 0", levels: levels, trips: [(29, 39)], at: 39))
    #expect(abs((quiet ?? 0) - 1000.0 / 30) < 1e-9)
  }

  @Test("Two visits at a time are one stretch; what lies before the window doesn't count")
  func windows() {
    // Of 0 to 60 the window of 40 s at second 60 leaves 20 to 60; trips cover 20 to 35 and 50 to 60.
    let found = parts(
      "overlap(laeq > 40 dBA, trip, 40s) > 0", levels: [(0, 61, 50)],
      trips: [(10, 30), (15, 35), (50, 60)], at: 60)
    #expect(share(found) == 62.5)
  }

  @Test("Without the first nobody knows; without readings of the meter neither")
  func unknown() {
    #expect(parts("overlap(laeq > 60 dBA, trip, 5min) < 20%", levels: [(0, 60, 50)], at: 59)?.raises == nil)
    #expect(parts("overlap(laeq > 40 dBA, trip, 5min) < 20%", levels: [(0, 60, 50)], at: 59)?.raises == true)
    #expect(parts("overlap(laeq > 40 dBA, trip, 5min) < 20%", levels: [(0, 60, 50)], at: 90)?.raises == nil)
    #expect(
      parts("overlap(trip, trip, 5min) = 100%", levels: [(0, 30, 30)], trips: [(5, 9)], at: 29)?.raises
        == true)
  }

  @Test(
    "The order in which readings come within the lateness doesn't matter", arguments: [1, 2, 3] as [UInt64])
  func order(seed: UInt64) {
    let bench = Bench(
      on: "elevator-noise-meter",
      "raise: overlap(laeq > 40 dBA, trip, 1min) < 50% and count(trip, 1min, laeq > 45 dBA) >= 1")
    #expect(bench.messages == [])
    var random = Sequence64(state: seed)
    var readings: [Reading] = []
    for step in 0..<Int64(600) {
      let time = start + step * 1000
      readings.append(bench.reading("meter", "laeq", Double.random(in: 30...50, using: &random), at: time))
      if step % 20 == 0 {
        let id = UInt64(step + 1)
        readings.append(bench.reading("meter", "trip", 0, at: time + 1, marks: .begin, event: id))
        readings.append(bench.reading("meter", "trip", 9, at: time + 9000, marks: .end, event: id))
      }
    }
    readings.sort { $0.time < $1.time }
    var shuffled = readings.map { ($0, $0.time.milliseconds + Int64.random(in: 0...3000, using: &random)) }
    shuffled.sort { $0.1 < $1.1 }
    func explanation(_ readings: [Reading]) -> RuleEngine.Explanation? {
      var engine = bench.engine(from: start)
      for reading in readings { engine.ingest(reading) }
      engine.advance(to: start + 600_000)
      return engine.explanation(rule: "r", device: "test/meter")
    }
    #expect(explanation(readings)?.raiseParts == explanation(shuffled.map(\.0))?.raiseParts)
    #expect(share(explanation(readings)) != nil)
  }

  @Test("Of four trips the two with a loud reading count, one of them by the reading that covers its end")
  func countBeyond() {
    let found = parts(
      "count(trip, 1h, laeq > 45 dBA) >= 2",
      levels: [(0, 10, 30), (10, 12, 50), (12, 29, 30), (29, 31, 50), (31, 100, 30)],
      trips: [(5, 15), (16, 20), (22, 29), (60, 70)], at: 99)
    #expect(found?.raiseParts.first?.value == 2)
    #expect(found?.raises == true)
    #expect(parts("count(trip, 1h, laeq > 45 dBA) >= 2", at: 99)?.raises == nil)
  }
}
