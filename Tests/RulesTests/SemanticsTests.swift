/// What RULES.md promises about unknown, gaps, late readings, delays and deadbands.
import EstateModel
import Rules
import Testing

/// One reading a minute of one signal, from minute 0; nil: none. The clock goes with them, and then on.
private func play(
  _ bench: Bench, _ device: String = "p12", _ signal: String = "level", until end: Int64,
  _ values: [Int64: Double?]
) -> [String] {
  let start = at("2026-03-10 12:00:00")
  var engine = bench.engine(from: start)
  var transitions: [AlarmTransition] = []
  for step in 0...end {
    if let value = values[step] ?? nil {
      engine.ingest(bench.reading(device, signal, value, at: start + step * minute))
    }
    engine.advance(to: start + step * minute)
    transitions += engine.takeTransitions().filter { $0.device == device }
  }
  return log(transitions)
}

private func steady(_ value: Double, _ range: ClosedRange<Int64>) -> [Int64: Double?] {
  Dictionary(uniqueKeysWithValues: range.map { ($0, value) })
}

@Suite("Semantics") struct SemanticsTests {
  private let high = "raise: level > 0.5 m\nfor: 10min"

  @Test("No reading raises nothing")
  func nothingKnown() {
    for raise in [
      "level > 0.5 m", "level <= 0.5 m", "not (level > 0.5 m)", "mean(level, 1h) < 1 m", "level != 1 m",
    ] {
      let bench = Bench(on: "sewer-level-probe", "raise: \(raise)")
      #expect(bench.messages == [])
      #expect(play(bench, until: 60, [:]) == [], "\(raise)")
    }
  }

  @Test(
    "A known side decides what an unknown one can't",
    arguments: [
      ("level > 0.5 m or upstream.level > 9 m", true), ("level > 0.5 m and upstream.level > 9 m", false),
      ("not (level < 0.5 m and upstream.level > 9 m)", true), ("not (upstream.level > 9 m)", false),
      ("upstream.level > 9 m or upstream.level <= 9 m", false),
    ])
  func kleene(raise: String, fires: Bool) {
    let bench = Bench(on: "sewer-level-probe", "raise: \(raise)")
    #expect(play(bench, until: 3, [1: 0.9]).isEmpty == !fires)
  }

  @Test("The alarm is raised when the delay is over, to the millisecond, and only once")
  func onDelay() {
    let bench = Bench(on: "sewer-level-probe", "raise: level > 0.5 m\nfor: 605 s")
    #expect(play(bench, until: 60, steady(0.9, 0...60)) == ["raised r p12 12:10:05"])
  }

  @Test("A reading below the limit starts the delay anew")
  func broken() {
    let bench = Bench(on: "sewer-level-probe", high)
    var values = steady(0.9, 0...30)
    values[7] = 0.4
    #expect(play(bench, until: 30, values) == ["raised r p12 12:18:00"])
  }

  @Test("Two missed readings don't break the delay, four do")
  func gap() {
    let bench = Bench(on: "sewer-level-probe", high)
    var values = steady(0.9, 0...40)
    for step in [5, 6] { values[Int64(step)] = .some(nil) }
    #expect(play(bench, until: 40, values) == ["raised r p12 12:10:00"])
    for step in [7, 8] { values[Int64(step)] = .some(nil) }
    #expect(play(bench, until: 40, values) == ["raised r p12 12:19:00"])
  }

  @Test("A gap that the rule allows doesn't break the delay; nothing is raised while it lasts")
  func ownGap() {
    let bench = Bench(on: "sewer-level-probe", high + "\ngap: 10min")
    var values = steady(0.9, 0...40)
    for step in 4...12 { values[Int64(step)] = .some(nil) }
    #expect(play(bench, until: 40, values) == ["raised r p12 12:13:00"])
  }

  @Test("A gap counts from the last reading, not from when that reading went stale")
  func shortGap() {
    let bench = Bench(on: "sewer-level-probe", high + "\ngap: 2min")
    var values = steady(0.9, 0...40)
    for step in [4, 5] { values[Int64(step)] = .some(nil) }
    #expect(play(bench, until: 40, values) == ["raised r p12 12:16:00"])
  }

  @Test("A sensor that falls silent while the delay runs raises nothing")
  func silence() {
    let bench = Bench(on: "sewer-level-probe", high)
    #expect(play(bench, until: 120, steady(0.9, 0...8)) == [])
  }

