/// `compensated`: what the temperature makes of a signal is taken out, and nothing else.
import EstateModel
import Foundation
import Rules
import Testing

@Suite("Compensation for temperature") struct CompensatedTests {
  private let start = at("2026-03-10 00:00:00")
  private static let dependence = 0.012

  /// A cheap sensor: 0.012 deg for each degree of temperature, on a wall that stands at 0.1 deg at 20 degC and creeps.
  private func feed(
    _ engine: inout RuleEngine, _ bench: Bench, days: ClosedRange<Int>, creep: Double = 0.002,
    warming: Double = 0.5, dependence: Double = dependence, temperature: Bool = true
  ) {
    for step in Int64(days.lowerBound * 144)..<Int64((days.upperBound + 1) * 144) {
      let time = start + step * 10 * minute
      let now = Double(step) / 144
      let warmth = 10 + warming * now + 8 * sin(2 * .pi * (now - 0.4)) + sin(2 * .pi * now * 3.3)
      let tilt = 0.1 + dependence * (warmth - 20) + creep * now
      // One message: which of the two comes first is chance.
      let readings = [
        bench.reading("tilt", "tilt", tilt, at: time), bench.reading("tilt", "temperature", warmth, at: time),
      ]
      for reading in step % 3 == 0 ? readings : readings.reversed() where temperature || reading.value == tilt
      {
        engine.ingest(reading)
      }
    }
  }

  private func value(_ engine: RuleEngine) -> Double? {
    engine.explanation(rule: "r", device: "test/tilt")?.raiseParts.last?.value
  }

  private func bench(_ form: String, _ limit: String) -> Bench {
    let bench = Bench(on: "wall-tilt-sensor", "raise: \(form) > \(limit)\nclear: manual")
    #expect(bench.messages == [])
    return bench
  }

  @Test("Unknown until seven days are there; then the wall's own movement is left, whatever the season does")
  func residual() throws {
    let bench = bench("compensated(tilt, temperature)", "9 deg")
    var engine = bench.engine(from: start)
    feed(&engine, bench, days: 0...5)
    #expect(value(engine) == nil)
    feed(&engine, bench, days: 6...7)
    // 0.1 deg at 20 degC and eight days of creep.
    #expect(abs(try #require(value(engine)) - 0.116) < 1e-4)
    feed(&engine, bench, days: 8...29)
    #expect(abs(try #require(value(engine)) - 0.160) < 1e-4)
  }

  @Test("Differences, slopes and means of what is left")
  func windows() throws {
    for (form, limit, expected) in [
      ("delta(compensated(tilt, temperature), 3h)", "9 deg", 0.002 / 24 * 170 / 60),
      ("slope(compensated(tilt, temperature), 6h)", "9 deg/day", 0.002),
      ("mean(compensated(tilt, temperature), 24h)", "9 deg", 0.1 + 0.002 * (10 - 0.5)),
    ] {
      let bench = bench(form, limit)
      var engine = bench.engine(from: start)
      feed(&engine, bench, days: 0...9)
      #expect(abs(try #require(value(engine)) - expected) < 1e-4, "\(form)")
    }
  }

  @Test("What is learned stays as it is while an alarm that looks at the signal is active")
  func frozen() throws {
    let bench = Bench(
      """
      - {rule: r, on: wall-tilt-sensor, raise: "compensated(tilt, temperature) > 9 deg", priority: P3, ticket: t}
      - {rule: far, on: wall-tilt-sensor, raise: "tilt > 0.5 deg", clear: manual, priority: P3, ticket: t}
      """)
    #expect(bench.messages == [])
    var engine = bench.engine(from: start)
    feed(&engine, bench, days: 0...8)
    engine.ingest(bench.reading("tilt", "tilt", 0.6, at: start + 9 * 24 * hour + (-5 * minute)))
    #expect(log(engine.takeTransitions()).count == 1)
    // Something else moves with the temperature now; the alarm is about just that.
    feed(&engine, bench, days: 9...20, dependence: 0.05)
    let warmth =
      10 + 0.5 * (21 - 1 / 144.0) + 8 * sin(2 * .pi * (0.6 - 1 / 144.0))
      + sin(2 * .pi * (21 - 1 / 144.0) * 3.3)
    let left = 0.1 + (0.05 - Self.dependence) * (warmth - 20) + 0.002 * 21
    #expect(abs(try #require(value(engine)) - left) < 2e-3)
  }

  @Test("Without temperatures nothing is known, and nothing raised")
  func withoutTemperature() {
    let bench = bench("compensated(tilt, temperature)", "-9 deg")
    var engine = bench.engine(from: start)
    feed(&engine, bench, days: 0...10, temperature: false)
    #expect(value(engine) == nil)
    #expect(engine.takeTransitions() == [])
  }

  @Test("What can't be compensated is refused")
  func problems() {
    func message(_ raise: String) -> String? {
      Bench(on: "wall-tilt-sensor", "raise: \(raise)").messages.first.flatMap {
        $0.split(separator: "\n").first.map { String($0.dropFirst(11)) }
      }
    }
    #expect(
      message("compensated(tilt, tilt.x) > 1 deg")
        == "5:28: expected a temperature of the device itself: compensated(signal, temperature)")
    #expect(
      message("compensated(knock, temperature) > 1 deg")
        == "5:22: expected a measured signal of the device itself: compensated(signal, temperature)")
    #expect(
      message("median(compensated(tilt, temperature), 1h) > 1 deg")
        == "5:10: median can't be taken of a compensated signal; mean, delta, slope can")
    #expect(message("compensated(tilt, temperature) > 1 m") == "5:41: '>' compares deg with m")
    #expect(
      message("delta(compensated(tilt), 1h) > 1 deg")
        == "5:16: found 1 argument, expected compensated(signal, temperature)")
  }
}
