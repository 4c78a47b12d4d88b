/// All readings of a stretch of time, one by one: for an export.
import EstateModel
import Foundation
import GRDB

/// A reading with the names of what it belongs to.
public struct NamedReading: Hashable, Sendable {
  /// Path.
  public var device: String
  public var signal: String
  public var time: Timestamp
  /// In the signal's unit; NaN for a fault.
  public var value: Double
  public var quality: Quality
}

extension StoreReader {
  /// Hands out readings hour by hour, within an hour by time, then by device and signal, each once. Only an hour is
  /// in memory, and the database isn't held between hours: the gateway may go on.
  /// - Parameters:
  ///   - device: path; nil: all devices.
  ///   - signal: name; nil: all signals.
  ///   - until: not included.
  public func readings(
    device: String? = nil, signal: String? = nil, since: Timestamp, until: Timestamp,
    body: (NamedReading) throws -> Void
  ) throws {
    guard since < until else { return }
    let names = try read { try Names($0) }
    let wanted: (device: UInt32?, signal: UInt16?) = (
      names.devices.number(of: device), names.signals.number(of: signal)
    )
    // One that the database has never heard of has no readings.
    if device != nil && wanted.device == nil || signal != nil && wanted.signal == nil { return }
    for hour in try hours(since: since, until: until) {
      for (key, reading) in try self.readings(of: hour, wanted.device, wanted.signal)
      where reading.time >= since.milliseconds && reading.time < until.milliseconds {
        try body(
          NamedReading(
            device: names.devices[Int(key.device)], signal: names.signals[Int(key.signal)],
            time: Timestamp(milliseconds: reading.time), value: reading.value, quality: reading.quality))
      }
    }
  }

  /// From the first hour that has readings to the last, within the time given.
  private func hours(since: Timestamp, until: Timestamp) throws -> ClosedRange<Int64>.SubSequence {
    try read { database in
      let chunks = try database.chunkHours(since: since, until: until)
      let row = try Row.fetchOne(
        database, sql: "SELECT min(min_time) AS first, max(max_time) AS last FROM batch_index")
      var (first, last) = (chunks.first, chunks.last)
      if let oldest: Int64 = row?["first"], let newest: Int64 = row?["last"] {
        let from = ChunkKey.hour(of: max(oldest, since.milliseconds))
        let to = ChunkKey.hour(of: min(newest, until.milliseconds - 1))
        if from <= to { (first, last) = (min(first ?? from, from), max(last ?? to, to)) }
      }
      guard let first, let last else { return (Int64(0)...0).prefix(0) }
      return (first...last)[...]
    }
  }

  private func readings(of hour: Int64, _ device: UInt32?, _ signal: UInt16?) throws
    -> [(ChunkKey, SeriesReading)]
  {
    var found: [(ChunkKey, SeriesReading)] = []
    try read { database in
      let start = hour * ChunkKey.hourLength
      if let device, let signal {
        if let key = ChunkKey(hour: hour, device: device, signal: signal) {
          try database.chunk(key) { found.append((key, $0)) }
        }
      } else {
        try database.chunks(ofHour: hour, device: device) { key, reading in
          if isWanted(key.device, key.signal) { found.append((key, reading)) }
        }
      }
      // The first and the last hour also have all that lies before and after.
      let since = hour == ChunkKey.hours.lowerBound ? Int64.min : start
      let until = hour == ChunkKey.hours.upperBound ? Int64.max : start + ChunkKey.hourLength
      try database.batches(
        since: Timestamp(milliseconds: since), until: Timestamp(milliseconds: until), device: device
      ) { packed in
        guard packed.time.milliseconds >= since, packed.time.milliseconds < until,
          isWanted(packed.device, packed.signal),
          let key = ChunkKey(hour: hour, device: packed.device, signal: packed.signal)
        else { return }
        found.append((key, SeriesReading(packed)))
      }
    }
    let ordered = found.enumerated().sorted {
      ($0.element.1.time, $0.element.0.raw, $0.offset) < ($1.element.1.time, $1.element.0.raw, $1.offset)
    }
    var result: [(ChunkKey, SeriesReading)] = []
    result.reserveCapacity(ordered.count)
    for (_, (key, reading)) in ordered {
      if let last = result.last, last.0 == key, last.1.time == reading.time, last.1.event == reading.event {
        if reading.isRepetition(of: last.1) { continue }
      }
      result.append((key, reading))
    }
    return result

    func isWanted(_ itsDevice: UInt32, _ itsSignal: UInt16) -> Bool {
      (device == nil || itsDevice == device) && (signal == nil || itsSignal == signal)
    }
  }
}

/// The names behind the stored numbers.
private struct Names {
  let devices: NameList
  let signals: NameList

  init(_ database: Database) throws {
    devices = NameList(try Numbering.stored("devices", "path", in: database))
    signals = NameList(try Numbering.stored("signals", "name", in: database))
  }
}

private struct NameList {
  private let names: [Int: String]
  private let numbers: [String: Int64]

  init(_ stored: [String: Int64]) {
    numbers = stored
    names = Dictionary(stored.map { (Int($1), $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// A number that nobody knows stands for itself.
  subscript(number: Int) -> String { names[number] ?? "\(number)" }

  func number<Number: FixedWidthInteger>(of name: String?) -> Number? {
    name.flatMap { numbers[$0] }.flatMap { Number(exactly: $0) }
  }
}
