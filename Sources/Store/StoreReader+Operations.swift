/// Counts for those who watch the gateway itself.
import GRDB

/// Rows of one kind, by two of their columns.
public struct GroupCount: Hashable, Sendable {
  public var names: [String]
  public var count: Int64
}

extension StoreReader {
  /// Tickets by state and responsible party; closed ones too.
  public func ticketCounts() throws -> [GroupCount] {
    try counts("SELECT state, party, count(*) FROM tickets GROUP BY state, party ORDER BY state, party")
  }

  /// Messages by channel and state, those that have been sent too.
  public func outboxTotals() throws -> [GroupCount] {
    try counts("SELECT channel, state, count(*) FROM outbox GROUP BY channel, state ORDER BY channel, state")
  }

  private func counts(_ sql: String) throws -> [GroupCount] {
    try read { database in
      try Row.fetchAll(database, sql: sql).map { GroupCount(names: [$0[0], $0[1]], count: $0[2]) }
    }
  }
}
