/// Who answers for which kind of problem: the routing matrix, by category and by who manages the estate.
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

/// How tickets of one category are opened and where they go.
public struct Category: Sendable {
  public var name: String
  public var title: Title
  public var togetherBy: TogetherBy
  public var withCompany: Assignment
  public var withoutCompany: Assignment
  /// Where an owners' committee manages the estate; nil: as without a company.
  public var withCommittee: Assignment?
  /// Joins the others when the ticket is or becomes P1.
  public var atP1: [Role]
  /// Who is asked next when nobody moves, in order.
  public var escalation: [Role]

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

/// The categories that tickets can have.
public struct Routing: Sendable {
  /// In the order of the file.
  public let categories: [Category]
  private let positions: [String: Int]

  public init(categories: [Category]) {
    self.categories = categories
    positions = Dictionary(
      categories.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  public subscript(name: String) -> Category? { positions[name].map { categories[$0] } }

  /// The category, or one that stands in for a name that the file lacks: an alarm is never left without a party.
  public func category(_ name: String) -> Category {
    self[name]
      ?? Category(
        name: name, title: Title(zh: name, en: name), togetherBy: .place,
        withCompany: Assignment(lead: .propertyCompany), withoutCompany: Assignment(lead: .community),
        escalation: [.community, .subDistrict])
  }
}
