/// The readings again in the order in which they were committed: how a restarted engine gets back to where it was.
import EstateModel
import Foundation
import GRDB

/// What a replay came across.
public struct Replayed: Hashable, Sendable {
  public var batches = 0
  public var readings = 0
  /// Readings of devices or signals that are no longer known.
  public var skipped = 0
}

extension StoreReader {
  /// All since a time, with the devices and signals of the catalogue given: what is in batches by the engine's
  /// clock and in the order of the commits, before that what is in chunks by the readings' own times, ten seconds
  /// at once. That serves where no snapshot can be read.
  /// - Parameters:
  ///   - end: the last batch that is handed out; `.max`: all of them.
  ///   - body: gets the clock at the end of the batch, and its readings. It may use the store.
  public func replay(
    since: Timestamp, through end: Int64 = .max, catalogue: Catalogue,
    body: (_ now: Timestamp, _ readings: ContiguousArray<Reading>) throws -> Void
  ) throws -> Replayed {
    let old = try replayChunks(since: since, catalogue: catalogue, body: body)
    let new = try replay(after: 0, through: end, since: since, catalogue: catalogue, body: body)
    return Replayed(
      batches: old.batches + new.batches, readings: old.readings + new.readings,
      skipped: old.skipped + new.skipped)
  }

  /// All batches after the one that a snapshot was taken at: ``StoredSnapshot/batch``.
  /// - Parameter body: gets the clock at the end of the batch, and its readings. It may use the store.
  public func replay(
    afterBatch batch: Int64, catalogue: Catalogue,
    body: (_ now: Timestamp, _ readings: ContiguousArray<Reading>) throws -> Void
  ) throws -> Replayed {
    try replay(
      after: batch, through: .max, since: Timestamp(milliseconds: .min), catalogue: catalogue, body: body)
  }

  private func replay(
    after batch: Int64, through end: Int64, since: Timestamp, catalogue: Catalogue,
    body: (_ now: Timestamp, _ readings: ContiguousArray<Reading>) throws -> Void
  ) throws -> Replayed {
    let renumbering = try read { try Renumbering(catalogue, in: $0) }
    var replayed = Replayed()
    var last = batch
    while true {
      let page = try page(after: last, through: end, since: since, renumbering, &replayed)
      guard let newest = page.last else { return replayed }
      last = newest.id
      for turn in page {
        replayed.batches += 1
        replayed.readings += turn.readings.count
        try body(turn.now, turn.readings)
      }
    }
  }

  private struct Turn {
    var id: Int64
    var now: Timestamp
    var readings: ContiguousArray<Reading> = []
  }

  /// Readings are decoded a page at a time: `body` runs outside the database, and memory stays small.
  private static let pageSize = 20_000

  private func page(
    after last: Int64, through end: Int64, since: Timestamp, _ renumbering: Renumbering,
    _ replayed: inout Replayed
  ) throws -> [Turn] {
    try read { database in
      let rows = try Row.fetchCursor(
        database.cachedStatement(
          sql: """
            SELECT id, now, count, readings FROM batches WHERE id > ? AND id <= ? AND now >= ? ORDER BY id
            """),
        arguments: [last, end, since.milliseconds])
      var page: [Turn] = []
      var skipped = 0
      var taken = 0
      while taken < Self.pageSize, let row = try rows.next() {
        var turn = Turn(
          id: try row.value("id", of: "batches"),
          now: Timestamp(milliseconds: try row.value("now", of: "batches")))
        let count: Int = try row.value("count", of: "batches")
        // The count is a hint for the memory only: the blob has its own.
        turn.readings.reserveCapacity(min(max(0, count), 1 << 16))
        try row.unpack { packed in
          if let reading = renumbering.reading(packed) {
            turn.readings.append(reading)
          } else {
            skipped += 1
          }
        }
        // A turn of the clock without readings has its price as well.
        taken += turn.readings.count + 50
        page.append(turn)
      }
      replayed.skipped += skipped
      return page
    }
  }
}

extension StoreReader {
  /// How many milliseconds of compacted readings are handed out at once.
  private static let compactedTurn: Int64 = 10_000

  private func replayChunks(
    since: Timestamp, catalogue: Catalogue,
    body: (_ now: Timestamp, _ readings: ContiguousArray<Reading>) throws -> Void
  ) throws -> Replayed {
    let (renumbering, hours, end) = try read { database in
      (
        try Renumbering(catalogue, in: database),
        try database.chunkHours(since: since, until: .distantFuture),
        try Int64.fetchOne(
          database, sql: "SELECT now FROM batches WHERE now >= ? ORDER BY id LIMIT 1",
          arguments: [since.milliseconds])
      )
    }
    var replayed = Replayed()
    for hour in hours {
      var readings: ContiguousArray<Reading> = []
      try read { database in
        try database.chunks(ofHour: hour) { key, reading in
          guard reading.time >= since.milliseconds else { return }
          if let reading = renumbering.reading(PackedReading(reading, of: key)) {
            readings.append(reading)
          } else {
            replayed.skipped += 1
          }
        }
      }
      readings.sort { ($0.time, $0.arrival) < ($1.time, $1.arrival) }
      var start = readings.startIndex
      while start < readings.endIndex {
        let turn = readings[start].time.milliseconds / Self.compactedTurn
        let next =
          readings[start...].firstIndex { $0.time.milliseconds / Self.compactedTurn != turn }
          ?? readings.endIndex
        replayed.batches += 1
        replayed.readings += next - start
        // Never ahead of the batches that follow.
        let now = Timestamp(milliseconds: min((turn + 1) * Self.compactedTurn, end ?? .max))
        try body(now, ContiguousArray(readings[start..<next]))
        start = next
      }
    }
    return replayed
  }
}

extension Row {
  @inline(__always)
  func unpack(_ body: (PackedReading) -> Void) throws {
    try withUnsafeData(named: "readings") { data in
      guard let data else { throw StoreError.unreadableRow(table: "batches", detail: "no readings") }
      do {
        try data.withUnsafeBytes { try PackedReadings.decode($0, body) }
      } catch let error as PackedReadingsError {
        throw StoreError.unreadableReadings(batch: try value("id", of: "batches"), error)
      }
    }
  }
}
