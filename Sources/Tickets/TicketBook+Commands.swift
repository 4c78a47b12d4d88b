/// What people make of tickets.
import Configuration
import EstateModel

extension TicketBook {
  /// - Throws: ``TicketError``: the ticket isn't known, the step isn't allowed in its state, something in the step
  ///   isn't right, or others were faster. The book is then as it was.
  public mutating func perform(_ command: TicketCommand) throws(TicketError) -> [TicketEvent] {
    if Self.isBlank(command.by) {
      throw Self.nobody(command.step.action, command.ticket.isEmpty ? "new" : command.ticket, "who does it")
    }
    if case .since(let seen, let step) = command.step {
      if let ticket = tickets[command.ticket] { try check(ticket, unchangedSince: seen) }
      var command = command
      command.step = step
      return try perform(command)
    }
    if case .report(let report) = command.step { return try take(report, by: command) }
    guard let ticket = tickets[command.ticket] else {
      throw .unknownTicket(command.ticket, near: nearestName(to: command.ticket, in: tickets.keys))
    }
    guard ticket.state.after(command.step.action) != nil else {
      throw .notAllowed(command.step.action, ticket: ticket.id, state: ticket.state)
    }
    guard command.at.milliseconds >= ticket.updated - TicketCommand.tolerance else {
      throw .past(ticket: ticket.id, newest: ticket.updated)
    }
    if case .merge(let target, let note) = command.step {
      return try merge(ticket, into: target, note: note, by: command)
    }
    if case .contact(let from, let channel, let note) = command.step {
      guard note.contains(where: { !$0.isWhitespace }) else { throw .empty(.contact, ticket: ticket.id) }
      if Self.isBlank(from) { throw Self.nobody(.contact, ticket.id, "from whom it comes") }
      var contact = Contact(at: command.at, from: from, channel: channel, note: note)
      contact.confirmed = ticket.activeAlarms.isEmpty ? nil : true
      return contacted(contact, on: ticket.id, by: command)
    }
    let payload = try payload(of: command, on: ticket)
    let at = command.at.milliseconds
    var events = [append(payload, to: ticket.id, by: command, terms: terms(of: payload, on: ticket, at: at))]
    if case .resolved = payload, let now = tickets[ticket.id], let watch = now.watch, !watch.blind.isEmpty {
      events.append(remindOfBlindness(now, watch, at: at))
    }
    if case .consented(let consent) = payload, let now = tickets[ticket.id],
      let decision = decision(on: consent.proposal, of: now, isOver: false)
    {
      events.append(
        append(.decided(decision), to: ticket.id, at: at, by: Self.clockName, via: .clock))
    }
    if case .resolved = payload {
      events += tellRootCause(of: ticket.id, at: at, by: command.by, via: command.via)
    }
    return events
  }

  static func isBlank(_ name: String) -> Bool { !name.contains { !$0.isWhitespace } }

  static func nobody(_ action: Ticket.Action, _ ticket: String, _ what: String) -> TicketError {
    .refused(action, ticket: ticket, reason: "it isn't said \(what)")
  }

  private func terms(of payload: TicketEvent.Payload, on ticket: Ticket, at: Int64) -> Terms? {
    switch payload {
    case .resolved: resolvedTerms(ticket, at: at)
    case .verified: verifiedTerms(ticket, at: at)
    case .reopened: reopeningTerms(ticket, ticket.priority, at: at)
    case .resumed: resumedTerms(ticket, at: at)
    default: nil
    }
  }

  mutating func append(
    _ payload: TicketEvent.Payload, to id: String, by command: TicketCommand, terms: Terms? = nil
  ) -> TicketEvent {
    append(
      payload, to: id, at: command.at.milliseconds, by: command.by, via: command.via, terms: terms)
  }

