/// From events to a ticket.
import EstateModel

extension Ticket {
  /// - Parameter events: one ticket's events in order, the opening first.
  /// - Throws: ``TicketError/brokenHistory(ticket:found:expected:)``
  public init(events: some Sequence<TicketEvent>) throws(TicketError) {
    var ticket: Ticket?
    for event in events {
      if ticket == nil { ticket = try Ticket(opening: event) } else { try ticket?.apply(event) }
    }
    guard let ticket else {
      throw TicketError.brokenHistory(ticket: "?", found: "no events", expected: "an opening")
    }
    self = ticket
  }

  /// - Throws: ``TicketError/brokenHistory(ticket:found:expected:)`` when the event isn't an opening.
  public init(opening event: TicketEvent) throws(TicketError) {
    guard case .opened(let opening, let alarm) = event.payload, event.sequence == 1 else {
      throw TicketError.brokenHistory(
        ticket: event.ticket, found: "'\(event.kind.rawValue)' as number \(event.sequence)",
        expected: "'opened' as number 1")
    }
    self.init(id: event.ticket, opening: opening, alarm: alarm, at: event.at)
  }

  init(id: String, opening: Opening, alarm: AlarmFacts, at: Int64) {
    self.id = id
    (estate, category, cause) = (opening.estate, opening.category, opening.cause)
    (state, priority, title) = (.new, alarm.priority, alarm.title)
    (place, towards) = (opening.location.place, opening.location.towards)
    (responsible, others, former) = (opening.responsible, opening.others, opening.former)
    (onset, opened, updated) = (alarm.onset, at, at)
    reopenings = 0
    alarms = [Alarm(facts: alarm, raised: at)]
    sequence = 1
  }

  /// - Throws: ``TicketError/brokenHistory(ticket:found:expected:)`` when the event belongs to another ticket or
  ///   isn't the next one.
  public mutating func apply(_ event: TicketEvent) throws(TicketError) {
    guard event.ticket == id, event.sequence == sequence + 1, event.kind != .opened else {
      throw TicketError.brokenHistory(
        ticket: id, found: "'\(event.kind.rawValue)' of \(event.ticket) as number \(event.sequence)",
        expected: "number \(sequence + 1)")
    }
    fold(event)
  }

  mutating func fold(_ event: TicketEvent) {
    sequence = event.sequence
    updated = max(updated, event.at)
    switch event.payload {
    case .opened: break
    case .joined(let alarm, let revision): add(alarm, revision, at: event.at)
    case .cleared(let alarm): clear(alarm.alarm, at: event.at)
    case .acknowledged: (state, acknowledged) = (.acknowledged, event.at)
    case .assigned(let party): responsible = party
    case .commented: break
    case .resolved: (state, resolved) = (.resolved, event.at)
    case .reopened(let alarm, let revision, _):
      (state, acknowledged, resolved) = (.new, nil, nil)
      reopenings += 1
      if let alarm { add(alarm, revision, at: event.at) }
    case .closed: (state, closed) = (.closed, event.at)
    }
  }

  private mutating func add(_ alarm: AlarmFacts, _ revision: Revision, at: Int64) {
    alarms.append(Alarm(facts: alarm, raised: at))
    priority = min(priority, alarm.priority)
    normalSince = nil
    if let title = revision.title { self.title = title }
    if let location = revision.location { (place, towards) = (location.place, location.towards) }
    others += revision.others
  }

  private mutating func clear(_ alarm: String, at: Int64) {
    guard let position = alarms.firstIndex(where: { $0.facts.alarm == alarm }) else { return }
    alarms[position].cleared = at
    if alarms.allSatisfy({ !$0.isActive }) { normalSince = at }
  }
}