  @Test(
    "Losing the sensor never clears",
    arguments: [
      "raise: level > 0.5 m", "raise: level > 0.5 m\nclear: level < 0.4 m",
      "raise: mean(level, 10min) > 0.5 m", "raise: mean(level, 10min) > 0.5 m and samples(level, 10min) >= 3",
      "raise: level > 0.5 m and coverage(level, 10min) >= 20%",
    ])
  func lostSensor(keys: String) {
    let bench = Bench(on: "sewer-level-probe", keys)
    let log = play(bench, until: 1440, steady(0.9, 0...20))
    #expect(log.count == 1)
    #expect(log.first?.hasPrefix("raised") == true)
  }

  @Test("Between the two limits an alarm stays; below the lower one it clears after its delay")
  func deadband() {
    let bench = Bench(on: "sewer-level-probe", "raise: level > 0.5 m\nclear: level < 0.4 m\nclear-for: 5min")
    var values = steady(0.9, 0...2)
    values.merge(steady(0.45, 3...10)) { $1 }
    values.merge(steady(0.3, 11...13)) { $1 }
    values.merge(steady(0.45, 14...14)) { $1 }
    values.merge(steady(0.3, 15...40)) { $1 }
    #expect(play(bench, until: 40, values) == ["raised r p12 12:00:00", "cleared r p12 12:20:00"])
  }

  @Test("What still raises doesn't clear")
  func contradiction() {
    let bench = Bench(on: "sewer-level-probe", "raise: level > 0.5 m\nclear: level < 0.9 m")
    #expect(
      play(bench, until: 5, [0: 0.6, 1: 0.7, 2: 0.6, 3: 0.5, 4: 0.5]) == [
        "raised r p12 12:00:00", "cleared r p12 12:03:00",
      ])
  }

  @Test("Without a condition of its own an alarm clears when it would not raise; each incident is one alarm")
  func episodes() {
    let bench = Bench(on: "sewer-level-probe", "raise: level > 0.5 m")
    var values = steady(0.9, 0...5)
    values.merge(steady(0.5, 6...9)) { $1 }
    values.merge(steady(0.6, 10...12)) { $1 }
    #expect(
      play(bench, until: 12, values) == [
        "raised r p12 12:00:00", "cleared r p12 12:06:00", "raised r p12 12:10:00",
      ])
  }

  @Test("'clear: manual' never clears by itself, only by hand")
  func manual() {
    let bench = Bench(on: "sewer-level-probe", "raise: level > 0.5 m\nclear: manual")
    #expect(play(bench, until: 30, [0: 0.9, 1: 0.1, 2: 0.1, 3: 0.9]) == ["raised r p12 12:00:00"])
    let start = at("2026-03-10 12:00:00")
    var engine = bench.engine(from: start)
    engine.ingest(bench.reading("p12", "level", 0.9, at: start))
    engine.ingest(bench.reading("p12", "level", 0.1, at: start + minute))
    let cleared = engine.clear(rule: "r", device: "test/p12", at: start + 2 * minute)
    let again = engine.clear(rule: "r", device: "test/p12", at: start + 2 * minute)
    #expect(cleared && !again)
    #expect(log(engine.takeTransitions()) == ["raised r p12 12:00:00", "cleared r p12 12:02:00"])
    engine.ingest(bench.reading("p12", "level", 0.8, at: start + 3 * minute))
    #expect(log(engine.takeTransitions()) == ["raised r p12 12:03:00"])
  }

  @Test("0.08 m and 0.16 m reach 80 % of 0.30 m although binary numbers fall short")
  func rounding() {
    let bench = Bench(on: "sewer-level-probe", "raise: level / device.bore >= 80%")
    #expect(play(bench, until: 1, [0: 0.08 + 0.4 * 24 / 60]) == ["raised r p12 12:00:00"])
    #expect(play(bench, until: 1, [0: 0.2399]) == [])
  }

  @Test("The id follows from rule, device and onset")
  func identity() {
    let bench = Bench(on: "sewer-level-probe", high)
    let start = at("2026-03-10 12:00:00")
    var engine = bench.engine(from: start)
    for step in 0...15 {
      engine.ingest(bench.reading("p12", "level", 0.9, at: start + Int64(step) * minute))
    }
    let transitions = engine.takeTransitions()
    #expect(transitions.map(\.onset) == [start.milliseconds])
    #expect(transitions.map(\.at) == [(start + 10 * minute).milliseconds])
    #expect(
      transitions.map(\.alarm) == [AlarmTransition.identifier(rule: "r", device: "test/p12", onset: start)])
    #expect(transitions.first?.evidence == [Evidence(label: "level", value: 0.9, unit: "m")])
  }
}
