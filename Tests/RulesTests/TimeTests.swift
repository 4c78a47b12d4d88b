/// The same readings give the same alarms, however the clock moves and wherever a restart falls.
import EstateModel
import Rules
import Testing

/// A seeded sequence; the same on every machine.
struct Sequence64: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ (state >> 29)
  }
}

@Suite("Time") struct TimeTests {
  /// A busy day: levels that wander about their limits, with holes, faults and visits.
  private func day(_ bench: Bench, seed: UInt64) -> [Reading] {
    var random = Sequence64(state: seed)
    var readings: [Reading] = []
    let start = at("2026-03-10 00:00:00")
    var levels = ["p9": 0.1, "p10": 0.1, "p11": 0.1, "p12": 0.1]
    for step in 0..<720 {
      for device in ["p9", "p10", "p11", "p12"] {
        guard Int.random(in: 0..<12, using: &random) > 0 else { continue }
        let level = min(
          1.7, max(0, (levels[device] ?? 0) + Double.random(in: -0.035...0.036, using: &random)))
        levels[device] = level
        let time = start + Int64(step) * minute + Int64.random(in: 0..<minute, using: &random)
        let isFault = Int.random(in: 0..<40, using: &random) == 0
        readings.append(
          bench.reading(device, "level", isFault ? .nan : level, at: time, quality: isFault ? .fault : .good))
      }
      if Int.random(in: 0..<9, using: &random) == 0 {
        for message in 0..<Int.random(in: 1...40, using: &random) {
          readings.append(
            bench.reading(
              "camera", "loitering", Double(message * 5),
              at: start + Int64(step) * minute + Int64(message) * 5000, event: UInt64(step + 1)))
        }
      }
    }
    return readings.sorted { $0.time < $1.time }
  }

  private func run(
    _ bench: Bench, _ readings: [Reading], everyReadings batch: Int, clockSteps: Int64, twice: Bool = false
  ) -> [AlarmTransition] {
    var engine = bench.engine(from: at("2026-03-10 00:00:00"))
    var transitions: [AlarmTransition] = []
    var now = engine.clock
    for (number, reading) in readings.enumerated() {
      engine.ingest(reading)
      if twice { engine.ingest(reading) }
      if number % batch == batch - 1 {
        // Everything up to here has come; the clock may follow as far as the next reading's time.
        let limit =
          number + 1 < readings.count ? min(reading.time, readings[number + 1].time - 1) : reading.time
        while now + clockSteps < limit {
          now = now + clockSteps
          engine.advance(to: now)
          transitions += engine.takeTransitions()
        }
        engine.advance(to: limit)
        now = max(now, limit)
        transitions += engine.takeTransitions()
      }
    }
    engine.advance(to: at("2026-03-10 13:00:00"))
    transitions += engine.takeTransitions()
    return transitions
  }

  private func sorted(_ transitions: [AlarmTransition]) -> [AlarmTransition] {
    transitions.sorted {
      ($0.at, $0.rule, $0.device, $0.kind.rawValue) < ($1.at, $1.rule, $1.device, $1.kind.rawValue)
    }
  }

  @Test(
    "Batches and steps of the clock change nothing, nor does every message coming twice",
    arguments: [1, 2] as [UInt64])
  func deterministic(seed: UInt64) {
    let bench = Bench.shipped()
    let readings = day(bench, seed: seed)
    let reference = run(bench, readings, everyReadings: 1, clockSteps: hour)
    #expect(reference.count > 20)
    #expect(run(bench, readings, everyReadings: 1, clockSteps: hour) == reference)
    for (batch, steps) in [(1, 1000), (2, hour), (17, 7_777), (100, hour), (readings.count, hour)] {
      #expect(sorted(run(bench, readings, everyReadings: batch, clockSteps: steps)) == sorted(reference))
    }
    #expect(run(bench, readings, everyReadings: 1, clockSteps: hour, twice: true) == reference)
  }

  @Test("A day later the same readings give the same alarms a day later")
  func shifted() {
    let bench = Bench.shipped()
    let readings = day(bench, seed: 9)
    let reference = run(bench, readings, everyReadings: 1, clockSteps: hour)
    let later = readings.map { reading in
      var reading = reading
      reading.time = reading.time + 24 * hour
      return reading
    }
    var engine = bench.engine(from: at("2026-03-11 00:00:00"))
    for reading in later { engine.ingest(reading) }
    engine.advance(to: at("2026-03-11 13:00:00"))
    let shifted = engine.takeTransitions()
    #expect(shifted.map { $0.at - 24 * hour } == sorted(reference).map(\.at))
    #expect(shifted.map(\.rule) == sorted(reference).map(\.rule))
  }

