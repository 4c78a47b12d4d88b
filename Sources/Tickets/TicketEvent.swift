/// One entry of a ticket's append-only history. What a ticket is now follows from its events and nothing else.
import EstateModel

public struct TicketEvent: Hashable, Sendable {
  /// From where a step was made.
  public enum Source: String, CaseIterable, Sendable, Codable {
    case rule
    case commandLine = "cli"
    case console
    /// Time passed.
    case clock
    case open311
    case hotline12345 = "12345"
  }

  public enum Kind: String, CaseIterable, Sendable, Codable {
    case opened, joined, cleared, acknowledged, arrived, assigned, informed, commented, paused, resumed,
      resolved
    case verified, reopened, closed, merged, absorbed, cancelled
    case scheduled, reminded, escalated, prioritised, watched, recurred
    case contacted, visited, council, proposed, consented, decided, inspected
  }

  public enum Payload: Hashable, Sendable {
    case opened(Opening, by: AlarmFacts?)
    case joined(AlarmFacts, Revision)
    case cleared(AlarmFacts)
    case acknowledged(note: String)
    case arrived(note: String)
    case assigned(TicketParty)
    case informed([TicketParty], note: String)
    case commented(note: String)
    case paused(Pause, note: String)
    case resumed(note: String)
    case resolved(Resolution)
    /// By the sensors with their proof, or by a person with a note.
    case verified(Proof?, note: String)
    /// By an alarm that came back, or by a person with a note.
    case reopened(AlarmFacts?, Revision, note: String)
    case closed(note: String)
    case merged(into: String, note: String)
    case absorbed(Absorption)
    case cancelled(note: String)
    /// Only the terms change: clocks begin on a ticket that had none.
    case scheduled
    case reminded(Reminder)
    case escalated(Escalation)
    case prioritised(Priority, informed: [TicketParty], note: String)
    /// The watch begins anew, or devices have gone blind.
    case watched
    case recurred(Occurrence)
    case contacted(Contact)
    case visited(Visit)
    case council(Council)
    case proposed(Proposal)
    case consented(Proposal.Consent)
    case decided(Proposal.Decision)
    case inspected(Inspection)

    /// What was done, in a word.
    public static func resolved(note: String) -> Payload { .resolved(Resolution(note)) }
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
  /// What it settles for the time to come.
  public var terms: Terms?

  public init(
    ticket: String, sequence: Int, at: Timestamp, by: String, via: Source, payload: Payload,
    terms: Terms? = nil
  ) {
    (self.ticket, self.sequence, self.at) = (ticket, sequence, at.milliseconds)
    (self.by, self.via, self.payload) = (by, via, payload)
    self.terms = terms.flatMap { $0.isEmpty ? nil : $0 }
  }

  public var kind: Kind {
    switch payload {
    case .opened: .opened
    case .joined: .joined
    case .cleared: .cleared
    case .acknowledged: .acknowledged
    case .arrived: .arrived
    case .assigned: .assigned
    case .informed: .informed
    case .commented: .commented
    case .paused: .paused
    case .resumed: .resumed
    case .resolved: .resolved
    case .verified: .verified
    case .reopened: .reopened
    case .closed: .closed
    case .merged: .merged
    case .absorbed: .absorbed
    case .cancelled: .cancelled
    case .scheduled: .scheduled
    case .reminded: .reminded
    case .escalated: .escalated
    case .prioritised: .prioritised
    case .watched: .watched
    case .recurred: .recurred
    case .contacted: .contacted
    case .visited: .visited
    case .council: .council
    case .proposed: .proposed
    case .consented: .consented
    case .decided: .decided
    case .inspected: .inspected
    }
  }

  /// What a person wrote; empty where none did.
  public var note: String {
    switch payload {
    case .acknowledged(let note), .arrived(let note), .commented(let note), .resumed(let note),
      .closed(let note), .cancelled(let note), .informed(_, let note), .paused(_, let note),
      .verified(_, let note), .reopened(_, _, let note), .merged(_, let note), .prioritised(_, _, let note):
      note
    case .resolved(let resolution): resolution.note
    case .contacted(let contact): contact.note
    case .visited(let visit): visit.note
    case .council(let council): council.outcome
    case .inspected(let inspection): inspection.finding
    default: ""
    }
  }

  /// The alarm that made this step, if one did.
  public var alarm: AlarmFacts? {
    switch payload {
    case .opened(_, let alarm), .reopened(let alarm, _, _): alarm
    case .joined(let alarm, _), .cleared(let alarm): alarm
    default: nil
    }
  }

  /// Somebody else did something that a person who acts on the ticket should know of; reminders aren't that.
  public var isChange: Bool {
    switch kind {
    case .reminded, .scheduled, .watched: false
    default: true
    }
  }
}
