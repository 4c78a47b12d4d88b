/// What people see and say: reports that open tickets, and residents who ask again.
import Configuration
import EstateModel

extension TicketBook {
  /// A report joins the ticket that there is for its cause, or opens one. A ticket on which the work was said to be
  /// done is reopened: residents and sensors must agree.
  mutating func take(_ report: Report, by command: TicketCommand) throws(TicketError) -> [TicketEvent] {
    let (estate, category, place) = try check(report)
    let at = command.at.milliseconds
    let cause = Cause(
      estate: estate.id, category: category.name,
      cause: report.campaign.map { "campaign:\($0)" } ?? category.cause(ofReportAt: place, in: estate))
    let former = report.campaign == nil ? inside(report, category, estate) ?? latest(cause) : latest(cause)
    var contact = Contact(at: command.at, from: report.from, channel: report.channel, note: report.note)
    if report.campaign == nil {
      let sighting = sighting(report, category, in: estate, at: at)
      (contact.sighting, contact.confirmed) = (sighting, sighting.confirms)
    }
    if let former, former.isOpen {
      if report.campaign != nil {
        throw .refused(.report, ticket: former.id, reason: "the campaign is already under way")
      }
      var events: [TicketEvent] = []
      if !former.state.isWorking {
        events.append(
          append(
            .reopened(nil, Revision(), note: "reported again: \(report.note)"), to: former.id, by: command,
            terms: reopeningTerms(former, former.priority, at: at)))
      }
      contact.affected = report.affected.filter { $0 != estate.id && !former.affected.contains($0) }
      contact.reference = report.reference
      events += contacted(contact, on: former.id, by: command)
      if !contact.affected.isEmpty { events += callArbiter(on: former.id, in: estate, by: command) }
      return events
    }
    var new = NewTicket(
      cause: cause, category: category, priority: report.priority, title: report.title ?? category.title,
      location: Location(place: place), onset: at, at: at, by: command.by, via: command.via)
    new.subject = "\(cause.estate)/\(cause.category)/\(cause.cause)"
    new.former = former?.id
    new.affected = report.affected.filter { $0 != estate.id }
    (new.reference, new.campaign) = (report.reference, report.campaign)
    if report.campaign != nil { new.toInspect = Self.buildings(of: estate) }
    new.informed = arbiter(of: estate, and: report.affected).map { [$0] } ?? []
    let events = open(new)
    guard let id = events.first?.ticket else { return events }
    return events + contacted(contact, on: id, by: command)
  }

  private func check(_ report: Report) throws(TicketError) -> (Estate, Category, String) {
    guard let estate = catalogue.estate(report.estate) else {
      throw .unknownEstate(
        report.estate, near: nearestName(to: report.estate, in: catalogue.estates.map(\.id)))
    }
    for id in report.affected where catalogue.estate(id) == nil {
      throw .unknownEstate(id, near: nearestName(to: id, in: catalogue.estates.map(\.id)))
    }
    guard let category = routing[report.category] else {
      throw .unknownCategory(
        report.category, near: nearestName(to: report.category, in: routing.categories.map(\.name)))
    }
    var place = report.place
    if report.campaign != nil, place.isEmpty { place = Self.buildings(of: estate).first ?? "" }
    guard estate.place(place) != nil else {
      throw .unknownPlace(
        place, estate: estate.id, near: nearestName(to: place, in: estate.places.map(\.id)))
    }
    guard report.note.contains(where: { !$0.isWhitespace }) else { throw .empty(.report, ticket: "new") }
    if Self.isBlank(report.from) { throw Self.nobody(.report, "new", "from whom it comes") }
    return (estate, category, place)
  }

  private func latest(_ cause: Cause) -> Ticket? { latest[cause].flatMap { tickets[$0] } }

  /// The open ticket of the report's cause, else of something that lies inside the place of which the person speaks.
  private func inside(_ report: Report, _ category: Category, _ estate: Estate) -> Ticket? {
    let cause = category.cause(ofReportAt: report.place, in: estate)
    if let exact = latest(Cause(estate: estate.id, category: category.name, cause: cause)), exact.isOpen {
      return exact
    }
    let found = rows.values.filter { row in
      row.estate == estate.id && row.category == category.name && row.state.isOpen
        && category.concerns(row.place, report.place, in: estate)
    }
    return found.min { $0.precedes($1) }.flatMap { tickets[$0.id] }
  }

