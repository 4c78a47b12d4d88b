/// Each form of the language against a value computed by hand.
import EstateModel
import Rules
import Testing

@Suite("Forms") struct FormTests {
  private let start = at("2026-03-10 12:00:00")

  /// The value of an expression's first part after some readings, one a minute from 12:01, the clock at the last.
  private func value(
    _ form: String, _ comparison: String = "> 0", after values: [Double], idle: Int64 = 0,
    on kind: String = "sewer-level-probe", _ device: String = "p12", _ signal: String = "level"
  ) -> Double? {
    let bench = Bench(on: kind, "raise: \(form) \(comparison)")
    #expect(bench.messages == [], "\(form)")
    var engine = bench.engine(from: start)
    for (step, value) in values.enumerated() where !value.isNaN {
      engine.ingest(bench.reading(device, signal, value, at: start + Int64(step + 1) * minute))
    }
    engine.advance(to: start + Int64(values.count) * minute + idle)
    let parts = engine.explanation(rule: "r", device: "test/\(device)")?.raiseParts ?? []
    #expect(!parts.isEmpty)
    return parts.first { $0.label == form }?.value
  }

  private func isNear(_ a: Double?, _ b: Double) -> Bool { a.map { abs($0 - b) < 1e-4 } ?? false }

  @Test(
    "Statistics of 2 4 4 4 5 5 7 9 m",
    arguments: [
      ("mean(level, 1h)", 5.0), ("median(level, 1h)", 4.5), ("min(level, 1h)", 2), ("max(level, 1h)", 9),
      ("stddev(level, 1h)", 2.138_090), ("delta(level, 1h)", 7), ("percentile(level, 1h, 90%)", 9),
      ("percentile(level, 1h, 50%)", 4), ("percentile(level, 1h, 0%)", 2), ("max(level, 3min)", 9),
      ("min(level, 3min)", 5), ("median(level, 3min)", 7),
    ])
  func statistics(form: String, expected: Double) {
    #expect(isNear(value(form, "> 0 m", after: [2, 4, 4, 4, 5, 5, 7, 9]), expected))
  }

  @Test("Counts and shares are told in their own units")
  func counts() {
    #expect(value("samples(level, 1h)", after: [1, 2, 3]) == 3)
    // Three minutes of sixty, and of four after the sensor fell silent.
    #expect(isNear(value("coverage(level, 1h)", after: [1, 2, 3]), 5))
    #expect(isNear(value("coverage(level, 4min)", after: [1, 2, 3], idle: 2 * minute), 50))
    #expect(isNear(value("age(level)", "> 90 s", after: [1, 2, 3], idle: 5 * minute), 300))
    #expect(isNear(value("age(level)", "> 1 min", after: [], idle: 5 * minute), 5))
  }

