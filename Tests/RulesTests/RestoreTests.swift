/// After a replay the stored alarms are the truth.
import EstateModel
import Rules
import Testing

@Suite("Stored alarms") struct RestoreTests {
  private let start = at("2026-03-10 12:00:00")
  private let keys = "raise: level > 0.5 m\nfor: 5min\nclear: level < 0.4 m\nclear-for: 10min"

  private func stored(_ rule: String, _ device: String, onset: Timestamp, raised: Timestamp)
    -> AlarmTransition
  {
    AlarmTransition(
      kind: .raised, alarm: AlarmTransition.identifier(rule: rule, device: "test/\(device)", onset: onset),
      rule: rule, title: Title(zh: "", en: ""), estate: "test", device: device, place: device, priority: .p3,
      category: "t", onset: onset, at: raised)
  }

  private func play(
    _ engine: inout RuleEngine, _ bench: Bench, _ device: String, _ value: Double,
    _ minutes: ClosedRange<Int64>
  ) {
    for step in minutes {
      engine.ingest(bench.reading(device, "level", value, at: start + step * minute))
      engine.advance(to: start + step * minute)
    }
  }

  @Test("A replay that found another onset gives way to the stored alarm; a running off-delay goes on")
  func replaced() {
    let bench = Bench(on: "sewer-level-probe", keys)
    var engine = bench.engine(from: start)
    play(&engine, bench, "p12", 0.9, 0...10)
    play(&engine, bench, "p12", 0.1, 11...15)
    #expect(log(engine.takeTransitions()) == ["raised r p12 12:05:00"])
    let truth = stored("r", "p12", onset: start - 30 * minute, raised: start - 25 * minute)
    #expect(engine.restore(active: [truth]) == [])
    #expect(engine.activeAlarms == [truth])
    #expect(engine.explanation(rule: "r", device: "test/p12")?.state == .active(since: start - 30 * minute))
    play(&engine, bench, "p12", 0.1, 16...30)
    let cleared = engine.takeTransitions()
    // Ten minutes from minute 11, as if nothing had happened.
    #expect(log(cleared) == ["cleared r p12 12:21:00"])
    #expect(cleared.first?.alarm == truth.alarm)
    #expect(cleared.first?.onset == truth.onset)
  }

  @Test("A clearing that the replay began before the stored alarm was raised starts anew")
  func clearingBefore() {
    let bench = Bench(on: "sewer-level-probe", keys)
    var engine = bench.engine(from: start)
    play(&engine, bench, "p12", 0.9, 0...10)
    play(&engine, bench, "p12", 0.1, 11...15)
    _ = engine.takeTransitions()
    let truth = stored("r", "p12", onset: start + 7 * minute, raised: start + 12 * minute)
    #expect(engine.restore(active: [truth]) == [])
    play(&engine, bench, "p12", 0.1, 16...30)
    // Ten minutes from the grid's first point after the restart.
    #expect(log(engine.takeTransitions()) == ["cleared r p12 12:25:10"])
  }

  @Test("What only the replay raised is idle without a word, and inhibits nothing any more")
  func notStored() {
    let bench = Bench(
      """
      - {rule: flood, on: sewer-level-probe, raise: level > 1 m, for: 5min, priority: P1, ticket: t}
      - {rule: high, on: sewer-level-probe, raise: level > 0.5 m, priority: P3, ticket: t, inhibited-by: [flood]}
      """)
    #expect(bench.messages == [])
    var engine = bench.engine(from: start)
    for step in 0...Int64(10) {
      play(&engine, bench, "p9", 1.2, step...step)
      if step >= 5 { play(&engine, bench, "p10", 1.2, step...step) }
    }
    #expect(engine.activeAlarms.map { "\($0.rule) \($0.device)" } == ["flood p9", "flood p10", "high p9"])
    _ = engine.takeTransitions()
    let high = engine.activeAlarms.filter { $0.rule == "high" }
    #expect(engine.restore(active: high) == [])
    #expect(engine.activeAlarms == high)
    #expect(engine.takeTransitions() == [])
    // No longer inhibited: at the grid's next point. The flood's own delay starts anew with the next reading.
    play(&engine, bench, "p10", 1.2, 11...16)
    #expect(
      log(engine.takeTransitions()) == ["raised high p10 12:10:10", "raised flood p10 12:16:00"])
    // Restoring twice counts no alarm twice: when both are gone, nothing inhibits.
    #expect(engine.restore(active: engine.activeAlarms) == [])
    play(&engine, bench, "p10", 0.1, 17...17)
    play(&engine, bench, "p12", 0.9, 18...18)
    #expect(
      log(engine.takeTransitions()) == [
        "cleared flood p10 12:17:00", "cleared high p10 12:17:00", "raised high p12 12:18:00",
      ])
  }
}