  private func payload(of command: TicketCommand, on ticket: Ticket) throws(TicketError)
    -> TicketEvent.Payload
  {
    let step = command.step
    func filled(_ note: String) throws(TicketError) -> String {
      guard note.contains(where: { !$0.isWhitespace }) else { throw .empty(step.action, ticket: ticket.id) }
      return note
    }
    func refused(_ reason: String) -> TicketError {
      .refused(step.action, ticket: ticket.id, reason: reason)
    }
    switch step {
    case .acknowledge(let note): return .acknowledged(note: note)
    case .arrive(let note): return .arrived(note: note)
    case .assign(let assignee): return .assigned(try party(assignee, step.action, on: ticket))
    case .inform(let assignee):
      let party = try party(assignee, step.action, on: ticket)
      if party == ticket.responsible || ticket.others.contains(party) {
        throw refused("\(party.title.en) is on it already")
      }
      if ticket.others.count >= Routing.mostParties {
        throw refused("\(ticket.others.count) parties besides the responsible one are on it already")
      }
      return .informed([party], note: "")
    case .visit(let visit):
      try check(visit, on: ticket, at: command.at)
      return .visited(visit)
    case .council(let council):
      try check(council, on: ticket, at: command.at)
      return .council(council)
    case .propose(let proposal): return .proposed(try numbered(proposal, on: ticket, at: command.at))
    case .consent(let consent):
      try check(consent, on: ticket, at: command.at)
      return .consented(consent)
    case .inspect(let inspection):
      try check(inspection, on: ticket)
      return .inspected(inspection)
    case .comment(let note): return .commented(note: try filled(note))
    case .pause(let reason, let until, let note):
      return .paused(try pause(reason, until: until, on: ticket, by: command), note: try filled(note))
    case .resume(let note):
      guard ticket.isPaused else { throw refused("its clocks are running") }
      return .resumed(note: note)
    case .resolve(let resolution):
      _ = try filled(resolution.note)
      if let lack = lacking(in: ticket) { throw refused(lack) }
      if routing.category(ticket.category).needsCause,
        !resolution.measure.touchesCause || resolution.cause?.contains(where: { !$0.isWhitespace }) != true
      {
        throw refused(
          "\(resolution.measure.rawValue) doesn't take the cause away; name the cause, and a measure out of "
            + Resolution.Measure.allCases.filter(\.touchesCause).map(\.rawValue).joined(separator: ", "))
      }
      return .resolved(resolution)
    case .verify(let note):
      let note = try filled(note)
      if command.by == ticket.resolvedBy {
        throw refused("\(command.by) did the work; somebody else looks whether it is done")
      }
      if let active = ticket.activeAlarms.first {
        throw refused(
          "alarm \(active.facts.alarm) (\(active.facts.rule) at \(active.facts.place)) is still active")
      }
      if let watch = ticket.watch, watch.blind.isEmpty {
        let until = Timestamp(milliseconds: max(watch.from, ticket.normalSince ?? watch.from) + watch.quiet)
        throw refused("the sensors watch it until \(until.formatted(in: timeZone(of: ticket.estate)))")
      }
      return .verified(nil, note: note)
    case .reopen(let note): return .reopened(nil, Revision(), note: try filled(note))
    case .close(let note):
      if let reason = causeIsOpen(ticket) { throw refused(reason) }
      return .closed(note: try filled(note))
    case .cancel(let note): return .cancelled(note: try filled(note))
    case .contact, .merge, .report, .since:
      // Taken by `perform` itself.
      throw refused("it is no step of one ticket alone")
    }
  }

  private func pause(_ reason: Pause.Reason, until: Timestamp?, on ticket: Ticket, by command: TicketCommand)
    throws(TicketError) -> Pause
  {
    func refused(_ reason: String) -> TicketError { .refused(.pause, ticket: ticket.id, reason: reason) }
    if ticket.isPaused { throw refused("its clocks stand still already") }
    if ticket.priority == .p1, ticket.state != .onSite {
      throw refused("there is danger now; its clocks stop only once somebody is there")
    }
    let timeZone = timeZone(of: ticket.estate)
    let longest =
      routing.level(routing.category(ticket.category), ticket.priority).pause
      .map { routing.workingTime.end(of: $0, from: command.at, in: timeZone) } ?? command.at
    guard let until else { return Pause(reason, until: longest.milliseconds) }
    guard until > command.at, until <= longest else {
      throw refused(
        "found an end at \(until.formatted(in: timeZone)), expected one up to \(longest.formatted(in: timeZone))"
      )
    }
    return Pause(reason, until: until.milliseconds)
  }

  /// The alarms go along, and so does every later alarm of the same cause.
  private mutating func merge(_ ticket: Ticket, into id: String, note: String, by command: TicketCommand)
    throws(TicketError) -> [TicketEvent]
  {
    func refused(_ reason: String) -> TicketError { .refused(.merge, ticket: ticket.id, reason: reason) }
    guard let target = tickets[id] else {
      throw .unknownTicket(id, near: nearestName(to: id, in: tickets.keys))
    }
    guard target.id != ticket.id else { throw refused("it is the same ticket") }
    guard target.estate == ticket.estate else { throw refused("\(id) belongs to estate \(target.estate)") }
    guard target.state.isWorking else { throw refused("\(id) is \(target.state.rawValue)") }
    return merge(
      ticket, into: target, note: note, at: command.at.milliseconds, by: command.by, via: command.via)
  }

  mutating func merge(
    _ ticket: Ticket, into target: Ticket, note: String, at: Int64, by: String, via: TicketEvent.Source
  ) -> [TicketEvent] {
    let absorption = Absorption(of: ticket)
    return [
      append(.merged(into: target.id, note: note), to: ticket.id, at: at, by: by, via: via),
      append(
        .absorbed(absorption), to: target.id, at: at, by: by, via: via,
        terms: raisedTerms(target, to: ticket.priority, at: at)),
    ]
  }

  /// - Throws: ``TicketError``: a mistyped role, or one that the estate can't have.
  func party(_ assignee: Assignee, _ action: Ticket.Action, on ticket: Ticket) throws(TicketError)
    -> TicketParty
  {
    switch assignee {
    case .role(let role):
      let estate = catalogue.estate(ticket.estate)
      if role == .propertyCompany, let estate, estate.management != .propertyCompany,
        !estate.parties.contains(where: { $0.role == role })
      {
        throw .noSuchParty(role, estate: estate.id)
      }
      return party(role, in: estate)
    case .name(let name):
      guard name.contains(where: { !$0.isWhitespace }) else { throw .empty(action, ticket: ticket.id) }
      if let near = nearestName(to: name, in: Role.allCases.map(\.rawValue)) {
        throw .unknownParty(name, near: near)
      }
      return TicketParty(role: nil, title: Title(zh: name, en: name))
    }
  }
}
