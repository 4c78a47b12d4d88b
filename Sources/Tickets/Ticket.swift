/// What a ticket is at the moment: the fold of its events.
import EstateModel

/// Work that one cause makes, with the party that answers for it. Times are milliseconds since 1970.
public struct Ticket: Hashable, Sendable, Codable, Identifiable {
  /// One alarm on the ticket.
  public struct Alarm: Hashable, Sendable, Codable {
    public var facts: AlarmFacts
    public var raised: Int64
    public var cleared: Int64?
    /// What the rule saw when it cleared.
    @Listed public var normal: [Evidence]
    /// It ended because nobody watches any more: that proves nothing.
    public var withdrawn: Withdrawal?

    public var isActive: Bool { cleared == nil }
  }

  /// `T-260310-7K2QM4`: the onset's local date, and a hash of rule, subject and onset.
  public let id: String
  /// Where the cause lies.
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
  /// When the first alarm's condition began to hold, or the first report came.
  public let onset: Int64
  public let opened: Int64
  public internal(set) var updated: Int64
  public internal(set) var acknowledged: Int64?
  public internal(set) var arrived: Int64?
  public internal(set) var resolved: Int64?
  public internal(set) var verified: Int64?
  public internal(set) var closed: Int64?
  /// All alarms have cleared since then; somebody still has to look.
  public internal(set) var normalSince: Int64?
  /// The alarms cleared before anyone came, and a look was asked for.
  public internal(set) var lookAsked: Int64?
  public internal(set) var reopenings: Int
  /// The ticket of the same cause before this one.
  public let former: String?
  public internal(set) var alarms: [Alarm]
  /// Sequence of the last event.
  public internal(set) var sequence: Int

  // Clocks.
  @Listed public internal(set) var clocks: [ServiceClock]
  public internal(set) var pause: Pause?
  public internal(set) var pausedSince: Int64?
  /// How far up the chain it has gone; nil: not at all.
  public internal(set) var level: Int?
  /// Whom it was last escalated to.
  public internal(set) var supervisor: TicketParty?
  /// When the next of the chain is asked.
  public internal(set) var nextEscalation: Int64?

  // What was done, and whether it held.
  public internal(set) var resolution: Resolution?
  /// Who said so: somebody else verifies.
  public internal(set) var resolvedBy: String?
  public internal(set) var watch: Watch?
  public internal(set) var proof: Proof?
  public internal(set) var closeAfter: Int64?

  // Links.
  /// The ticket as which it goes on.
  public internal(set) var mergedInto: String?
  @Listed public internal(set) var absorbed: [String]
  @Listed public internal(set) var earlier: [String]
  public internal(set) var rootCause: String?
  @Listed public internal(set) var occurrences: [Occurrence]
  @Listed public internal(set) var affected: [String]
  public internal(set) var reference: String?

  // Around it.
  @Listed public internal(set) var contacts: [Contact]
  /// Unanswered contacts have made it more urgent.
  public internal(set) var raisedByContacts: Int64?
  @Listed public internal(set) var visits: [Visit]
  @Listed public internal(set) var councils: [Council]
  @Listed public internal(set) var proposals: [Proposal]
  public internal(set) var campaign: String?
  @Listed public internal(set) var toInspect: [String]
  @Listed public internal(set) var inspections: [Inspection]

  public var isOpen: Bool { state.isOpen }
  public var location: Location { Location(place: place, towards: towards) }
  public var activeAlarms: [Alarm] { alarms.filter(\.isActive) }

  /// Alarms that ended because nobody watches any more, as far as the same rule has not watched the device again.
  var unproved: [Alarm] {
    alarms.enumerated().filter { position, alarm in
      alarm.withdrawn != nil
        && !alarms[(position + 1)...].contains {
          $0.facts.rule == alarm.facts.rule && $0.facts.device == alarm.facts.device
        }
    }.map(\.element)
  }
  public var isPaused: Bool { pause != nil }
  /// A clock has run out, and what it waits for has not happened.
  public var isOverdue: Bool { isOpen && clocks.contains { $0.isRunning && $0.stage == .missed } }
  /// When the next clock runs out; nil where none runs or they stand still.
  public var due: Int64? {
    guard isOpen, !isPaused else { return nil }
    return clocks.filter { $0.isRunning && $0.stage != .missed }.map(\.due).min()
  }

  public func clock(_ kind: ServiceClock.Kind) -> ServiceClock? { clocks.first { $0.kind == kind } }
}
