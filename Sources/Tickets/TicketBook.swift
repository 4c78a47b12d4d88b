/// All tickets: alarm transitions and commands come in, ticket events go out.
import Configuration
import EstateModel
import Foundation

/// The book of tickets. It reads no clock and does no I/O: the same inputs give the same events.
///
///     var book = TicketBook(routing: routing, catalogue: catalogue)
///     try book.restore(stored)
///     let due = book.advance(to: moment)           // clocks, escalations, verification
///     let events = book.apply(transition)          // empty when there is nothing new in it
///     let more = try book.perform(command)
public struct TicketBook: Sendable {
  struct Cause: Hashable {
    var estate: String
    var category: String
    var cause: String
  }

  public private(set) var routing: Routing
  private(set) var catalogue: Catalogue
  public internal(set) var tickets: [String: Ticket] = [:]
  /// The newest ticket of each cause.
  var latest: [Cause: String] = [:]
  /// The ticket on which each alarm is.
  var ticketOfAlarm: [String: String] = [:]
  /// All tickets of each cause, the newest last.
  private(set) var history: [Cause: [String]] = [:]
  /// The root-cause ticket of each ticket that has one.
  private(set) var rootCauses: [String: String] = [:]
  /// When tickets were last opened in each estate, and which alarms came last.
  var recentOpenings: [String: [Int64]] = [:]
  var recentAlarms: [Front: [(at: Int64, ticket: String)]] = [:]
  private(set) var rows: [String: TicketRow] = [:]
  var deadlines = DeadlineQueue()
  /// Tickets that sensors watch.
  private(set) var watching: Set<String> = []
  /// Alarms by which a device, as `estate/device`, is known to be out of order.
  private var maintenance: [String: Set<String>] = [:]
  /// Each ticket's newest events: what a person who looked too early has missed.
  private var trails: [String: [TicketEvent]] = [:]
  private static let trailLength = 12

  public init(routing: Routing, catalogue: Catalogue) {
    (self.routing, self.catalogue) = (routing, catalogue)
  }

  /// Goes on with other routes and estates. What has been settled on tickets stays.
  public mutating func use(routing: Routing, catalogue: Catalogue) {
    (self.routing, self.catalogue) = (routing, catalogue)
    for ticket in tickets.values where ticket.isOpen { reschedule(ticket.id) }
  }

  /// How many tickets there are on which somebody still has to act; costs nothing.
  public private(set) var openCount = 0
  /// Every ticket on which somebody still has to act, the most urgent first, then the oldest.
  public var open: [Ticket] { tickets(.open) }

  /// Takes in stored events, in the order in which they were made.
  /// - Throws: ``TicketError/brokenHistory(ticket:found:expected:)``
  public mutating func restore(_ events: some Sequence<TicketEvent>) throws(TicketError) {
    var touched: Set<String> = []
    for event in events {
      if tickets[event.ticket] == nil {
        tickets[event.ticket] = try Ticket(opening: event)
      } else {
        try tickets[event.ticket]?.apply(event)
      }
      note(event)
      touched.insert(event.ticket)
    }
    for id in touched { reschedule(id) }
  }

  /// What an alarm's step makes of the tickets: opened, joined, reopened or cleared; nothing when the step is
  /// already known. Time is to be let pass up to the step first: `advance(to:)`.
  public mutating func apply(_ transition: AlarmTransition) -> [TicketEvent] {
    switch transition.kind {
    case .raised: raise(transition)
    case .cleared: clear(transition)
    }
  }
}

extension TicketBook {
  /// Enters an event that the book has made.
  @discardableResult
  mutating func append(
    _ payload: TicketEvent.Payload, to id: String, at: Int64, by: String, via: TicketEvent.Source,
    terms: Terms? = nil
  ) -> TicketEvent {
    let event = TicketEvent(
      ticket: id, sequence: (tickets[id]?.sequence ?? 0) + 1, at: Timestamp(milliseconds: at), by: by,
      via: via, payload: payload, terms: terms)
    if case .opened(let opening, let alarm) = payload {
      tickets[id] = Ticket(id: id, opening: opening, alarm: alarm, at: at, terms: event.terms)
    } else {
      tickets[id]?.fold(event)
    }
    note(event)
    reschedule(id)
    return event
  }

