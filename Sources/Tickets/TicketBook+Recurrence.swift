/// Trouble that comes back: linked, and when it does so too often, given to those who can find the cause.
import EstateModel
import Foundation

extension TicketBook {
  /// What an opening ticket has behind it.
  struct Recurrence {
    /// The newest first.
    var earlier: [String] = []
    var rootCause: String?
    /// All of them with the new one, when a ticket for the root cause is to be opened.
    var occurrences: [Occurrence] = []
    var isNew = false
    var this: Occurrence
  }

  func rootCauseOf(_ cause: Cause, in category: String) -> Cause {
    Cause(estate: cause.estate, category: category, cause: "\(cause.category):\(cause.cause)")
  }

  func recurrence(of new: NewTicket, as id: String) -> Recurrence {
    var recurrence = Recurrence(this: Occurrence(ticket: id, onset: new.onset))
    guard let rule = new.category.recurrence else { return recurrence }
    let root = rule.rootCause.flatMap { latest[rootCauseOf(new.cause, in: $0)] }.flatMap { tickets[$0] }
    let past = (history[new.cause] ?? []).compactMap { tickets[$0] }.filter {
      $0.state != .cancelled && $0.onset <= new.onset
    }
    recurrence.earlier = past.filter { new.onset - $0.onset <= rule.window }.map(\.id).reversed()
    if let root, root.isOpen, root.state != .verified {
      recurrence.rootCause = root.id
      return recurrence
    }
    guard let name = rule.rootCause else { return recurrence }
    // What a found and mended cause did before doesn't count against the place any more.
    let counted = past.filter { $0.onset > (root?.resolved ?? .min) }
    let occurrences = counted.map(occurrence) + [recurrence.this]
    guard rule.isMet(by: occurrences.map(\.onset)) else { return recurrence }
    recurrence.occurrences = occurrences
    recurrence.isNew = true
    recurrence.rootCause = unusedIdentifier(
      rule: Self.recurrenceName, subject: subject(rootCauseOf(new.cause, in: name)), onset: new.onset,
      catalogue.estate(new.cause.estate))
    return recurrence
  }

  static var recurrenceName: String { "recurrence" }

  private func subject(_ cause: Cause) -> String { "\(cause.estate)/\(cause.cause)" }

  func occurrence(_ ticket: Ticket) -> Occurrence {
    Occurrence(
      ticket: ticket.id, onset: ticket.onset, measure: ticket.resolution?.measure,
      done: ticket.resolution?.note ?? "")
  }

  /// After the ticket itself has been opened: the root-cause ticket is opened, or told.
  mutating func follow(_ recurrence: Recurrence, _ new: NewTicket) -> [TicketEvent] {
    guard let name = new.category.recurrence?.rootCause, let id = recurrence.rootCause else { return [] }
    if recurrence.isNew {
      let category = routing.category(name)
      let cause = rootCauseOf(new.cause, in: name)
      var root = NewTicket(
        cause: cause, category: category, priority: .p2,
        title: Title(
          zh: "\(new.category.title.zh)：\(category.title.zh)",
          en: "\(new.category.title.en). \(category.title.en)"),
        location: new.location, onset: new.onset, at: new.at, by: Self.recurrenceName, via: .rule)
      root.subject = subject(cause)
      root.former = latest[cause]
      root.occurrences = recurrence.occurrences
      return open(root)
    }
    var events: [TicketEvent] = []
    if let root = tickets[id], root.state == .resolved {
      events.append(
        append(
          .reopened(nil, Revision(), note: "came again: \(recurrence.this.ticket)"), to: id, at: new.at,
          by: Self.recurrenceName, via: .rule, terms: reopeningTerms(root, root.priority, at: new.at)))
    }
    events.append(
      append(.recurred(recurrence.this), to: id, at: new.at, by: Self.recurrenceName, via: .rule))
    return events
  }

  /// What was done this time stands on the root-cause ticket too.
  mutating func tellRootCause(of id: String, at: Int64, by: String, via: TicketEvent.Source) -> [TicketEvent]
  {
    guard let ticket = tickets[id], let root = rootCause(of: id), root.isOpen else { return [] }
    return [append(.recurred(occurrence(ticket)), to: root.id, at: at, by: by, via: via)]
  }

  /// The ticket that looks for the cause of this one.
  func rootCause(of id: String) -> Ticket? { rootCauses[id].flatMap { tickets[$0] } }

  /// Why "cleaned" can't end a ticket whose cause is still being looked for; nil: nothing stands against it.
  func causeIsOpen(_ ticket: Ticket) -> String? {
    guard let root = rootCause(of: ticket.id), root.isOpen, root.state != .verified,
      ticket.resolution?.measure.touchesCause != true
    else { return nil }
    let done = ticket.resolution?.measure.rawValue ?? "nothing"
    return "\(done) has not ended it before; \(root.id) looks for the cause and is \(root.state.rawValue)"
  }
}

extension RecurrenceRule {
  /// - Parameter onsets: milliseconds since 1970, the newest last.
  func isMet(by onsets: [Int64]) -> Bool {
    guard let newest = onsets.last else { return false }
    if count > 0, onsets.filter({ newest - $0 <= window }).count >= count { return true }
    guard regularCount > 1, onsets.count >= regularCount else { return false }
    return Self.spread(of: onsets.suffix(regularCount)) <= spread
  }

  /// Standard deviation of the intervals over their mean; of all of them, not an estimate from a sample.
  static func spread(of onsets: some Collection<Int64>) -> Double {
    let intervals = zip(onsets.dropFirst(), onsets).map { Double($0 - $1) }
    guard !intervals.isEmpty else { return .infinity }
    let mean = intervals.reduce(0, +) / Double(intervals.count)
    guard mean > 0 else { return .infinity }
    let variance = intervals.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(intervals.count)
    return variance.squareRoot() / mean
  }
}
