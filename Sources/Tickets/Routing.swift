/// Who answers for which kind of problem, and how soon: by category, priority, place, hour, and by who manages the
/// estate.
import EstateModel
import Foundation

/// The categories that tickets can have, and what they share.
public struct Routing: Sendable {
  /// In the order of the file.
  public let categories: [Category]
  public var levels = ServiceLevels.standard
  public var workingTime = WorkingTime.standard
  /// Asked when a category's own chain is at its end.
  public var lastResort: [Role] = [.subDistrict, .hotline12345]
  /// New tickets of one estate within a minute; those above go into a digest, P1 never does.
  public var newTicketsAMinute = 10
  /// So many unanswered contacts of residents within so many milliseconds make a ticket more urgent.
  public var contacts = (count: 2, within: Int64(14 * 86_400_000))
  public var calendars: [String: EstateCalendar] = [:]
  private let positions: [String: Int]

  /// Most parties that a file may put on one ticket from the start.
  public static let mostParties = 5

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

  /// A category's level with what the ladder says for the rest.
  public func level(_ category: Category, _ priority: Priority) -> ServiceLevel {
    (category.levels[priority] ?? ServiceLevel())
      .over(levels.levels[priority] ?? ServiceLevel())
      .over(ServiceLevels.standard.levels[priority] ?? ServiceLevel())
  }

  /// Who answers for a ticket of this category that is opened now.
  public func assignment(
    _ category: Category, _ priority: Priority, at time: Timestamp, in estate: Estate?, place: Place?
  ) -> Assignment {
    let choice = choices(category, priority, in: estate, place: place?.kind).first { choice in
      choice.during.map { isDuring($0, at: time, in: estate?.timeZone ?? .gmt) } != false
    }
    return choice?.assignment ?? category.assignment(under: estate?.management ?? .unknown)
  }

  /// Those who may answer for such a ticket: the first whose hours it is. The last has all hours.
  func choices(_ category: Category, _ priority: Priority, in estate: Estate?, place: Place.Kind?)
    -> [(during: String?, assignment: Assignment)]
  {
    let management = estate?.management ?? .unknown
    var choices: [(during: String?, assignment: Assignment)] = []
    for exception in category.exceptions
    where exception.priorities?.contains(priority) != false
      && exception.management?.contains(management) != false
      && exception.estates.map({ $0.contains(estate?.id ?? "") }) != false
      && exception.places.map({ kinds in place.map { kinds.contains($0) } ?? false }) != false
    {
      choices.append((exception.during, exception.assignment))
      if exception.during == nil { return choices }
    }
    return choices + [(nil, category.assignment(under: management))]
  }

  /// A name that no calendar has is never now.
  func isDuring(_ name: String, at time: Timestamp, in timeZone: TimeZone) -> Bool {
    switch name {
    case "working-time": workingTime.isWorking(at: time, in: timeZone)
    case "off-hours": !workingTime.isWorking(at: time, in: timeZone)
    default: calendars[name]?.span(at: time, in: timeZone).isInside ?? false
    }
  }

  /// Who is asked after the lead, in order: the category's chain, then the last resort. An estate without a property
  /// company is not sent to one.
  public func chain(_ category: Category, lead: Role?, under management: Estate.Management) -> [Role] {
    var seen: Set<Role> = lead.map { [$0] } ?? []
    if management != .propertyCompany { seen.insert(.propertyCompany) }
    return (category.escalation + (category.lastResort ?? lastResort)).filter { seen.insert($0).inserted }
  }
}