  @Test("An alarm of before a restart is not raised again, and clears under its own id")
  func restored() {
    let bench = Bench(on: "sewer-level-probe", "raise: level > 0.5 m\nfor: 5min")
    let start = at("2026-03-10 12:00:00")
    var first = bench.engine(from: start)
    for step in 0...10 { first.ingest(bench.reading("p12", "level", 0.9, at: start + Int64(step) * minute)) }
    let raised = first.takeTransitions()
    #expect(raised.count == 1)
    #expect(first.activeAlarms == raised)

    var second = bench.engine(from: start + 20 * minute)
    let gone = AlarmTransition(
      kind: .raised, alarm: "A-1", rule: "gone", title: Title(zh: "", en: ""), estate: "test", device: "p12",
      place: "w12", priority: .p3, category: "t", onset: start, at: start)
    #expect(second.restore(active: raised + [gone]) == [gone])
    #expect(second.activeAlarms == raised)
    for step in 20...30 {
      second.ingest(bench.reading("p12", "level", 0.9, at: start + Int64(step) * minute))
    }
    second.advance(to: start + 31 * minute)
    #expect(second.takeTransitions() == [])
    second.ingest(bench.reading("p12", "level", 0.1, at: start + 31 * minute))
    let cleared = second.takeTransitions()
    #expect(log(cleared) == ["cleared r p12 12:31:00"])
    #expect(cleared.map(\.alarm) == raised.map(\.alarm))
    #expect(cleared.map(\.onset) == raised.map(\.onset))
  }

  @Test("While an inhibiting alarm of the estate is active the rule waits")
  func inhibition() {
    let bench = Bench(
      """
      - {rule: flood, on: sewer-level-probe, raise: level > 1 m, priority: P1, ticket: t}
      - {rule: high, on: sewer-level-probe, raise: level > 0.5 m, priority: P3, ticket: t, inhibited-by: [flood]}
      """)
    #expect(bench.messages == [])
    let start = at("2026-03-10 12:00:00")
    var engine = bench.engine(from: start)
    engine.ingest(bench.reading("p9", "level", 1.2, at: start))
    for step in 1...9 {
      engine.ingest(bench.reading("p12", "level", 0.7, at: start + Int64(step) * minute))
      engine.ingest(
        bench.reading("p9", "level", step < 6 ? 1.2 : 0.1, at: start + Int64(step) * minute + 1000))
      engine.advance(to: start + Int64(step) * minute + 2000)
    }
    #expect(
      log(engine.takeTransitions()) == [
        "raised flood p9 12:00:00", "cleared flood p9 12:06:01", "raised high p12 12:06:10",
      ])
  }

  @Test("A window of the calendar is complete only when all of it lies in the hours")
  func during() {
    let bench = Bench(
      """
      - {rule: now, on: sewer-level-probe, raise: during(night), priority: P3, ticket: t}
      - {rule: whole, on: sewer-level-probe, raise: "during(night, 15min)", priority: P3, ticket: t}
      """)
    #expect(bench.messages == [])
    var engine = bench.engine(from: at("2026-03-10 21:00:00"))
    engine.advance(to: at("2026-03-11 08:00:00"))
    #expect(
      log(engine.takeTransitions().filter { $0.device == "p12" }) == [
        "raised now p12 22:00:00", "raised whole p12 22:15:00", "cleared now p12 06:00:00",
        "cleared whole p12 06:00:00",
      ])
  }

  @Test(
    "Whatever comes, each alarm is raised once and cleared once, in turn", arguments: [11, 12] as [UInt64])
  func alternates(seed: UInt64) {
    let bench = Bench.shipped()
    var random = Sequence64(state: seed)
    var now = at("2026-03-10 18:00:00")
    var engine = bench.engine(from: now)
    let names = [
      "laeq", "trip", "tilt", "level", "loitering", "tamper", "video-loss", "available", "battery",
    ]
    var transitions: [AlarmTransition] = []
    for number in 0..<30_000 {
      now = now + Int64.random(in: 0...2500, using: &random)
      let device = bench.catalogue.devices[Int.random(in: 0..<bench.catalogue.devices.count, using: &random)]
      let name = names[Int.random(in: 0..<names.count, using: &random)]
      let isEvent = name == "trip" || name == "loitering"
      let value =
        isEvent ? Double.random(in: 0...200, using: &random) : Double.random(in: 0...1.6, using: &random)
      let marks = ReadingMarks(rawValue: UInt8.random(in: 0..<32, using: &random))
      engine.ingest(
        bench.reading(
          device.id, name,
          name.hasPrefix("t") && !isEvent || name.hasPrefix("v") ? value.rounded(.down) : value,
          at: now + Int64.random(in: -200_000...100_000, using: &random),
          quality: Quality(rawValue: UInt8.random(in: 0...12, using: &random)) ?? .good, marks: marks,
          event: UInt64.random(in: 0...40, using: &random)))
      if number % 7 == 0 { engine.advance(to: now) }
      if number % 50 == 0 { transitions += engine.takeTransitions() }
    }
    transitions += engine.takeTransitions()
    #expect(transitions.count > 50)
    var open: [String: AlarmTransition] = [:]
    for transition in transitions {
      let subject = "\(transition.rule) \(transition.device)"
      switch transition.kind {
      case .raised:
        #expect(open[subject] == nil, "\(subject) raised twice")
        open[subject] = transition
      case .cleared:
        #expect(open[subject]?.alarm == transition.alarm, "\(subject) cleared without having been raised")
        #expect(transition.at >= transition.onset)
        open[subject] = nil
      }
    }
    #expect(Set(engine.activeAlarms) == Set(open.values))
  }

  @Test("A clock that jumps by years is followed without working through them")
  func jump() {
    let bench = Bench.shipped()
    var engine = bench.engine(from: at("1970-01-02 00:00:00"))
    engine.advance(to: at("2026-03-10 21:00:00"))
    let silent = engine.takeTransitions().filter { $0.rule == "device-silent" }
    #expect(silent.count == bench.catalogue.devices.count)
  }
}
