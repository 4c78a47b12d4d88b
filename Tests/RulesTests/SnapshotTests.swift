/// An engine that took a snapshot in goes on as the one that wrote it.
import EstateModel
import Rules
import Testing

/// Readings of all kinds in random order: late, doubled, bad, absurd, with the clock in between.
struct Weather {
  let bench: Bench
  var random: Sequence64
  var now: Timestamp
  private var level = 0.2

  init(_ bench: Bench, seed: UInt64) {
    self.bench = bench
    random = Sequence64(state: seed)
    now = at("2026-03-10 18:00:00")
  }

  enum Step {
    case reading(Reading)
    case clock(Timestamp)
  }

  mutating func next() -> Step {
    now = now + Int64.random(in: 0...9000, using: &random)
    if Int.random(in: 0..<6, using: &random) == 0 { return .clock(now) }
    let device = bench.catalogue.devices[Int.random(in: 0..<bench.catalogue.devices.count, using: &random)]
    let signals = device.kind.signals + ["available", "battery"]
    var name = signals[Int.random(in: 0..<signals.count, using: &random)]
    if let first = signals.first, Bool.random(using: &random) { name = first }
    let isEvent = Signal.named(name).map { Signal[$0].form == .event } ?? false
    level = min(1.7, max(0, level + Double.random(in: -0.1...0.1, using: &random)))
    var value = name == "laeq" ? 30 + level * 20 : isEvent ? level * 150 : (level * 1000).rounded() / 1000
    if name == "available" || name == "tamper" || name == "video-loss" { value = value > 0.1 ? 1 : 0 }
    let isLate = Int.random(in: 0..<5, using: &random) == 0
    return .reading(
      bench.reading(
        device.id, name, value, at: isLate ? now - Int64.random(in: 0...130_000, using: &random) : now,
        quality: Int.random(in: 0..<30, using: &random) == 0 ? .fault : .good,
        marks: Int.random(in: 0..<10, using: &random) == 0
          ? ReadingMarks(rawValue: UInt8.random(in: 0..<32, using: &random)) : [],
        event: UInt64.random(in: 0...5, using: &random)))
  }
}

extension RuleEngine {
  mutating func take(_ step: Weather.Step) {
    switch step {
    case .reading(let reading): ingest(reading)
    case .clock(let time): advance(to: time)
    }
  }

  var explanations: [Explanation] {
    ruleSet.rules.flatMap { rule in
      catalogue.devices.compactMap { explanation(rule: rule.id, device: $0.path) }
    }
  }
}

/// Every form of the language, so that each kind of window is put away.
let formsYAML = """
  - {rule: forms, on: sewer-level-probe, raise: "mean(level, 10min) > 0.5 m and stddev(level, 7min) < 0.4 m or slope(level, 15min) > 2 m/h and fit(level, 15min) > 10%", for: 3min, clear: "min(level, 5min) < 0.2 m or max(level, 6min) < 0.4 m", clear-for: 2min, priority: P3, ticket: t}
  - {rule: ranks, on: sewer-level-probe, raise: "percentile(level, 20min, 90%) > 0.9 m or median(level, 9min) > 0.7 m or stuck(level, 3min)", priority: P3, ticket: t, inhibited-by: [forms]}
  - {rule: times, on: sewer-level-probe, raise: "time-to(level, 1.6 m, 10min) < 20 min and max(upstream.level) > 0.1 m", for: 1min, priority: P3, ticket: t, towards: upstream}
  - {rule: noise, on: elevator-noise-meter, raise: "leq(laeq, 5min) > 40 dBA and coverage(laeq, 5min) > 1% and samples(laeq, 5min) > 1", clear: manual, priority: P3, ticket: t}
  - {rule: trips, on: elevator-noise-meter, raise: "count(trip, 30min) >= 2 or age(trip) > 20 min or age(laeq) > 30 min", priority: P3, ticket: t}
  - {rule: gate, on: entrance-camera, raise: "dwell(loitering) >= 20 s", clear-for: 1min, priority: P3, ticket: t}
  - {rule: between, on: elevator-noise-meter, raise: "overlap(laeq > 40 dBA, trip, 20min) < 60% and count(trip, 30min, laeq > 45 dBA) >= 1", for: 1min, priority: P3, ticket: t}
  - {rule: rain, on: meter-well-probe, raise: "share(sewer-level-probe, mean(level, 5min) > 0.4 m and age(any) < 1h) > 40%", for: 1min, priority: P3, ticket: t}
  - {rule: usual, on: sewer-level-probe, raise: "level > otherwise(typical(level), mean(level, 1h))", for: 5min, priority: P3, ticket: t}
  - {rule: warm, on: wall-tilt-sensor, raise: "otherwise(compensated(tilt, temperature), tilt) > 0.5 deg", priority: P3, ticket: t}
  - {rule: evenings, on: sewer-level-probe, raise: "days(level > 1 m and during(night), 3day) >= 1 or steady(level, 0.5 m) > 1min", priority: P3, ticket: t}
  - {rule: silent, on: any, raise: age(any) > 4 * device.report-interval, priority: P4, ticket: t}
  """

