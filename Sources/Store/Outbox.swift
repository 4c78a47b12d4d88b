/// What is to be sent, from the transaction that made it necessary to the moment at which it has arrived.
import EstateModel
import GRDB

/// One message for one channel. It is stored with the events that it tells of.
public struct OutboxEntry: Hashable, Sendable, Codable {
  public enum State: String, CaseIterable, Sendable, Codable {
    /// Waits for its turn, or for its next attempt.
    case pending
    case sent
    /// Given up. It stays here until somebody has it sent again.
    case dead
    /// Waits for the digest that will hold it: too many came at once.
    case held
    /// A digest holds it.
    case digested
  }

  /// Given by the database; nil before that.
  public var id: Int64?
  /// A function of what happened and of the channel: by it a receiver knows what came twice.
  public var key: String
  public var channel: String
  public var estate: String
  /// The ticket or alarm.
  public var subject: String
  /// What is told, whatever the channel: a ticket's event.
  public var notice: String
  public var priority: Priority
  /// Milliseconds since 1970, the gateway's time.
  public var made: Int64
  public var state: State
  public var attempts = 0
  /// Milliseconds since 1970, the system's time: first attempt, next attempt, and when it was sent or given up.
  public var since: Int64?
  public var next: Int64?
  public var done: Int64?
  /// Why the last attempt failed; never holds a secret.
  public var error = ""
  /// The message itself, as its maker encoded it.
  public var json: String

  public init(
    key: String, channel: String, estate: String, subject: String, notice: String, priority: Priority,
    made: Int64, state: State = .pending, json: String
  ) {
    (self.key, self.channel, self.estate, self.subject) = (key, channel, estate, subject)
    (self.notice, self.priority, self.made, self.state) = (notice, priority, made, state)
    self.json = json
  }

  /// As it stands after a mark.
  public func marked(_ mark: OutboxMark) -> OutboxEntry {
    var entry = self
    (entry.state, entry.attempts, entry.since) = (mark.state, mark.attempts, mark.since)
    (entry.next, entry.done, entry.error) = (mark.next, mark.done, mark.error)
    return entry
  }
}

/// What became of a message.
public struct OutboxMark: Hashable, Sendable {
  public var key: String
  public var state: OutboxEntry.State
  public var attempts: Int
  /// Milliseconds since 1970, the system's time; see ``OutboxEntry``.
  public var since: Int64?
  public var next: Int64?
  public var done: Int64?
  public var error: String

  public init(
    key: String, state: OutboxEntry.State, attempts: Int = 0, since: Int64? = nil, next: Int64? = nil,
    done: Int64? = nil, error: String = ""
  ) {
    (self.key, self.state, self.attempts, self.since) = (key, state, attempts, since)
    (self.next, self.done, self.error) = (next, done, error)
  }
}

/// The outbox at a glance.
public struct OutboxFigures: Hashable, Sendable, Codable {
  /// Not sent yet; those that wait for a digest are among them.
  public var waiting = 0
  /// When the oldest of these was made: milliseconds since 1970, the gateway's time; nil: none waits.
  public var oldest: Int64?
  /// Given up: they stay until somebody has them sent again.
  public var dead = 0

  public init() {}
}

extension Database {
  /// A message that is there already stays as it is.
  func insert(_ entry: OutboxEntry) throws {
    try cachedStatement(
      sql: """
        INSERT INTO outbox (key, channel, estate, subject, notice, priority, made, state, attempts, since, next,
          done, error, json)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING
        """
    ).execute(arguments: [
      entry.key, entry.channel, entry.estate, entry.subject, entry.notice, entry.priority.rawValue,
      entry.made,
      entry.state.rawValue, entry.attempts, entry.since, entry.next, entry.done, entry.error, entry.json,
    ])
    // What has long been sent goes: a few rows with each that comes.
    try cachedStatement(
      sql: """
        DELETE FROM outbox WHERE id IN (
          SELECT id FROM outbox WHERE state IN ('sent', 'digested') AND made < ? LIMIT 10)
        """
    ).execute(arguments: [entry.made - OutboxEntry.keptAfterSending])
  }

