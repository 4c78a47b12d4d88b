/// Tickets as their table has them, and as lists show them.
import EstateModel
import GRDB
import Tickets

extension Database {
  /// Stores a ticket; one that is stored in a newer state stays as it is.
  func update(_ ticket: Ticket) throws {
    let party = ticket.responsible
    try cachedStatement(
      sql: """
        INSERT INTO tickets (id, estate, category, priority, state, party, party_zh, party_en, place, towards,
          opened, updated, title_zh, title_en, sequence, json)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET priority = excluded.priority, state = excluded.state,
          party = excluded.party, party_zh = excluded.party_zh, party_en = excluded.party_en,
          place = excluded.place, towards = excluded.towards, updated = excluded.updated,
          title_zh = excluded.title_zh, title_en = excluded.title_en, sequence = excluded.sequence,
          json = excluded.json
        WHERE excluded.sequence > tickets.sequence
        """
    ).execute(arguments: [
      ticket.id, ticket.estate, ticket.category, ticket.priority.rawValue, ticket.state.rawValue,
      party.column, party.title.zh, party.title.en, ticket.place, ticket.towards,
      ticket.opened, ticket.updated, ticket.title.zh, ticket.title.en, ticket.sequence,
      try StoredJSON.text(ticket),
    ])
    if changesCount > 0 { try list(TicketRow(ticket)) }
  }

