/// Which tickets somebody asks for.
import EstateModel

/// Conditions that a ticket must all meet; nil: any.
public struct TicketQuery: Hashable, Sendable, Codable {
  public var states: Set<Ticket.State>?
  public var priorities: Set<Priority>?
  /// Where the cause lies, or an estate that suffers from it.
  public var estate: String?
  public var category: String?
  /// A role's name, or a party's name in either language: the responsible one.
  public var party: String?
  /// A clock has run out.
  public var isOverdue: Bool?
  public var isPaused: Bool?
  /// Opened at or after this; milliseconds since 1970.
  public var since: Int64?

  public init() {}

  /// All on which somebody still has to act.
  public static var open: TicketQuery {
    var query = TicketQuery()
    query.states = Set(Ticket.State.allCases.filter(\.isOpen))
    return query
  }

  public func matches(_ ticket: Ticket) -> Bool { matches(TicketRow(ticket)) }

  func matches(_ row: TicketRow) -> Bool {
    if let states, !states.contains(row.state) { return false }
    if let priorities, !priorities.contains(row.priority) { return false }
    if let estate, row.estate != estate, !row.affected.contains(estate) { return false }
    if let category, row.category != category { return false }
    if let since, row.opened < since { return false }
    if let isOverdue, row.isOverdue != isOverdue { return false }
    if let isPaused, row.isPaused != isPaused { return false }
    guard let party else { return true }
    return party == row.responsible.role?.rawValue || party == row.responsible.title.zh
      || party == row.responsible.title.en
  }
}

/// What a query looks at: small, because all of them are looked at.
struct TicketRow: Sendable {
  var id: String
  var estate: String
  var affected: [String]
  var category: String
  var state: Ticket.State
  var priority: Priority
  var responsible: TicketParty
  var opened: Int64
  var isOverdue: Bool
  var isPaused: Bool

  init(_ ticket: Ticket) {
    (id, estate, affected, category) = (ticket.id, ticket.estate, ticket.affected, ticket.category)
    (state, priority, responsible) = (ticket.state, ticket.priority, ticket.responsible)
    (opened, isOverdue, isPaused) = (ticket.opened, ticket.isOverdue, ticket.isPaused)
  }

  func precedes(_ other: TicketRow) -> Bool {
    if priority != other.priority { return priority < other.priority }
    return opened != other.opened ? opened < other.opened : id < other.id
  }
}

extension TicketBook {
  /// The most urgent first, then the oldest.
  public func tickets(_ query: TicketQuery) -> [Ticket] { ids(query).compactMap { tickets[$0] } }

  /// The same without the tickets themselves.
  public func ids(_ query: TicketQuery) -> [String] {
    rows.values.filter { query.matches($0) }.sorted { $0.precedes($1) }.map(\.id)
  }
}
