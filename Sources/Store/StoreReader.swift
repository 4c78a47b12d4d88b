/// Looking at the database without changing it.
import EstateModel
import Foundation
import GRDB
import Tickets

/// A read-only view. Each question sees one state of the database, as it was at a commit.
public struct StoreReader: Sendable {
  let queue: DatabaseQueue
  let path: String

  /// Counts for a glance.
  public struct Summary: Hashable, Sendable, Codable {
    /// All that were ever committed.
    public var batches = 0
    /// Those that are in history.
    public var readings = 0
    public var alarms = 0
    public var activeAlarms = 0
    /// By ``Ticket/State``; a state that no ticket has is left out.
    public var tickets: [String: Int] = [:]
    /// Devices with a problem.
    public var devicesWithProblems = 0
    /// The engine's clock at the last commit.
    public var now: Int64?
  }

  init(queue: DatabaseQueue, path: String) { (self.queue, self.path) = (queue, path) }

  init(folder: URL) throws {
    let path = folder.appendingPathComponent(Store.fileName).path
    guard FileManager.default.fileExists(atPath: path) else { throw StoreError.noDatabase(path) }
    var configuration = Configuration()
    configuration.label = "gatehouse.reader"
    configuration.readonly = true
    configuration.busyMode = .timeout(5)
    let queue = try speaking(of: path) {
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      let found = try queue.read(Schema.version(of:))
      if found == 0 { throw StoreError.noDatabase(path) }
      if found > Schema.version {
        throw StoreError.newerSchema(path, found: found, expected: Schema.version)
      }
      if found < Schema.version {
        throw StoreError.olderSchema(path, found: found, expected: Schema.version)
      }
      return queue
    }
    self.init(queue: queue, path: path)
  }

  public func summary() throws -> Summary {
    try read { database in
      func count(_ sql: String) throws -> Int { try Int.fetchOne(database, sql: sql) ?? 0 }
      var summary = Summary()
      summary.batches = try count(
        "SELECT count(*) + (SELECT coalesce(sum(batches), 0) FROM compaction) FROM batches")
      summary.readings = try count(
        """
        SELECT coalesce(sum(count), 0) + (SELECT coalesce(sum(readings), 0) FROM compaction) FROM batches
        """)
      summary.alarms = try count("SELECT count(*) FROM alarms")
      summary.activeAlarms = try count("SELECT count(*) FROM alarms WHERE state = 'active'")
      for row in try Row.fetchAll(
        database, sql: "SELECT state, count(*) AS count FROM ticket_list GROUP BY state")
      {
        summary.tickets[try row.value("state", of: "tickets")] = try row.value("count", of: "tickets")
      }
      summary.devicesWithProblems = try count("SELECT count(DISTINCT device) FROM problems")
      summary.now = try Int64.fetchOne(database, sql: "SELECT now FROM batches ORDER BY id DESC LIMIT 1")
      return summary
    }
  }

  /// The id of the newest batch; 0 before the first.
  public func newestBatch() throws -> Int64 {
    try read { try Int64.fetchOne($0, sql: "SELECT max(id) FROM batches") ?? 0 }
  }

  /// A small fact that the gateway stored; nil when it did not.
  public func fact(_ key: String) throws -> String? {
    try read { try String.fetchOne($0, sql: "SELECT value FROM meta WHERE key = ?", arguments: [key]) }
  }

  func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
    try speaking(of: path) { try queue.read(body) }
  }

  /// Rows with a `json` column, decoded.
  func values<Value: Decodable>(
    _ type: Value.Type, of table: String, _ sql: String, _ arguments: StatementArguments = []
  ) throws -> [Value] {
    try read { database in
      let decoder = StoredJSON.decoder()
      return try Row.fetchAll(database, sql: sql, arguments: arguments).map {
        try $0.decoded(type, of: table, by: decoder)
      }
    }
  }
}
