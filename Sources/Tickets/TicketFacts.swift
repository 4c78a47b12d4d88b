/// What ticket events speak of: parties, alarms, places, and what is settled when a ticket is opened.
import EstateModel

/// An organisation, function or person on a ticket. Contacts stay in the catalogue.
public struct TicketParty: Hashable, Sendable, Codable {
  /// nil: a person or firm given by name.
  public var role: Role?
  public var title: Title

  public init(role: Role?, title: Title) { (self.role, self.title) = (role, title) }
}

/// Which alarm moved, as the rule engine told it.
public struct AlarmFacts: Hashable, Sendable, Codable {
  public var alarm: String
  public var rule: String
  public var title: Title
  public var device: String
  public var place: String
  public var towards: String?
  public var priority: Priority
  /// Milliseconds since 1970: when the condition began to hold.
  public var onset: Int64
  /// The ticket category that the rule asked for; nil in older events, where it is the ticket's own.
  public var category: String?
  /// What the rule looked at in this step.
  @Listed public var evidence: [Evidence]
  /// Of an alarm that ended although nothing was measured that ends it.
  public var withdrawn: Withdrawal?

  public init(_ transition: AlarmTransition) {
    (alarm, rule, title) = (transition.alarm, transition.rule, transition.title)
    (device, place, towards) = (transition.device, transition.place, transition.towards)
    (priority, onset, category) = (transition.priority, transition.onset, transition.category)
    withdrawn = transition.withdrawn
    // A value that is no number is an unknown one; it could neither be stored nor compared.
    evidence = transition.evidence.map { seen in
      var seen = seen
      if let value = seen.value, !value.isFinite { seen.value = nil }
      return seen
    }
  }
}

/// Where the trouble is: at a place, or on the way from one place to the next.
public struct Location: Hashable, Sendable, Codable {
  public var place: String
  public var towards: String?

  public init(place: String, towards: String? = nil) { (self.place, self.towards) = (place, towards) }
}

/// All that is settled when a ticket is opened.
public struct Opening: Hashable, Sendable, Codable {
  /// Where the cause lies.
  public var estate: String
  public var category: String
  /// What one cause is here: `sewer:main`, `place:east-wall`.
  public var cause: String
  public var responsible: TicketParty
  public var others: [TicketParty]
  public var location: Location
  /// The last ticket of the same cause, which was done with before this one was opened.
  public var former: String?
  /// Of a ticket that no alarm opened; else the alarm's.
  public var priority: Priority?
  public var title: Title?
  /// Other estates that suffer from it.
  @Listed public var affected: [String]
  /// Earlier tickets of the same cause within the category's window, the newest first.
  @Listed public var earlier: [String]
  /// The open ticket that looks for the root cause of this and the earlier ones.
  public var rootCause: String?
  /// Of a root-cause ticket: each time that it happened.
  @Listed public var occurrences: [Occurrence]
  /// Of a campaign: what it is called, and which places it must cover.
  public var campaign: String?
  @Listed public var toInspect: [String]
  /// The number that an outside office gave it, such as a 12345 order.
  public var reference: String?

  public init(
    estate: String, category: String, cause: String, responsible: TicketParty, others: [TicketParty],
    location: Location, former: String? = nil
  ) {
    (self.estate, self.category, self.cause) = (estate, category, cause)
    (self.responsible, self.others) = (responsible, others)
    (self.location, self.former) = (location, former)
  }
}

/// What a further alarm changes besides being on the list; nil and empty: nothing.
public struct Revision: Hashable, Sendable, Codable {
  public var title: Title?
  public var location: Location?
  public var others: [TicketParty] = []

  public init() {}

  public var isEmpty: Bool { title == nil && location == nil && others.isEmpty }
}

/// One time that trouble of the same kind came at the same place.
public struct Occurrence: Hashable, Sendable, Codable {
  public var ticket: String
  /// Milliseconds since 1970.
  public var onset: Int64
  public var measure: Resolution.Measure?
  /// What was done about it; empty while it isn't resolved.
  public var done: String

  init(ticket: String, onset: Int64, measure: Resolution.Measure? = nil, done: String = "") {
    (self.ticket, self.onset, self.measure, self.done) = (ticket, onset, measure, done)
  }
}