@Suite("Snapshots") struct SnapshotTests {
  private let start = at("2026-03-10 18:00:00")

  /// Where two byte sequences differ first; thousands of bytes help nobody in a message.
  private func difference(_ a: [UInt8], _ b: [UInt8]) -> Int? {
    if a == b { return nil }
    return zip(a, b).enumerated().first { $1.0 != $1.1 }?.offset ?? min(a.count, b.count)
  }

  private func followed(_ bench: Bench, seed: UInt64, steps: Int) throws -> Int {
    var weather = Weather(bench, seed: seed)
    var whole = bench.engine(from: start)
    var interrupted = bench.engine(from: start)
    var transitions = 0
    for step in 0..<steps {
      let next = weather.next()
      whole.take(next)
      interrupted.take(next)
      guard Int.random(in: 0..<(steps / 25), using: &weather.random) == 0 else { continue }
      // Sometimes with transitions that nobody has taken yet.
      if Bool.random(using: &weather.random) {
        let expected = whole.takeTransitions()
        transitions += expected.count
        try #require(interrupted.takeTransitions() == expected, "step \(step)")
      }
      let bytes = interrupted.snapshot()
      try #require(difference(bytes, whole.snapshot()) == nil, "step \(step)")
      var fresh = bench.engine(from: weather.now + hour)
      try #require(try fresh.restore(snapshot: bytes) == [])
      try #require(difference(fresh.snapshot(), bytes) == nil, "step \(step)")
      try #require(fresh.counters == whole.counters && fresh.clock == whole.clock)
      try #require(fresh.activeAlarms == whole.activeAlarms)
      try #require(fresh.explanations == whole.explanations, "step \(step)")
      interrupted = fresh
    }
    try #require(interrupted.takeTransitions() == whole.takeTransitions())
    try #require(difference(interrupted.snapshot(), whole.snapshot()) == nil)
    return transitions
  }

  @Test(
    "Whenever it stops, an engine goes on as if it had not: shipped rules", arguments: [1, 2, 3] as [UInt64])
  func shipped(seed: UInt64) throws {
    #expect(try followed(.shipped(), seed: seed, steps: 6000) > 10)
  }

  @Test(
    "Whenever it stops, an engine goes on as if it had not: all forms", arguments: [4, 5, 6] as [UInt64])
  func forms(seed: UInt64) throws {
    let bench = Bench(formsYAML)
    try #require(bench.messages == [])
    #expect(try followed(bench, seed: seed, steps: 6000) > 10)
  }

  @Test("An engine that has seen other things becomes the one of the snapshot")
  func replaces() throws {
    let bench = Bench.shipped()
    var first = Weather(bench, seed: 1)
    var second = Weather(bench, seed: 2)
    var engine = bench.engine(from: start)
    var other = bench.engine(from: start)
    for _ in 0..<2000 {
      engine.take(first.next())
      other.take(second.next())
    }
    try other.restore(snapshot: engine.snapshot())
    #expect(difference(other.snapshot(), engine.snapshot()) == nil)
    #expect(other.takeTransitions() == engine.takeTransitions())
  }

  @Test("The bytes of a day of a level each minute are few")
  func size() {
    let bench = Bench(on: "sewer-level-probe", "raise: mean(level, 24h) > 9 m")
    var engine = bench.engine(from: start)
    let empty = engine.snapshot().count
    for step in 0..<Int64(1440) {
      engine.ingest(bench.reading("p12", "level", Double(10 + step % 7) / 100, at: start + step * minute))
    }
    // Three bytes for 60,000 ms, one for a step of at most 6 cm.
    #expect(engine.snapshot().count - empty < 1440 * 4 + 400)
  }
}
