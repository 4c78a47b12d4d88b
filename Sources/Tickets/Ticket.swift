/// What a ticket is at the moment: the fold of its events.
import EstateModel

/// Work that one cause makes, with the party that answers for it.
public struct Ticket: Hashable, Sendable, Codable, Identifiable {
  /// One alarm on the ticket. Times are milliseconds since 1970.
  public struct Alarm: Hashable, Sendable, Codable {
    public var facts: AlarmFacts
    public var raised: Int64
    public var cleared: Int64?

    public var isActive: Bool { cleared == nil }
  }

  /// `T-260310-7K2QM4`: the onset's local date, and a hash of rule, subject and onset.
  public let id: String
  public let estate: String
  public let category: String
  public let cause: String
  public internal(set) var state: State
  /// Only ever becomes more urgent.
  public internal(set) var priority: Priority
  public internal(set) var title: Title
  public internal(set) var place: String
  /// The trouble lies between `place` and here.
  public internal(set) var towards: String?
  /// The one party that answers for it.
  public internal(set) var responsible: TicketParty
  public internal(set) var others: [TicketParty]
  /// Milliseconds since 1970: when the first alarm's condition began to hold.
  public let onset: Int64
  public let opened: Int64
  public internal(set) var updated: Int64
  public internal(set) var acknowledged: Int64?
  public internal(set) var resolved: Int64?
  public internal(set) var closed: Int64?
  /// All alarms have cleared since then; somebody still has to look.
  public internal(set) var normalSince: Int64?
  public internal(set) var reopenings: Int
  /// The closed ticket of the same cause before this one.
  public let former: String?
  public internal(set) var alarms: [Alarm]
  /// Sequence of the last event.
  public internal(set) var sequence: Int

  public var isOpen: Bool { state.isOpen }
  public var location: Location { Location(place: place, towards: towards) }
  public var activeAlarms: [Alarm] { alarms.filter(\.isActive) }
}
