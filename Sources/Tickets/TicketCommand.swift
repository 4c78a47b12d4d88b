/// What people tell the ticket book.
import EstateModel

/// Who is to take a ticket over.
public enum Assignee: Hashable, Sendable, Codable {
  case role(Role)
  case name(String)

  /// A role by its name (`grid-worker`), else a person's or firm's name as it stands.
  public init(_ text: String) { self = Role(rawValue: text).map(Assignee.role) ?? .name(text) }
}

public struct TicketCommand: Hashable, Sendable {
  public enum Step: Hashable, Sendable, Codable {
    case acknowledge(note: String = "")
    case arrive(note: String = "")
    case assign(Assignee)
    /// Somebody more is to know of it.
    case inform(Assignee)
    case comment(String)
    /// The clocks stand still: at most for the category's time, or until then.
    case pause(Pause.Reason, until: Timestamp?, note: String)
    case resume(note: String = "")
    /// A resident asked about it.
    case contact(from: String, channel: Contact.Channel, note: String)
    case visit(Visit)
    case council(Council)
    case propose(Proposal)
    case consent(Proposal.Consent)
    case inspect(Inspection)
    /// What was done; its note can't be empty.
    case resolve(Resolution)
    /// Somebody who did not do the work has looked, and asked the residents.
    case verify(String)
    case reopen(String)
    case close(String)
    case merge(into: String, note: String)
    case cancel(String)
    /// A person has seen something; the command's ticket is left empty.
    case report(Report)
    /// The step, provided that nothing has changed on the ticket since the event of this number.
    indirect case since(Int, Step)

    /// What was done, in a word.
    public static func resolve(_ note: String) -> Step { .resolve(Resolution(note)) }

    public var action: Ticket.Action {
      switch self {
      case .acknowledge: .acknowledge
      case .arrive: .arrive
      case .assign: .assign
      case .inform: .inform
      case .comment: .comment
      case .pause: .pause
      case .resume: .resume
      case .contact: .contact
      case .visit: .visit
      case .council: .council
      case .propose: .propose
      case .consent: .consent
      case .inspect: .inspect
      case .resolve: .resolve
      case .verify: .verify
      case .reopen: .reopen
      case .close: .close
      case .merge: .merge
      case .cancel: .cancel
      case .report: .report
      case .since(_, let step): step.action
      }
    }
  }

  public var ticket: String
  public var step: Step
  /// Who says so.
  public var by: String
  public var at: Timestamp
  public var via: TicketEvent.Source

  public init(_ step: Step, ticket: String, by: String, at: Timestamp, via: TicketEvent.Source) {
    (self.ticket, self.step, self.by, self.at, self.via) = (ticket, step, by, at, via)
  }

  /// A command may be so much older than the newest event of its ticket, in milliseconds: devices' clocks run ahead.
  public static let tolerance: Int64 = 5 * 60_000
}

/// What a person has seen: a resident's call, a patrol, an order of an outside office.
public struct Report: Hashable, Sendable, Codable {
  /// Where the cause lies.
  public var estate: String
  public var category: String
  public var place: String
  public var priority: Priority
  /// nil: the category's.
  public var title: Title?
  public var note: String
  /// A flat or a function; no name.
  public var from: String
  public var channel: Contact.Channel
  /// Estates that suffer from it.
  @Listed public var affected: [String]
  /// The number that the office gave it.
  public var reference: String?
  /// A campaign: every building of the estate is to be inspected.
  public var campaign: String?
  /// When the person noticed it, milliseconds since 1970; nil: just now.
  public var noticed: Int64?
  /// Devices that would see such trouble at that place, and what they measured in that hour.
  @Listed public var devices: [String]
  @Listed public var readings: [Evidence]

  public init(
    estate: String, category: String, place: String, priority: Priority = .p3, title: Title? = nil,
    note: String, from: String, channel: Contact.Channel, affected: [String] = [], reference: String? = nil,
    campaign: String? = nil
  ) {
    (self.estate, self.category, self.place, self.priority) = (estate, category, place, priority)
    (self.title, self.note, self.from, self.channel) = (title, note, from, channel)
    (self.affected, self.reference, self.campaign) = (affected, reference, campaign)
  }
}
