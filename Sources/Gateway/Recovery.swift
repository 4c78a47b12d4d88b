/// Brings a gateway back to where it was: the log of readings is played through the engine again.
import EstateModel
import Logging
import Rules
import Store
import Tickets

enum Recovery {
  /// Readings older than the longest window and the longest delays can't matter any more.
  static func core(_ configuration: LoadedConfiguration, store: Store, clock: GatewayClock, logger: Logger)
    throws -> Core
  {
    var book = TicketBook(routing: configuration.routing, catalogue: configuration.catalogue)
    let contents = store.contents
    try book.restore(try contents.ticketEvents())
    let lastNow = try contents.lastBatchTime()
    let horizon =
      (configuration.rules.rules.map { $0.longestWindow + $0.onDelay + $0.offDelay }.max() ?? 0) + 60_000
    let start = lastNow.map { $0 - horizon } ?? clock.now
    var engine = RuleEngine(
      rules: configuration.rules, catalogue: configuration.catalogue, start: start ?? .distantPast)
    if let start, lastNow != nil {
      let replayed = try contents.replay(since: start, catalogue: configuration.catalogue) { now, readings in
        for reading in readings { engine.ingest(reading) }
        engine.advance(to: now)
      }
      // What the log says happened has been committed and told before.
      _ = engine.takeTransitions()
      let orphans = engine.restore(active: try contents.alarms(activeOnly: true).map(\.raised))
      for orphan in orphans {
        logger.warning(
          "alarm \(orphan.alarm) of \(orphan.estate)/\(orphan.device): rule '\(orphan.rule)' no longer watches it"
        )
      }
      logger.info("recovered \(replayed.readings) readings and \(book.open.count) open tickets")
    }
    return Core(
      configuration, clock: clock, engine: engine, book: book,
      states: DeviceStates(configuration.catalogue, stored: try contents.deviceStates()))
  }
}
