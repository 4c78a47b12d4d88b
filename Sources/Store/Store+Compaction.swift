/// From batches, as they came, to chunks by signal and hour: a quarter of the size, and quick to find.
import EstateModel
import Foundation
import GRDB

extension Store {
  /// Does a slice of the work, so that the pipeline can go on between slices:
  ///
  ///     while try store.compact(until: now), nothingElseToDo {}
  ///
  /// Taken are the batches before the last full hour that no kept snapshot's replay needs; the newest batch stays
  /// in any case. A crash between two slices loses nothing and doubles nothing: batches are deleted only when all
  /// of their readings are in chunks, and a reading that is there already isn't added.
  ///
  /// Without any snapshot only the time counts: then `until` must leave what a replay needs.
  /// - Parameters:
  ///   - until: the engine's clock; only full hours before it are taken.
  ///   - limit: about so many readings are handled; 10,000 take some 3 to 10 ms.
  /// - Returns: whether more is left to do.
  /// - Throws: ``StoreError``; the same slice may be tried again.
  public func compact(until: Timestamp, limit: Int = 10_000) throws -> Bool {
    let end = until.milliseconds / ChunkKey.hourLength * ChunkKey.hourLength
    if round == nil, compactedUntil == end { return false }
    var round = self.round ?? CompactionRound(after: compactedThrough)
    do {
      try speaking(of: path) {
        switch round.phase {
        case .reading: try read(&round, before: end, limit: limit)
        case .writing: try write(&round, limit: limit)
        case .deleting: try delete(round)
        }
      }
    } catch {
      // What was read before is still right; half a slice of reading is not.
      if round.phase == .reading { self.round = nil }
      throw error
    }
    switch round.phase {
    case .reading where round.isEmpty:
      (self.round, compactedUntil) = (nil, end)
      return false
    case .deleting where self.round?.phase == .deleting:
      compactedThrough = round.last
      self.round = nil
    default:
      self.round = round
    }
    return true
  }

  private func read(_ round: inout CompactionRound, before end: Int64, limit: Int) throws {
    let isDone = try queue.read { database -> Bool in
      let newest = try Int64.fetchOne(database, sql: "SELECT max(id) FROM batches") ?? 0
      let snapshot = try Int64.fetchOne(database, sql: "SELECT min(batch) FROM snapshots") ?? .max
      let rows = try Row.fetchCursor(
        database.cachedStatement(
          sql: "SELECT id, now, readings FROM batches WHERE id > ? AND id < ? AND id <= ? ORDER BY id"),
        arguments: [round.last, newest, snapshot])
      var handled = 0
      while let row = try rows.next() {
        let now: Int64 = try row.value("now", of: "batches")
        guard now < end else { return true }
        let id: Int64 = try row.value("id", of: "batches")
        round.begin(id)
        let before = round.readings
        do {
          try row.unpack { round.take($0) }
        } catch is StoreError {
          round.stays(id)
        }
        handled += round.readings - before + Self.costOfRow
        if round.isFull { return true }
        if handled >= limit { return false }
      }
      return true
    }
    if isDone, !round.isEmpty { round.beginWriting() }
  }

  /// What a row costs besides its readings, in readings.
  private static let costOfRow = 60

  private func write(_ round: inout CompactionRound, limit: Int) throws {
    let keys = round.waiting
    let current = round
    let count = try queue.write { database -> Int in
      var (count, handled, added) = (0, 0, 0)
      for key in keys where handled < limit {
        let stored = try database.chunk(key)
        let merged = CompactionRound.merged(stored.readings, current.series(of: key))
        if merged.count > stored.readings.count {
          try database.cachedStatement(
            sql: """
              INSERT INTO chunks (id, count, readings) VALUES (?, ?, ?)
              ON CONFLICT (id) DO UPDATE SET count = excluded.count, readings = excluded.readings
              """
          ).execute(arguments: [key, merged.count, Data(Chunk.encode(merged))])
        }
        added += merged.count - stored.count
        handled += merged.count + Self.costOfRow
        count += 1
      }
      // Counted only when the batches go, or for a while each reading would be counted twice.
      try database.cachedStatement(sql: "UPDATE compaction SET pending = pending + ?")
        .execute(arguments: [added])
      return count
    }
    round.wrote(count)
  }

  private func delete(_ round: CompactionRound) throws {
    guard let first = round.first else { return }
    try queue.write { database in
      let staying = round.staying.map(String.init).joined(separator: ", ")
      let arguments: StatementArguments = [first, round.last]
      try database.execute(
        sql: "DELETE FROM batches WHERE id >= ? AND id <= ? AND id NOT IN (\(staying))", arguments: arguments)
      let deleted = database.changesCount
      try database.execute(
        sql: "DELETE FROM batch_index WHERE batch >= ? AND batch <= ? AND batch NOT IN (\(staying))",
        arguments: arguments)
      try database.execute(
        sql: "UPDATE compaction SET batches = batches + ?, readings = readings + pending, pending = 0",
        arguments: [deleted])
    }
  }
}

extension Database {
  /// A chunk's readings; none where there is no chunk, or where it is damaged: then nothing can bring it back.
  /// - Returns: `count` is what was counted for it.
  fileprivate func chunk(_ key: Int64) throws -> (readings: [SeriesReading], count: Int) {
    let rows = try Row.fetchCursor(
      cachedStatement(sql: "SELECT count, readings FROM chunks WHERE id = ?"), arguments: [key])
    guard let row = try rows.next() else { return ([], 0) }
    let count: Int = try row.value("count", of: "chunks")
    let readings = try row.withUnsafeData(named: "readings") { data in
      data?.withUnsafeBytes { bytes in try? Chunk.decode(bytes) }
    }
    return (readings ?? [], count)
  }
}
