/// What people do around a ticket: they call, visit, sit together, inspect.
import EstateModel

/// A resident, or an office for one, asked about the trouble. No names: what is known is from where.
public struct Contact: Hashable, Sendable, Codable {
  public enum Channel: String, CaseIterable, Sendable, Codable {
    case telephone, visit, hotline12345 = "12345", open311, message, patrol
  }

  /// Milliseconds since 1970.
  public var at: Int64
  /// A flat, a building, or a function: `3-2-301`, `building head`.
  public var from: String
  public var channel: Channel
  public var note: String
  /// True: alarms showed the same at that moment. False: sensors that would have seen it show nothing unusual.
  /// nil: nothing there can tell.
  public var confirmed: Bool?
  /// What that rests on.
  public var sighting: Sighting?
  /// Other estates of which it says that they suffer, too.
  @Listed public var affected: [String]
  /// The number that an office gave it.
  public var reference: String?

  public init(at: Timestamp, from: String, channel: Channel, note: String) {
    (self.at, self.from, self.channel, self.note) = (at.milliseconds, from, channel, note)
  }
}

/// What the sensors showed at the place and hour of which somebody speaks.
public struct Sighting: Hashable, Sendable, Codable {
  /// Alarms of that kind that were active then.
  @Listed public var alarms: [String]
  /// Devices that would have seen it, and aren't known to be out of order.
  @Listed public var devices: [String]
  /// What they measured in that hour.
  @Listed public var readings: [Evidence]

  public init(alarms: [String] = [], devices: [String] = [], readings: [Evidence] = []) {
    (self.alarms, self.devices, self.readings) = (alarms, devices, readings)
  }

  /// Half an hour before and after the moment of which somebody speaks, in milliseconds.
  public static let reach: Int64 = 30 * 60_000

  /// As ``Contact/confirmed`` tells it.
  public var confirms: Bool? { alarms.isEmpty ? (devices.isEmpty ? nil : false) : true }
}

/// A joint visit: who came, from when to when.
public struct Visit: Hashable, Sendable, Codable {
  public var attendees: [String]
  /// Milliseconds since 1970.
  public var start: Int64
  public var end: Int64
  public var note: String

  public init(attendees: [String], start: Timestamp, end: Timestamp, note: String) {
    (self.attendees, self.note) = (attendees, note)
    (self.start, self.end) = (start.milliseconds, end.milliseconds)
  }

  public var minutes: Int64 { (end - start) / 60_000 }
}

/// Several parties at one table: what each wants, what came out, what is due.
public struct Council: Hashable, Sendable, Codable {
  public struct Claim: Hashable, Sendable, Codable {
    public var party: String
    public var text: String

    public init(_ party: String, _ text: String) { (self.party, self.text) = (party, text) }
  }

  public struct Item: Hashable, Sendable, Codable {
    public var what: String
    public var who: String
    /// Milliseconds since 1970.
    public var due: Int64
    /// When it was said that it is due.
    public var reminded: Int64?

    public init(_ what: String, who: String, due: Timestamp) {
      (self.what, self.who, self.due) = (what, who, due.milliseconds)
    }
  }

  public var parties: [String]
  @Listed public var claims: [Claim]
  public var outcome: String
  @Listed public var items: [Item]
  /// So many parties must have come for it to count.
  public var quorum: Int

  public init(
    parties: [String], claims: [Claim] = [], outcome: String, items: [Item] = [], quorum: Int = 3
  ) {
    (self.parties, self.claims, self.outcome) = (parties, claims, outcome)
    (self.items, self.quorum) = (items, quorum)
  }
}

/// What was found at one place or household of a campaign, and what is to be done there.
public struct Inspection: Hashable, Sendable, Codable {
  public enum Plan: String, CaseIterable, Sendable, Codable {
    case nothing
    /// The household does it, with advice.
    case byItself = "self"
    case assisted
    /// Nobody answers for it: the community has it done.
    case fallback
  }

  public var place: String
  public var household: String?
  public var finding: String
  public var plan: Plan
  public var isDone: Bool

  public init(
    place: String, household: String? = nil, finding: String, plan: Plan = .nothing, isDone: Bool = false
  ) {
    (self.place, self.household, self.finding) = (place, household, finding)
    (self.plan, self.isDone) = (plan, isDone || plan == .nothing)
  }
}
