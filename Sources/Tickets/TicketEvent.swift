/// One entry of a ticket's append-only history. What a ticket is now follows from its events and nothing else.
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

  public init(_ transition: AlarmTransition) {
    (alarm, rule, title) = (transition.alarm, transition.rule, transition.title)
    (device, place, towards) = (transition.device, transition.place, transition.towards)
    (priority, onset) = (transition.priority, transition.onset)
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
  public var estate: String
  public var category: String
  /// What one cause is here: `sewer:main`, `place:east-wall`.
  public var cause: String
  public var responsible: TicketParty
  public var others: [TicketParty]
  public var location: Location
  /// The last ticket of the same cause, which was closed before this one was opened.
  public var former: String?

  public init(
    estate: String, category: String, cause: String, responsible: TicketParty, others: [TicketParty],
    location: Location, former: String?
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

public struct TicketEvent: Hashable, Sendable {
  /// From where a step was made.
  public enum Source: String, CaseIterable, Sendable, Codable {
    case rule
    case commandLine = "cli"
    case console
  }

  public enum Kind: String, CaseIterable, Sendable, Codable {
    case opened, joined, cleared, acknowledged, assigned, commented, resolved, reopened, closed
  }

  public enum Payload: Hashable, Sendable {
    case opened(Opening, by: AlarmFacts)
    case joined(AlarmFacts, Revision)
    case cleared(AlarmFacts)
    case acknowledged(note: String)
    case assigned(TicketParty)
    case commented(note: String)
    case resolved(note: String)
    /// By an alarm that came back, or by a person with a note.
    case reopened(AlarmFacts?, Revision, note: String)
    case closed(note: String)
  }

  public var ticket: String
  /// 1 for the opening, then one more for each event of the ticket.
  public var sequence: Int
  /// Milliseconds since 1970.
  public var at: Int64
  /// The rule's name, or who gave the command.
  public var by: String
  public var via: Source
  public var payload: Payload

  public init(ticket: String, sequence: Int, at: Timestamp, by: String, via: Source, payload: Payload) {
    (self.ticket, self.sequence, self.at) = (ticket, sequence, at.milliseconds)
    (self.by, self.via, self.payload) = (by, via, payload)
  }

  public var kind: Kind {
    switch payload {
    case .opened: .opened
    case .joined: .joined
    case .cleared: .cleared
    case .acknowledged: .acknowledged
    case .assigned: .assigned
    case .commented: .commented
    case .resolved: .resolved
    case .reopened: .reopened
    case .closed: .closed
    }
  }

  /// What a person wrote; empty where none did.
  public var note: String {
    switch payload {
    case .acknowledged(let note), .commented(let note), .resolved(let note), .reopened(_, _, let note),
      .closed(let note):
      note
    case .opened, .joined, .cleared, .assigned: ""
    }
  }

  /// The alarm that made this step, if one did.
  public var alarm: AlarmFacts? {
    switch payload {
    case .opened(_, let alarm), .joined(let alarm, _), .cleared(let alarm): alarm
    case .reopened(let alarm, _, _): alarm
    case .acknowledged, .assigned, .commented, .resolved, .closed: nil
    }
  }
}
