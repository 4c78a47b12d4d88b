/// Which readings count: late ones, repeated ones, bad ones, and those of a device that has gone.
import EstateModel
import Rules
import Testing

@Suite("Readings") struct ReadingTests {
  private let start = at("2026-03-10 12:00:00")

  @Test(
    "A reading within the lateness takes its place, an older one changes nothing",
    arguments: [
      (119_000, ["raised r p12 12:05:00"]), (121_000, []),
    ] as [(Int64, [String])])
  func late(by milliseconds: Int64, expected: [String]) {
    let bench = Bench(on: "sewer-level-probe", "raise: max(level, 10min) > 0.5 m")
    var engine = bench.engine(from: start)
    for step in 0...5 { engine.ingest(bench.reading("p12", "level", 0.1, at: start + Int64(step) * minute)) }
    engine.ingest(bench.reading("p12", "level", 0.9, at: start + 5 * minute - milliseconds))
    engine.advance(to: start + 6 * minute)
    #expect(log(engine.takeTransitions()) == expected)
    #expect(engine.counters.late == (expected.isEmpty ? 1 : 0))
  }

  @Test("Late is told by the device's own clock, not by its neighbour's")
  func laterNeighbour() {
    let bench = Bench(on: "sewer-level-probe", "raise: level > 0.5 m")
    var engine = bench.engine(from: start)
    engine.ingest(bench.reading("p12", "level", 0.1, at: start + hour))
    engine.ingest(bench.reading("p9", "level", 0.9, at: start + 10 * minute))
    #expect(engine.takeTransitions().map(\.device) == ["p9"])
    #expect(engine.counters.late == 0)
  }

  @Test("A neighbour whose clock leads by 110 s doesn't silence the wells beside it")
  func skewedNeighbour() {
    let bench = Bench(
      """
      - {rule: high, on: sewer-level-probe, raise: level > 0.5 m, for: 10min, priority: P3, ticket: t}
      - {rule: step, on: sewer-level-probe, raise: upstream.level - level > 9 m, priority: P3, ticket: t}
      """)
    var engine = bench.engine(from: start)
    for step in 0...20 {
      let now = start + Int64(step) * minute
      engine.ingest(bench.reading("p9", "level", 0.1, at: now + 110_000))
      engine.ingest(bench.reading("p10", "level", 0.9, at: now))
      engine.advance(to: now)
    }
    #expect(engine.takeTransitions().map { "\($0.kind) \($0.rule) \($0.device)" } == ["raised high p10"])
  }

  @Test("Two readings of the same millisecond count once")
  func sameMillisecond() {
    let bench = Bench(on: "sewer-level-probe", "raise: samples(level, 10min) >= 3")
    var engine = bench.engine(from: start)
    for _ in 0..<5 {
      for step in [0, 60] {
        engine.ingest(bench.reading("p12", "level", 0.1, at: start + Int64(step) * 1000))
      }
    }
    #expect(engine.takeTransitions() == [])
    engine.ingest(bench.reading("p12", "level", 0.1, at: start + 2 * minute))
    #expect(log(engine.takeTransitions()) == ["raised r p12 12:02:00"])
    #expect(engine.counters.duplicate == 8)
  }

  @Test(
    "Bad and stored readings are left out",
    arguments: [
      (.outOfRange, []), (.fault, []), (.implausible, []), (.outsideZone, []), (.good, .historical),
    ] as [(Quality, ReadingMarks)])
  func bad(quality: Quality, marks: ReadingMarks) {
    let bench = Bench(on: "sewer-level-probe", "raise: level > 0.5 m")
    var engine = bench.engine(from: start)
    engine.ingest(bench.reading("p12", "level", 9, at: start, quality: quality, marks: marks))
    engine.advance(to: start + minute)
    #expect(engine.takeTransitions() == [])
    engine.ingest(bench.reading("p12", "level", 9, at: start + minute))
    #expect(engine.takeTransitions().count == 1)
    // Nor does one clear.
    engine.ingest(bench.reading("p12", "level", 0, at: start + 2 * minute, quality: quality, marks: marks))
    engine.ingest(bench.reading("p12", "level", .nan, at: start + 2 * minute + 1))
    engine.advance(to: start + 3 * minute)
    #expect(engine.takeTransitions() == [])
  }

