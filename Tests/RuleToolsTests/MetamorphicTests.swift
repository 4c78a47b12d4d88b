/// What must not depend on how readings come: checks over random streams, the same in every run.
import Configuration
import EstateModel
import RuleTools
import Rules
import Testing
import Tickets

@Suite("Streams of readings") struct MetamorphicTests {
  private struct Random {
    var state: UInt64
    /// 0 ..< 1. Source: Knuth's multiplicative generator, MMIX.
    mutating func unit() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 33) / Double(UInt64(1) << 31)
    }
  }

  private let context: RuleTestContext
  private let catalogue: Catalogue
  private let start = Timestamp(rfc3339: "2026-04-14T08:00:00+08:00") ?? .distantPast
  private static let length: Int64 = 6 * 3_600_000

  init() throws {
    context = try shippedContext()
    catalogue = context.catalogue.restricted(to: ["luyuan"])
  }

  /// Six hours of three wells and a meter well: levels that wander from 0 to 0.5 m, now and then with a fault.
  private func stream(_ seed: UInt64, from start: Timestamp) -> [Reading] {
    var random = Random(state: seed &* 977 &+ 5)
    var readings: [Reading] = []
    guard let level = Signal.named("level") else { return [] }
    for (name, step) in [("probe-w05", 30), ("probe-w06", 30), ("probe-w07", 30), ("probe-mw-u3", 60)] {
      guard let device = catalogue.device(path: "luyuan/\(name)") else { continue }
      var value = 0.1
      var aim = 0.1
      for second in stride(from: 0, to: 6 * 3600, by: step) {
        if random.unit() < 0.01 { aim = random.unit() * 0.5 }
        value += (aim - value) * 0.1
        let isFaulty = random.unit() < 0.005
        let time = start + Int64(second) * 1000
        readings.append(
          Reading(
            device: device, signal: level, time: time, arrival: time,
            value: isFaulty ? .nan : (value * 1000).rounded() / 1000, quality: isFaulty ? .fault : .good))
      }
    }
    return readings.sorted { ($0.time, $0.device) < ($1.time, $1.device) }
  }

  private func play(_ readings: [Reading], rules: RuleSet? = nil, from start: Timestamp, step: Int64 = 10_000)
    -> [AlarmTransition]
  {
    var engine = RuleEngine(rules: rules ?? context.rules, catalogue: catalogue, start: start)
    var transitions: [AlarmTransition] = []
    var position = 0
    var now = start
    while now < start + Self.length {
      now = now + step
      while position < readings.count, readings[position].arrival <= now {
        engine.ingest(readings[position])
        position += 1
      }
      engine.advance(to: now)
      transitions += engine.takeTransitions()
    }
    return transitions.sorted { ($0.at, $0.rule, $0.device) < ($1.at, $1.rule, $1.device) }
  }

  private func tickets(_ transitions: [AlarmTransition]) -> [Ticket] {
    var book = TicketBook(routing: context.routing, catalogue: catalogue)
    for transition in transitions { _ = book.apply(transition) }
    return book.tickets.values.sorted { $0.id < $1.id }
  }

  @Test("A day later everything comes a day later", arguments: 1...4 as ClosedRange<UInt64>)
  func shifted(seed: UInt64) {
    let day: Int64 = 86_400_000
    let today = play(stream(seed, from: start), from: start)
    let tomorrow = play(stream(seed, from: start + day), from: start + day)
    #expect(!today.isEmpty)
    #expect(today.map(\.rule) == tomorrow.map(\.rule))
    #expect(today.map { $0.at + day } == tomorrow.map(\.at))
    #expect(today.map { $0.onset + day } == tomorrow.map(\.onset))
    #expect(today.map(\.evidence) == tomorrow.map(\.evidence))
  }

  @Test("How the stream is cut into batches changes nothing", arguments: 1...4 as ClosedRange<UInt64>)
  func batches(seed: UInt64) {
    let readings = stream(seed, from: start)
    let small = play(readings, from: start)
    for step in [1000, 7000, 60_000, 600_000] as [Int64] {
      #expect(play(readings, from: start, step: step) == small, "\(step) ms")
    }
  }

  @Test("Messages that are delivered twice change nothing", arguments: 1...4 as ClosedRange<UInt64>)
  func duplicates(seed: UInt64) {
    let readings = stream(seed, from: start)
    var random = Random(state: seed)
    var twice: [Reading] = []
    for reading in readings {
      twice.append(reading)
      if random.unit() < 0.3 {
        var again = reading
        again.marks.insert(.duplicate)
        again.arrival = again.arrival + Int64(random.unit() * 60_000)
        twice.append(again)
      }
    }
    let order = twice.enumerated().sorted {
      ($0.element.arrival, $0.offset) < ($1.element.arrival, $1.offset)
    }
    #expect(play(order.map(\.element), from: start) == play(readings, from: start))
  }

  @Test("A higher limit never adds a ticket", arguments: 1...4 as ClosedRange<UInt64>)
  func limits(seed: UInt64) throws {
    let readings = stream(seed, from: start)
    var causes: [Set<String>] = []
    for limit in stride(from: 60, through: 160, by: 20) {
      let diagnostics = Diagnostics()
      let text = """
        - rule: high
          on: sewer-level-probe
          raise: level / device.bore >= \(limit)%
          for: 10min
          clear: level / device.bore < 50%
          clear-for: 10min
          priority: P3
          ticket: device-maintenance
        """
      let rules = RuleSet(
        documents: [Document(text: text, file: "rules.yaml", diagnostics: diagnostics)].compactMap { $0 },
        calendars: context.calendars, catalogue: catalogue, diagnostics: diagnostics)
      try diagnostics.check()
      causes.append(Set(tickets(play(readings, rules: rules, from: start)).map(\.cause)))
    }
    #expect(causes.first?.isEmpty == false)
    for (lower, higher) in zip(causes, causes.dropFirst()) { #expect(higher.isSubset(of: lower)) }
  }
}
