/// What is told, complete enough to be put into words later and by anybody.
import EstateModel
import Foundation
import Tickets

public enum Notice: Hashable, Sendable {
  case ticket(TicketNotice)
  /// Several that came too fast one after the other.
  case digest(DigestNotice)
  case alarm(AlarmNotice)
  /// Somebody tries whether a channel works.
  case test(at: Int64)
}

/// One key, which says what it is, with the value behind it.
extension Notice: Codable {
  private enum CodingKeys: String, CodingKey { case ticket, digest, alarm, test }

  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .ticket(let notice): try fields.encode(notice, forKey: .ticket)
    case .digest(let digest): try fields.encode(digest, forKey: .digest)
    case .alarm(let notice): try fields.encode(notice, forKey: .alarm)
    case .test(let at): try fields.encode(at, forKey: .test)
    }
  }

  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    if let notice = try fields.decodeIfPresent(TicketNotice.self, forKey: .ticket) {
      self = .ticket(notice)
    } else if let digest = try fields.decodeIfPresent(DigestNotice.self, forKey: .digest) {
      self = .digest(digest)
    } else if let notice = try fields.decodeIfPresent(AlarmNotice.self, forKey: .alarm) {
      self = .alarm(notice)
    } else {
      self = .test(at: try fields.decode(Int64.self, forKey: .test))
    }
  }
}

/// An event of a ticket, with the ticket as it was then. Times are milliseconds since 1970.
public struct TicketNotice: Hashable, Sendable, Codable {
  /// A party on the ticket.
  public struct Party: Hashable, Sendable, Codable {
    public var role: Role?
    public var zh: String
    public var en: String

    init(_ party: TicketParty) { (role, zh, en) = (party.role, party.title.zh, party.title.en) }

    public var title: Title { Title(zh: zh, en: en) }
  }

  /// nil: nobody is told; only the ticket's state is shown.
  public var occasion: Occasion?
  public var ticket: String
  /// Of the event within the ticket.
  public var sequence: Int
  public var event: TicketEvent.Kind
  public var at: Int64
  public var by: String
  public var note: String
  public var estate: String
  public var estateTitle: Title
  public var timeZone: String
  public var category: String
  public var categoryTitle: Title
  public var title: Title
  public var priority: Priority
  public var state: Ticket.State
  public var place: String
  public var placeTitle: Title
  public var towards: String?
  public var towardsTitle: Title?
  public var onset: Int64
  public var opened: Int64
  public var due: Int64?
  public var responsible: Party
  public var others: [Party]
  public var recipients: [Party]
  /// Of an escalation: who is asked now, and which time was missed.
  public var asked: Party?
  public var clock: ServiceClock.Kind?
  public var reminder: Reminder.Reason?

  /// What is told, whatever the channel.
  public var identifier: String { "\(ticket)/\(sequence)" }
}

/// A list in the place of many messages. Times are milliseconds since 1970.
public struct DigestNotice: Hashable, Sendable, Codable {
  public var estate: String
  public var estateTitle: Title
  public var timeZone: String
  /// In the order in which they came; the first ``mostListed`` of them.
  public var listed: [TicketNotice]
  /// All of them.
  public var count: Int
  public var at: Int64

  public static let mostListed = 30
}

/// A step of an alarm.
public struct AlarmNotice: Hashable, Sendable, Codable {
  public var transition: AlarmTransition
  public var estateTitle: Title
  public var placeTitle: Title

  public init(_ transition: AlarmTransition, in estate: Estate?) {
    self.transition = transition
    estateTitle = estate?.title ?? Title(zh: transition.estate, en: transition.estate)
    placeTitle =
      estate?.place(transition.place)?.title ?? Title(zh: transition.place, en: transition.place)
  }

  public var isActive: Bool { transition.kind == .raised }
}

extension TicketNotice {
  init(
    _ event: TicketEvent, on ticket: Ticket, occasion: Occasion?, recipients: [TicketParty],
    estate: Estate?, category: Category
  ) {
    func named(_ place: String) -> Title { estate?.place(place)?.title ?? Title(zh: place, en: place) }
    self.occasion = occasion
    self.ticket = ticket.id
    (sequence, self.event, at, by, note) = (event.sequence, event.kind, event.at, event.by, event.note)
    self.estate = ticket.estate
    estateTitle = estate?.title ?? Title(zh: ticket.estate, en: ticket.estate)
    timeZone = (estate?.timeZone ?? .gmt).identifier
    (self.category, categoryTitle) = (ticket.category, category.title)
    (title, priority, state) = (ticket.title, ticket.priority, ticket.state)
    (place, placeTitle) = (ticket.place, named(ticket.place))
    (towards, towardsTitle) = (ticket.towards, ticket.towards.map(named))
    (onset, opened, due) = (ticket.onset, ticket.opened, ticket.due)
    responsible = Party(ticket.responsible)
    others = ticket.others.map(Party.init)
    self.recipients = recipients.map(Party.init)
    switch event.payload {
    case .escalated(let escalation): (asked, clock) = (escalation.party.map(Party.init), escalation.clock)
    case .reminded(let reminder): (self.reminder, clock) = (reminder.reason, reminder.clock)
    default: break
    }
  }
}
