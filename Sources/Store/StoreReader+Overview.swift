/// What a page about many things at once asks: the readings of many devices in one go, the outbox in figures.
import EstateModel
import Foundation
import GRDB

/// Messages of one channel and state.
public struct OutboxCount: Hashable, Sendable {
  public var channel: String
  public var state: OutboxEntry.State
  public var count: Int
  /// When the oldest was made, milliseconds since 1970.
  public var oldest: Int64
}

extension StoreReader {
  /// The time of the oldest reading that is kept, to the hour where it is in history already; nil: none.
  public func firstTime() throws -> Timestamp? {
    try read { database in
      if let oldest = try Int64.fetchOne(database, sql: "SELECT min(id) FROM chunks") {
        return Timestamp(milliseconds: ChunkKey(raw: oldest).hour * 3_600_000)
      }
      return try Int64.fetchOne(database, sql: "SELECT now FROM batches ORDER BY id LIMIT 1")
        .map(Timestamp.init(milliseconds:))
    }
  }

  /// The outbox without what has been sent, by channel and state.
  public func outboxCounts() throws -> [OutboxCount] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT channel, state, count(*) AS count, min(made) AS oldest FROM outbox
          WHERE state IN ('pending', 'held', 'dead') GROUP BY channel, state ORDER BY channel, state
          """
      ).compactMap { row in
        guard let state = OutboxEntry.State(rawValue: try row.value("state", of: "outbox")) else {
          return nil
        }
        return OutboxCount(
          channel: try row.value("channel", of: "outbox"), state: state,
          count: try row.value("count", of: "outbox"), oldest: try row.value("oldest", of: "outbox"))
      }
    }
  }

  /// One signal of each of some devices, as ``history(device:signal:since:until:)`` has it, with one look at each batch.
  /// - Parameter wanted: paths of devices with the names of signals.
  /// - Returns: by path; those without readings are left out.
  public func histories(_ wanted: [String: String], since: Timestamp, until: Timestamp) throws
    -> [String: [HistoryPoint]]
  {
    struct Key: Hashable {
      var device: UInt32
      var signal: UInt16
    }
    var points: [Key: [HistoryPoint]] = [:]
    guard since < until, !wanted.isEmpty else { return [:] }
    let names = try read { database -> [Key: String] in
      var signals: [String: UInt16] = [:]
      for row in try Row.fetchAll(database, sql: "SELECT number, name FROM signals") {
        signals[try row.value("name", of: "signals")] = try row.value("number", of: "signals")
      }
      var names: [Key: String] = [:]
      let number = try database.cachedStatement(sql: "SELECT number FROM devices WHERE path = ?")
      for (path, signal) in wanted {
        guard let signal = signals[signal],
          let device = try UInt32.fetchOne(number, arguments: [path])
        else { continue }
        names[Key(device: device, signal: signal)] = path
      }
      func add(_ key: Key, _ time: Timestamp, _ value: Double, _ quality: Quality) {
        guard time >= since, time < until else { return }
        points[key, default: []].append(HistoryPoint(time: time, value: value, quality: quality))
      }
      for hour in try database.chunkHours(since: since, until: until) {
        for key in names.keys {
          guard let chunk = ChunkKey(hour: hour, device: key.device, signal: key.signal) else { continue }
          try database.chunk(chunk) {
            add(key, Timestamp(milliseconds: $0.time), $0.value, $0.quality)
          }
        }
      }
      try database.batches(since: since, until: until, device: nil) { packed in
        let key = Key(device: packed.device, signal: packed.signal)
        if names[key] != nil { add(key, packed.time, packed.value, packed.quality) }
      }
      return names
    }
    var result: [String: [HistoryPoint]] = [:]
    for (key, found) in points {
      if let name = names[key] { result[name] = Self.ordered(found) }
    }
    return result
  }
}
