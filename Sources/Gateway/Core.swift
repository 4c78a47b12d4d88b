/// Everything between the socket and the commit, with no I/O and no clock of its own: message → readings → rules →
/// tickets → batch. The same calls in the same order give the same batches.
import EstateModel
import Notifications
import Payloads
import RingBuffer
import Rules
import Store
import Tickets

/// Owned by the pipeline's thread.
///
/// A batch is a turn of the engine: readings, all taken in while the engine's clock stood still, and then the clock's
/// next step. A replay of the log does the same and comes to the same state, however late readings were.
struct Core {
  /// Readings that may wait between the message callback and the engine.
  static let stagingCapacity = 16_384
  /// A simulated clock that starts so long after the stored one, in milliseconds, is another run.
  static let newRun: Int64 = 366 * 86_400_000
  /// Free places that must be there before another message is taken: no message yields more readings.
  static let stagingReserve = 4096
  /// The engine's clock runs so far behind the wall, in milliseconds: readings on their way come before it, and are
  /// judged at their own time. Readings themselves are judged when they come.
  static let grace: Int64 = 2000

  /// The fact that says when watching began: devices that have never spoken are silent since then.
  static let watchedSince = "watched-since"

  private static let available = Signal.named("available")

  let catalogue: Catalogue
  /// Active alarms of a former life that nobody watches any more.
  var orphans: [AlarmTransition]
  var clock: GatewayClock
  var batch: Batch
  private var problems: ProblemCounts
  private var budgets: DeviceBudgets
  var states: DeviceStates
  private(set) var recent: RecentReadings
  private(set) var unclaimed: UnclaimedList
  var rebirths = RebirthRequests()
  var book: TicketBook
  var suppressions: SuppressionList
  /// Decides what is sent; nil: nothing.
  var policy: NoticePolicy?
  var status = GatewayStatus()
  let decoder: PayloadDecoder
  private(set) var staging: RingBuffer<Reading>
  var engine: RuleEngine
  var committedProblems = 0
  /// The log doesn't know yet since when the engine watches.
  private(set) var isNew: Bool
  /// The engine's clock as the newest batch has it.
  var keptClock: Timestamp
  /// Readings since the last look, and those of them that are not older than a backlog's would be.
  private(set) var arrivals = (readings: 0, fresh: 0)

  init(
    _ configuration: LoadedConfiguration, clock: GatewayClock, engine: RuleEngine, book: TicketBook,
    suppressions: SuppressionList, states: DeviceStates, recent: RecentReadings,
    unclaimed: UnclaimedList = UnclaimedList(), isNew: Bool, orphans: [AlarmTransition] = [],
    decoder: PayloadDecoder? = nil
  ) {
    self.isNew = isNew
    self.orphans = orphans
    catalogue = configuration.catalogue
    self.clock = clock
    self.engine = engine
    self.book = book
    self.suppressions = suppressions
    self.states = states
    self.recent = recent
    self.unclaimed = unclaimed
    batch = Batch(now: engine.clock)
    keptClock = engine.clock
    self.decoder =
      decoder
      ?? PayloadDecoder(
        catalogue: configuration.catalogue, profiles: configuration.profiles,
        root: configuration.settings.topicRoot, unknownDevices: .refuse,
        tolerance: ClockTolerance(
          behind: configuration.settings.acceptedBehind, ahead: configuration.settings.acceptedAhead))
    staging = RingBuffer(capacity: Self.stagingCapacity)
    problems = ProblemCounts(configuration.catalogue)
    budgets = DeviceBudgets(
      configuration.settings.deviceBudget, devices: configuration.catalogue.devices.count)
    status.devices = configuration.catalogue.devices.count
    states.restoreFrames(in: self.decoder)
  }

  /// False when the staging ring is nearly full: then the socket is left alone and the broker keeps the messages.
  var hasRoom: Bool { staging.capacity - staging.count >= Self.stagingReserve }

  var topicFilters: [String] { decoder.topicFilters }