  private func list(_ row: TicketRow) throws {
    try cachedStatement(sql: "DELETE FROM ticket_list WHERE id = ?").execute(arguments: [row.id])
    try cachedStatement(
      sql: """
        INSERT INTO ticket_list (is_open, priority, opened, id, state, estate, affected, category, party, party_zh,
          party_en, place, towards, title_zh, title_en, due, is_overdue, is_paused)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      row.state.isOpen, row.priority.rawValue, row.opened, row.id, row.state.rawValue, row.estate,
      row.affected.isEmpty ? "" : " \(row.affected.joined(separator: " ")) ", row.category,
      row.responsible.column, row.responsible.title.zh, row.responsible.title.en, row.place, row.towards,
      row.title.zh, row.title.en, row.due, row.isOverdue, row.isPaused,
    ])
  }

  /// Makes the list anew from the tickets; one that can't be read is left out.
  func rebuildTicketList() throws {
    try execute(sql: "DELETE FROM ticket_list")
    let decoder = StoredJSON.decoder()
    let rows = try Row.fetchCursor(self, sql: "SELECT json FROM tickets")
    while let row = try rows.next() {
      guard let ticket = try? row.decoded(Ticket.self, of: "tickets", by: decoder) else { continue }
      try list(TicketRow(ticket))
    }
  }
}

extension TicketParty {
  /// What is asked for by: the role's name, else the party's.
  fileprivate var column: String { role?.rawValue ?? title.en }
}

extension TicketQuery {
  /// A condition on `ticket_list`, and its arguments.
  var condition: (sql: String, arguments: StatementArguments) {
    var conditions: [String] = []
    var arguments = StatementArguments()
    func require(_ sql: String, _ values: StatementArguments = []) {
      conditions.append(sql)
      arguments += values
    }
    if let states {
      // The list is in order by this first.
      if states.allSatisfy(\.isOpen) { require("is_open = 1") }
      if !states.contains(where: \.isOpen) { require("is_open = 0") }
      require(
        Self.among("state", states.map(\.rawValue)), StatementArguments(states.map(\.rawValue).sorted()))
    }
    if let priorities {
      let names = priorities.map(\.rawValue).sorted()
      require(Self.among("priority", names), StatementArguments(names))
    }
    if let estate { require("(estate = ? OR instr(affected, ' ' || ? || ' ') > 0)", [estate, estate]) }
    if let category { require("category = ?", [category]) }
    if let party { require("? IN (party, party_zh, party_en)", [party]) }
    if let isOverdue { require("is_overdue = ?", [isOverdue]) }
    if let isPaused { require("is_paused = ?", [isPaused]) }
    if let since { require("opened >= ?", [since]) }
    return (conditions.isEmpty ? "1" : conditions.joined(separator: " AND "), arguments)
  }

  static func among(_ column: String, _ values: [String]) -> String {
    "\(column) IN (\(values.map { _ in "?" }.joined(separator: ", ")))"
  }
}

/// A line of a list as people read it.
public struct ListedTicket: Hashable, Sendable {
  public var id: String
  public var priority: String
  public var state: String
  /// `estate/place`, or `estate/place→place`.
  public var location: String
  public var responsible: String
  public var title: String
  /// Milliseconds since 1970.
  public var opened: Int64
  /// When the next clock runs out; nil where none runs or they stand still.
  public var due: Int64?
  public var isOverdue: Bool
  public var isPaused: Bool

  fileprivate init(_ row: Row) {
    // By position: ten thousand rows are to be read in a few milliseconds.
    (id, priority, state, location) = (row[0], row[1], row[2], row[3])
    (responsible, title, opened, due) = (row[4], row[5], row[6], row[7])
    (isOverdue, isPaused) = (row[8], row[9])
  }
}

extension StoreReader {
  /// A list for the eye, line after line: the most urgent first, then the oldest.
  public func list(_ query: TicketQuery, isChinese: Bool, _ body: (ListedTicket) throws -> Void) throws {
    let condition = query.condition
    let language = isChinese ? "zh" : "en"
    try read { database in
      let rows = try Row.fetchCursor(
        database,
        sql: """
          SELECT id, priority, state, estate || '/' || place || coalesce('→' || towards, ''), party_\(language),
            title_\(language), opened, due, is_overdue, is_paused
          FROM ticket_list WHERE \(condition.sql) ORDER BY priority, opened, id
          """, arguments: condition.arguments)
      while let row = try rows.next() { try body(ListedTicket(row)) }
    }
  }

  /// Whole tickets: the most urgent first, then the oldest.
  /// - Parameters:
  ///   - after: the last ticket of the page before; nil: from the first on.
  ///   - limit: at most so many; nil: all.
  public func tickets(
    _ query: TicketQuery = TicketQuery(), after: (priority: Priority, opened: Int64, id: String)? = nil,
    limit: Int? = nil
  ) throws -> [Ticket] {
    try read { database in
      let decoder = StoredJSON.decoder()
      return try Array(
        Self.stored(query, after: after, limit: limit, in: database).map {
          try $0.decoded(Ticket.self, of: "tickets", by: decoder)
        })
    }
  }

  /// Open tickets, each with the newest of its events.
  public func openTicketsAndEvents() throws -> [(ticket: Ticket, event: TicketEvent)] {
    try read { database in
      let decoder = StoredJSON.decoder()
      return try Row.fetchAll(
        database,
        sql: """
          SELECT tickets.json, ticket_events.json AS event FROM ticket_list
          CROSS JOIN tickets USING (id)
          JOIN ticket_events ON ticket = tickets.id AND number = tickets.sequence WHERE is_open = 1
          """
      ).map { row in
        (
          try row.decoded(Ticket.self, of: "tickets", by: decoder),
          try row.decoded(TicketEvent.self, of: "ticket_events", column: "event", by: decoder)
        )
      }
    }
  }

  /// Of these categories, opened in this span of milliseconds since 1970: the newest first.
  /// - Parameter isOpen: nil: ended ones, too.
  public func tickets(
    of categories: [String], opened: ClosedRange<Int64>, isOpen: Bool?, offset: Int, limit: Int
  ) throws -> [Ticket] {
    try read { database in
      let decoder = StoredJSON.decoder()
      var arguments: StatementArguments = [opened.lowerBound, opened.upperBound]
      arguments += StatementArguments(categories)
      arguments += [isOpen, isOpen, limit, offset]
      return try Row.fetchAll(
        database,
        sql: """
          SELECT json FROM (
            SELECT id, opened FROM ticket_list
            WHERE opened BETWEEN ? AND ? AND \(TicketQuery.among("category", categories))
              AND (? IS NULL OR is_open = ?)
            ORDER BY opened DESC, id LIMIT ? OFFSET ?) AS listed
          CROSS JOIN tickets USING (id) ORDER BY listed.opened DESC, listed.id
          """, arguments: arguments
      ).map { try $0.decoded(Ticket.self, of: "tickets", by: decoder) }
    }
  }

  /// The same as JSON, as it is stored: a line each.
  public func ticketLines(_ query: TicketQuery) throws -> [String] {
    try read { database in
      try Array(
        Self.stored(query, after: nil, limit: nil, in: database).map { try $0.value("json", of: "tickets") })
    }
  }

  private static func stored(
    _ query: TicketQuery, after: (priority: Priority, opened: Int64, id: String)?, limit: Int?,
    in database: Database
  ) throws -> RowCursor {
    var (condition, arguments) = query.condition
    if let after {
      condition += " AND (priority, opened, id) > (?, ?, ?)"
      arguments += [after.priority.rawValue, after.opened, after.id]
    }
    arguments += [limit ?? -1]
    // A join would have to be put in order once more.
    return try Row.fetchCursor(
      database,
      sql: """
        SELECT (SELECT json FROM tickets WHERE tickets.id = ticket_list.id) AS json
        FROM ticket_list WHERE \(condition) ORDER BY priority, opened, id LIMIT ?
        """, arguments: arguments)
  }
}
