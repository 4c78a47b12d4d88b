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
    self.init(id: event.ticket, opening: opening, alarm: alarm, at: event.at, terms: event.terms)
  }

  init(id: String, opening: Opening, alarm: AlarmFacts?, at: Int64, terms: Terms?) {
    self.id = id
    (estate, category, cause) = (opening.estate, opening.category, opening.cause)
    state = .new
    priority = alarm?.priority ?? opening.priority ?? .p4
    title = opening.title ?? alarm?.title ?? Title(zh: opening.category, en: opening.category)
    place = opening.location.place
    towards = opening.location.towards
    responsible = opening.responsible
    others = opening.others
    former = opening.former
    onset = alarm?.onset ?? at
    (opened, updated) = (at, at)
    reopenings = 0
    alarms = alarm.map { [Alarm(facts: $0, raised: at)] } ?? []
    sequence = 1
    clocks = terms?.clocks ?? []
    earlier = opening.earlier
    rootCause = opening.rootCause
    occurrences = opening.occurrences
    affected = opening.affected
    reference = opening.reference
    campaign = opening.campaign
    toInspect = opening.toInspect
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
    case .opened, .commented, .scheduled, .watched: break
    case .joined(let alarm, let revision): add(alarm, revision, at: event.at)
    case .cleared(let alarm): clear(alarm, at: event.at)
    case .acknowledged: enter(.acknowledged, at: event.at)
    case .arrived: enter(.onSite, at: event.at)
    case .assigned(let party):
      responsible = party
      others.removeAll { $0 == party }
    case .informed(let parties, _): inform(parties)
    case .paused(let pause, _): (self.pause, pausedSince) = (pause, event.at)
    case .resumed: (pause, pausedSince) = (nil, nil)
    case .resolved(let resolution):
      (self.resolution, resolvedBy) = (resolution, event.by)
      enter(.resolved, at: event.at)
    case .verified(let proof, _):
      self.proof = proof
      enter(.verified, at: event.at)
    case .reopened(let alarm, let revision, _):
      reopen()
      if let alarm { add(alarm, revision, at: event.at) }
    case .closed: enter(.closed, at: event.at)
    case .merged(let into, _):
      mergedInto = into
      enter(.merged, at: event.at)
    case .cancelled: enter(.cancelled, at: event.at)
    case .absorbed(let absorption): absorb(absorption)
    case .reminded(let reminder): take(reminder, at: event.at)
    case .escalated(let escalation): take(escalation)
    case .prioritised(let priority, let informed, _):
      if priority < self.priority { (pause, pausedSince) = (nil, nil) }
      self.priority = min(self.priority, priority)
      raisedByContacts = raisedByContacts ?? event.at
      inform(informed)
    case .recurred(let occurrence):
      if let known = occurrences.firstIndex(where: { $0.ticket == occurrence.ticket }) {
        occurrences[known] = occurrence
      } else {
        occurrences.append(occurrence)
      }
    case .contacted(let contact):
      contacts.append(contact)
      affected += contact.affected.filter { !affected.contains($0) }
      reference = reference ?? contact.reference
    case .visited(let visit): visits.append(visit)
    case .council(let council): councils.append(council)
    case .proposed(let proposal): proposals.append(proposal)
    case .consented(let consent): change(consent.proposal) { $0.consents.append(consent) }
    case .decided(let decision): change(decision.proposal) { $0.decision = decision }
    case .inspected(let inspection): take(inspection)
    }
    take(event.terms)
  }

  private mutating func take(_ terms: Terms?) {
    guard let terms else { return }
    if let clocks = terms.clocks {
      // Those that have ended stay as a record until a clock of the same kind begins again.
      let kinds = Set(clocks.map(\.kind))
      self.clocks = self.clocks.filter { !$0.isRunning && !kinds.contains($0.kind) } + clocks
      nextEscalation = nil
    }
    if let watch = terms.watch { self.watch = watch }
    if let closeAfter = terms.closeAfter { self.closeAfter = closeAfter }
  }

  /// A state that a person or the watch has reached, with the clocks that end there.
  private mutating func enter(_ state: State, at: Int64) {
    self.state = state
    var ended: Set<ServiceClock.Kind> = []
    switch state {
    case .acknowledged:
      acknowledged = at
      ended = [.acknowledge]
    case .onSite:
      (acknowledged, arrived) = (acknowledged ?? at, at)
      ended = [.acknowledge, .onSite]
    case .resolved:
      (acknowledged, resolved) = (acknowledged ?? at, at)
      ended = [.acknowledge, .onSite, .resolve]
    case .verified:
      verified = at
      watch = nil
      ended = [.acknowledge, .onSite, .resolve]
    case .closed, .merged, .cancelled:
      if state == .closed { closed = at }
      watch = nil
      ended = Set(ServiceClock.Kind.allCases)
    case .new, .reopened: break
    }
    if state != .acknowledged, state != .onSite { (pause, pausedSince) = (nil, nil) }
    for index in clocks.indices where ended.contains(clocks[index].kind) && clocks[index].isRunning {
      clocks[index].met = at
    }
    if !clocks.contains(where: { $0.isRunning && $0.stage == .missed }) { nextEscalation = nil }
  }

  private mutating func reopen() {
    state = .reopened
    (acknowledged, arrived, resolved, verified) = (nil, nil, nil, nil)
    (watch, proof, lookAsked, raisedByContacts) = (nil, nil, nil, nil)
    (pause, pausedSince, nextEscalation) = (nil, nil, nil)
    clocks.removeAll { $0.kind == .followUp }
    reopenings += 1
  }
}

