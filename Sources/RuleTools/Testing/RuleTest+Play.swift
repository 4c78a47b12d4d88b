/// Plays a rule test in virtual time through the engine and the ticket book that ship.
import Configuration
import EstateModel
import EstateSimulator
import Payloads
import Rules
import Tickets

/// What came of a test.
public struct RuleTestOutcome: Sendable {
  public struct Alarm: Sendable {
    public var raised: AlarmTransition
    /// Milliseconds since 1970; nil: still active at the end.
    public var cleared: Int64?
  }

  public var readings = 0
  public var alarms: [Alarm] = []
  public var tickets: [Ticket] = []
  /// Empty: the test has passed.
  public var differences: [RuleTestDifference] = []
  /// Why it could not be played; nil: it was.
  public var failure: String?

  public var hasPassed: Bool { differences.isEmpty && failure == nil }
}

extension RuleTest {
  /// The same readings, rules and times give the same outcome: nothing here reads a clock or draws lots.
  public func play() -> RuleTestOutcome {
    var outcome = RuleTestOutcome()
    var engine = RuleEngine(rules: rules, catalogue: catalogue, start: start - leadIn)
    var book = TicketBook(routing: routing, catalogue: catalogue)
    var simulated: SimulatedReadings?
    if let simulation {
      let diagnostics = Diagnostics()
      simulated = SimulatedReadings(
        simulation, catalogue: catalogue, profiles: profiles, without: given, diagnostics)
      if simulated == nil {
        outcome.failure = diagnostics.sorted().map(\.description).joined(separator: "\n")
        return outcome
      }
    }
    var position = 0
    var now = start - leadIn
    while now < end {
      // The grid's points, and the very end.
      now = min(now + RuleEngine.gridStep - now.milliseconds % RuleEngine.gridStep, end)
      var pending: [Reading] = []
      while position < series.count, series[position].arrival <= now {
        pending.append(series[position])
        position += 1
      }
      if let said = simulated?.live(until: now), !said.isEmpty {
        pending = (said + pending).enumerated().sorted {
          ($0.element.arrival, $0.offset) < ($1.element.arrival, $1.offset)
        }.map(\.element)
      }
      for reading in pending { engine.ingest(reading) }
      outcome.readings += pending.count
      engine.advance(to: now)
      for transition in engine.takeTransitions() {
        outcome.record(transition)
        _ = book.apply(transition)
      }
    }
    outcome.tickets = book.tickets.values.sorted { ($0.opened, $0.id) < ($1.opened, $1.id) }
    outcome.differences = RuleTestComparison(self, outcome).differences
    return outcome
  }
}

extension RuleTestOutcome {
  fileprivate mutating func record(_ transition: AlarmTransition) {
    switch transition.kind {
    case .raised: alarms.append(Alarm(raised: transition))
    case .cleared:
      if let index = alarms.lastIndex(where: { $0.raised.alarm == transition.alarm && $0.cleared == nil }) {
        alarms[index].cleared = transition.at
      }
    }
  }
}

/// The simulator's devices: what they say goes through the decoder, as it would in the gateway. The simulator itself
/// knows nothing of rules and tickets; only this side knows both.
struct SimulatedReadings {
  private var simulation: Simulation
  private var wire: Wire?
  private let decoder: PayloadDecoder
  private let given: Set<SeriesKey>
  private var isFirst = true

  init?(
    _ scenario: Scenario, catalogue: Catalogue, profiles: [Profile], without given: Set<SeriesKey>,
    _ diagnostics: Diagnostics
  ) {
    guard let simulation = Simulation(scenario, catalogue: catalogue, diagnostics: diagnostics) else {
      return nil
    }
    wire = simulation.wire(nil, diagnostics)
    guard diagnostics.errors.isEmpty else { return nil }
    self.simulation = simulation
    self.given = given
    decoder = PayloadDecoder(catalogue: catalogue, profiles: profiles)
  }

  /// Readings up to and with `time`, in the order in which they are said.
  mutating func live(until time: Timestamp) -> [Reading] {
    var readings: [Reading] = []
    if isFirst {
      isFirst = false
      let said = simulation.opening()
      for message in wire?.opening(said) ?? said.map(WireMessage.init) { decode(message, into: &readings) }
    }
    let said = simulation.live(until: time)
    let messages = wire?.messages(said, until: time) ?? said.map(WireMessage.init)
    for message in messages { decode(message, into: &readings) }
    return readings
  }

  private func decode(_ message: WireMessage, into readings: inout [Reading]) {
    var topic = message.topic
    topic.withUTF8 { topic in
      message.payload.withUnsafeBytes { payload in
        decoder.decode(topic: UnsafeRawBufferPointer(topic), payload: payload, now: message.time)
      }
    }
    for reading in decoder.readings
    where !given.contains(SeriesKey(device: reading.device, signal: reading.signal)) {
      readings.append(reading)
    }
    guard let available = Signal.named("available") else { return }
    for change in decoder.statusChanges {
      readings.append(
        Reading(
          device: change.device, signal: available, time: message.time, arrival: message.time,
          value: change.isOnline ? 1 : 0, marks: .arrivalTime))
    }
  }
}
