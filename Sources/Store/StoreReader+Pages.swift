/// Tickets and alarms a page at a time, and counts of them: what a console asks for.
import EstateModel
import Foundation
import GRDB
import Tickets

extension Row {
  func decoded<Value: Decodable>(
    _ type: Value.Type, of table: String, column: String, by decoder: JSONDecoder
  ) throws -> Value {
    let text: String = try value(column, of: table)
    do {
      return try decoder.decode(type, from: Data(text.utf8))
    } catch {
      throw StoreError.unreadableRow(table: table, detail: "\(error)")
    }
  }
}

/// Open tickets of one estate and priority.
public struct TicketCount: Hashable, Sendable {
  public var estate: String
  public var priority: Priority
  /// Of those nobody has taken up yet.
  public var new: Int
  public var open: Int
}

/// How often a rule raised.
public struct RuleCount: Hashable, Sendable {
  public var rule: String
  public var active: Int
  public var raised: Int
  /// Milliseconds since 1970.
  public var last: Int64
}

/// The database's own figures.
public struct StoreFigures: Hashable, Sendable {
  /// Bytes in use, with free pages.
  public var size: Int64
  public var batches: Int64
  public var alarms: Int64
  public var tickets: Int64
}

extension StoreReader {
  /// Of open tickets, by estate and priority.
  public func openTicketCounts() throws -> [TicketCount] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT estate, priority, count(*) AS open, sum(state = 'new') AS new FROM ticket_list
          WHERE is_open = 1 GROUP BY estate, priority ORDER BY estate, priority
          """
      ).compactMap { row in
        guard let priority = Priority(rawValue: try row.value("priority", of: "ticket_list")) else {
          return nil
        }
        return TicketCount(
          estate: try row.value("estate", of: "ticket_list"), priority: priority,
          new: try row.value("new", of: "ticket_list"), open: try row.value("open", of: "ticket_list"))
      }
    }
  }

  /// One alarm; nil when there is none of this id.
  public func alarm(_ id: String) throws -> StoredAlarm? {
    try alarms(where: "id = ?", [id], limit: 1).first
  }

  /// The newest first.
  /// - Parameters:
  ///   - device: path; nil: of all.
  ///   - before: the last alarm of the page before.
  public func newestAlarms(
    activeOnly: Bool = false, estate: String? = nil, device: String? = nil,
    before: (raised: Int64, id: String)? = nil,
    limit: Int
  ) throws -> [StoredAlarm] {
    var conditions = ["1"]
    var arguments = StatementArguments()
    if activeOnly { conditions.append("state = 'active'") }
    if let estate {
      conditions.append("estate = ?")
      arguments += [estate]
    }
    if let device {
      conditions.append("estate || '/' || device = ?")
      arguments += [device]
    }
    if let before {
      conditions.append("(raised, id) < (?, ?)")
      arguments += [before.raised, before.id]
    }
    return try alarms(where: conditions.joined(separator: " AND "), arguments, limit: limit)
  }

  private func alarms(where condition: String, _ arguments: StatementArguments, limit: Int) throws
    -> [StoredAlarm]
  {
    try read { database in
      let decoder = StoredJSON.decoder()
      return try Row.fetchAll(
        database,
        sql: "SELECT json, cleared FROM alarms WHERE \(condition) ORDER BY raised DESC, id DESC LIMIT ?",
        arguments: arguments + [limit]
      ).map { row in
        let cleared: Int64? = row["cleared"]
        return StoredAlarm(
          raised: try row.decoded(AlarmTransition.self, of: "alarms", by: decoder), cleared: cleared)
      }
    }
  }

  /// By rule; rules that never raised are left out.
  public func ruleCounts(since: Timestamp) throws -> [RuleCount] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT rule, sum(state = 'active') AS active, sum(raised >= ?) AS raised, max(raised) AS last
          FROM alarms GROUP BY rule ORDER BY rule
          """, arguments: [since.milliseconds]
      ).map { row in
        RuleCount(
          rule: try row.value("rule", of: "alarms"), active: try row.value("active", of: "alarms"),
          raised: try row.value("raised", of: "alarms"), last: try row.value("last", of: "alarms"))
      }
    }
  }

  public func figures() throws -> StoreFigures {
    try read { database in
      func number(_ sql: String) throws -> Int64 { try Int64.fetchOne(database, sql: sql) ?? 0 }
      return StoreFigures(
        size: try number("PRAGMA page_count") * number("PRAGMA page_size"),
        batches: try number("SELECT max(id) FROM batches"), alarms: try number("SELECT count(*) FROM alarms"),
        tickets: try number("SELECT count(*) FROM ticket_list"))
    }
  }
}
