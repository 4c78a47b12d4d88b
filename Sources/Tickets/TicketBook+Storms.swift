/// Many alarms at once: one ticket with a list instead of a heap of tickets. P1 always has its own.
import EstateModel

extension TicketBook {
  /// Alarms of one category in one estate.
  struct Front: Hashable {
    var estate: String
    var category: String
  }

  static let digestCategory = "digest"
  private static let minute: Int64 = 60_000
  /// A digest that nobody has taken up is added to for so long, milliseconds.
  private static let digestAge: Int64 = 3_600_000

  /// - Returns: nil when the alarm is to have a ticket of its own.
  mutating func raiseInStorm(_ transition: AlarmTransition, _ alarm: AlarmFacts, _ category: Category)
    -> [TicketEvent]?
  {
    guard alarm.priority > .p1 else { return nil }
    if let rule = category.storm, let events = join(transition, alarm, category, rule) { return events }
    let opened = recentOpenings[transition.estate] ?? []
    let crowd = opened.count { abs(transition.at - $0) < Self.minute }
    guard crowd >= routing.newTicketsAMinute else { return nil }
    let digest = routing.category(Self.digestCategory)
    let cause = Cause(estate: transition.estate, category: digest.name, cause: "digest")
    if let open = latest[cause].flatMap({ tickets[$0] }), open.state == .new,
      transition.at - open.opened < Self.digestAge
    {
      return [collect(alarm, in: open, by: transition)]
    }
    return open(collection(transition, alarm, digest, cause))
  }

  /// The storm's ticket takes the alarm; when the storm has only now become one, also those that it already made.
  private mutating func join(
    _ transition: AlarmTransition, _ alarm: AlarmFacts, _ category: Category, _ rule: StormRule
  ) -> [TicketEvent]? {
    let front = Front(estate: transition.estate, category: category.name)
    let recent = (recentAlarms[front] ?? []).filter { transition.at - $0.at <= rule.within }
    guard recent.count + 1 >= rule.alarms else { return nil }
    let cause = Cause(estate: transition.estate, category: category.name, cause: "storm:\(category.name)")
    if let open = latest[cause].flatMap({ tickets[$0] }), open.state.isWorking {
      return [collect(alarm, in: open, by: transition)]
    }
    // Many alarms of one cause, such as the wells of one sewer, have their ticket; it takes many causes to make a storm.
    let causes = Set(recent.map(\.ticket))
    guard causes.count + 1 >= rule.alarms else { return nil }
    var events = open(collection(transition, alarm, category, cause))
    guard let id = events.first?.ticket else { return events }
    for own in causes.sorted() {
      guard let ticket = tickets[own], let storm = tickets[id], ticket.state == .new, own != id,
        ticket.category == category.name, ticket.priority > .p1
      else { continue }
      events += merge(
        ticket, into: storm, note: "", at: transition.at, by: Self.clockName, via: .clock)
    }
    return events
  }

  private func collection(
    _ transition: AlarmTransition, _ alarm: AlarmFacts, _ category: Category, _ cause: Cause
  ) -> NewTicket {
    var new = NewTicket(
      cause: cause, category: category, priority: alarm.priority, alarm: alarm, title: category.title,
      location: Location(place: alarm.place), onset: transition.onset, at: transition.at,
      by: transition.rule, via: .rule)
    new.subject = "\(transition.estate)/\(cause.cause)/\(transition.device)"
    new.former = latest[cause]
    return new
  }

  private mutating func collect(_ alarm: AlarmFacts, in ticket: Ticket, by transition: AlarmTransition)
    -> TicketEvent
  {
    append(
      .joined(alarm, Revision()), to: ticket.id, by: transition,
      terms: raisedTerms(ticket, to: alarm.priority, at: transition.at))
  }

  /// Keeps what the limits need to know, and no longer than they do.
  mutating func noteCrowd(_ event: TicketEvent, on ticket: Ticket) {
    if case .opened = event.payload, ticket.priority > .p1, !ticket.isCollection, ticket.occurrences.isEmpty {
      recentOpenings[ticket.estate, default: []].removeAll { event.at - $0 > Self.minute }
      recentOpenings[ticket.estate, default: []].append(event.at)
    }
    guard let alarm = event.alarm, event.kind != .cleared,
      let rule = routing[alarm.category ?? ticket.category]?.storm
    else { return }
    let front = Front(estate: ticket.estate, category: alarm.category ?? ticket.category)
    recentAlarms[front, default: []].removeAll { event.at - $0.at > rule.within }
    recentAlarms[front, default: []].append((event.at, ticket.id))
  }
}

extension Ticket {
  /// It holds whatever a storm brought, not the alarms of one place.
  public var isCollection: Bool { cause == "digest" || cause.hasPrefix("storm:") }
}
