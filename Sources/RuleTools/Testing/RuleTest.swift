/// One rule test: readings over virtual time, and the alarms and tickets that must come of them.
import Configuration
import EstateModel
import EstateSimulator
import Payloads
import Rules
import Tickets

public struct RuleTest: Sendable {
  public let name: String
  /// What it shows, in a sentence; empty where the name says it.
  public let title: String
  public let location: SourceLocation
  /// The devices that take part, with their estates.
  public let catalogue: Catalogue
  public let rules: RuleSet
  public let routing: Routing
  /// By which simulated devices are understood.
  let profiles: [Profile]
  /// Milliseconds that readings begin before `start`.
  public let leadIn: Int64
  /// Milliseconds after `start`.
  public let length: Int64
  let clock: TestClock
  /// What the file itself gives, by arrival; what is simulated comes besides.
  public let series: [Reading]
  /// What the simulation leaves alone.
  let given: Set<SeriesKey>
  let simulation: Scenario?
  let expectation: RuleTestExpectation

  public var start: Timestamp { clock.start }
  public var end: Timestamp { start + length }
}

/// What must appear, what must not, and whether anything else may.
struct RuleTestExpectation: Sendable {
  struct Alarm: Sendable {
    enum End: Sendable {
      /// Still active at the end of the test.
      case never
      case at(ClosedRange<Int64>)
      case any
    }

    var rule: String
    /// `estate/device`
    var device: String
    /// Milliseconds after the start.
    var raised: ClosedRange<Int64>
    var cleared: End
    var onset: ClosedRange<Int64>?
    var place: String?
    var towards: String?
    var priority: Priority?
    var location: SourceLocation
  }

  struct Ticket: Sendable {
    var category: String
    var estate: String?
    var opened: ClosedRange<Int64>
    var place: String?
    var towards: String?
    var party: Role?
    var with: [Role]?
    var priority: Priority?
    /// How many alarms are on it at the end.
    var alarms: Int?
    var location: SourceLocation
  }

  struct Never: Sendable {
    var rule: String?
    var category: String?
    /// `estate/device`
    var device: String?
    var location: SourceLocation
  }

  /// nil: alarms are not looked at.
  var alarms: [Alarm]?
  /// nil: tickets are not looked at.
  var tickets: [Ticket]?
  var never: [Never] = []
  var allowsOthers = false
}

/// What rule tests are judged by: the configuration that they belong to.
public struct RuleTestContext: Sendable {
  public var catalogue: Catalogue
  public var calendars: [String: EstateCalendar]
  public var routing: Routing
  public var documents: RuleDocuments
  /// All rules of the configuration.
  public var rules: RuleSet
  public var profiles: [Profile]

  public init(
    catalogue: Catalogue, calendars: [String: EstateCalendar], routing: Routing, documents: [Document],
    rules: RuleSet, profiles: [Profile]
  ) {
    (self.catalogue, self.calendars, self.routing) = (catalogue, calendars, routing)
    self.profiles = profiles
    (self.documents, self.rules) = (RuleDocuments(documents), rules)
  }
}

extension RuleTest {
  /// Rules whose alarms are expected, one entry for each alarm.
  public var expectedRules: [String] { expectation.alarms?.map(\.rule) ?? [] }

  /// Whether an alarm that isn't expected fails the test.
  public var listsAllAlarms: Bool { expectation.alarms != nil && !expectation.allowsOthers }
}
