/// What alarms make of tickets.
import EstateModel

extension TicketBook {
  mutating func raise(_ transition: AlarmTransition) -> [TicketEvent] {
    guard ticketOfAlarm[transition.alarm] == nil else { return [] }
    let category = routing.category(transition.category)
    let estate = catalogue.estate(transition.estate)
    let links = PlaceLinks(estate: estate)
    let alarm = AlarmFacts(transition)
    let cause = Cause(
      estate: transition.estate, category: category.name,
      cause: links.cause(category.togetherBy, device: transition.device, place: transition.place))
    let former = latest[cause].flatMap { tickets[$0] }
    if let former, former.state.isWorking || former.state == .resolved {
      let revision = revision(of: former, by: alarm, in: category, links)
      guard former.state == .resolved else {
        let terms = raisedTerms(former, to: alarm.priority, at: transition.at)
        return [append(.joined(alarm, revision), to: former.id, by: transition, terms: terms)]
          + goneBlind(transition)
      }
      let terms = reopeningTerms(former, min(former.priority, alarm.priority), at: transition.at)
      return [append(.reopened(alarm, revision, note: ""), to: former.id, by: transition, terms: terms)]
        + goneBlind(transition)
    }
    let assignment = routing.assignment(
      category, alarm.priority, at: Timestamp(milliseconds: transition.at), in: estate,
      place: links.place(alarm.place))
    let others = assignment.others + (alarm.priority == .p1 ? category.atP1 : [])
    var opening = Opening(
      estate: transition.estate, category: category.name, cause: cause.cause,
      responsible: party(assignment.lead, in: estate),
      others: unique(others, without: [assignment.lead]).map { party($0, in: estate) },
      location: links.location(of: [alarm], togetherBy: category.togetherBy) ?? Location(place: alarm.place))
    opening.former = former?.id
    let id = unusedIdentifier(
      rule: transition.rule, subject: "\(transition.estate)/\(transition.device)", onset: transition.onset,
      estate)
    let terms = openingTerms(category, alarm.priority, estate: transition.estate, at: transition.at)
    return [append(.opened(opening, by: alarm), to: id, by: transition, terms: terms)]
      + goneBlind(transition)
  }

  mutating func clear(_ transition: AlarmTransition) -> [TicketEvent] {
    guard let ticket = ticketOfAlarm[transition.alarm].flatMap({ tickets[$0] }),
      ticket.activeAlarms.contains(where: { $0.facts.alarm == transition.alarm })
    else { return [] }
    var events = [append(.cleared(AlarmFacts(transition)), to: ticket.id, by: transition)]
    if let now = tickets[ticket.id], now.normalSince != nil, now.arrived == nil, now.lookAsked == nil,
      now.state.isWorking
    {
      // It does not vanish: somebody is to look at what there was.
      events.append(
        append(.reminded(Reminder(.look)), to: ticket.id, at: transition.at, by: Self.clockName, via: .clock))
    }
    return events + seesAgain(transition)
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

  mutating func append(
    _ payload: TicketEvent.Payload, to id: String, by transition: AlarmTransition, terms: Terms? = nil
  ) -> TicketEvent {
    append(payload, to: id, at: transition.at, by: transition.rule, via: .rule, terms: terms)
  }
}