  func update(_ mark: OutboxMark) throws {
    try cachedStatement(
      sql: """
        UPDATE outbox SET state = ?, attempts = ?, since = ?, next = ?, done = ?, error = ? WHERE key = ?
        """
    ).execute(arguments: [
      mark.state.rawValue, mark.attempts, mark.since, mark.next, mark.done, mark.error, mark.key,
    ])
  }
}

extension OutboxEntry {
  /// Milliseconds: 30 days.
  static let keptAfterSending: Int64 = 30 * 86_400_000
}

extension StoreReader {
  /// Messages in the order in which they were made.
  /// - Parameters:
  ///   - states: nil: all.
  ///   - since: leaves out those that were made before, by the gateway's time; nil: none.
  public func outbox(_ states: Set<OutboxEntry.State>? = nil, since: Timestamp? = nil) throws
    -> [OutboxEntry]
  {
    let names = (states ?? Set(OutboxEntry.State.allCases)).map(\.rawValue).sorted()
    return try read { database in
      let rows = try Row.fetchAll(
        database,
        sql: """
          SELECT * FROM outbox WHERE state IN (\(names.map { _ in "?" }.joined(separator: ", ")))
            AND made >= ? ORDER BY id
          """, arguments: StatementArguments(names) + [since?.milliseconds ?? Int64.min])
      return try rows.map(Self.entry)
    }
  }

  public func outboxFigures() throws -> OutboxFigures {
    try read { database in
      var figures = OutboxFigures()
      for row in try Row.fetchAll(
        database,
        sql: """
          SELECT state, count(*) AS count, min(made) AS oldest FROM outbox
          WHERE state IN ('pending', 'held', 'dead') GROUP BY state
          """)
      {
        let state: String = try row.value("state", of: "outbox")
        let count: Int = try row.value("count", of: "outbox")
        if state == OutboxEntry.State.dead.rawValue {
          figures.dead = count
          continue
        }
        figures.waiting += count
        figures.oldest = min(figures.oldest ?? .max, try row.value("oldest", of: "outbox"))
      }
      return figures
    }
  }

  /// When messages of a channel were sent since then, by the system's time; milliseconds since 1970.
  public func sentTimes(of channel: String, since: Timestamp) throws -> [Int64] {
    try read { database in
      try Int64.fetchAll(
        database, sql: "SELECT done FROM outbox WHERE state = 'sent' AND channel = ? AND done > ?",
        arguments: [channel, since.milliseconds])
    }
  }

  /// The message with this number; nil when there is none.
  public func outboxEntry(_ id: Int64) throws -> OutboxEntry? {
    try read { database in
      try Row.fetchOne(database, sql: "SELECT * FROM outbox WHERE id = ?", arguments: [id]).map(Self.entry)
    }
  }

  private static func entry(_ row: Row) throws -> OutboxEntry {
    let table = "outbox"
    let state: String = try row.value("state", of: table)
    let priority: String = try row.value("priority", of: table)
    guard let known = OutboxEntry.State(rawValue: state), let urgency = Priority(rawValue: priority) else {
      throw StoreError.unreadableRow(table: table, detail: "state '\(state)', priority '\(priority)'")
    }
    var entry = OutboxEntry(
      key: try row.value("key", of: table), channel: try row.value("channel", of: table),
      estate: try row.value("estate", of: table), subject: try row.value("subject", of: table),
      notice: try row.value("notice", of: table), priority: urgency, made: try row.value("made", of: table),
      state: known, json: try row.value("json", of: table))
    entry.id = try row.value("id", of: table)
    entry.attempts = try row.value("attempts", of: table)
    (entry.since, entry.next, entry.done) = (row["since"], row["next"], row["done"])
    entry.error = try row.value("error", of: table)
    return entry
  }
}
