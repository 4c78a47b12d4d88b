/// Rules that are new or have changed, played beside an engine that goes on: afterwards it thinks as if it had always had
/// them.
import EstateModel
import Rules
import Testing

@Suite("Rules played beside") struct AdoptTests {
  private let start = at("2026-03-10 12:00:00")

  private func rule(_ id: String, _ raise: String, _ rest: String = "for: 30min") -> String {
    "- {rule: \(id), on: sewer-level-probe, raise: \"\(raise)\", \(rest), priority: P3, ticket: t}\n"
  }

  /// Every quarter of an hour for ten days, with a daily wave.
  private func play(_ engine: inout RuleEngine, from first: Int64 = 0, to last: Int64 = 960) {
    guard let device = engine.catalogue.device(path: "test/p12"), let signal = Signal.named("level") else {
      return
    }
    for step in first..<last {
      let now = start + step * 15 * minute
      let value = 0.2 + 0.01 * Double(step % 96) / 96 + (step >= 958 ? 0.4 : 0)
      engine.ingest(Reading(device: device, signal: signal, time: now, arrival: now, value: value))
      engine.advance(to: now)
    }
  }

  @Test(
    "Long windows, learned hours, remembered days, steadiness and running delays are there",
    arguments: [
      "max(level, 5day) - min(level, 5day) > 0.005 m", "level > typical(level) + 0.3 m",
      "days(level > 0.205 m, 7day) >= 5", "slope(level, 2day) > -9 m/day and samples(level, 2day) >= 150",
      "percentile(level, 4day, 90%) > 0.2 m", "steady(level, 1 m) > 6h",
    ])
  func asAlways(raise: String) throws {
    let old = rule("a", "mean(level, 1h) > 9 m") + rule("b", "level > 8 m")
    let new = rule("a", raise) + rule("b", "level > 8 m")
    let (before, after) = (Bench(old), Bench(new))
    #expect(after.messages == [])
    var engine = before.engine(from: start)
    play(&engine)
    var whole = after.engine(from: start)
    play(&whole)

    var reloaded = after.engine(from: engine.clock)
    try reloaded.restore(snapshot: engine.snapshot())
    #expect(reloaded.freshRules { _ in true } == ["a"])
    var beside = RuleEngine(
      rules: after.rules.restricted(to: ["a"]), catalogue: after.catalogue, start: start)
    play(&beside)
    reloaded.adopt(beside) { _ in false }
    // Whatever has been raised until now is told by neither: what counts is what comes.
    _ = whole.takeTransitions()
    _ = reloaded.takeTransitions()
    let there = try #require(whole.explanation(rule: "a", device: "test/p12"))
    let here = try #require(reloaded.explanation(rule: "a", device: "test/p12"))
    #expect(here.raises == there.raises && there.raises != nil)
    for (mine, theirs) in zip(here.raiseParts, there.raiseParts) {
      let (a, b) = (mine.value ?? .infinity, theirs.value ?? .infinity)
      #expect(a == b || abs(a - b) < 1e-9 * max(1, abs(b)), "\(mine) \(theirs)")
    }
    let onset: Timestamp? =
      switch there.state {
      case .active(let since), .pending(let since): since
      case .idle: nil
      }
    play(&reloaded, from: 960, to: 964)
    if let onset, case .active = there.state {
      let raised = try #require(reloaded.takeTransitions().first)
      #expect(raised.kind == .raised && raised.onset == onset.milliseconds)
    }
  }

  @Test("An alarm that is over is not raised again, though its condition never ceased")
  func over() throws {
    let (before, after) = (Bench(rule("b", "level > 8 m")), Bench(rule("a", "max(level, 1h) > 0.1 m")))
    var engine = before.engine(from: start)
    play(&engine)
    var beside = after.engine(from: start)
    play(&beside)
    let known = try #require(beside.takeTransitions().first)
    var reloaded = after.engine(from: engine.clock)
    try reloaded.restore(snapshot: engine.snapshot())
    reloaded.adopt(beside) { $0 == known.alarm }
    play(&reloaded, from: 960, to: 970)
    let raised = try #require(reloaded.takeTransitions().first)
    #expect(raised.alarm != known.alarm && raised.onset > known.at)
  }
}
