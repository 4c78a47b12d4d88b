/// Numbers that stand for devices and signals in packed readings, the same for the life of the database.
import EstateModel
import GRDB

struct Numbering: Sendable {
  /// By ``DeviceIndex`` and ``SignalIndex``: no text is looked up for a reading.
  let deviceNumbers: [UInt32]
  let signalNumbers: [UInt16]

  /// Gives numbers to what has none yet.
  init(_ catalogue: Catalogue, in database: Database) throws {
    deviceNumbers = try Self.numbers(of: catalogue.paths, "devices", "path", in: database)
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
  /// By stored number; `none` where the catalogue has no such device.
  private let devices: [DeviceIndex]
  private let signals: [SignalIndex?]
  /// Devices whose numbers would make the table above too long: only in a damaged database.
  private static let largest: Int64 = 1 << 24

  init(_ catalogue: Catalogue, in database: Database) throws {
    devices = Self.table(try Numbering.stored("devices", "path", in: database), missing: .none) {
      catalogue.device(path: $0) ?? .none
    }
    signals = Self.table(try Numbering.stored("signals", "name", in: database), missing: nil) {
      Signal.named($0)
    }
  }

  private static func table<Place>(
    _ stored: [String: Int64], missing: Place, _ place: (String) -> Place
  ) -> [Place] {
    let usable = stored.filter { (0..<largest).contains($0.value) }
    var table = Array(repeating: missing, count: Int(usable.values.max() ?? -1) + 1)
    for (name, number) in usable { table[Int(number)] = place(name) }
    return table
  }

  /// nil when the device or the signal is no longer known.
  @inline(__always)
  func reading(_ packed: PackedReading) -> Reading? {
    let (device, signal) = (Int(packed.device), Int(packed.signal))
    guard device < devices.count, signal < signals.count, devices[device] != .none,
      let index = signals[signal]
    else { return nil }
    return Reading(
      device: devices[device], signal: index, time: packed.time, arrival: packed.arrival,
      value: packed.value, quality: packed.quality, marks: packed.marks, event: packed.event)
  }
}
