/// A ticket whose history has gaps gets one without: what the ticket's row knows fills them.
import EstateModel
import Tickets

/// A gateway starts from the events alone, and refuses a history with gaps.
struct TicketRepair {
  /// The events as they will be stored, numbered from 1 without gaps.
  private(set) var events: [TicketEvent] = []
  private(set) var ticket: Ticket
  /// Steps that are known to have happened and are lost, or stand in for such.
  private(set) var lostSteps = 0

  /// - Parameters:
  ///   - row: the ticket as its own row has it; nil: lost.
  ///   - stored: its events that could be read, in order.
  /// - Returns: nil when neither the row nor the opening is left.
  init?(row: Ticket?, stored: [TicketEvent]) {
    let whole = stored.enumerated().prefix { $1.sequence == $0 + 1 }.map(\.element)
    let rest = stored.dropFirst(whole.count)
    let known = max(row?.sequence ?? 0, stored.last?.sequence ?? 0)
    if let folded = try? Ticket(events: whole) {
      (ticket, events) = (folded, whole)
    } else if let row, let opening = Self.opening(of: row), let folded = try? Ticket(opening: opening) {
      (ticket, events) = (folded, [opening])
    } else {
      return nil
    }
    if whole.count == known { return }
    lostSteps = known - stored.count
    if let row, row.sequence > ticket.sequence {
      // Remarks stay; all other steps follow from what the ticket is now.
      for event in rest where event.kind == .commented && event.sequence <= row.sequence { append(event) }
      bring(to: row)
      for event in rest where event.sequence > row.sequence { append(event) }
    } else {
      for event in rest where event.kind != .opened { append(event) }
    }
  }

  private mutating func append(_ event: TicketEvent) {
    var event = event
    event.sequence = ticket.sequence + 1
    guard (try? ticket.apply(event)) != nil else { return }
    events.append(event)
  }

  private mutating func append(_ payload: TicketEvent.Payload, at: Int64) {
    append(Self.event(payload, of: ticket.id, sequence: ticket.sequence + 1, at: at))
  }

  /// Steps that make of the ticket what its row says.
  private mutating func bring(to row: Ticket) {
    for alarm in row.alarms where !ticket.alarms.contains(where: { $0.facts.alarm == alarm.facts.alarm }) {
      append(
        ticket.state == .resolved
          ? .reopened(alarm.facts, Revision(), note: "") : .joined(alarm.facts, Revision()), at: alarm.raised)
    }
    for alarm in row.alarms {
      if let cleared = alarm.cleared,
        ticket.activeAlarms.contains(where: { $0.facts.alarm == alarm.facts.alarm })
      {
        append(.cleared(alarm.facts), at: cleared)
      }
    }
    if ticket.responsible != row.responsible { append(.assigned(row.responsible), at: row.updated) }
    if ticket.state != row.state {
      let note = "restored by gatehouse recover"
      switch row.state {
      case .acknowledged: append(.acknowledged(note: note), at: row.acknowledged ?? row.updated)
      case .onSite: append(.arrived(note: note), at: row.arrived ?? row.updated)
      case .resolved: append(.resolved(note: note), at: row.resolved ?? row.updated)
      case .verified: append(.verified(row.proof, note: note), at: row.verified ?? row.updated)
      case .closed: append(.closed(note: note), at: row.closed ?? row.updated)
      case .merged: append(.merged(into: row.mergedInto ?? "", note: note), at: row.updated)
      case .cancelled: append(.cancelled(note: note), at: row.updated)
      case .new, .reopened: append(.reopened(nil, Revision(), note: note), at: row.updated)
      }
    }
  }

  private static func opening(of row: Ticket) -> TicketEvent? {
    guard let alarm = row.alarms.first else { return nil }
    let opening = Opening(
      estate: row.estate, category: row.category, cause: row.cause, responsible: row.responsible,
      others: row.others, location: row.location, former: row.former)
    return event(.opened(opening, by: alarm.facts), of: row.id, sequence: 1, at: row.opened)
  }

  private static func event(_ payload: TicketEvent.Payload, of ticket: String, sequence: Int, at: Int64)
    -> TicketEvent
  {
    TicketEvent(
      ticket: ticket, sequence: sequence, at: Timestamp(milliseconds: at), by: "gatehouse recover",
      via: .commandLine, payload: payload)
  }
}
