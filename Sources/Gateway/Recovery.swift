/// Brings a gateway back to where it was: the engine's snapshot, and what the log has after it played through again.
import EstateModel
import Logging
import Rules
import Store
import Tickets

enum Recovery {
  /// Batches before a snapshot whose readings are remembered as delivered.
  static let remembered: Int64 = 256

  /// What the log held.
  struct Played {
    var engine: RuleEngine
    /// The batch of the snapshot that it began with; nil: it began with none.
    var snapshot: Int64?
    var recent = RecentReadings()
    var states: DeviceStates
    var readings = 0
    /// Where the log ends; nil: it is empty.
    var end: Timestamp?
    /// Active alarms whose rule no longer watches their device.
    var orphans: [AlarmTransition] = []
  }

  /// - Parameter moment: the time of the start.
  static func core(
    _ configuration: LoadedConfiguration, log: some BatchLog, source: GatewayClock.Source, at moment: Moment,
    logger: Logger
  ) throws -> Core {
    var book = TicketBook(routing: configuration.routing, catalogue: configuration.catalogue)
    try book.restore(try log.ticketEvents())
    var suppressions = SuppressionList(catalogue: configuration.catalogue)
    let played = try play(
      configuration, log: log, until: source == .wall ? moment.wall : nil, isOver: book.knows(alarm:),
      logger: logger)
    var clock = GatewayClock(source, resumed: played.end)
    _ = clock.observe(moment)
    if played.end != nil {
      let origin = played.snapshot.map { "snapshot after batch \($0), then " } ?? ""
      logger.info("recovered \(origin)\(played.readings) readings and \(book.open.count) open tickets")
    }
    let since = (played.end ?? .distantPast) - SuppressionList.memory
    suppressions.restore(
      try log.suppressions(), active: played.engine.activeAlarms.filter { !book.knows(alarm: $0.alarm) },
      recent: played.end == nil ? [] : try log.raised(since: since))
    return Core(
      configuration, clock: clock, engine: played.engine, book: book, suppressions: suppressions,
      states: played.states,
      recent: played.recent,
      unclaimed: UnclaimedList(
        stored: try UnclaimedList.stored { try log.fact($0) },
        privateKeys: configuration.privateKeys, catalogue: configuration.catalogue),
      isNew: played.end == nil, orphans: played.orphans)
  }

  /// Makes the engine that the log leads to: from the newest snapshot that can be read and the batches after it, else
  /// from all batches that can matter.
  /// - Parameters:
  ///   - limit: the engine's clock goes no further: a log that was written under a clock that ran ahead must
  ///   not make the present look like the past. Nil: none.
  ///   - isOver: whether an alarm that is not active has been one.
  static func play(
    _ configuration: LoadedConfiguration, log: some BatchLog, until limit: Timestamp?,
    isOver: (_ alarm: String) -> Bool, logger: Logger
  ) throws -> Played {
    let end = try log.lastBatchTime().map { min($0, limit ?? $0) }
    let watched = try log.fact(Core.watchedSince).flatMap(Int64.init).map(Timestamp.init(milliseconds:))
    let start =
      end.map { max($0 - configuration.rules.horizon, watched ?? .distantPast) } ?? limit ?? .distantPast
    var played = Played(
      engine: RuleEngine(rules: configuration.rules, catalogue: configuration.catalogue, start: start),
      states: DeviceStates(configuration.catalogue, stored: try log.deviceStates()), end: end)
    guard end != nil else { return played }
    for snapshot in try log.snapshots() where snapshot.now <= limit ?? snapshot.now {
      do {
        try played.engine.restore(snapshot: snapshot.bytes)
        played.snapshot = snapshot.batch
        // It may be of other rules and other devices.
        let rebuilt = try Rebuilt(
          of: played.engine, configuration, log: log, since: watched, until: snapshot.now,
          through: snapshot.batch)
        if let rebuilt { played.engine.adopt(rebuilt.engine, isOver: isOver) }
        break
      } catch {
        logger.warning("the engine's snapshot after batch \(snapshot.batch) can't be used: \(error)")
      }
    }
    try playBatches(&played, configuration, log: log, since: start, until: limit)
    // What the log says happened has been committed and told before.
    _ = played.engine.takeTransitions()
    played.orphans = played.engine.restore(active: try log.activeAlarms())
    return played
  }

  private static func playBatches(
    _ played: inout Played, _ configuration: LoadedConfiguration, log: some BatchLog, since start: Timestamp,
    until limit: Timestamp?
  ) throws {
    // What was said under a clock that ran ahead is history: it must not make what comes now look late.
    let latest = limit.map { $0 + configuration.settings.acceptedAhead } ?? .distantFuture
    if let snapshot = played.snapshot {
      // What the broker may deliver again is older than the snapshot, too.
      _ = try log.replay(
        afterBatch: max(0, snapshot - remembered), catalogue: configuration.catalogue
      ) { _, readings in
        for reading in readings {
          _ = played.states.take(reading)
          played.recent.remember(reading)
        }
      }
      played.readings = try log.replay(afterBatch: snapshot, catalogue: configuration.catalogue) {
        now, readings in
        for reading in readings where reading.time <= latest { played.engine.ingest(reading) }
        played.engine.advance(to: min(now, limit ?? now))
      }
      return
    }
    played.readings = try log.replay(since: start, through: .max, catalogue: configuration.catalogue) {
      now, readings in
      for reading in readings {
        if reading.time <= latest { played.engine.ingest(reading) }
        _ = played.states.take(reading)
        played.recent.remember(reading)
      }
      played.engine.advance(to: min(now, limit ?? now))
    }
  }
}

extension RuleSet {
  /// Readings older than the longest window and the longest delays can't matter any more.
  var horizon: Int64 { (rules.map { $0.longestWindow + $0.onDelay + $0.offDelay }.max() ?? 0) + 60_000 }
}