  /// What the book knows beyond the tickets themselves; the same for new and for stored events.
  private mutating func note(_ event: TicketEvent) {
    if let alarm = event.alarm { ticketOfAlarm[alarm.alarm] = event.ticket }
    guard let ticket = tickets[event.ticket] else { return }
    openCount += (ticket.isOpen ? 1 : 0) - (rows[ticket.id]?.state.isOpen == true ? 1 : 0)
    rows[ticket.id] = TicketRow(ticket)
    keepTrail(event, isOpen: ticket.isOpen)
    switch event.payload {
    case .opened(let opening, _):
      latest[cause(of: ticket)] = ticket.id
      history[cause(of: ticket), default: []].append(ticket.id)
      for occurrence in opening.occurrences { rootCauses[occurrence.ticket] = ticket.id }
    case .recurred(let occurrence): rootCauses[occurrence.ticket] = ticket.id
    case .merged(let target, _): latest[cause(of: ticket)] = target
    case .absorbed(let absorption):
      for alarm in absorption.alarms { ticketOfAlarm[alarm.facts.alarm] = ticket.id }
    default: break
    }
    noteCrowd(event, on: ticket)
    if ticket.state == .resolved, ticket.watch != nil {
      watching.insert(ticket.id)
    } else {
      watching.remove(ticket.id)
    }
    if let alarm = event.alarm, alarm.category ?? ticket.category == Self.maintenanceCategory {
      let device = "\(ticket.estate)/\(alarm.device)"
      if event.kind == .cleared {
        maintenance[device]?.remove(alarm.alarm)
      } else {
        maintenance[device, default: []].insert(alarm.alarm)
      }
    }
  }

  /// Alarms of this category say that a device is out of order.
  static let maintenanceCategory = "device-maintenance"

  func isBlind(_ device: String, in estate: String) -> Bool {
    maintenance["\(estate)/\(device)"]?.isEmpty == false
  }

  /// Nobody acts on a ticket that is done with, and there are ever more of those.
  private mutating func keepTrail(_ event: TicketEvent, isOpen: Bool) {
    guard isOpen else {
      trails[event.ticket] = nil
      return
    }
    trails[event.ticket, default: []].append(event)
    if trails[event.ticket]?.count ?? 0 > Self.trailLength { trails[event.ticket]?.removeFirst() }
  }

  /// Whether an alarm is or was on a ticket.
  public func knows(alarm: String) -> Bool { ticketOfAlarm[alarm] != nil }

  func cause(of ticket: Ticket) -> Cause {
    Cause(estate: ticket.estate, category: ticket.category, cause: ticket.cause)
  }

  /// - Throws: ``TicketError/conflict(ticket:seen:changes:omitted:)`` when others have changed the ticket since.
  func check(_ ticket: Ticket, unchangedSince seen: Int) throws(TicketError) {
    guard seen < ticket.sequence else { return }
    let trail = trails[ticket.id] ?? []
    let changes = trail.filter { $0.sequence > seen && $0.isChange }
    let omitted = max(0, (trail.first?.sequence ?? seen + 1) - seen - 1)
    guard !changes.isEmpty || omitted > 0 else { return }
    throw .conflict(ticket: ticket.id, seen: seen, changes: changes, omitted: omitted)
  }

  func unusedIdentifier(rule: String, subject: String, onset: Int64, _ estate: Estate?) -> String {
    let timeZone = estate?.timeZone ?? .gmt
    var attempt: Int64 = 0
    while true {
      let id = TicketIdentifier.make(
        rule: rule, subject: subject, onset: onset, in: timeZone, attempt: attempt)
      if tickets[id] == nil { return id }
      attempt += 1
    }
  }

  func party(_ role: Role, in estate: Estate?) -> TicketParty {
    TicketParty(role: role, title: estate?.party(role).title ?? role.title)
  }

  func unique(_ roles: [Role], without present: [Role]) -> [Role] {
    var seen = Set(present)
    return roles.filter { seen.insert($0).inserted }
  }
}
