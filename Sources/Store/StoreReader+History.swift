/// Readings back from the batches: one series, or all in the order in which they were committed.
import EstateModel
import Foundation
import GRDB

/// One reading of a series.
public struct HistoryPoint: Hashable, Sendable {
  public var time: Timestamp
  /// In the signal's unit.
  public var value: Double
  public var quality: Quality

  public init(time: Timestamp, value: Double, quality: Quality) {
    (self.time, self.value, self.quality) = (time, value, quality)
  }
}

/// What a replay came across.
public struct Replayed: Hashable, Sendable {
  public var batches = 0
  public var readings = 0
  /// Readings of devices or signals that are no longer known.
  public var skipped = 0
}

extension StoreReader {
  /// The engine's clock at the end of the newest batch; nil before the first.
  public func lastBatchTime() throws -> Timestamp? {
    try read { try Int64.fetchOne($0, sql: "SELECT now FROM batches ORDER BY id DESC LIMIT 1") }
      .map(Timestamp.init(milliseconds:))
  }

  /// One signal of one device, by event time, each time once: of readings that came twice the first counts.
  /// - Parameters:
  ///   - device: path, `luyuan/probe-w03`.
  ///   - until: not included.
  /// - Returns: nothing when the database knows neither.
  public func history(device: String, signal: String, since: Timestamp, until: Timestamp) throws
    -> [HistoryPoint]
  {
    var points: [HistoryPoint] = []
    try read { database in
      guard
        let device = try Int64.fetchOne(
          database, sql: "SELECT number FROM devices WHERE path = ?", arguments: [device]),
        let signal = try Int64.fetchOne(
          database, sql: "SELECT number FROM signals WHERE name = ?", arguments: [signal])
      else { return }
      let rows = try Row.fetchCursor(
        database,
        sql: "SELECT id, readings FROM batches WHERE max_time >= ? AND min_time < ? ORDER BY id",
        arguments: [since.milliseconds, until.milliseconds])
      while let row = try rows.next() {
        try row.unpack { packed in
          guard Int64(packed.device) == device, Int64(packed.signal) == signal,
            packed.time >= since, packed.time < until
          else { return }
          points.append(HistoryPoint(time: packed.time, value: packed.value, quality: packed.quality))
        }
      }
    }
    let ordered = points.enumerated().sorted {
      ($0.element.time, $0.offset) < ($1.element.time, $1.offset)
    }
    var result: [HistoryPoint] = []
    result.reserveCapacity(ordered.count)
    for (_, point) in ordered where result.last?.time != point.time { result.append(point) }
    return result
  }

  /// All batches since a time of the engine's clock, in the order of their commits, with the devices and signals
  /// of the catalogue given.
  /// - Parameter body: gets the clock at the end of the batch, and its readings. It may use the store.
  public func replay(
    since: Timestamp, catalogue: Catalogue,
    body: (_ now: Timestamp, _ readings: ContiguousArray<Reading>) throws -> Void
  ) throws -> Replayed {
    let renumbering = try read { try Renumbering(catalogue, in: $0) }
    var replayed = Replayed()
    var last: Int64 = 0
    while true {
      // A page at a time: `body` runs outside the database, and memory stays small.
      let page = try read { database in
        try Row.fetchAll(
          database,
          sql: "SELECT id, now, readings FROM batches WHERE id > ? AND now >= ? ORDER BY id LIMIT 64",
          arguments: [last, since.milliseconds])
      }
      if page.isEmpty { return replayed }
      for row in page {
        var readings: ContiguousArray<Reading> = []
        try row.unpack { packed in
          if let reading = renumbering.reading(packed) {
            readings.append(reading)
          } else {
            replayed.skipped += 1
          }
        }
        last = try row.value("id", of: "batches")
        replayed.batches += 1
        replayed.readings += readings.count
        try body(Timestamp(milliseconds: try row.value("now", of: "batches")), readings)
      }
    }
  }
}

extension Row {
  fileprivate func unpack(_ body: (PackedReading) -> Void) throws {
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
