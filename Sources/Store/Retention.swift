/// How long readings are kept, and how much room they may take.
import EstateModel
import Foundation
import GRDB

/// The oldest readings go first; tickets and alarms never go.
public struct Retention: Hashable, Sendable {
  /// Milliseconds.
  public var keep: Int64
  /// Of the database's file, in bytes. The log beside it comes on top: some MB.
  public var maximumBytes: Int64

  public init(keep: Int64, maximumBytes: Int64) { (self.keep, self.maximumBytes) = (keep, maximumBytes) }

  /// 90 days, 4 GB.
  public static let standard = Retention(keep: 90 * 86_400_000, maximumBytes: 4_000_000_000)
}

extension Store {
  /// Does a slice of the work, so that the pipeline can go on between slices:
  ///
  ///     while try store.trim(retention, now: now), nothingElseToDo {}
  ///
  /// Deleted are hours of readings that lie before the time to keep, and the oldest hours as long as the file's
  /// used part is larger than allowed; with them the details of camera events of that time. What lies in batches,
  /// the last hour or two, stays. Freed pages are used again; a file that is still larger than allowed, because
  /// the limit was lowered, is made smaller.
  /// - Parameters:
  ///   - now: the engine's clock. Where it is ahead of the newest hour in chunks, that hour's end counts.
  ///   - limit: as for ``compact(until:limit:)``: the default takes some 3 to 10 ms.
  /// - Returns: whether more is left to do.
  /// - Throws: ``StoreError``; the same slice may be tried again.
  public func trim(_ retention: Retention, now: Timestamp, limit: Int = 10_000) throws -> Bool {
    try speaking(of: path) {
      let rows = max(1, limit / 20)
      let first = try queue.read { database in
        // A clock that runs far ahead must not delete everything at once: age counts back from what is there.
        let newest = try Int64.fetchOne(database, sql: "SELECT max(id) FROM chunks").map { raw in
          (ChunkKey(raw: raw).hour + 1) * ChunkKey.hourLength
        }
        let hour = ChunkKey.hour(of: min(now.milliseconds, newest ?? .max) - retention.keep)
        return try database.retained(from: hour, under: retention.maximumBytes, rows: rows)
      }
      let isLeft = try queue.write { try $0.deleteHistory(before: first, rows: rows) }
      if isLeft { return true }
      let size = try queue.read { try $0.fileSize() }
      if size.used > retention.maximumBytes { return first.isForced }
      guard size.total > retention.maximumBytes else { return false }
      return try shrink(by: min(size.total - retention.maximumBytes, size.total - size.used), limit: limit)
    }
  }

  /// Gives pages back to the file system. A database that version 1 made can't: it only uses them again.
  private func shrink(by bytes: Int64, limit: Int) throws -> Bool {
    try queue.inDatabase { database in
      guard try Int.fetchOne(database, sql: "PRAGMA auto_vacuum") == 2 else { return false }
      let pages = min(Int64(max(1, limit / 100)), max(1, bytes / 4096))
      // Each step moves one page.
      _ = try Row.fetchAll(database, sql: "PRAGMA incremental_vacuum(\(pages))")
      return true
    }
  }
}

/// What stays of history.
private struct Retained {
  /// The first chunk that stays.
  var key: Int64
  /// Camera events before this go; milliseconds since 1970.
  var time: Int64
  /// Because of the size, not of the age.
  var isForced: Bool
}

extension Database {
  /// - Returns: bytes of the file, and of its pages that are in use.
  fileprivate func fileSize() throws -> (total: Int64, used: Int64) {
    func number(_ name: String) throws -> Int64 { try Int64.fetchOne(self, sql: "PRAGMA \(name)") ?? 0 }
    let page = try number("page_size")
    let count = try number("page_count")
    return (count * page, (count - (try number("freelist_count"))) * page)
  }

  fileprivate func retained(from hour: Int64, under maximum: Int64, rows: Int) throws -> Retained {
    let start = ChunkKey.first(ofHour: hour)
    let excess = try fileSize().used - maximum
    let byAge = Retained(key: start, time: hour * ChunkKey.hourLength, isForced: false)
    guard excess > 0 else { return byAge }
    // Just so many of the oldest as are too much.
    var (freed, last) = (Int64(0), start - 1)
    let oldest = try Row.fetchCursor(
      cachedStatement(sql: "SELECT id, length(readings) AS size FROM chunks ORDER BY id LIMIT ?"),
      arguments: [rows])
    while freed < excess, let row = try oldest.next() {
      freed += try row.value("size", of: "chunks")
      last = max(last, try row.value("id", of: "chunks"))
    }
    guard freed > 0, last >= start else { return byAge }
    return Retained(
      key: last + 1, time: max(hour, ChunkKey(raw: last).hour) * ChunkKey.hourLength, isForced: true)
  }

  /// - Returns: whether more of it is left.
  fileprivate func deleteHistory(before first: Retained, rows: Int) throws -> Bool {
    let found = try Row.fetchOne(
      cachedStatement(
        sql: """
          SELECT max(id) AS last, coalesce(sum(count), 0) AS readings, count(*) AS chunks
          FROM (SELECT id, count FROM chunks WHERE id < ? ORDER BY id LIMIT ?)
          """), arguments: [first.key, rows])
    var chunks = 0
    if let found {
      chunks = try found.value("chunks", of: "chunks")
      if chunks > 0 {
        let last: Int64 = try found.value("last", of: "chunks")
        let readings: Int64 = try found.value("readings", of: "chunks")
        try cachedStatement(sql: "DELETE FROM chunks WHERE id <= ?").execute(arguments: [last])
        try cachedStatement(sql: "UPDATE compaction SET readings = readings - ?")
          .execute(arguments: [readings])
      }
    }
    try cachedStatement(
      sql: """
        DELETE FROM events WHERE seq IN (SELECT seq FROM events WHERE at < ? ORDER BY at LIMIT ?)
        """
    ).execute(arguments: [first.time, rows])
    return chunks == rows || changesCount == rows
  }
}
