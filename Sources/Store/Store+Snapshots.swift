/// The engine's state at a batch, so that a restart has only the batches after it to go through again.
import EstateModel
import Foundation
import GRDB

/// The engine's state as it was after a batch.
public struct StoredSnapshot: Hashable, Sendable {
  /// Id of the newest batch at that time; 0: before the first.
  public var batch: Int64
  public var now: Timestamp
  public var bytes: [UInt8]

  public init(batch: Int64, now: Timestamp, bytes: [UInt8]) {
    (self.batch, self.now, self.bytes) = (batch, now, bytes)
  }
}

extension Store {
  /// How many are kept: one to start from, and one in case that it can't be read.
  static let keptSnapshots = 2

  /// Keeps the engine's state as it is after the newest batch, in a transaction of its own. Older ones go, but for
  /// the newest of them.
  /// - Parameter now: the engine's clock.
  /// - Throws: ``StoreError``; nothing has changed then.
  public func saveSnapshot(_ bytes: [UInt8], now: Timestamp) throws {
    let checksum = bytes.withUnsafeBytes(SnapshotCheckSum.of)
    try speaking(of: path) {
      try queue.write { database in
        let batch = try Int64.fetchOne(database, sql: "SELECT max(id) FROM batches") ?? 0
        // Not a cached statement: it would hold the bytes until the next snapshot.
        try database.execute(
          sql: "INSERT OR REPLACE INTO snapshots (batch, now, checksum, bytes) VALUES (?, ?, ?, ?)",
          arguments: [batch, now.milliseconds, checksum, Data(bytes)])
        try database.cachedStatement(
          sql: """
            DELETE FROM snapshots WHERE batch NOT IN (SELECT batch FROM snapshots ORDER BY batch DESC LIMIT ?)
            """
        ).execute(arguments: [Self.keptSnapshots])
      }
    }
    // Batches may have become free for compaction.
    compactedUntil = nil
  }
}

extension StoreReader {
  /// The newest first; at most two. One whose bytes have changed since they were written is left out.
  public func latestSnapshots() throws -> [StoredSnapshot] {
    try read { database in
      let rows = try Row.fetchCursor(
        database, sql: "SELECT batch, now, checksum, bytes FROM snapshots ORDER BY batch DESC")
      var snapshots: [StoredSnapshot] = []
      while let row = try rows.next() {
        let bytes = try row.withUnsafeData(named: "bytes") { [UInt8]($0 ?? Data()) }
        let checksum: Int64 = try row.value("checksum", of: "snapshots")
        guard bytes.withUnsafeBytes(SnapshotCheckSum.of) == checksum else { continue }
        snapshots.append(
          StoredSnapshot(
            batch: try row.value("batch", of: "snapshots"),
            now: Timestamp(milliseconds: try row.value("now", of: "snapshots")), bytes: bytes))
      }
      return snapshots
    }
  }
}

/// Tells a damaged snapshot from a whole one: SQLite keeps no check sums, and an engine that starts from wrong
/// state is worse than one that starts from none.
enum SnapshotCheckSum {
  /// FNV-1a over words of eight bytes, since a snapshot has tens of millions of them, and over the rest by bytes.
  static func of(_ bytes: UnsafeRawBufferPointer) -> Int64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    let whole = bytes.count / 8 * 8
    for offset in stride(from: 0, to: whole, by: 8) {
      let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      // The upper half is folded in, or a changed top bit would stay at the top.
      hash = (hash ^ word) &* 0x100_0000_01b3
      hash ^= hash >> 32
    }
    for byte in bytes[whole...] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return Int64(bitPattern: hash ^ UInt64(bytes.count))
  }
}
