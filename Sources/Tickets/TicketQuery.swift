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

  public init(
    states: Set<Ticket.State>? = nil, estate: String? = nil, category: String? = nil, party: String? = nil
  ) {
    (self.states, self.estate, self.category, self.party) = (states, estate, category, party)
  }

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

/// A line of a list of tickets: what queries look at, and what a glance shows.
public struct TicketRow: Hashable, Sendable {
  public var id: String
  public var estate: String
  /// Other estates that suffer from it.
  public var affected: [String]
  public var category: String
  public var state: Ticket.State
  public var priority: Priority
  public var responsible: TicketParty
  public var title: Title
  public var place: String
  public var towards: String?
  /// Milliseconds since 1970.
  public var opened: Int64
  /// When the next clock runs out; nil where none runs or they stand still.
  public var due: Int64?
  public var isOverdue: Bool
  public var isPaused: Bool

  public init(
    id: String, estate: String, affected: [String], category: String, state: Ticket.State, priority: Priority,
    responsible: TicketParty, title: Title, place: String, towards: String?, opened: Int64, due: Int64?,
    isOverdue: Bool, isPaused: Bool
  ) {
    (self.id, self.estate, self.affected, self.category) = (id, estate, affected, category)
    (self.state, self.priority, self.responsible, self.title) = (state, priority, responsible, title)
    (self.place, self.towards, self.opened, self.due) = (place, towards, opened, due)
    (self.isOverdue, self.isPaused) = (isOverdue, isPaused)
  }

  public init(_ ticket: Ticket) {
    self.init(
      id: ticket.id, estate: ticket.estate, affected: ticket.affected, category: ticket.category,
      state: ticket.state, priority: ticket.priority, responsible: ticket.responsible, title: ticket.title,
      place: ticket.place, towards: ticket.towards, opened: ticket.opened, due: ticket.due,
      isOverdue: ticket.isOverdue, isPaused: ticket.isPaused)
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