  /// Decodes one message into the staging ring.
  mutating func receive(_ topic: UnsafeRawBufferPointer, _ payload: UnsafeRawBufferPointer, isRetained: Bool)
  {
    status.messages += 1
    if clock.source == .simulation, SimulationTopic.isOurs(topic) { return receiveClock(topic, payload) }
    // Before a simulated clock's first word there is no time at which anything could have arrived.
    guard let now = clock.now else { return }
    decoder.decode(topic: topic, payload: payload, now: now, isRetained: isRetained)
    if let sender = decoder.sender, !isRetained {
      states.heard(sender, at: now, decoder)
      // The clock of a replay may run many times faster than the world's.
      guard clock.source == .simulation || budgets.take(sender, at: now) else {
        return leaveOut(sender, at: now)
      }
    }
    take(now: now)
    if !decoder.problems.isEmpty {
      status.problems += decoder.problems.count
      for problem in decoder.problems {
        problems.add(problem, at: now)
        if problem.reason == .unknownDevice { unclaimed.note(problem.device, topic, payload, at: now) }
        status.problemsByReason[problem.reason.rawValue, default: 0] += 1
      }
    }
    if !decoder.rebirths.isEmpty { rebirths.ask(decoder.rebirths, at: now) }
    for change in decoder.statusChanges {
      states.setOnline(change.device, change.isOnline, at: now)
      // A kept "online" may be of any age; a kept "offline" is what the broker knows now.
      if isRetained, change.isOnline { continue }
      if let available = Self.available {
        var reading = Reading(
          device: change.device, signal: available, time: now, arrival: now, value: change.isOnline ? 1 : 0,
          marks: .arrivalTime)
        if isNews(&reading) { stage(reading) }
      }
    }
  }

  /// The device floods: what it says is counted and not judged.
  private mutating func leaveOut(_ device: DeviceIndex, at now: Timestamp) {
    status.problems += 1
    status.problemsByReason[PayloadProblem.Reason.flooding.rawValue, default: 0] += 1
    problems.add(
      PayloadProblem(
        device: catalogue[device].path, reason: .flooding, detail: "more messages than its budget"),
      at: now)
  }

  /// Stages what the decoder found, but for what has been delivered before.
  private mutating func take(now: Timestamp) {
    var event = 0
    for found in decoder.readings {
      var reading = found
      arrivals.readings += 1
      if reading.time.milliseconds > now.milliseconds - Backlog.freshness { arrivals.fresh += 1 }
      let isNews = isNews(&reading)
      if isNews { stage(reading) } else { status.duplicates += 1 }
      // Each event has a reading, in the same order.
      guard reading.event != 0, event < decoder.events.count else { continue }
      if isNews { batch.events.append(decoder.events[event]) }
      event += 1
    }
    status.readings += decoder.readings.count
    status.events += decoder.events.count
  }

  /// False for a reading of the same device, signal and event time as an earlier one.
  private mutating func isNews(_ reading: inout Reading) -> Bool {
    // Most readings are newer than all before them: there is nothing to look up.
    while !states.take(reading), recent.contains(reading) {
      guard reading.marks.contains(.arrivalTime) else { return false }
      // Without times of their own, several that arrive in one millisecond are several, in their order.
      reading.time = reading.time + 1
    }
    recent.remember(reading)
    return true
  }

  private mutating func stage(_ reading: Reading) {
    if staging.append(reading) { return }
    ingest()
    _ = staging.append(reading)
  }

  /// Drains the staging ring into the engine, whose clock stands still.
  mutating func ingest() {
    if staging.count > 0, batch.readings.isEmpty, engine.clock != keptClock { batch.begun = engine.clock }
    let first = batch.readings.count
    while let reading = staging.popFirst() { batch.readings.append(reading) }
    engine.ingest(contentsOf: batch.readings[first...])
    collect()
  }

  /// Lets time pass in the engine. With readings waiting for their commit this ends their batch: nothing more may
  /// be ingested before `takeBatch`.
  /// - Parameter isHeld: the broker holds what would be needed to judge by time alone.
  mutating func passTime(isHeld: Bool) {
    guard let now = clock.now, clock.source == .simulation || !isHeld else { return }
    engine.advance(to: clock.source == .simulation ? now : now - Self.grace)
    collect()
  }

  var hasReadings: Bool { !batch.readings.isEmpty }

  mutating func collect() {
    for transition in engine.takeTransitions() {
      passTicketTime(until: min(Timestamp(milliseconds: transition.at), engine.clock))
      if holds(transition) { continue }
      let events = book.apply(transition)
      // The book knows each alarm's steps: one that changes nothing has been taken before, under a clock that was set
      // back since.
      guard !events.isEmpty else { continue }
      batch.transitions.append(transition)
      show(transition)
      record(events)
      if transition.kind == .raised { noteChattering(transition) }
    }
    passTicketTime(until: engine.clock)
  }

