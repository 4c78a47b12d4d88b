/// A snapshot in an engine with other rules or other devices: what still fits is kept.
import EstateModel
import Rules
import Testing

@Suite("Reload") struct ReloadTests {
  private let start = at("2026-03-10 12:00:00")

  private func rule(_ id: String, _ raise: String, _ rest: String = "for: 10min") -> String {
    "- {rule: \(id), on: sewer-level-probe, raise: \"\(raise)\", \(rest), priority: P3, ticket: t}\n"
  }

  private func feed(
    _ engine: inout RuleEngine, _ device: String, _ value: Double, _ minutes: ClosedRange<Int64>
  ) {
    guard let index = engine.catalogue.device(path: "test/\(device)") else { return }
    for step in minutes {
      let now = start + step * minute
      engine.ingest(
        Reading(
          device: index, signal: Signal.named("level") ?? SignalIndex(.max), time: now, arrival: now,
          value: value))
      engine.advance(to: now)
    }
  }

  @Test("A rule whose conditions are the same keeps its delay and its alarm; a changed one starts afresh")
  func rules() throws {
    let before = Bench(rule("a", "level > 0.5 m") + rule("b", "level > 0.5 m") + rule("c", "level > 0.6 m"))
    var engine = before.engine(from: start)
    for step in 0...Int64(12) {
      if step <= 6 { feed(&engine, "p12", 0.9, step...step) }
      feed(&engine, "p11", 0.9, step...step)
    }
    let bytes = engine.snapshot()
    #expect(log(engine.takeTransitions()).count == 3)
    // Another title and priority, another limit, and one rule gone.
    let after = Bench(
      rule("a", "level > 0.5 m", "for: 10min, title: New").replacing("P3", with: "P1")
        + rule("b", "level > 0.4 m") + rule("d", "level > 0.5 m"))
    #expect(after.messages == [])
    var reloaded = after.engine(from: start + 12 * minute)
    let dropped = try reloaded.restore(snapshot: bytes)
    #expect(dropped.map(\.rule) == ["b", "c"])
    #expect(reloaded.activeAlarms.map { "\($0.rule) \($0.device)" } == ["a p11"])
    // What had happened and was not taken is still told.
    #expect(log(reloaded.takeTransitions()).count == 3)
    feed(&reloaded, "p12", 0.9, 13...30)
    // p12 was silent from 12:06 to 12:13, more than the gap of three minutes.
    #expect(
      log(reloaded.takeTransitions().filter { $0.device == "p12" }) == [
        "raised a p12 12:23:00", "raised b p12 12:23:00", "raised d p12 12:23:00",
      ])
  }

  @Test("A running delay goes on over a reload that leaves its rule alone")
  func delay() throws {
    let before = Bench(rule("a", "level > 0.5 m") + rule("b", "level > 0.5 m"))
    var engine = before.engine(from: start)
    feed(&engine, "p12", 0.9, 0...6)
    let after = Bench(rule("a", "level > 0.5 m") + rule("b", "level > 0.5 m", "for: 11min"))
    var reloaded = after.engine(from: start + 6 * minute)
    #expect(try reloaded.restore(snapshot: engine.snapshot()) == [])
    feed(&reloaded, "p12", 0.9, 7...30)
    #expect(
      log(reloaded.takeTransitions()) == ["raised a p12 12:10:00", "raised b p12 12:18:00"])
  }

  @Test("A changed window finds the readings that are there")
  func windows() throws {
    let before = Bench(rule("a", "mean(level, 20min) > 9 m"))
    var engine = before.engine(from: start)
    feed(&engine, "p12", 0.4, 0...10)
    feed(&engine, "p12", 0.8, 11...20)
    let after = Bench(
      rule("a", "mean(level, 10min) > 9 m")
        + rule("b", "slope(level, 20min) > 9 m/h and max(level, 5min) > 0 m"))
    #expect(after.messages == [])
    var reloaded = after.engine(from: start + 20 * minute)
    #expect(try reloaded.restore(snapshot: engine.snapshot()) == [])
    let mean = reloaded.explanation(rule: "a", device: "test/p12")?.raiseParts.first?.value
    #expect(mean.map { abs($0 - 0.8) < 1e-12 } == true)
    var whole = after.engine(from: start)
    feed(&whole, "p12", 0.4, 0...10)
    feed(&whole, "p12", 0.8, 11...20)
    let slope = reloaded.explanation(rule: "b", device: "test/p12")?.raiseParts.first?.value
    let expected = whole.explanation(rule: "b", device: "test/p12")?.raiseParts.first?.value
    let found = try #require(slope)
    #expect(abs(found - (expected ?? .nan)) < 1e-9)
  }

  @Test("Devices that are gone are dropped, others keep their state under new numbers, new ones begin now")
  func devices() throws {
    let bench = Bench(
      rule("a", "level > 0.5 m")
        + "- {rule: silent, on: any, raise: age(any) > 5 min, priority: P4, ticket: t}\n")
    #expect(bench.messages == [])
    let all = bench.catalogue
    let old = Catalogue(estates: all.estates, devices: all.devices.filter { $0.id != "meter-well" })
    var engine = RuleEngine(rules: bench.rules, catalogue: old, start: start)
    feed(&engine, "p12", 0.9, 0...6)
    feed(&engine, "p9", 0.9, 0...6)
    engine.advance(to: start + 6 * minute)
    #expect(engine.activeAlarms.count == 6)
    // Reversed, without p9 and the slow meter, with the meter well.
    let new = Catalogue(
      estates: all.estates,
      devices: all.devices.reversed().filter { $0.id != "p9" && $0.id != "slow-meter" })
    var reloaded = RuleEngine(rules: bench.rules, catalogue: new, start: start + 6 * minute)
    let dropped = try reloaded.restore(snapshot: engine.snapshot())
    #expect(dropped.map { "\($0.rule) \($0.device)" } == ["silent slow-meter"])
    #expect(Set(reloaded.activeAlarms.map(\.device)) == ["meter", "tilt", "camera", "p10", "p11"])
    _ = reloaded.takeTransitions()
    feed(&reloaded, "p12", 0.9, 7...13)
    #expect(
      log(reloaded.takeTransitions()) == ["raised a p12 12:10:00", "raised silent meter-well 12:11:10"])
  }
}
