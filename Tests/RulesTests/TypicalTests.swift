/// `typical`, `deviation` and `otherwise`: medians worked out by hand over made-up days.
import EstateModel
import Rules
import Testing

@Suite("Typical values") struct TypicalTests {
  private let start = at("2026-03-10 00:00:00")
  private let day = 24 * hour

  private func value(_ engine: RuleEngine, _ device: String = "p12") -> Double? {
    engine.explanation(rule: "r", device: "test/\(device)")?.raiseParts.first?.value
  }

  @Test(
    "The median of this hour's means, of at most 14 days, unknown before the seventh",
    arguments: [(5, nil), (6, nil), (7, 3), (8, 3.5), (14, 6.5), (20, 12.5)] as [(Int, Double?)])
  func median(days: Int, expected: Double?) {
    let bench = Bench(on: "sewer-level-probe", "raise: typical(level) > 0 m")
    #expect(bench.messages == [])
    var engine = bench.engine(from: start)
    for number in 0..<days {
      let noon = start + Int64(number) * day + 12 * hour
      // On day n its hour from noon has the mean n; the hours beside it are far off.
      for (offset, value) in [(-1, 25), (0, Double(number) - 0.5), (30, Double(number) + 0.5), (60, 25)] {
        engine.ingest(bench.reading("p12", "level", value, at: noon + Int64(offset) * minute))
      }
    }
    engine.advance(to: start + Int64(days) * day + 12 * hour + 59 * minute)
    #expect(value(engine) == expected)
    engine.advance(to: start + Int64(days) * day + 14 * hour)
    #expect(value(engine) == nil)
  }

  @Test("Of sound levels the hour's energy counts: 40 and 50 dBA are 47.40")
  func levels() {
    let bench = Bench(on: "noise-meter", "raise: typical(laeq) > 0 dBA")
    var engine = bench.engine(from: start)
    for number in 0..<Int64(7) {
      for (minutes, level) in [(10, 40.0), (40, 50)] {
        engine.ingest(
          bench.reading("slow-meter", "laeq", level, at: start + number * day + Int64(minutes) * minute))
      }
    }
    engine.advance(to: start + 7 * day)
    #expect(abs((value(engine, "slow-meter") ?? 0) - 47.4036) < 1e-4)
  }

  @Test("A deviation is taken from commissioning, else from what is typical")
  func deviation() {
    let tilt = Bench(on: "wall-tilt-sensor", "raise: deviation(tilt) > 1 deg")
    var engine = tilt.engine(from: start)
    engine.ingest(tilt.reading("tilt", "tilt", 0.3, at: start))
    // The catalogue's baseline is 0 deg.
    #expect(value(engine, "tilt") == 0.3)
    let level = Bench(on: "sewer-level-probe", "raise: deviation(level) > 0.1 m")
    engine = level.engine(from: start)
    for number in 0..<Int64(8) {
      let reading = level.reading("p12", "level", number == 7 ? 0.75 : 0.5, at: start + number * day)
      engine.ingest(reading)
      #expect((value(engine) == nil) == (number < 7))
    }
    #expect(value(engine) == 0.25)
    let noise = Bench(on: "elevator-noise-meter", "raise: deviation(laeq) > 3 dB")
    engine = noise.engine(from: start)
    engine.ingest(noise.reading("meter", "laeq", 30, at: start))
    #expect(value(engine, "meter") == 4)
    #expect(log(engine.takeTransitions()) == ["raised r meter 00:00:00"])
  }

  @Test("The second value stands in while the first is unknown")
  func otherwise() {
    let bench = Bench(on: "sewer-level-probe", "raise: otherwise(typical(level), mean(level, 1h)) > 40 cm")
    #expect(bench.messages == [])
    var engine = bench.engine(from: start)
    engine.ingest(bench.reading("p12", "level", 0.5, at: start))
    #expect(log(engine.takeTransitions()) == ["raised r p12 00:00:00"])
    let parts = engine.explanation(rule: "r", device: "test/p12")?.raiseParts
    #expect(parts?.last?.label == "otherwise(typical(level), mean(level, 1h))")
    #expect(parts?.map(\.value) == [nil, 50, 50])
  }

