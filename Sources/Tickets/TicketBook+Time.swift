/// What time brings about: reminders, escalations, verification, and the end of pauses.
import EstateModel

extension TicketBook {
  /// When time alone changes something next; nil: not before somebody or something acts.
  public var nextDeadline: Timestamp? { deadlines.first.map { Timestamp(milliseconds: $0.at) } }

  /// Lets time pass. Each event bears the moment at which it was due, however late this is called and in however many
  /// steps, so that a restart or a slow turn changes nothing in the history.
  public mutating func advance(to now: Timestamp) -> [TicketEvent] {
    var events: [TicketEvent] = []
    while let (at, id) = deadlines.first, at <= now.milliseconds {
      guard let ticket = tickets[id], let next = ticket.nextDue, next.at == at else {
        reschedule(id)
        continue
      }
      let made = happen(next.due, on: ticket, at: at, now: now.milliseconds)
      events += made
      // Nothing came of it: it must not be asked for again and again.
      if made.isEmpty { deadlines.set(id, at: nil) }
    }
    return events
  }

  mutating func reschedule(_ id: String) { deadlines.set(id, at: tickets[id]?.nextDue?.at) }

  private mutating func happen(_ due: Ticket.Due, on ticket: Ticket, at: Int64, now: Int64) -> [TicketEvent] {
    func event(_ payload: TicketEvent.Payload, at: Int64, terms: Terms? = nil) -> [TicketEvent] {
      [append(payload, to: ticket.id, at: at, by: Self.clockName, via: .clock, terms: terms)]
    }
    switch due {
    case .schedule:
      // Not from the opening: nobody could have known of the clocks.
      let terms =
        switch ticket.state {
        case .resolved: resolvedTerms(ticket, at: now)
        case .verified: verifiedTerms(ticket, at: now)
        default: reopeningTerms(ticket, ticket.priority, at: now)
        }
      return event(.scheduled, at: now, terms: terms.without(ticket))
    case .stage(let kind, .missed), .stage(let kind, .running):
      return event(.escalated(escalation(of: ticket, kind, at: at)), at: at)
    case .stage(let kind, .reminded):
      let due = ticket.clock(kind)?.due
      return event(
        .reminded(Reminder(kind == .followUp ? .followUp : .halfTime, clock: kind, due: due)), at: at)
    case .stage(let kind, .warned):
      return event(.reminded(Reminder(.dueSoon, clock: kind, due: ticket.clock(kind)?.due)), at: at)
    case .escalate:
      let missed = ticket.clocks.filter { $0.isRunning && $0.stage == .missed }.min { $0.due < $1.due }
      return event(.escalated(escalation(of: ticket, missed?.kind ?? .resolve, at: at)), at: at)
    case .resume: return event(.resumed(note: ""), at: at, terms: resumedTerms(ticket, at: at))
    case .verify:
      if let rest = activeOccurrences(of: ticket) {
        return event(
          .reopened(nil, Revision(), note: "still active: \(rest)"), at: at,
          terms: reopeningTerms(ticket, ticket.priority, at: at))
      }
      return event(
        .verified(proof(of: ticket, until: at), note: ""), at: at, terms: verifiedTerms(ticket, at: at))
    case .stillActive:
      let rest = ticket.activeAlarms.map { "\($0.facts.rule) at \($0.facts.place)" }.joined(separator: ", ")
      return event(
        .reopened(nil, Revision(), note: "still active: \(rest)"), at: at,
        terms: reopeningTerms(ticket, ticket.priority, at: at))
    case .close: return causeIsOpen(ticket) == nil ? event(.closed(note: ""), at: at) : []
    case .item(let item):
      return event(
        .reminded(Reminder(.item, due: item.due, text: item.what)), at: at)
    case .vote(let number):
      guard let decision = decision(on: number, of: ticket, isOver: true) else { return [] }
      return event(.decided(decision), at: at)
    }
  }

  static var clockName: String { "clock" }

  /// The next of the chain; at its end nobody, and no further step.
  private func escalation(of ticket: Ticket, _ kind: ServiceClock.Kind, at: Int64) -> Escalation {
    let estate = catalogue.estate(ticket.estate)
    let category = routing.category(ticket.category)
    let chain = routing.chain(category, lead: ticket.responsible.role, under: estate?.management ?? .unknown)
    let position = ticket.level ?? 0
    let due = ticket.clock(kind)?.due ?? at
    guard position < chain.count else {
      return Escalation(clock: kind, due: due, level: position, party: nil, next: nil)
    }
    var next: Int64?
    if position + 1 < chain.count, let every = routing.level(category, ticket.priority).escalateEvery {
      next =
        routing.workingTime.end(
          of: every, from: Timestamp(milliseconds: at), in: timeZone(of: ticket.estate)
        ).milliseconds
    }
    return Escalation(
      clock: kind, due: due, level: position + 1, party: party(chain[position], in: estate), next: next)
  }

  /// Tickets of a recurring trouble whose alarms are still active; nil: none.
  private func activeOccurrences(of root: Ticket) -> String? {
    let active = root.occurrences.filter { occurrence in
      tickets[occurrence.ticket].map { $0.isOpen && !$0.activeAlarms.isEmpty } ?? false
    }
    return active.isEmpty ? nil : active.map(\.ticket).joined(separator: ", ")
  }

  private func proof(of ticket: Ticket, until: Int64) -> Proof {
    let from = max(ticket.watch?.from ?? until, ticket.normalSince ?? .min)
    return Proof(
      from: from, until: until,
      sensors: ticket.alarms.map { alarm in
        Proof.Sensor(
          device: alarm.facts.device, alarm: alarm.facts.alarm, cleared: alarm.cleared,
          raised: alarm.facts.evidence, normal: alarm.normal)
      })
  }
}

extension Terms {
  /// For a ticket whose clocks begin late: those of what has been done already are left out.
  fileprivate func without(_ ticket: Ticket) -> Terms {
    var terms = self
    terms.clocks = clocks?.filter { clock in
      switch clock.kind {
      case .acknowledge: ticket.acknowledged == nil
      case .onSite: ticket.arrived == nil
      case .resolve, .followUp: true
      }
    }
    return terms
  }
}
