/// What was done, what shows that it worked, and why a clock stands still.
import EstateModel

/// What somebody says has been done.
public struct Resolution: Hashable, Sendable, Codable {
  public enum Measure: String, CaseIterable, Sendable, Codable {
    /// The symptom is gone: flushed, cleared, swept. It ends no root-cause ticket.
    case cleaned
    case adjusted, repaired, replaced, rebuilt
    /// On the spot, such as material put aside.
    case removed
    /// Nothing was wrong; it was shown and explained.
    case explained
    case other

    /// It can have taken the cause away, not only what could be seen of it.
    public var touchesCause: Bool {
      switch self {
      case .adjusted, .repaired, .replaced, .rebuilt: true
      case .cleaned, .removed, .explained, .other: false
      }
    }
  }

  /// A count on the completion form: ten wells, one tank.
  public struct Item: Hashable, Sendable, Codable {
    public var what: String
    public var count: Int

    public init(_ what: String, _ count: Int) { (self.what, self.count) = (what, count) }
  }

  public var note: String
  public var measure: Measure
  /// Why it happened, where somebody found out.
  public var cause: String?
  @Listed public var items: [Item]

  public init(_ note: String, measure: Measure = .other, cause: String? = nil, items: [Item] = []) {
    (self.note, self.measure, self.cause, self.items) = (note, measure, cause, items)
  }
}

/// Why a ticket counts as verified.
public struct Proof: Hashable, Sendable, Codable {
  /// What a rule saw when an alarm was raised, and when it cleared.
  public struct Sensor: Hashable, Sendable, Codable {
    public var device: String
    public var alarm: String
    public var cleared: Int64?
    @Listed public var raised: [Evidence]
    @Listed public var normal: [Evidence]

    init(device: String, alarm: String, cleared: Int64?, raised: [Evidence], normal: [Evidence]) {
      (self.device, self.alarm, self.cleared) = (device, alarm, cleared)
      (self.raised, self.normal) = (raised, normal)
    }
  }

  /// The signals were normal from here to there; milliseconds since 1970.
  public var from: Int64
  public var until: Int64
  @Listed public var sensors: [Sensor]

  init(from: Int64, until: Int64, sensors: [Sensor]) {
    (self.from, self.until, self.sensors) = (from, until, sensors)
  }
}

/// The clocks stand still, and why.
public struct Pause: Hashable, Sendable, Codable {
  public enum Reason: String, CaseIterable, Sendable, Codable {
    case parts, consent, access, weather, authority, other
  }

  public var reason: Reason
  /// Milliseconds since 1970: the clocks go on by themselves then.
  public var until: Int64

  public init(_ reason: Reason, until: Int64) { (self.reason, self.until) = (reason, until) }
}

/// What another ticket brought along when it was merged into this one.
public struct Absorption: Hashable, Sendable, Codable {
  public var ticket: String
  public var priority: Priority
  public var alarms: [Ticket.Alarm]
  public var others: [TicketParty]
  @Listed public var contacts: [Contact]
  @Listed public var affected: [String]
  public var reference: String?

  init(of ticket: Ticket) {
    (self.ticket, priority, alarms) = (ticket.id, ticket.priority, ticket.alarms)
    others = [ticket.responsible] + ticket.others
    (contacts, affected, reference) = (ticket.contacts, ticket.affected, ticket.reference)
  }
}