  @Test("L10 of 1 to 10 dBA is 9: nearest rank")
  func nearestRank() {
    let values = (1...10).map(Double.init)
    #expect(
      value("percentile(laeq, 1h, 90%)", "> 0 dBA", after: values, on: "noise-meter", "slow-meter", "laeq")
        == 9)
  }

  @Test("Slope is told in the unit of its limit; a rise of 0.01 m/min is 0.6 m/h and 14.4 m/day")
  func slope() {
    let values = (0..<10).map { 0.1 + Double($0) * 0.01 }
    #expect(isNear(value("slope(level, 1h)", "> 0 m/h", after: values), 0.6))
    #expect(isNear(value("slope(level, 1h)", "> 0 m/day", after: values), 14.4))
    #expect(isNear(value("fit(level, 1h)", "> 0", after: values), 1))
    // From 0.19 m to 0.49 m at 0.01 m/min.
    #expect(isNear(value("time-to(level, 0.49 m, 1h)", "< 1 h", after: values), 0.5))
    // The line leads away from 0.05 m.
    #expect(value("time-to(level, 0.05 m, 1h)", "< 1 h", after: values) == nil)
  }

  @Test("60 s at 40 dBA and 30 s at 50 dBA make 46.02 dBA")
  func leq() {
    let bench = Bench(on: "noise-meter", "raise: leq(laeq, 90s) > 46.02 dBA")
    var engine = bench.engine(from: start)
    for (second, level) in [(0, 99.0), (60, 40), (90, 50)] {
      engine.ingest(bench.reading("slow-meter", "laeq", level, at: start + Int64(second) * 1000))
    }
    let parts = engine.explanation(rule: "r", device: "test/slow-meter")?.raiseParts ?? []
    #expect(isNear(parts.first?.value, 46.0206))
  }

  @Test(
    "34.77 over 26 is 34.15; 3 dB above can be corrected, less can't",
    arguments: [
      (34.77, 26, 34.1515), (36, 26, 35.5424), (29, 26, 25.9794), (28.99, 26, nil), (20, 26, nil),
    ] as [(Double, Double, Double?)])
  func corrected(level: Double, background: Double, expected: Double?) {
    let form = "corrected(laeq, \(background) dBA)"
    let found = value(form, "> 10 dBA", after: [level], on: "noise-meter", "slow-meter", "laeq")
    if let expected { #expect(isNear(found, expected)) } else { #expect(found == nil) }
  }

  @Test(
    "A meter of 30 dBA self-noise proves a limit of 33 dBA, not one of 32.9 dBA",
    arguments: [
      ("corrected(laeq, 20 dBA) > 33 dBA", true), ("corrected(laeq, 20 dBA) > 32.9 dBA", nil),
      ("33 dBA < corrected(laeq, 20 dBA)", true), ("32.9 dBA < corrected(laeq, 20 dBA)", nil),
      ("laeq > 32.9 dBA", true),
    ] as [(String, Bool?)])
  func noiseFloor(raise: String, expected: Bool?) {
    let bench = Bench(on: "noise-meter", "raise: \(raise)")
    #expect(bench.messages == [])
    var engine = bench.engine(from: start)
    engine.ingest(bench.reading("slow-meter", "laeq", 60, at: start))
    #expect(engine.explanation(rule: "r", device: "test/slow-meter")?.raises == expected)
  }

  @Test("Neighbours along the sewer")
  func neighbours() throws {
    let bench = Bench(
      on: "sewer-level-probe",
      "raise: upstream.level - level > 0.5 m and mean(downstream.level, 1h) < 1 m\ntowards: upstream")
    var engine = bench.engine(from: start)
    engine.ingest(bench.reading("p9", "level", 0.9, at: start))
    engine.ingest(bench.reading("p11", "level", 0.2, at: start))
    engine.ingest(bench.reading("p10", "level", 0.3, at: start))
    let transitions = engine.takeTransitions()
    #expect(log(transitions) == ["raised r p10 12:00:00"])
    #expect(transitions.first?.towards == "w9")
    let parts = try #require(transitions.first?.evidence)
    #expect(
      parts.map(\.label) == [
        "upstream.level", "level", "upstream.level - level", "mean(downstream.level, 1h)",
      ])
    #expect(parts.map(\.value) == [0.9, 0.3, 0.9 - 0.3, 0.2])
    #expect(parts.allSatisfy { $0.unit == "m" })
  }

  @Test("Stuck: readings arrive, none differs; without readings nobody knows")
  func stuck() {
    let bench = Bench(on: "sewer-level-probe", "raise: stuck(level, 30min)")
    var engine = bench.engine(from: start)
    for step in 0...40 { engine.ingest(bench.reading("p12", "level", 0.1, at: start + Int64(step) * minute)) }
    for step in 0...3 { engine.ingest(bench.reading("p11", "level", 0.1, at: start + Int64(step) * minute)) }
    engine.advance(to: start + 40 * minute)
    #expect(log(engine.takeTransitions()) == ["raised r p12 12:28:00"])
    #expect(engine.explanation(rule: "r", device: "test/p11")?.raises == nil)
    engine.ingest(bench.reading("p12", "level", 0.2, at: start + 41 * minute))
    #expect(log(engine.takeTransitions()) == ["cleared r p12 12:41:00"])
  }

  @Test("Devices made alike share nothing from the first reading on, whoever looks, own or a neighbour's")
  func alike() {
    let bench = Bench(
      """
      - {rule: own, on: sewer-level-probe, raise: "mean(level, 10min) > 0.5 m", priority: P3, ticket: t}
      - {rule: next, on: sewer-level-probe, raise: "max(downstream.level, 10min) > 0.5 m and age(downstream.level) < 5min", priority: P3, ticket: t}
      - {rule: still, on: sewer-level-probe, raise: "steady(level, 1 cm) >= 10min", priority: P3, ticket: t}
      """)
    #expect(bench.messages.isEmpty)
    var engine = bench.engine(from: start)
    func silent(_ probes: [String]) -> Bool {
      probes.allSatisfy { engine.explanation(rule: "own", device: "test/\($0)")?.raises == nil }
    }
    // Looked at before anything was heard.
    engine.advance(to: start + minute)
    #expect(silent(["p9", "p10", "p11", "p12"]))
    for step in 1...3 { engine.ingest(bench.reading("p10", "level", 0.9, at: start + Int64(step) * minute)) }
    engine.advance(to: start + 4 * minute)
    #expect(log(engine.takeTransitions()) == ["raised next p9 12:01:00", "raised own p10 12:01:00"])
    #expect(silent(["p9", "p11", "p12"]))
    for step in 5...30 {
      engine.ingest(
        bench.reading("p11", "level", step.isMultiple(of: 2) ? 0.1 : 0.2, at: start + Int64(step) * minute))
      engine.ingest(bench.reading("p12", "level", 0.1, at: start + Int64(step) * minute))
    }
    let later = log(engine.takeTransitions())
    #expect(later.contains { $0.hasPrefix("raised still p12") })
    #expect(!later.contains { $0.contains("still p11") || $0.contains("still p9") })
    #expect(silent(["p9"]))
    // A copy goes its own way.
    var copy = engine
    copy.ingest(bench.reading("p9", "level", 0.9, at: start + 31 * minute))
    #expect(silent(["p9"]))
  }

  @Test("States are yes or no, and hold until they are told otherwise")
  func states() {
    let bench = Bench(on: "entrance-camera", "raise: tamper or video-loss\nfor: 10min")
    var engine = bench.engine(from: start)
    engine.ingest(bench.reading("camera", "video-loss", 0, at: start))
    engine.ingest(bench.reading("camera", "tamper", 1, at: start))
    engine.advance(to: start + hour)
    #expect(log(engine.takeTransitions()) == ["raised r camera 12:10:00"])
  }

  @Test(
    "Arithmetic binds as in school",
    arguments: [
      ("1 + 2 * 3 = 7", true), ("(1 + 2) * 3 = 9", true), ("2 - 3 - 4 = -5", true), ("8 / 4 / 2 = 1", true),
      ("-2 * -3 = 6", true), ("max(1, 2, 3) = 3 and min(3, 2) = 2 and abs(-4) = 4", true),
      ("1 > 2 and 1 > 2 or 1 < 2", true), ("not 1 > 2 and 1 < 2", true), ("1 = 1 or 1 > 2 and 1 > 2", true),
      ("90 min = 1.5 h and 50 cm = 0.5 m and 12% = 0.12", true), ("1 / 0 > 0", nil), ("3 != 3", false),
      ("1 m/s = 3.6 km/h", true), ("６０％ ＞ ０.５ and （1＋1）＝2", true), ("24 h ≥ 1 day", true),
    ] as [(String, Bool?)])
  func arithmetic(raise: String, expected: Bool?) {
    let bench = Bench(on: "sewer-level-probe", "raise: \"\(raise)\"")
    #expect(bench.messages == [])
    let engine = bench.engine(from: start)
    #expect(engine.explanation(rule: "r", device: "test/p12")?.raises == expected, "\(raise)")
  }
}
