/// What alarms make of tickets.
import EstateModel

extension TicketBook {
  mutating func raise(_ transition: AlarmTransition) -> [TicketEvent] {
    guard ticketOfAlarm[transition.alarm] == nil else { return [] }
    let category = routing.category(transition.category)
    let links = PlaceLinks(estate: catalogue.estate(transition.estate))
    let alarm = AlarmFacts(transition)
    let cause = Cause(
      estate: transition.estate, category: category.name,
      cause: links.cause(category.togetherBy, device: transition.device, place: transition.place))
    let former = latest[cause]
    let state = former.flatMap { tickets[$0]?.state }
    let events: [TicketEvent]
    if let former, let state, state.isWorking || state == .resolved {
      let (payload, terms) = joining(alarm, to: former, in: category, links, at: transition.at)
      events = [append(payload, to: former, by: transition, terms: terms)]
    } else if let storm = raiseInStorm(transition, alarm, category) {
      events = storm
    } else {
      var new = NewTicket(
        cause: cause, category: category, priority: alarm.priority, alarm: alarm,
        location: links.location(of: [alarm], togetherBy: category.togetherBy)
          ?? Location(place: alarm.place),
        onset: transition.onset, at: transition.at, by: transition.rule, via: .rule)
      new.subject = "\(transition.estate)/\(transition.device)"
      new.former = former
      events = open(new)
    }
    return events + goneBlind(transition)
  }

  mutating func clear(_ transition: AlarmTransition) -> [TicketEvent] {
    // The ticket itself is looked at and not held: what is held is copied with its whole list when it changes.
    guard let id = ticketOfAlarm[transition.alarm],
      tickets[id]?.alarms.contains(where: { $0.isActive && $0.facts.alarm == transition.alarm }) == true
    else { return [] }
    var events = [append(.cleared(AlarmFacts(transition)), to: id, by: transition)]
    if let now = tickets[id], now.normalSince != nil, now.arrived == nil, now.lookAsked == nil,
      now.state.isWorking
    {
      // It does not vanish: somebody is to look at what there was.
      events.append(
        append(.reminded(Reminder(.look)), to: id, at: transition.at, by: Self.clockName, via: .clock))
    }
    return events + goneUnwatched(transition, on: id) + seesAgain(transition)
  }

  /// One more alarm on a ticket; one on which the work was said to be done is reopened.
  private func joining(
    _ alarm: AlarmFacts, to id: String, in category: Category, _ links: PlaceLinks, at: Int64
  ) -> (TicketEvent.Payload, Terms?) {
    guard let ticket = tickets[id] else { return (.joined(alarm, Revision()), nil) }
    let revision = revision(of: ticket, by: alarm, in: category, links)
    guard ticket.state == .resolved else {
      return (.joined(alarm, revision), raisedTerms(ticket, to: alarm.priority, at: at))
    }
    let terms = reopeningTerms(ticket, min(ticket.priority, alarm.priority), at: at)
    return (.reopened(alarm, revision, note: ""), terms)
  }

  /// A ticket with so many alarms keeps its title and place: all of them would be compared again with each that comes.
  private static let mostCompared = 200

  /// What the ticket gains by one more alarm, beyond the alarm itself.
  private func revision(of ticket: Ticket, by alarm: AlarmFacts, in category: Category, _ links: PlaceLinks)
    -> Revision
  {
    var revision = Revision()
    // A ticket that no alarm opened, or many of all kinds, keeps its own title and place.
    if !ticket.isCollection, (1...Self.mostCompared).contains(ticket.alarms.count) {
      let active = ticket.activeAlarms.map(\.facts) + [alarm]
      if let location = links.location(of: active, togetherBy: category.togetherBy),
        location != ticket.location
      {
        revision.location = location
      }
      if let title = links.title(of: active), title != ticket.title { revision.title = title }
    }
    if alarm.priority == .p1, ticket.priority > .p1 {
      let present = ([ticket.responsible] + ticket.others).compactMap(\.role)
      revision.others = unique(category.atP1, without: present).map { party($0, in: links.estate) }
    }
    return revision
  }

  mutating func append(
    _ payload: TicketEvent.Payload, to id: String, by transition: AlarmTransition, terms: Terms? = nil
  ) -> TicketEvent {
    append(payload, to: id, at: transition.at, by: transition.rule, via: .rule, terms: terms)
  }
}