  /// Readings of two weeks and a half, a few of them up to two minutes late.
  private func stream(_ bench: Bench, seed: UInt64) -> [(reading: Reading, arrival: Int64)] {
    var random = Sequence64(state: seed)
    var readings: [(Reading, Int64)] = []
    for step in 0..<Int64(17 * 24 * 2) {
      let time = start + step * 30 * minute
      for (device, signal, value) in [
        ("p12", "level", 0.3), ("tilt", "tilt", 0.1), ("tilt", "temperature", 15.0),
      ] {
        // Once in a while a second reading a minute before, so that late ones change places.
        for offset in [0, minute] where offset == 0 || Int.random(in: 0..<4, using: &random) == 0 {
          let reading = bench.reading(
            device, signal, value * Double.random(in: 0.5...1.5, using: &random), at: time + (0 - offset))
          readings.append(
            (reading, reading.time.milliseconds + Int64.random(in: 0...110_000, using: &random)))
        }
      }
    }
    return readings.sorted {
      ($0.0.time, $0.0.device, $0.0.signal.raw) < ($1.0.time, $1.0.device, $1.0.signal.raw)
    }
  }

  private func learner() -> Bench {
    Bench(
      """
      - {rule: usual, on: sewer-level-probe, raise: "level > typical(level) + 0.1 m", priority: P3, ticket: t}
      - {rule: warm, on: wall-tilt-sensor, raise: "compensated(tilt, temperature) > 0.13 deg or abs(deviation(temperature)) > 9 K", priority: P3, ticket: t}
      """)
  }

  @Test("Readings that change places within the lateness teach the same", arguments: [1, 2] as [UInt64])
  func order(seed: UInt64) {
    let bench = learner()
    #expect(bench.messages == [])
    let stream = stream(bench, seed: seed)
    var inOrder = bench.engine(from: start)
    for (reading, _) in stream { inOrder.ingest(reading) }
    var late = bench.engine(from: start)
    for (reading, _) in stream.sorted(by: { $0.arrival < $1.arrival }) { late.ingest(reading) }
    inOrder.advance(to: start + 17 * day)
    late.advance(to: start + 17 * day)
    #expect(late.counters.late == 0)
    #expect(late.explanations.flatMap(\.raiseParts) == inOrder.explanations.flatMap(\.raiseParts))
    #expect(inOrder.explanation(rule: "usual", device: "test/p12")?.raiseParts[1].value != nil)
  }

  @Test("A restart at any time changes nothing", arguments: [3, 4] as [UInt64])
  func restart(seed: UInt64) throws {
    let bench = learner()
    var whole = bench.engine(from: start)
    var interrupted = bench.engine(from: start)
    for (number, (reading, _)) in stream(bench, seed: seed).enumerated() {
      whole.ingest(reading)
      interrupted.ingest(reading)
      guard number % 101 == 0 else { continue }
      let bytes = interrupted.snapshot()
      try #require(bytes == whole.snapshot(), "reading \(number)")
      interrupted = bench.engine(from: start)
      try interrupted.restore(snapshot: bytes)
      try #require(interrupted.explanations == whole.explanations, "reading \(number)")
    }
    let transitions = whole.takeTransitions()
    #expect(transitions.count > 10)
    #expect(interrupted.takeTransitions() == transitions)
  }

  @Test("Damaged bytes of what was learned are told, or read; none crashes")
  func damage() {
    let bench = learner()
    var engine = bench.engine(from: start)
    for (reading, _) in stream(bench, seed: 5) { engine.ingest(reading) }
    let bytes = engine.snapshot()
    var random = Sequence64(state: 9)
    for _ in 0..<300 {
      var damaged = bytes
      damaged[Int.random(in: (bytes.count * 3 / 4)..<(bytes.count - 8), using: &random)] ^= UInt8.random(
        in: 1...255, using: &random)
      let sum = damaged.dropLast(8).withUnsafeBytes { StableHash.of($0) }
      damaged.replaceSubrange(
        (damaged.count - 8)..., with: withUnsafeBytes(of: sum.littleEndian) { Array($0) })
      var fresh = bench.engine(from: start)
      do {
        try fresh.restore(snapshot: damaged)
        _ = fresh.explanations
      } catch {
        #expect(fresh.clock == start)
      }
    }
  }
}