  /// Alarms of the report's kind at its place and hour, on whichever ticket they are, beside what the report brings.
  private func sighting(_ report: Report, _ category: Category, in estate: Estate, at now: Int64) -> Sighting
  {
    let noticed = report.noticed ?? now
    let cause = Cause(
      estate: estate.id, category: category.name, cause: category.cause(ofReportAt: report.place, in: estate))
    let open = rows.values.lazy.filter { $0.estate == estate.id && $0.state.isOpen }.map(\.id)
    let candidates = Set(open).union(latest[cause].map { [$0] } ?? [])
    let alarms = candidates.compactMap { tickets[$0] }.flatMap { ticket in
      ticket.alarms.filter { alarm in
        (alarm.facts.category ?? ticket.category) == category.name
          && alarm.facts.onset <= noticed + Sighting.reach
          && alarm.cleared ?? .max >= noticed - Sighting.reach
          && category.concerns(alarm.facts.place, report.place, in: estate)
      }
    }
    return Sighting(
      alarms: alarms.sorted { ($0.raised, $0.facts.alarm) < ($1.raised, $1.facts.alarm) }.map(\.facts.alarm),
      devices: report.devices.filter { !isBlind($0, in: estate.id) }, readings: report.readings)
  }

  /// Who stands above both estates: their common community, else their sub-district, else 12345.
  private func arbiter(of estate: Estate, and affected: [String]) -> Role? {
    let others = affected.filter { $0 != estate.id }.compactMap { catalogue.estate($0) }
    guard !others.isEmpty else { return nil }
    if others.allSatisfy({ $0.community == estate.community }) { return .community }
    return others.allSatisfy({ $0.subDistrict == estate.subDistrict }) ? .subDistrict : .hotline12345
  }

  /// Other estates suffer as well now: who stands above all of them is to know.
  private mutating func callArbiter(on id: String, in estate: Estate, by command: TicketCommand)
    -> [TicketEvent]
  {
    guard let ticket = tickets[id], let role = arbiter(of: estate, and: ticket.affected) else { return [] }
    let arbiter = party(role, in: estate)
    if arbiter == ticket.responsible || ticket.others.contains(arbiter) { return [] }
    return [append(.informed([arbiter], note: ""), to: id, by: command)]
  }

  /// Keeps a contact; a resident who asks again and has no answer makes the ticket more urgent, once, and the community
  /// hears of it.
  mutating func contacted(_ contact: Contact, on id: String, by command: TicketCommand) -> [TicketEvent] {
    var events = [append(.contacted(contact), to: id, by: command)]
    guard let ticket = tickets[id], ticket.state.isWorking, ticket.raisedByContacts == nil else {
      return events
    }
    let recent = ticket.contacts.filter {
      $0.channel != .patrol && $0.from != SuppressionList.gatehouse
        && contact.at - $0.at <= routing.contacts.within
    }
    guard recent.count >= routing.contacts.count else { return events }
    let urgent = Priority.allCases.last { $0 < ticket.priority } ?? ticket.priority
    let estate = catalogue.estate(ticket.estate)
    let present = ([ticket.responsible] + ticket.others).compactMap(\.role)
    let category = routing.category(ticket.category)
    let informed = unique(
      [.community] + (urgent == .p1 ? category.atP1 : []), without: present
    ).map { party($0, in: estate) }
    events.append(
      append(
        .prioritised(urgent, informed: informed, note: "\(recent.count) contacts without an answer"), to: id,
        at: command.at.milliseconds, by: Self.clockName, via: .clock,
        terms: raisedTerms(ticket, to: urgent, at: command.at.milliseconds)))
    return events
  }

  static func buildings(of estate: Estate) -> [String] {
    let buildings = estate.places.filter { $0.kind == .building }
    return (buildings.isEmpty ? estate.places.filter { $0.parent == nil } : buildings).map(\.id)
  }
}
