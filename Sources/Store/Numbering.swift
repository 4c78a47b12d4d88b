/// Numbers that stand for devices and signals in packed readings, the same for the life of the database.
import EstateModel
import GRDB

struct Numbering: Sendable {
  /// By ``DeviceIndex`` and ``SignalIndex``: no text is looked up for a reading.
  let deviceNumbers: [UInt32]
  let signalNumbers: [UInt16]

  /// Gives numbers to what has none yet.
  init(_ catalogue: Catalogue, in database: Database) throws {
    deviceNumbers = try Self.numbers(of: catalogue.devices.map(\.path), "devices", "path", in: database)
    signalNumbers = try Self.numbers(of: Signal.all.map(\.name), "signals", "name", in: database)
  }

  private static func numbers<Number: FixedWidthInteger>(
    of names: [String], _ table: String, _ column: String, in database: Database
  ) throws -> [Number] {
    let add = try database.cachedStatement(
      sql: "INSERT INTO \(table) (\(column)) VALUES (?) ON CONFLICT DO NOTHING")
    for name in names { try add.execute(arguments: [name]) }
    let known = try stored(table, column, in: database)
    return try names.map { name in
      guard let number = known[name].flatMap({ Number(exactly: $0) }) else {
        throw StoreError.unreadableRow(table: table, detail: "no usable number for \(name)")
      }
      return number
    }
  }

  static func stored(_ table: String, _ column: String, in database: Database) throws -> [String: Int64] {
    var numbers: [String: Int64] = [:]
    for row in try Row.fetchAll(database, sql: "SELECT number, \(column) AS name FROM \(table)") {
      numbers[try row.value("name", of: table)] = try row.value("number", of: table)
    }
    return numbers
  }
}

/// The way back: from stored numbers to the places of a catalogue.
struct Renumbering: Sendable {
  private let devices: [Int64: DeviceIndex]
  private let signals: [Int64: SignalIndex]

  init(_ catalogue: Catalogue, in database: Database) throws {
    devices = Dictionary(
      try Numbering.stored("devices", "path", in: database).compactMap { path, number in
        catalogue.device(path: path).map { (number, $0) }
      }, uniquingKeysWith: { first, _ in first })
    signals = Dictionary(
      try Numbering.stored("signals", "name", in: database).compactMap { name, number in
        Signal.named(name).map { (number, $0) }
      }, uniquingKeysWith: { first, _ in first })
  }

  /// nil when the device or the signal is no longer known.
  func reading(_ packed: PackedReading) -> Reading? {
    guard let device = devices[Int64(packed.device)], let signal = signals[Int64(packed.signal)] else {
      return nil
    }
    return Reading(
      device: device, signal: signal, time: packed.time, arrival: packed.arrival, value: packed.value,
      quality: packed.quality, marks: packed.marks, event: packed.event)
  }
}