  /// Clocks of tickets run with the engine's: what has been judged up to a moment is what can be verified at it.
  mutating func passTicketTime(until time: Timestamp) {
    if suppressions.hasEnded(by: time.milliseconds) { expireSuppressions(by: time) }
    let events = book.advance(to: time)
    if !events.isEmpty { record(events) }
    batch.digest(now: time, by: &policy)
  }

  /// A person's step on a ticket.
  mutating func perform(
    _ step: TicketCommand.Step, on ticket: String, by: String, via: TicketEvent.Source
  ) throws(TicketError) -> [TicketEvent] {
    let command = TicketCommand(step, ticket: ticket, by: by, at: clock.now ?? batch.now, via: via)
    let events = try book.perform(command)
    record(events)
    return events
  }

  /// Back to what was known before: what came since could not be kept.
  mutating func revert(
    to earlier: (book: TicketBook, suppressions: SuppressionList, policy: NoticePolicy?)
  ) {
    (book, suppressions, policy) = earlier
    // The batch that was taken with it is gone: the next one says where the clock stood.
    keptClock = .distantPast
  }

  mutating func recordCommit(milliseconds: Double) {
    status.commits += 1
    status.longestCommit = max(status.longestCommit, milliseconds)
    status.commitLatency.add(seconds: milliseconds / 1000)
  }

  mutating func recordAlert(milliseconds: Int64) {
    status.alertLatency.add(seconds: Double(milliseconds) / 1000)
  }

  mutating func recordSnapshot(milliseconds: Int64) {
    status.longestSnapshot = max(status.longestSnapshot, Double(milliseconds))
  }

  mutating func countClockStep() { status.clockSteps += 1 }

  /// Something waits for a commit.
  var hasUncommitted: Bool {
    !batch.isEmpty || status.problems > committedProblems || isNew && clock.now != nil
  }

  /// What waits moves an alarm or a ticket, and is not to wait any longer.
  var isUrgent: Bool {
    !batch.transitions.isEmpty || !batch.ticketEvents.isEmpty || isNew && clock.now != nil
  }

  /// What is to be committed; the next batch starts empty.
  /// - Parameter stateLimit: so many device states too; they change with every message and can wait a little.
  mutating func takeBatch(stateLimit: Int) -> Batch {
    var full = batch
    full.now = engine.clock
    if isNew, clock.now != nil {
      full.facts[Self.watchedSince] = String(engine.start.milliseconds)
      isNew = false
    }
    full.problems = problems.take()
    committedProblems = status.problems
    full.deviceStates = states.takeChanges(catalogue, limit: stateLimit)
    if stateLimit > 0 { full.facts.merge(unclaimed.takeChanges(at: batch.now)) { $1 } }
    batch = Batch(now: engine.clock)
    if !full.isEmpty { keptClock = engine.clock }
    return full
  }

  /// Readings and fresh readings since the last call.
  mutating func takeArrivals() -> (readings: Int, fresh: Int) {
    defer { arrivals = (0, 0) }
    return arrivals
  }

  /// Nothing could be heard until now: silence counts from here.
  mutating func resume() {
    guard let now = clock.now else { return }
    engine.resume(at: now - Self.grace)
    collect()
  }

  mutating func lookAhead() { engine.lookAhead() }

  /// Goes on with another engine, which was played from the log of all that is committed.
  mutating func go(on rebuilt: RuleEngine) {
    engine = rebuilt
    keptClock = rebuilt.clock
    batch.now = rebuilt.clock
  }

  /// All readings up to an announced time came before it on the same connection.
  private mutating func receiveClock(_ topic: UnsafeRawBufferPointer, _ payload: UnsafeRawBufferPointer) {
    guard let time = SimulationTopic.time(in: payload) else { return }
    clock.announce(time)
    ingest()
    if engine.clock < time - Self.newRun {
      // Watching begins with the simulator's first word, not with the year 1.
      go(on: RuleEngine(rules: engine.ruleSet, catalogue: catalogue, start: time))
      isNew = true
    }
    passTime(isHeld: false)
    if SimulationTopic.isEnd(topic) { status.simulationEnded = true }
  }
}
