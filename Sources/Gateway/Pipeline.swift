/// The one owner of link, engine, tickets and log: read, decide, commit, acknowledge, tell.
import EstateModel
import Logging
import MQTTSession
import Rules
import Store
import Tickets

/// Lives on one thread. It waits for nothing and reads no clock: its owner calls `step` with the time.
///
///     let pipeline = try Pipeline(configuration, link: session, log: store, …)
///     while running { pipeline.step(at: .system) }
///     let isKept = pipeline.finish(at: .system)
///
/// **Acknowledge after commit.** `link.flush()` and `link.maintain()` are called only where nothing that was read is
/// uncommitted. A commit that fails is tried again with growing pauses; until it works nothing is read, nothing is
/// acknowledged and nobody is told.
package final class Pipeline<Link: MessageLink, Log: BatchLog> {
  package internal(set) var configuration: LoadedConfiguration
  let logger: Logger
  let link: Link
  let log: Log
  var core: Core
  let tellStep: (GatewayStep) -> Void
  package var outbox: PipelineOutbox?
  /// Messages that may wait for their acknowledgement: half of the broker's in-flight window.
  let maximumUnacknowledged: Int
  /// Messages read and not acknowledged. The link forgets them when it is lost.
  var unacknowledged = 0
  var linksLost: Int
  /// Monotonic time since when something waits for its commit.
  var firstWaiting: Int64?
  /// Taken from the core, and not yet in the log.
  var pending: Batch?
  var failure: CommitFailure?
  /// When all device states had been taken, and when some were.
  var lastStates: Int64 = .min / 2
  var statesTaken: Int64 = .min / 2
  /// The link took only a part of the acknowledgements: nothing is read until the rest is out, because the rest
  /// could not be told from those of newer messages.
  var isReleasing = false
  var backlog = Backlog()
  /// The engine's clock stands still: the broker may hold what would be needed to judge by time alone.
  var isHeld = true
  /// Monotonic time of the last turn in which messages could be taken.
  var lastListened: Int64
  let snapshotInterval: Int64
  /// False while somebody plays from the log beside the gateway: then batches stay where they are.
  package var mayTidy = true
  var upkeep: Upkeep
  private var wasLinked = false
  private var messagesSeen = 0
  /// Messages read in the present turn.
  var readInTurn = 0
  private var problemLog = ProblemLog()

  /// A batch that moves no alarm waits at most this long, in milliseconds.
  static var groupCommit: Int64 { 1000 }
  /// A pause, in milliseconds, after all device states that had changed are written; and how many of them a batch takes
  /// along. The states of thousands of devices in one batch took 30 ms, for which alarms had to wait, a hundred 2.5 ms.
  static var statesInterval: Int64 { 2000 }
  static var statesInBatch: Int { 100 }
  static var statesAlone: Int64 { 4000 }
  /// Messages read before the engine runs.
  static var readLimit: Int { 2000 }

  /// Recovers what was from the log.
  /// - Parameters:
  ///   - maximumUnacknowledged: messages that may wait for their acknowledgement.
  ///   - snapshotInterval: milliseconds between two snapshots of the engine; a start has so much to play again.
  ///   - outbox: where messages go after their commit; nil: there are none.
  ///   - tell: gets each alarm's and ticket's step after its commit.
  package init(
    _ configuration: LoadedConfiguration, link: Link, log: Log, clock source: GatewayClock.Source,
    maximumUnacknowledged: Int, snapshotInterval: Int64 = 60_000, at moment: Moment, logger: Logger,
    outbox: PipelineOutbox? = nil,
    tell: @escaping (GatewayStep) -> Void = { _ in }
  ) throws {
    self.configuration = configuration
    self.logger = logger
    self.link = link
    self.log = log
    self.maximumUnacknowledged = maximumUnacknowledged
    tellStep = tell
    self.outbox = outbox
    linksLost = link.linksLost
    self.snapshotInterval = snapshotInterval
    upkeep = Upkeep(at: moment.monotonic)
    lastListened = moment.monotonic
    core = try Recovery.core(configuration, log: log, source: source, at: moment, logger: logger)
    core.policy = outbox?.policy
    core.withdrawOrphans()
    link.onMessage = { [unowned self] message in
      core.receive(message.topic, message.payload, isRetained: message.isRetained)
      unacknowledged += 1
    }
    link.wantsMore = { [unowned self] in core.hasRoom && unacknowledged < self.maximumUnacknowledged }
  }

  /// What the link must subscribe to.
  package var topicFilters: [String] {
    core.topicFilters + (core.clock.source == .simulation ? [SimulationTopic.filter] : [])
  }

  /// One turn: reads what is there, decides, commits when it is due, acknowledges.
  package func step(at moment: Moment) {
    observe(moment)
    noticeLoss()
    // The process or the broker's socket stood still: what came meanwhile is not read yet.
    if moment.monotonic - lastListened > Backlog.deafness { hold() }
    readInTurn = 0
    if isReading { read(moment.monotonic) }
    // Reading may have found the link gone.
    noticeLoss()
    settle(moment.monotonic)
    // Reconnecting and pinging may write, and writing releases acknowledgements: only with nothing uncommitted.
    if unacknowledged == 0, failure == nil {
      isReleasing = !link.flush()
      link.maintain()
    }
    noticeLink(moment.monotonic)
    noticeBacklog(moment.monotonic)
    if unacknowledged == 0, failure == nil, !core.hasUncommitted { keepUp(moment.monotonic) }
  }

  /// Keeps and acknowledges what was read, at the end. May be called again when it returns false.
  /// - Returns: false when the last batch could not be kept, and so was not acknowledged.
  package func finish(at moment: Moment) -> Bool {
    observe(moment)
    noticeLoss()
    guard commit(moment.monotonic, stateLimit: .max) else { return false }
    link.disconnect()
    saveSnapshot(moment.monotonic)
    return true
  }

  /// Whether messages may be taken now.
  package var isReading: Bool {
    failure == nil && !isReleasing && unacknowledged < maximumUnacknowledged && core.hasRoom
  }

  /// Whether the link may write now.
  package var isWriting: Bool { unacknowledged == 0 && failure == nil }

  /// Sparkplug nodes that are to be asked for all their metrics, each a minute after the last time at the earliest.
  package func takeRebirths() -> [String] { core.takeRebirths() }

  /// Whether a commit is waited for.
  package var isWaiting: Bool { firstWaiting != nil || failure != nil }

  /// The alarms that the engine holds active, as they were raised.
  package var activeAlarms: [AlarmTransition] { core.engine.activeAlarms }

  /// Milliseconds until something is due; at most 100.
  package func patience(at monotonic: Int64) -> Int64 {
    var due = monotonic + 100
    if let failure {
      due = min(due, failure.nextAttempt)
    } else if let firstWaiting {
      due = min(due, firstWaiting + Self.groupCommit)
    }
    return max(0, due - monotonic)
  }

  private func read(_ now: Int64) {
    lastListened = now
    link.read(upTo: Self.readLimit)
    noticeLink(now)
    core.ingest()
    let arrivals = core.takeArrivals()
    readInTurn = core.status.messages - messagesSeen
    backlog.note(
      messages: readInTurn, readings: arrivals.readings, fresh: arrivals.fresh)
    messagesSeen = core.status.messages
  }

  private func settle(_ now: Int64) {
    if let failure {
      if now >= failure.nextAttempt { _ = commit(now) }
      return
    }
    // With readings waiting, the clock moves at the end of their batch.
    if failure == nil, !core.hasReadings { core.passTime(isHeld: isHeld) }
    if let outbox { core.add(outbox.takeMarks()) }
    // Where nothing else comes, what is known of the devices goes alone.
    let isOverdue = core.hasStateChanges && now - lastStates >= Self.statesAlone
    if unacknowledged > 0 || core.hasUncommitted || isOverdue { firstWaiting = firstWaiting ?? now }
    if commitIsDue(now) { _ = commit(now) }
  }

  private func commitIsDue(_ now: Int64) -> Bool {
    guard let firstWaiting else { return false }
    return core.isUrgent || unacknowledged >= maximumUnacknowledged
      || now - firstWaiting >= Self.groupCommit
  }

  /// A link that was lost took its acknowledgements with it. What it brought stays in the batch; delivered again, it
  /// is recognised.
  func noticeLoss() {
    guard link.linksLost != linksLost else { return }
    linksLost = link.linksLost
    unacknowledged = 0
    isReleasing = false
    hold()
  }

  /// Stops the engine's clock until everything that the broker holds has been read.
  func hold() {
    backlog.lose()
    isHeld = true
  }

  private func noticeLink(_ now: Int64) {
    let isLinked = link.linkState.isConnected
    if isLinked != wasLinked {
      wasLinked = isLinked
      if isLinked {
        logger.info("broker link is up")
        // A session that the broker forgot leaves a hole in what could be heard.
        if !link.isSessionKept, core.clock.source == .wall { skipSilence(now) }
      } else {
        logger.warning("broker link is down: \(link.linkState)")
      }
    }
  }

  private func noticeBacklog(_ now: Int64) {
    guard failure == nil else { return }
    backlog.judge(
      now, isLinked: link.linkState.isConnected, isClear: unacknowledged == 0 && !isReleasing)
    isHeld = !backlog.isDrained
  }

  private func observe(_ moment: Moment) {
    guard let step = core.clock.observe(moment) else { return }
    switch step {
    case .noticed(let milliseconds):
      core.countClockStep()
      logger.warning(
        "the system's clock stepped by \(milliseconds) ms; the gateway's time goes on as before, and follows if the step lasts for \(GatewayClock.confirmation / 60_000) min"
      )
    case .undone: logger.notice("the system's clock is back where it was")
    case .followed(let milliseconds): follow(milliseconds, at: moment)
    }
  }

  /// A step of the clock that has lasted. Forward: nothing could be heard in the time that is skipped. Back: the
  /// engine's clock never goes back, so another engine is played from the log, up to the new time.
  private func follow(_ milliseconds: Int64, at moment: Moment) {
    logger.notice("the gateway's time follows the system's clock by \(milliseconds) ms")
    guard milliseconds < 0 else { return skipSilence(moment.monotonic) }
    guard failure == nil, commit(moment.monotonic) else { return }
    do {
      core.go(
        on: try Recovery.play(
          configuration, log: log, until: moment.wall, isOver: core.book.knows(alarm:), logger: logger
        ).engine)
    } catch {
      logger.error("the log can't be played again after the clock went back: \(error)")
    }
  }

  /// Tells what a batch held, after its commit.
  func tell(_ batch: Batch, at now: Int64) {
    for transition in batch.transitions { tellStep(.alarm(transition)) }
    for event in batch.ticketEvents {
      guard let ticket = core.book.tickets[event.ticket] else { continue }
      tellStep(.ticket(event, ticket))
    }
    if !batch.outbox.isEmpty { outbox?.tell(batch.outbox) }
    for transition in batch.transitions {
      let place = transition.towards.map { "\(transition.place)→\($0)" } ?? transition.place
      logger.notice("alarm \(transition.kind.rawValue): \(transition.rule) at \(transition.estate)/\(place)")
    }
    for problem in batch.problems {
      if let line = problemLog.line(problem, now: now) { logger.warning("\(line)") }
    }
  }

  package var status: GatewayStatus {
    core.refreshStatus()
    var status = core.status
    status.isCaughtUp = core.clock.source == .simulation || backlog.isDrained
    status.commitFailure = failure?.reason
    status.failingSince = failure?.since.milliseconds
    let refused = link.subscriptions.filter { if case .refused = $0.state { true } else { false } }
    status.link =
      !link.linkState.isConnected
      ? "disconnected"
      : refused.isEmpty ? "connected" : "refused: \(refused.map(\.filter).joined(separator: " "))"
    return status
  }

  package func explanation(rule: String, device: String) -> ControlReply {
    guard let index = core.catalogue.device(named: device) else {
      return .refused("unknown device '\(device)'")
    }
    guard let explanation = core.engine.explanation(rule: rule, device: core.catalogue[index].path) else {
      return .refused("rule '\(rule)' does not watch '\(device)'")
    }
    return .explanation(explanation)
  }
}
