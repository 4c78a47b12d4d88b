/// Everything between the socket and the commit, with no I/O and no clock of its own: message → readings → rules →
/// tickets → batch. The same calls in the same order give the same batches.
import EstateModel
import Payloads
import RingBuffer
import Rules
import Store
import Tickets

/// Owned by the pipeline's thread.
struct Core {
  /// Readings that may wait between the message callback and the engine.
  static let stagingCapacity = 65_536
  /// A simulated clock that starts so long after the stored one, in milliseconds, is another run.
  static let newRun: Int64 = 366 * 86_400_000
  /// Free places that must be there before another message is taken: no message yields more readings.
  static let stagingReserve = 4096

  private static let available = Signal.named("available")

  let catalogue: Catalogue
  private(set) var clock: GatewayClock
  private var batch: Batch
  private var problems: ProblemCounts
  private var states: DeviceStates
  private(set) var book: TicketBook
  private(set) var status = GatewayStatus()
  private let decoder: PayloadDecoder
  private var staging: RingBuffer<Reading>
  private(set) var engine: RuleEngine
  private var committedProblems = 0

  init(
    _ configuration: LoadedConfiguration, clock: GatewayClock, engine: RuleEngine, book: TicketBook,
    states: DeviceStates
  ) {
    catalogue = configuration.catalogue
    self.clock = clock
    self.engine = engine
    self.book = book
    batch = Batch(now: clock.now ?? .distantPast)
    decoder = PayloadDecoder(
      catalogue: configuration.catalogue, profiles: configuration.profiles,
      root: configuration.settings.topicRoot, unknownDevices: .refuse,
      tolerance: ClockTolerance(
        behind: configuration.settings.acceptedBehind, ahead: configuration.settings.acceptedAhead))
    staging = RingBuffer(capacity: Self.stagingCapacity)
    problems = ProblemCounts(configuration.catalogue)
    self.states = states
    status.devices = configuration.catalogue.devices.count
  }

  /// False when the staging ring is nearly full: then the socket is left alone and the broker keeps the messages.
  var hasRoom: Bool { staging.capacity - staging.count >= Self.stagingReserve }

  /// Decodes one message into the staging ring.
  mutating func receive(_ topic: UnsafeRawBufferPointer, _ payload: UnsafeRawBufferPointer, isRetained: Bool)
  {
    status.messages += 1
    if clock.source == .simulation, SimulationTopic.isOurs(topic) {
      receiveClock(topic, payload)
      return
    }
    // Before a simulated clock starts there is no time at which anything could have arrived.
    guard let now = clock.now else { return }
    decoder.decode(topic: topic, payload: payload, now: now, isRetained: isRetained)
    if let sender = decoder.sender, !isRetained { states.heard(sender, at: now) }
    for reading in decoder.readings { stage(reading) }
    status.readings += decoder.readings.count
    if !decoder.events.isEmpty {
      status.events += decoder.events.count
      batch.events.append(contentsOf: decoder.events)
    }
    if !decoder.problems.isEmpty {
      status.problems += decoder.problems.count
      for problem in decoder.problems { problems.add(problem, at: now) }
    }
    for change in decoder.statusChanges {
      states.setOnline(change.device, change.isOnline)
      // A kept "online" may be of any age; a kept "offline" is what the broker knows now.
      if isRetained, change.isOnline { continue }
      if let available = Self.available {
        stage(
          Reading(
            device: change.device, signal: available, time: now, arrival: now, value: change.isOnline ? 1 : 0,
            marks: .arrivalTime))
      }
    }
  }

  private mutating func stage(_ reading: Reading) {
    if staging.append(reading) { return }
    decide()
    _ = staging.append(reading)
  }

  /// Drains the staging ring into the engine, lets time pass, and turns alarms into tickets.
  mutating func decide() {
    while let reading = staging.popFirst() {
      engine.ingest(reading)
      states.take(reading)
      batch.readings.append(reading)
    }
    if let now = clock.now {
      engine.advance(to: now)
      batch.now = now
    }
    for transition in engine.takeTransitions() {
      batch.transitions.append(transition)
      batch.record(book.apply(transition), from: book)
    }
  }

  /// A person's step on a ticket.
  mutating func perform(_ step: TicketCommand.Step, on ticket: String, by: String) throws(TicketError)
    -> [TicketEvent]
  {
    let command = TicketCommand(step, ticket: ticket, by: by, at: clock.now ?? batch.now, via: .commandLine)
    let events = try book.perform(command)
    batch.record(events, from: book)
    return events
  }

  var topicFilters: [String] { decoder.topicFilters }

  mutating func recordCommit(milliseconds: Double) {
    status.commits += 1
    status.longestCommit = max(status.longestCommit, milliseconds)
  }

  /// Something waits for a commit.
  var hasUncommitted: Bool { !batch.isEmpty || status.problems > committedProblems }

  /// What waits moves an alarm or a ticket, and is not to wait any longer.
  var isUrgent: Bool { !batch.transitions.isEmpty || !batch.ticketEvents.isEmpty }

  /// What is to be committed; the next batch starts empty.
  /// - Parameter withStates: device states too; they change with every message and can wait a little.
  mutating func takeBatch(withStates: Bool) -> Batch {
    var full = batch
    full.problems = problems.take()
    committedProblems = status.problems
    if withStates { full.deviceStates = states.takeChanges(catalogue) }
    batch = Batch(now: batch.now)
    return full
  }

  /// Figures that change with time and not with messages.
  mutating func refreshStatus() {
    status.now = clock.now?.milliseconds
    status.activeAlarms = engine.activeAlarms.count
    status.openTickets = book.open.count
    status.stagingFill = Double(staging.count) / Double(staging.capacity)
    guard let now = clock.now else { return }
    (status.reporting, status.silent, status.neverSeen) = (0, 0, 0)
    for (number, device) in catalogue.devices.enumerated() {
      guard let seen = states.lastSeen(number) else {
        status.neverSeen += 1
        continue
      }
      if now - seen > 3 * device.reportInterval { status.silent += 1 } else { status.reporting += 1 }
    }
  }

  /// All readings up to an announced time came before it on the same connection.
  private mutating func receiveClock(_ topic: UnsafeRawBufferPointer, _ payload: UnsafeRawBufferPointer) {
    guard let time = SimulationTopic.time(in: payload) else { return }
    if clock.now == nil, engine.clock < time - Self.newRun {
      // Watching begins with the simulator's first word, not with the year 1.
      engine = RuleEngine(rules: engine.ruleSet, catalogue: catalogue, start: time)
    }
    clock.announce(time)
    decide()
    if SimulationTopic.isEnd(topic) { status.simulationEnded = true }
  }
}
