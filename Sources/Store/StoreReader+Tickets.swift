/// Tickets, their events, and alarms as they are stored.
import EstateModel
import GRDB
import Tickets

/// An alarm as it stands.
public struct StoredAlarm: Hashable, Sendable, Codable {
  /// The step that made it known: normally its raising.
  public var raised: AlarmTransition
  /// Milliseconds since 1970; nil while it is active.
  public var cleared: Int64?

  public var isActive: Bool { cleared == nil }
}

extension StoreReader {
  /// One ticket with its history; nil when there is none of this id.
  public func ticket(_ id: String) throws -> (ticket: Ticket, events: [TicketEvent])? {
    try read { database in
      let decoder = StoredJSON.decoder()
      guard
        let row = try Row.fetchOne(database, sql: "SELECT json FROM tickets WHERE id = ?", arguments: [id])
      else { return nil }
      let events = try Row.fetchAll(
        database, sql: "SELECT json FROM ticket_events WHERE ticket = ? ORDER BY number", arguments: [id])
      return (
        try row.decoded(Ticket.self, of: "tickets", by: decoder),
        try events.map { try $0.decoded(TicketEvent.self, of: "ticket_events", by: decoder) }
      )
    }
  }

  /// Every ticket's events in the order of their commits: what a ticket book is restored from.
  public func ticketEvents() throws -> [TicketEvent] {
    try values(TicketEvent.self, of: "ticket_events", "SELECT json FROM ticket_events ORDER BY seq")
  }

  /// - Parameters:
  ///   - activeOnly: leaves out those that have cleared.
  ///   - since: leaves out those that were raised before; nil: none.
  public func alarms(activeOnly: Bool = false, since: Timestamp? = nil) throws -> [StoredAlarm] {
    try read { database in
      let decoder = StoredJSON.decoder()
      let rows = try Row.fetchAll(
        database,
        sql: """
          SELECT json, cleared FROM alarms WHERE raised >= ? AND (state = 'active' OR NOT ?)
          ORDER BY raised, id
          """, arguments: [since?.milliseconds ?? Int64.min, activeOnly])
      return try rows.map { row in
        let stored: DatabaseValue = row["cleared"]
        return StoredAlarm(
          raised: try row.decoded(AlarmTransition.self, of: "alarms", by: decoder),
          cleared: stored.isNull ? nil : try row.value("cleared", of: "alarms") as Int64)
      }
    }
  }

  /// Steps of alarms in the order of their commits.
  public func transitions(since: Timestamp? = nil) throws -> [AlarmTransition] {
    try values(
      AlarmTransition.self, of: "alarm_transitions",
      "SELECT json FROM alarm_transitions WHERE at >= ? ORDER BY seq", [since?.milliseconds ?? Int64.min])
  }
}
