/// How a ticket is opened, whoever or whatever asks for it.
import EstateModel

/// All that is known of a ticket that is to be opened.
struct NewTicket {
  var cause: TicketBook.Cause
  var category: Category
  var priority: Priority
  var alarm: AlarmFacts?
  var title: Title?
  var location: Location
  /// Milliseconds since 1970.
  var onset: Int64
  var at: Int64
  var by: String
  var via: TicketEvent.Source
  /// What the id is made of besides `by` and the onset.
  var subject = ""
  var former: String?
  var affected: [String] = []
  var informed: [Role] = []
  var reference: String?
  var campaign: String?
  var toInspect: [String] = []
  var occurrences: [Occurrence] = []

  init(
    cause: TicketBook.Cause, category: Category, priority: Priority, alarm: AlarmFacts? = nil,
    title: Title? = nil, location: Location, onset: Int64, at: Int64, by: String, via: TicketEvent.Source
  ) {
    (self.cause, self.category, self.priority, self.alarm) = (cause, category, priority, alarm)
    (self.title, self.location) = (title, location)
    (self.onset, self.at, self.by, self.via) = (onset, at, by, via)
  }
}

extension TicketBook {
  /// Opens it with its responsible party and its clocks; trouble that keeps coming back gets a second ticket, which
  /// looks for the cause.
  mutating func open(_ new: NewTicket) -> [TicketEvent] {
    let estate = catalogue.estate(new.cause.estate)
    let assignment = routing.assignment(
      new.category, new.priority, at: Timestamp(milliseconds: new.at), in: estate,
      place: estate?.place(new.location.place))
    let others =
      assignment.others + (new.priority == .p1 ? new.category.atP1 : []) + new.informed
    var opening = Opening(
      estate: new.cause.estate, category: new.category.name, cause: new.cause.cause,
      responsible: party(assignment.lead, in: estate),
      others: unique(others, without: [assignment.lead]).map { party($0, in: estate) },
      location: new.location)
    opening.former = new.former
    (opening.affected, opening.reference) = (new.affected, new.reference)
    (opening.campaign, opening.toInspect) = (new.campaign, new.toInspect)
    opening.occurrences = new.occurrences
    opening.title = new.title
    if new.alarm == nil { opening.priority = new.priority }
    let id = unusedIdentifier(rule: new.by, subject: new.subject, onset: new.onset, estate)
    let recurrence = recurrence(of: new, as: id)
    (opening.earlier, opening.rootCause) = (recurrence.earlier, recurrence.rootCause)
    let event = append(
      .opened(opening, by: new.alarm), to: id, at: new.at, by: new.by, via: new.via,
      terms: openingTerms(new.category, new.priority, estate: new.cause.estate, at: new.at))
    return [event] + follow(recurrence, new)
  }
}
