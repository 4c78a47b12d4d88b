/// One signal's readings, from its chunks and from the batches that are in none yet.
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
    guard since < until else { return points }
    try read { database in
      guard
        let device = try UInt32.fetchOne(
          database, sql: "SELECT number FROM devices WHERE path = ?", arguments: [device]),
        let signal = try UInt16.fetchOne(
          database, sql: "SELECT number FROM signals WHERE name = ?", arguments: [signal])
      else { return }
      for hour in try database.chunkHours(since: since, until: until) {
        guard let key = ChunkKey(hour: hour, device: device, signal: signal) else { break }
        try database.chunk(key) { reading in
          let time = Timestamp(milliseconds: reading.time)
          guard time >= since, time < until else { return }
          points.append(HistoryPoint(time: time, value: reading.value, quality: reading.quality))
        }
      }
      try database.batches(since: since, until: until, device: device) { packed in
        guard packed.device == device, packed.signal == signal, packed.time >= since, packed.time < until
        else { return }
        points.append(HistoryPoint(time: packed.time, value: packed.value, quality: packed.quality))
      }
    }
    return Self.ordered(points)
  }

  static func ordered(_ points: [HistoryPoint]) -> [HistoryPoint] {
    let ordered =
      zip(points, points.dropFirst()).allSatisfy { $0.time <= $1.time }
      ? points
      : points.enumerated().sorted {
        ($0.element.time, $0.offset) < ($1.element.time, $1.offset)
      }.map(\.element)
    var result: [HistoryPoint] = []
    result.reserveCapacity(ordered.count)
    for point in ordered where result.last?.time != point.time { result.append(point) }
    return result
  }
}

extension Database {
  /// The hours with chunks that a stretch of time touches.
  func chunkHours(since: Timestamp, until: Timestamp) throws -> ClosedRange<Int64>.SubSequence {
    let none = (Int64(0)...0).prefix(0)
    guard let oldest = try Int64.fetchOne(self, sql: "SELECT min(id) FROM chunks"),
      let newest = try Int64.fetchOne(self, sql: "SELECT max(id) FROM chunks")
    else { return none }
    let first = max(ChunkKey(raw: oldest).hour, ChunkKey.hour(of: since.milliseconds))
    let last = min(ChunkKey(raw: newest).hour, ChunkKey.hour(of: until.milliseconds - 1))
    return first <= last ? (first...last)[...] : none
  }

  /// The readings of a chunk; none where there is no such chunk.
  func chunk(_ key: ChunkKey, _ body: (SeriesReading) -> Void) throws {
    let rows = try Row.fetchCursor(
      cachedStatement(sql: "SELECT id, readings FROM chunks WHERE id = ?"), arguments: [key.raw])
    while let row = try rows.next() { try row.unpackChunk(body) }
  }

  /// The readings of an hour's chunks, by device, signal and time.
  /// - Parameter device: nil: all.
  func chunks(
    ofHour hour: Int64, device: UInt32? = nil, _ body: (ChunkKey, SeriesReading) -> Void
  ) throws {
    var (first, end) = (ChunkKey.first(ofHour: hour), ChunkKey.first(ofHour: hour + 1))
    if let device {
      guard let key = ChunkKey(hour: hour, device: device, signal: 0) else { return }
      (first, end) = (key.raw, key.raw + (1 << ChunkKey.signalBits))
    }
    let rows = try Row.fetchCursor(
      cachedStatement(sql: "SELECT id, readings FROM chunks WHERE id >= ? AND id < ? ORDER BY id"),
      arguments: [first, end])
    while let row = try rows.next() {
      let key = ChunkKey(raw: try row.value("id", of: "chunks"))
      try row.unpackChunk { body(key, $0) }
    }
  }

  /// The readings of the batches that aren't in chunks and may have any of a time and a device.
  /// - Parameter device: nil: any.
  func batches(since: Timestamp, until: Timestamp, device: UInt32?, _ body: (PackedReading) -> Void) throws {
    let rows = try Row.fetchCursor(
      cachedStatement(
        sql: "SELECT batch, devices FROM batch_index WHERE max_time >= ? AND min_time < ? ORDER BY batch"),
      arguments: [since.milliseconds, until.milliseconds])
    let batch = try cachedStatement(sql: "SELECT id, readings FROM batches WHERE id = ?")
    while let row = try rows.next() {
      if let device {
        // Without a list of devices the batch is from an older program: any may be in it.
        let mayHave = try row.withUnsafeData(named: "devices") { data in
          data?.withUnsafeBytes { DeviceSet.contains(device, in: $0) } ?? true
        }
        if !mayHave { continue }
      }
      let id: Int64 = try row.value("batch", of: "batch_index")
      let found = try Row.fetchCursor(batch, arguments: [id])
      while let row = try found.next() { try row.unpack(body) }
    }
  }
}

extension Row {
  func unpackChunk(_ body: (SeriesReading) -> Void) throws {
    let key: Int64 = try value("id", of: "chunks")
    let readings = try withUnsafeData(named: "readings") { data -> [SeriesReading] in
      guard let data else { throw StoreError.unreadableRow(table: "chunks", detail: "no readings") }
      do {
        return try data.withUnsafeBytes { try Chunk.decode($0) }
      } catch let error as PackedReadingsError {
        throw StoreError.unreadableChunk(ChunkKey(raw: key), error)
      }
    }
    for reading in readings { body(reading) }
  }
}
