/// Brings a gateway back to where it was: the log of readings is played through the engine again.
import EstateModel
import Logging
import Rules
import Store
import Tickets

enum Recovery {
  /// What the log held.
  struct Played {
    var engine: RuleEngine
    var recent = RecentReadings()
    var states: DeviceStates
    var readings = 0
    /// Where the log ends; nil: it is empty.
    var end: Timestamp?
  }

  /// - Parameter moment: the time of the start.
  static func core(
    _ configuration: LoadedConfiguration, log: some BatchLog, source: GatewayClock.Source, at moment: Moment,
    logger: Logger
  ) throws -> Core {
    var book = TicketBook(routing: configuration.routing, catalogue: configuration.catalogue)
    try book.restore(try log.ticketEvents())
    let played = try play(configuration, log: log, until: source == .wall ? moment.wall : nil, logger: logger)
    var clock = GatewayClock(source, resumed: played.end)
    _ = clock.observe(moment)
    if played.end != nil {
      logger.info("recovered \(played.readings) readings and \(book.open.count) open tickets")
    }
    return Core(
      configuration, clock: clock, engine: played.engine, book: book, states: played.states,
      recent: played.recent, isNew: played.end == nil)
  }

  /// Plays the log through an engine.
  /// - Parameter limit: the engine's clock goes no further: a log that was written under a clock that ran ahead must
  ///   not make the present look like the past. Nil: none.
  static func play(
    _ configuration: LoadedConfiguration, log: some BatchLog, until limit: Timestamp?, logger: Logger
  ) throws -> Played {
    let end = try log.lastBatchTime().map { min($0, limit ?? $0) }
    let watched = try log.fact(Core.watchedSince).flatMap(Int64.init).map(Timestamp.init(milliseconds:))
    let start =
      end.map { max($0 - horizon(of: configuration), watched ?? .distantPast) } ?? limit ?? .distantPast
    var played = Played(
      engine: RuleEngine(rules: configuration.rules, catalogue: configuration.catalogue, start: start),
      states: DeviceStates(configuration.catalogue, stored: try log.deviceStates()), end: end)
    guard end != nil else { return played }
    played.readings = try log.replay(since: start, catalogue: configuration.catalogue) { now, readings in
      for reading in readings {
        played.engine.ingest(reading)
        _ = played.states.take(reading)
        played.recent.remember(reading)
      }
      played.engine.advance(to: min(now, limit ?? now))
    }
    // What the log says happened has been committed and told before.
    _ = played.engine.takeTransitions()
    for orphan in played.engine.restore(active: try log.activeAlarms()) {
      logger.warning(
        "alarm \(orphan.alarm) of \(orphan.estate)/\(orphan.device): rule '\(orphan.rule)' no longer watches it"
      )
    }
    return played
  }

  /// Readings older than the longest window and the longest delays can't matter any more.
  private static func horizon(of configuration: LoadedConfiguration) -> Int64 {
    (configuration.rules.rules.map { $0.longestWindow + $0.onDelay + $0.offDelay }.max() ?? 0) + 60_000
  }
}