extension Ticket {
  private mutating func add(_ alarm: AlarmFacts, _ revision: Revision, at: Int64) {
    alarms.append(Alarm(facts: alarm, raised: at))
    if alarm.priority < priority { (pause, pausedSince) = (nil, nil) }
    priority = min(priority, alarm.priority)
    normalSince = nil
    if let title = revision.title { self.title = title }
    if let location = revision.location { (place, towards) = (location.place, location.towards) }
    others += revision.others
  }

  private mutating func clear(_ alarm: AlarmFacts, at: Int64) {
    guard let position = alarms.firstIndex(where: { $0.facts.alarm == alarm.alarm }) else { return }
    alarms[position].cleared = at
    alarms[position].normal = alarm.evidence
    alarms[position].withdrawn = alarm.withdrawn
    if alarms.allSatisfy({ !$0.isActive }), unproved.isEmpty { normalSince = at }
  }

  private mutating func inform(_ parties: [TicketParty]) {
    for party in parties where party != responsible && !others.contains(party) { others.append(party) }
  }

  private mutating func absorb(_ absorption: Absorption) {
    absorbed.append(absorption.ticket)
    let known = Set(alarms.map(\.facts.alarm))
    alarms += absorption.alarms.filter { !known.contains($0.facts.alarm) }
    if absorption.priority < priority { (pause, pausedSince) = (nil, nil) }
    priority = min(priority, absorption.priority)
    contacts += absorption.contacts
    affected += absorption.affected.filter { !affected.contains($0) && $0 != estate }
    reference = reference ?? absorption.reference
    inform(absorption.others)
    if alarms.contains(where: \.isActive) { normalSince = nil }
  }

  private mutating func take(_ reminder: Reminder, at: Int64) {
    switch reminder.reason {
    case .halfTime: stage(reminder.clock, .reminded)
    case .dueSoon: stage(reminder.clock, .warned)
    case .look: lookAsked = at
    case .item: markItem(reminder, at: at)
    case .followUp:
      if reminder.clock != nil { stage(reminder.clock, .reminded) }
    case .blind: break
    }
  }

  private mutating func take(_ escalation: Escalation) {
    stage(escalation.clock, .missed)
    level = escalation.level
    nextEscalation = escalation.next
    if let party = escalation.party {
      supervisor = party
      inform([party])
    }
  }

  private mutating func stage(_ kind: ServiceClock.Kind?, _ stage: ServiceClock.Stage) {
    guard let index = clocks.firstIndex(where: { $0.kind == kind && $0.isRunning }) else { return }
    clocks[index].stage = stage
  }

  private mutating func markItem(_ reminder: Reminder, at: Int64) {
    for council in councils.indices {
      for item in councils[council].items.indices {
        let due = councils[council].items[item]
        guard due.reminded == nil, due.due == reminder.due, due.what == reminder.text else { continue }
        councils[council].items[item].reminded = at
        return
      }
    }
  }

  private mutating func change(_ proposal: Int, _ body: (inout Proposal) -> Void) {
    guard let index = proposals.firstIndex(where: { $0.number == proposal }) else { return }
    body(&proposals[index])
  }

  /// The newest word on a place and household replaces what was said before.
  private mutating func take(_ inspection: Inspection) {
    inspections.removeAll { $0.place == inspection.place && $0.household == inspection.household }
    inspections.append(inspection)
  }
}
