/// All tickets: alarm transitions and commands come in, ticket events go out.
import Configuration
import EstateModel
import Foundation

/// The book of tickets. It reads no clock and does no I/O: the same inputs give the same events.
///
///     var book = TicketBook(routing: routing, catalogue: catalogue)
///     try book.restore(stored)
///     let events = book.apply(transition)          // empty when there is nothing new in it
///     let more = try book.perform(command)
public struct TicketBook: Sendable {
  private struct Cause: Hashable {
    var estate: String
    var category: String
    var cause: String
  }

  public let routing: Routing
  private let catalogue: Catalogue
  public private(set) var tickets: [String: Ticket] = [:]
  /// The newest ticket of each cause.
  private var latest: [Cause: String] = [:]
  /// The ticket on which each alarm is.
  private var ticketOfAlarm: [String: String] = [:]

  public init(routing: Routing, catalogue: Catalogue) {
    (self.routing, self.catalogue) = (routing, catalogue)
  }

  /// Every ticket that isn't closed, the most urgent first, then the oldest.
  public var open: [Ticket] {
    tickets.values.filter(\.isOpen).sorted {
      ($0.priority, $0.opened, $0.id) < ($1.priority, $1.opened, $1.id)
    }
  }

  /// Takes in stored events, in the order in which they were made.
  /// - Throws: ``TicketError/brokenHistory(ticket:found:expected:)``
  public mutating func restore(_ events: some Sequence<TicketEvent>) throws(TicketError) {
    for event in events {
      if tickets[event.ticket] == nil {
        enter(try Ticket(opening: event))
      } else {
        try tickets[event.ticket]?.apply(event)
      }
      if let alarm = event.alarm { ticketOfAlarm[alarm.alarm] = event.ticket }
    }
  }

  /// What an alarm's step makes of the tickets: opened, joined, reopened or cleared; nothing when the step is
  /// already known.
  public mutating func apply(_ transition: AlarmTransition) -> [TicketEvent] {
    switch transition.kind {
    case .raised: raise(transition)
    case .cleared: clear(transition)
    }
  }

  /// - Throws: ``TicketError``: the ticket isn't known, or the step isn't allowed in its state.
  public mutating func perform(_ command: TicketCommand) throws(TicketError) -> [TicketEvent] {
    guard let ticket = tickets[command.ticket] else {
      throw .unknownTicket(command.ticket, near: nearestName(to: command.ticket, in: tickets.keys))
    }
    guard ticket.state.after(command.step.action) != nil else {
      throw .notAllowed(command.step.action, ticket: ticket.id, state: ticket.state)
    }
    let payload = try payload(of: command.step, on: ticket)
    return [
      append(payload, to: ticket, at: command.at.milliseconds, by: command.by, via: command.via)
    ]
  }
}

extension TicketBook {
  private mutating func raise(_ transition: AlarmTransition) -> [TicketEvent] {
    guard ticketOfAlarm[transition.alarm] == nil else { return [] }
    let category = routing.category(transition.category)
    let estate = catalogue.estate(transition.estate)
    let links = PlaceLinks(estate: estate)
    let alarm = AlarmFacts(transition)
    let cause = Cause(
      estate: transition.estate, category: category.name,
      cause: links.cause(category.togetherBy, device: transition.device, place: transition.place))
    let former = latest[cause].flatMap { tickets[$0] }
    if let former, former.isOpen {
      let revision = revision(of: former, by: alarm, in: category, links)
      let payload: TicketEvent.Payload =
        former.state == .resolved ? .reopened(alarm, revision, note: "") : .joined(alarm, revision)
      return [append(payload, to: former, by: transition)]
    }
    let assignment = category.assignment(under: estate?.management ?? .unknown)
    let others = assignment.others + (alarm.priority == .p1 ? category.atP1 : [])
    let opening = Opening(
      estate: transition.estate, category: category.name, cause: cause.cause,
      responsible: party(assignment.lead, in: estate),
      others: unique(others, without: [assignment.lead]).map { party($0, in: estate) },
      location: links.location(of: [alarm], togetherBy: category.togetherBy) ?? Location(place: alarm.place),
      former: former?.id)
    let event = TicketEvent(
      ticket: unusedIdentifier(for: transition, estate), sequence: 1,
      at: Timestamp(milliseconds: transition.at), by: transition.rule, via: .rule,
      payload: .opened(opening, by: alarm))
    enter(Ticket(id: event.ticket, opening: opening, alarm: alarm, at: event.at))
    ticketOfAlarm[alarm.alarm] = event.ticket
    return [event]
  }

