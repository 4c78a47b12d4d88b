/// Work on a data folder on which no gateway runs.
import EstateModel
import Foundation
import Logging
import Notifications
import Rules
import Store
import Tickets

public enum OfflineTickets {
  /// Takes a person's step on a ticket and keeps it.
  /// - Throws: ``TicketError``, ``StoreError``.
  public static func perform(
    _ step: TicketCommand.Step, on ticket: String, by: String, configuration: LoadedConfiguration
  ) throws -> [TicketEvent] {
    let store = try Store.open(folder: configuration.settings.dataFolder, catalogue: configuration.catalogue)
    var book = TicketBook(routing: configuration.routing, catalogue: configuration.catalogue)
    try book.restore(try store.contents.ticketEvents())
    // After a simulated run its own time goes on, not the wall's.
    let now = max(try store.contents.lastBatchTime() ?? .distantPast, GatewayClock.wall)
    // What was due before the step comes first, as it would have in a running gateway.
    let due = book.advance(to: now)
    let events = try book.perform(TicketCommand(step, ticket: ticket, by: by, at: now, via: .commandLine))
    var batch = Batch(now: now)
    batch.record(due + events, from: book)
    // A gateway that runs later sends it.
    var policy = try NoticePolicy(configuration, stored: store.contents, isSimulated: false)
    batch.notify(due + events, in: book, now: now, by: &policy)
    try store.commit(batch)
    return events
  }
}

public enum OfflineEngine {
  /// Plays the stored readings through the engine and asks it about one rule and device.
  public static func explanation(rule: String, device: String, configuration: LoadedConfiguration) throws
    -> RuleEngine.Explanation
  {
    guard let index = configuration.catalogue.device(named: device) else {
      throw GatewayError.unknown("unknown device '\(device)'")
    }
    let store = try Store.open(folder: configuration.settings.dataFolder, catalogue: configuration.catalogue)
    // Where the log ends, whichever clock it was written under.
    let core = try Recovery.core(
      configuration, log: store, source: .simulation, at: .system, logger: Logger(label: "gatehouse"))
    guard let explanation = core.engine.explanation(rule: rule, device: configuration.catalogue[index].path)
    else {
      throw GatewayError.unknown("rule '\(rule)' does not watch '\(device)'")
    }
    return explanation
  }
}
