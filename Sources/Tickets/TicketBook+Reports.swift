/// What people see and say: reports that open tickets, and residents who ask again.
import Configuration
import EstateModel

extension TicketBook {
  /// A report joins the ticket that there is for its cause, or opens one. A ticket on which the work was said to be
  /// done is reopened: residents and sensors must agree.
  mutating func take(_ report: Report, by command: TicketCommand) throws(TicketError) -> [TicketEvent] {
    let (estate, category, place) = try check(report)
    let at = command.at.milliseconds
    let links = PlaceLinks(estate: estate)
    // Where a device decides what one cause is, a person's report has only the place.
    let scope = category.togetherBy == .device ? .place : category.togetherBy
    let cause = Cause(
      estate: estate.id, category: category.name,
      cause: report.campaign.map { "campaign:\($0)" } ?? links.cause(scope, device: "", place: place))
    let former = latest[cause].flatMap { tickets[$0] }
    var contact = Contact(at: command.at, from: report.from, channel: report.channel, note: report.note)
    if let former, former.isOpen {
      if report.campaign != nil {
        throw .refused(.report, ticket: former.id, reason: "the campaign is already under way")
      }
      contact.confirmed = former.activeAlarms.isEmpty ? nil : true
      var events: [TicketEvent] = []
      if !former.state.isWorking {
        events.append(
          append(
            .reopened(nil, Revision(), note: "reported again: \(report.note)"), to: former.id, by: command,
            terms: reopeningTerms(former, former.priority, at: at)))
      }
      return events + contacted(contact, on: former.id, by: command)
    }
    var new = NewTicket(
      cause: cause, category: category, priority: report.priority, title: report.title ?? category.title,
      location: Location(place: place), onset: at, at: at, by: command.by, via: command.via)
    new.subject = "\(cause.estate)/\(cause.category)/\(cause.cause)"
    new.former = former?.id
    (new.affected, new.reference, new.campaign) = (report.affected, report.reference, report.campaign)
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
    return (estate, category, place)
  }

  /// Who stands above both estates: their common community, else their sub-district, else 12345.
  private func arbiter(of estate: Estate, and affected: [String]) -> Role? {
    let others = affected.filter { $0 != estate.id }.compactMap { catalogue.estate($0) }
    guard !others.isEmpty else { return nil }
    if others.allSatisfy({ $0.community == estate.community }) { return .community }
    return others.allSatisfy({ $0.subDistrict == estate.subDistrict }) ? .subDistrict : .hotline12345
  }

  /// Keeps a contact; a resident who asks again and has no answer makes the ticket more urgent, once, and the community
  /// hears of it.
  mutating func contacted(_ contact: Contact, on id: String, by command: TicketCommand) -> [TicketEvent] {
    var events = [append(.contacted(contact), to: id, by: command)]
    guard let ticket = tickets[id], ticket.state.isWorking, ticket.raisedByContacts == nil else {
      return events
    }
    let recent = ticket.contacts.filter {
      $0.channel != .patrol && contact.at - $0.at <= routing.contacts.within
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