  private mutating func clear(_ transition: AlarmTransition) -> [TicketEvent] {
    guard let ticket = ticketOfAlarm[transition.alarm].flatMap({ tickets[$0] }),
      ticket.activeAlarms.contains(where: { $0.facts.alarm == transition.alarm })
    else { return [] }
    return [append(.cleared(AlarmFacts(transition)), to: ticket, by: transition)]
  }

  /// What the ticket gains by one more alarm, beyond the alarm itself.
  private func revision(of ticket: Ticket, by alarm: AlarmFacts, in category: Category, _ links: PlaceLinks)
    -> Revision
  {
    var revision = Revision()
    let active = ticket.activeAlarms.map(\.facts) + [alarm]
    if let location = links.location(of: active, togetherBy: category.togetherBy), location != ticket.location
    {
      revision.location = location
    }
    if let title = links.title(of: active), title != ticket.title { revision.title = title }
    if alarm.priority == .p1, ticket.priority > .p1 {
      let present = ([ticket.responsible] + ticket.others).compactMap(\.role)
      revision.others = unique(category.atP1, without: present).map { party($0, in: links.estate) }
    }
    return revision
  }

  private func payload(of step: TicketCommand.Step, on ticket: Ticket) throws(TicketError)
    -> TicketEvent.Payload
  {
    func filled(_ note: String) throws(TicketError) -> String {
      guard note.contains(where: { !$0.isWhitespace }) else { throw .empty(step.action, ticket: ticket.id) }
      return note
    }
    switch step {
    case .acknowledge(let note): return .acknowledged(note: note)
    case .assign(.role(let role)): return .assigned(party(role, in: catalogue.estate(ticket.estate)))
    case .assign(.name(let name)):
      let name = try filled(name)
      return .assigned(TicketParty(role: nil, title: Title(zh: name, en: name)))
    case .comment(let note): return .commented(note: try filled(note))
    case .resolve(let note): return .resolved(note: try filled(note))
    case .reopen(let note): return .reopened(nil, Revision(), note: try filled(note))
    case .close(let note): return .closed(note: note)
    }
  }

  private mutating func append(
    _ payload: TicketEvent.Payload, to ticket: Ticket, by transition: AlarmTransition
  )
    -> TicketEvent
  {
    append(payload, to: ticket, at: transition.at, by: transition.rule, via: .rule)
  }

  private mutating func append(
    _ payload: TicketEvent.Payload, to ticket: Ticket, at: Int64, by: String, via: TicketEvent.Source
  ) -> TicketEvent {
    let event = TicketEvent(
      ticket: ticket.id, sequence: ticket.sequence + 1, at: Timestamp(milliseconds: at), by: by, via: via,
      payload: payload)
    tickets[ticket.id]?.fold(event)
    if let alarm = event.alarm { ticketOfAlarm[alarm.alarm] = ticket.id }
    return event
  }

  private mutating func enter(_ ticket: Ticket) {
    tickets[ticket.id] = ticket
    latest[Cause(estate: ticket.estate, category: ticket.category, cause: ticket.cause)] = ticket.id
  }

  private func unusedIdentifier(for transition: AlarmTransition, _ estate: Estate?) -> String {
    let timeZone = estate?.timeZone ?? .gmt
    var attempt: Int64 = 0
    var id = TicketIdentifier.make(for: transition, in: timeZone)
    while tickets[id] != nil {
      attempt += 1
      id = TicketIdentifier.make(for: transition, in: timeZone, attempt: attempt)
    }
    return id
  }

  private func party(_ role: Role, in estate: Estate?) -> TicketParty {
    TicketParty(role: role, title: estate?.party(role).title ?? role.title)
  }

  private func unique(_ roles: [Role], without present: [Role]) -> [Role] {
    var seen = Set(present)
    return roles.filter { seen.insert($0).inserted }
  }
}