  @Test("Absurd times, values, devices and signals harm nobody")
  func absurd() {
    let bench = Bench.shipped()
    var engine = bench.engine(from: start)
    let times = [
      Timestamp(milliseconds: .min), Timestamp(milliseconds: .max), .distantPast, .distantFuture, start,
    ]
    for time in times {
      for value in [1e308, -1e308, .infinity, .nan, 0] {
        for signal in ["laeq", "trip", "available"] {
          engine.ingest(bench.reading("meter", signal, value, at: time, event: 1))
        }
      }
      var stranger = bench.reading("meter", "laeq", 1, at: time)
      stranger.device = .none
      engine.ingest(stranger)
      stranger = bench.reading("meter", "laeq", 1, at: time)
      stranger.signal = SignalIndex(.max)
      engine.ingest(stranger)
    }
    for step in 0...2 {
      engine.ingest(bench.reading("meter-well", "level", 0.1, at: start + Int64(step) * minute))
    }
    engine.advance(to: start + 2 * minute)
    #expect(log(engine.takeTransitions()) == ["raised meter-well-flooded meter-well 12:02:00"])
  }

  @Test("A device is silent from when watching began; any word ends it, also a fault")
  func silence() {
    let bench = Bench(on: "any", "raise: age(any) > 3 * device.report-interval")
    var engine = bench.engine(from: start)
    engine.advance(to: start + 190_000)
    let silent = log(engine.takeTransitions().filter { $0.device == "p12" })
    // Later than 180 s: the grid's next point.
    #expect(silent == ["raised r p12 12:03:10"])
    engine.ingest(bench.reading("p12", "level", .nan, at: start + 195_000, quality: .fault))
    #expect(log(engine.takeTransitions()) == ["cleared r p12 12:03:15"])
    // The broker's word that it has gone is none of its own.
    engine.ingest(bench.reading("p12", "available", 0, at: start + 300_000))
    engine.advance(to: start + 380_000)
    #expect(log(engine.takeTransitions().filter { $0.device == "p12" }) == ["raised r p12 12:06:20"])
  }

  @Test("Messages of one visit count as one occurrence")
  func occurrences() {
    let bench = Bench(on: "entrance-camera", "raise: count(person, 30min) >= 3")
    var engine = bench.engine(from: start)
    for visit in 1...3 {
      for message in 0..<10 {
        let now = start + Int64(visit) * 2 * minute + Int64(message) * 1000
        let reading = bench.reading(
          "camera", "person", Double(message), at: now, marks: message == 9 ? .end : [], event: UInt64(visit))
        engine.ingest(reading)
        engine.ingest(reading)
      }
    }
    #expect(log(engine.takeTransitions()) == ["raised r camera 12:06:00"])
    // The first visit began at 12:02:00; half an hour later it has left the window.
    engine.advance(to: start + hour)
    #expect(log(engine.takeTransitions()) == ["cleared r camera 12:32:00"])
  }

  @Test("A visit is over with its end or after 30 s without a word")
  func visitsEnd() {
    let bench = Bench(on: "entrance-camera", "raise: dwell(loitering) >= 10 s")
    var engine = bench.engine(from: start)
    for second in 0...12 {
      engine.ingest(
        bench.reading("camera", "loitering", Double(second), at: start + Int64(second) * 1000, event: 5))
    }
    engine.advance(to: start + minute)
    #expect(log(engine.takeTransitions()) == ["raised r camera 12:00:10", "cleared r camera 12:00:50"])
    engine.ingest(bench.reading("camera", "loitering", 15, at: start + 2 * minute, event: 6))
    engine.ingest(
      bench.reading("camera", "loitering", 20, at: start + 2 * minute + 5000, marks: .end, event: 6))
    #expect(log(engine.takeTransitions()) == ["raised r camera 12:02:00", "cleared r camera 12:02:05"])
  }

  @Test("A camera that has signed off doesn't tell that nobody is there")
  func signedOff() {
    let bench = Bench(on: "entrance-camera", "raise: count(person, 5min) >= 1")
    var engine = bench.engine(from: start)
    engine.ingest(bench.reading("camera", "person", 0, at: start, event: 1))
    engine.ingest(bench.reading("camera", "available", 0, at: start + minute))
    engine.advance(to: start + hour)
    #expect(log(engine.takeTransitions()) == ["raised r camera 12:00:00"])
    engine.ingest(bench.reading("camera", "available", 1, at: start + hour))
    engine.advance(to: start + hour + minute)
    #expect(log(engine.takeTransitions()) == ["cleared r camera 13:00:10"])
  }

  @Test("Readings faster than the report interval are counted when the ring forgets some")
  func fasterThanPlanned() throws {
    let bench = Bench(on: "sewer-level-probe", "raise: mean(level, 1h) > 5 m and coverage(level, 1h) >= 90%")
    var engine = bench.engine(from: start)
    for second in 0...3600 {
      engine.ingest(bench.reading("p12", "level", 0.1, at: start + Int64(second) * 1000))
    }
    #expect(engine.counters.overrun > 0)
    let parts = try #require(engine.explanation(rule: "r", device: "test/p12")?.raiseParts)
    let coverage = try #require(parts.first { $0.label == "coverage(level, 1h)" }?.value)
    #expect(coverage < 50)
  }
}
