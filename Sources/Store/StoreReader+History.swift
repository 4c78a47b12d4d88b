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
        sql: """
          SELECT id, devices, readings FROM batch_index JOIN batches ON id = batch
          WHERE batch_index.max_time >= ? AND batch_index.min_time < ? ORDER BY id
          """, arguments: [since.milliseconds, until.milliseconds])
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
}
