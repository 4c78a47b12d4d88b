/// Steps of alarms and tickets in the order of their commits, from any point on: what a live stream resumes with.
import EstateModel
import GRDB
import Tickets

/// How far somebody has read: the numbers of the last alarm step and of the last ticket event. They are given by the
/// database and survive a restart.
public struct StepPosition: Hashable, Sendable {
  public var alarm: Int64
  public var ticket: Int64

  public static let start = StepPosition(alarm: 0, ticket: 0)

  public init(alarm: Int64, ticket: Int64) { (self.alarm, self.ticket) = (alarm, ticket) }

  /// `12-34`
  public var text: String { "\(alarm)-\(ticket)" }

  /// - Returns: nil when the text is not a position.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let alarm = Int64(parts[0]), let ticket = Int64(parts[1]), alarm >= 0, ticket >= 0
    else { return nil }
    self.init(alarm: alarm, ticket: ticket)
  }
}

/// One step, and the position behind it.
public struct StoredStep: Sendable {
  public enum Content: Sendable {
    case alarm(AlarmTransition)
    /// The ticket as it is now, which may be further on than this event.
    case ticket(TicketEvent, Ticket)
  }

  public var content: Content
  public var position: StepPosition
}

extension StoreReader {
  /// Where the newest step is.
  public func latestStep() throws -> StepPosition {
    try read { database in
      StepPosition(
        alarm: try Int64.fetchOne(database, sql: "SELECT max(seq) FROM alarm_transitions") ?? 0,
        ticket: try Int64.fetchOne(database, sql: "SELECT max(seq) FROM ticket_events") ?? 0)
    }
  }

  /// Steps behind a position: alarms first, then what became of them on tickets.
  /// - Parameter limit: at most so many of either.
  public func steps(after position: StepPosition, limit: Int) throws -> [StoredStep] {
    try read { database in
      let decoder = StoredJSON.decoder()
      var position = position
      var steps: [StoredStep] = []
      for row in try Row.fetchAll(
        database, sql: "SELECT seq, json FROM alarm_transitions WHERE seq > ? ORDER BY seq LIMIT ?",
        arguments: [position.alarm, limit])
      {
        position.alarm = try row.value("seq", of: "alarm_transitions")
        let step = try row.decoded(AlarmTransition.self, of: "alarm_transitions", by: decoder)
        steps.append(StoredStep(content: .alarm(step), position: position))
      }
      for row in try Row.fetchAll(
        database,
        sql: """
          SELECT seq, ticket_events.json AS json, tickets.json AS state FROM ticket_events
          JOIN tickets ON tickets.id = ticket WHERE seq > ? ORDER BY seq LIMIT ?
          """, arguments: [position.ticket, limit])
      {
        position.ticket = try row.value("seq", of: "ticket_events")
        let event = try row.decoded(TicketEvent.self, of: "ticket_events", by: decoder)
        let ticket = try row.decoded(Ticket.self, of: "tickets", column: "state", by: decoder)
        steps.append(StoredStep(content: .ticket(event, ticket), position: position))
      }
      return steps
    }
  }
}
