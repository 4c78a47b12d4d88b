/// A kind of problem: what one cause is, who answers for it and when, how it is verified, when it counts as recurring.
import EstateModel

/// What decides that two alarms of one category have one cause, and so belong on one ticket.
public enum TogetherBy: String, CaseIterable, Sendable, Codable {
  /// All wells of one sewer: one blockage backs up many of them.
  case sewer
  case place
  case device
  /// All places in the same unit, building or estate.
  case unit, building, estate
}

/// The responsible role and those who work beside it.
public struct Assignment: Hashable, Sendable {
  public var lead: Role
  public var others: [Role]

  public init(lead: Role, others: [Role] = []) { (self.lead, self.others) = (lead, others) }
}

/// Another assignment under some conditions; nil: whatever it is.
public struct RoutingException: Hashable, Sendable {
  public var priorities: Set<Priority>?
  /// A calendar's name, `working-time` or `off-hours`.
  public var during: String?
  public var management: Set<Estate.Management>?
  public var places: Set<Place.Kind>?
  public var estates: Set<String>?
  public var assignment: Assignment

  public init(
    priorities: Set<Priority>? = nil, during: String? = nil, management: Set<Estate.Management>? = nil,
    places: Set<Place.Kind>? = nil, estates: Set<String>? = nil, assignment: Assignment
  ) {
    (self.priorities, self.during, self.management) = (priorities, during, management)
    (self.places, self.estates, self.assignment) = (places, estates, assignment)
  }
}

/// When the same trouble at the same place is more than bad luck.
public struct RecurrenceRule: Hashable, Sendable {
  /// Milliseconds.
  public var window: Int64
  /// So many within the window; 0: they are linked and nothing else.
  public var count: Int
  /// Or so many, however far apart, when their intervals vary so little: standard deviation over mean.
  public var regularCount: Int
  public var spread: Double
  /// The category of the ticket that then looks for the cause.
  public var rootCause: String?

  public init(
    window: Int64, count: Int = 0, regularCount: Int = 0, spread: Double = 0, rootCause: String? = nil
  ) {
    (self.window, self.count) = (window, count)
    (self.regularCount, self.spread, self.rootCause) = (regularCount, spread, rootCause)
  }
}

/// So many alarms of one category in one estate within a while, from as many places that otherwise have nothing to do
/// with each other, have one cause, whatever it is.
public struct StormRule: Hashable, Sendable {
  public var alarms: Int
  /// Milliseconds.
  public var within: Int64

  public init(alarms: Int, within: Int64) { (self.alarms, self.within) = (alarms, within) }
}

/// A category as residents choose it.
public struct ServiceText: Hashable, Sendable {
  public var description: Title
  /// Services of one group stand together.
  public var group: Title
  public var keywords: [String]

  public init(description: Title, group: Title, keywords: [String] = []) {
    (self.description, self.group, self.keywords) = (description, group, keywords)
  }
}

/// How tickets of one category are opened, where they go, and how they end.
public struct Category: Sendable {
  public var name: String
  public var title: Title
  public var togetherBy: TogetherBy
  public var withCompany: Assignment
  public var withoutCompany: Assignment
  /// Where an owners' committee manages the estate; nil: as without a company.
  public var withCommittee: Assignment?
  /// The first that fits stands.
  public var exceptions: [RoutingException] = []
  /// Joins the others when the ticket is or becomes P1.
  public var atP1: [Role]
  /// Who is asked next when nobody moves, in order.
  public var escalation: [Role]
  /// What differs from the ladder.
  public var levels: [Priority: ServiceLevel] = [:]
  public var verification: Verification = .person
  /// Milliseconds after it was verified; nil: somebody has to close it.
  public var closeAfter: Int64?
  public var recurrence: RecurrenceRule?
  public var storm: StormRule?
  /// It can only be resolved by a measure that touches a named cause.
  public var needsCause = false
  /// Asked when the chain is at its end; nil: as for all categories.
  public var lastResort: [Role]?
  /// What residents read about it; nil: it is none of those that they report.
  public var service: ServiceText?

  public init(
    name: String, title: Title, togetherBy: TogetherBy, withCompany: Assignment, withoutCompany: Assignment,
    withCommittee: Assignment? = nil, atP1: [Role] = [], escalation: [Role] = []
  ) {
    (self.name, self.title, self.togetherBy) = (name, title, togetherBy)
    (self.withCompany, self.withoutCompany, self.withCommittee) = (withCompany, withoutCompany, withCommittee)
    (self.atP1, self.escalation) = (atP1, escalation)
  }

  /// Never without a lead, whoever manages the estate. An unknown manager counts as none.
  public func assignment(under management: Estate.Management) -> Assignment {
    switch management {
    case .propertyCompany: withCompany
    case .ownersCommittee: withCommittee ?? withoutCompany
    case .none, .unknown: withoutCompany
    }
  }
}
