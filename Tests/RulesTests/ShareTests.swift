/// `share`: the part of an estate's devices for which a condition holds.
import EstateModel
import Rules
import Testing

@Suite("Share") struct ShareTests {
  private let start = at("2026-03-10 12:00:00")
  private let probes = ["p9", "p10", "p11", "p12"]

  private func engine(_ bench: Bench, _ levels: [Double?]) -> RuleEngine {
    var engine = bench.engine(from: start)
    for (probe, level) in zip(probes, levels) {
      if let level { engine.ingest(bench.reading(probe, "level", level, at: start)) }
    }
    return engine
  }

  @Test(
    "Of the wells that are known; unknown when those are fewer than half",
    arguments: [
      ([0.3, 0.3, 0.3, 0.1], 75), ([0.3, 0.3, nil, nil], 100), ([0.1, 0.3, 0.3, nil], 200.0 / 3),
      ([0.3, nil, nil, nil], nil), ([nil, nil, nil, nil], nil), ([0.1, 0.1, 0.1, 0.1], 0),
    ] as [([Double?], Double?)])
  func known(levels: [Double?], expected: Double?) {
    let bench = Bench(
      on: "sewer-level-probe", "raise: share(sewer-level-probe, level / device.bore >= 80%) > 60%")
    #expect(bench.messages == [])
    let found = engine(bench, levels).explanation(rule: "r", device: "test/p12")
    let value = found?.raiseParts.first?.value
    #expect(value.map { ($0 * 1e6).rounded() } == expected.map { ($0 * 1e6).rounded() })
    #expect(found?.raiseParts.first?.unit == "%")
    #expect(found?.raises == expected.map { $0 > 60 })
  }

  @Test("Rain is told from a blockage on every well at once, and by a rule of another kind")
  func subjects() {
    let bench = Bench(
      """
      - {rule: rain, on: meter-well-probe, raise: "share(sewer-level-probe, level > 0.2 m) >= 75%", priority: P3, ticket: t}
      - {rule: blocked, on: sewer-level-probe, raise: "level > 0.2 m and share(sewer-level-probe, level > 0.2 m) < 75%", for: 1min, priority: P3, ticket: t}
      """)
    #expect(bench.messages == [])
    var blocked = engine(bench, [0.1, 0.3, 0.1, 0.1])
    for step in 1...2 {
      for probe in probes {
        let level = probe == "p10" ? 0.3 : 0.1
        blocked.ingest(bench.reading(probe, "level", level, at: start + Int64(step) * minute))
      }
    }
    #expect(log(blocked.takeTransitions()) == ["raised blocked p10 12:01:00"])
    var rain = engine(bench, [0.3, 0.3, 0.3, 0.1])
    #expect(log(rain.takeTransitions()) == ["raised rain meter-well 12:00:00"])
    // Two wells fall again: the reading of a neighbour clears it.
    rain.ingest(bench.reading("p9", "level", 0.1, at: start + minute))
    #expect(log(rain.takeTransitions()) == ["cleared rain meter-well 12:01:00"])
  }

  @Test("Wells that fall silent are left out from the moment on when their readings are stale")
  func silence() {
    let bench = Bench(on: "meter-well-probe", "raise: share(sewer-level-probe, level > 0.2 m) >= 75%")
    var engine = engine(bench, [0.3, 0.3, 0.3, 0.1])
    engine.advance(to: start + 91_000)
    #expect(engine.explanation(rule: "r", device: "test/meter-well")?.raises == nil)
    // Losing sensors is never read as the water going away.
    #expect(log(engine.takeTransitions()) == ["raised r meter-well 12:00:00"])
  }

  @Test("What can't be shared is refused with its place")
  func problems() {
    func message(_ raise: String) -> String? {
      Bench(on: "sewer-level-probe", "raise: \(raise)").messages.first.flatMap {
        $0.split(separator: "\n").first.map { String($0.dropFirst(11)) }
      }
    }
    #expect(
      message("share(sewer-probe, level > 1 m) > 0")?.hasPrefix(
        "5:16: found 'sewer-probe', expected a device kind") == true)
    #expect(
      message("share(meter-well-probe, laeq > 1 dBA) > 0")
        == "5:34: 'laeq' is not reported by every device of 'meter-well-probe'")
    #expect(
      message("share(meter-well-probe, level) > 0")
        == "5:34: the condition is m, expected yes or no: compare it with a limit")
    #expect(
      message("share(meter-well-probe, share(meter-well-probe, level > 1 m) > 0) > 0")
        == "5:34: share inside share: expected a condition on one device")
    #expect(
      message("share(meter-well-probe, level > 1 m) > 3 m")
        == "5:47: '>' compares a number without unit with m")
  }
}
