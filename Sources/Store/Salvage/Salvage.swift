/// Copies what can be read of a damaged database into a new one.
import EstateModel
import Foundation
import GRDB
import Tickets

/// One recovery. Rows come off the damaged file's pages one by one; SQLite only writes the new file.
struct Salvage {
  private let walk: TableWalk
  private let database: Database
  private(set) var report = RecoveryReport()
  private let decoder = StoredJSON.decoder()

  /// - Parameter database: the new one, with all its tables, and without foreign keys checked.
  init(_ file: PageFile, into database: Database) {
    walk = TableWalk(file)
    self.database = database
    (report.damagedPages, report.brokenRows) = (walk.damagedPages.count, walk.unreadableRows)
  }

  mutating func run() throws {
    try refuseNewer()
    for table in SalvagedTable.all {
      var entry = RecoveryReport.Table(name: table.name)
      entry.isGuessed = !walk.hasRoot(table)
      let names = table.columns.map(\.name)
      let insert = try database.cachedStatement(
        sql: """
          INSERT INTO \(table.name) (\(names.joined(separator: ", ")))
          VALUES (\(names.map { _ in "?" }.joined(separator: ", "))) ON CONFLICT DO NOTHING
          """)
      try walk.rows(of: table) { row in
        guard isUsable(row, of: table) else {
          entry.unusable += 1
          return
        }
        try insert.execute(arguments: StatementArguments(values(of: row, table)))
      }
      entry.saved =
        try Int.fetchOne(database, sql: "SELECT count(*) FROM \(table.name)") ?? 0
      // A table of a newer version than the file's has no beginning, and needs none.
      if entry.saved == 0, entry.unusable == 0, walk.damagedPages.isEmpty { entry.isGuessed = false }
      report.tables.append(entry)
    }
    try repairTickets()
    try repairAlarms()
    try indexBatches()
    try nameDevices()
    try countReadings()
  }

  private func refuseNewer() throws {
    var versions: [Int] = []
    for table in [SalvagedTable(name: "grdb_migrations", columns: [("identifier", .text)])] {
      walk.rows(of: table) { row in
        if case .text(let text) = row.values[0], let version = Int(text) { versions.append(version) }
      }
    }
    if let found = versions.max(), found > Schema.version {
      throw StoreError.newerSchema("the damaged database", found: found, expected: Schema.version)
    }
  }

  private func values(of row: StoredRow, _ table: SalvagedTable) -> [DatabaseValue] {
    zip(row.values, table.columns).map { value, column in
      switch value {
      case .null: column.kind == .number ? row.id.databaseValue : .null
      case .integer(let number): number.databaseValue
      case .real(let number): number.databaseValue
      case .text(let text): text.databaseValue
      case .blob(let bytes): Data(bytes).databaseValue
      }
    }
  }

  /// Whether the content is whole, as far as it can be told.
  private func isUsable(_ row: StoredRow, of table: SalvagedTable) -> Bool {
    func json<Value: Decodable>(_ type: Value.Type) -> Bool {
      guard case .text(let text) = row.values.last else { return false }
      return (try? decoder.decode(type, from: Data(text.utf8))) != nil
    }
    switch (table.name, row.values.last) {
    case ("tickets", _): return json(Ticket.self)
    case ("ticket_events", _): return json(TicketEvent.self)
    case ("alarms", _), ("alarm_transitions", _): return json(AlarmTransition.self)
    case ("device_states", _): return json(DeviceState.self)
    case ("events", _): return json(EventDetail.self)
    case ("outbox", _):
      guard case .text(let priority) = row.values[6], case .text(let state) = row.values[8] else {
        return false
      }
      return Priority(rawValue: priority) != nil && OutboxEntry.State(rawValue: state) != nil
    case ("chunks", .blob(let bytes)): return (try? Chunk.decode(bytes)) != nil
    case ("batches", .blob(let bytes)): return (try? PackedReadings.decode(bytes)) != nil
    case ("snapshots", .blob(let bytes)):
      return row.values[2] == .integer(bytes.withUnsafeBytes(SnapshotCheckSum.of))
    default: return true
    }
  }

  // MARK: What must fit together

  private mutating func repairTickets() throws {
    var stored: [String: [TicketEvent]] = [:]
    for row in try Row.fetchAll(database, sql: "SELECT json FROM ticket_events ORDER BY ticket, number") {
      let event = try row.decoded(TicketEvent.self, of: "ticket_events", by: decoder)
      stored[event.ticket, default: []].append(event)
    }
    var rows: [String: Ticket] = [:]
    for row in try Row.fetchAll(database, sql: "SELECT json FROM tickets") {
      let ticket = try row.decoded(Ticket.self, of: "tickets", by: decoder)
      rows[ticket.id] = ticket
    }
    var (events, isChanged): ([TicketEvent], Bool) = ([], false)
    for id in Set(stored.keys).union(rows.keys).sorted() {
      guard let repaired = TicketRepair(row: rows[id], stored: stored[id] ?? []) else {
        report.lostTickets.append(id)
        isChanged = true
        continue
      }
      if repaired.lostSteps > 0 { report.ticketSteps[id] = repaired.lostSteps }
      if repaired.events != stored[id] { isChanged = true }
      events += repaired.events
      if repaired.ticket != rows[id] {
        try database.execute(sql: "DELETE FROM tickets WHERE id = ?", arguments: [id])
        try database.update(repaired.ticket)
      }
    }
    if isChanged { try replaceEvents(events) }
    try database.rebuildTicketList()
    try recount("tickets", "ticket_events")
  }

  /// The order of all events is that of their commits: nearly that of their times, within a ticket of their numbers.
  private func replaceEvents(_ events: [TicketEvent]) throws {
    var latest: [String: Int64] = [:]
    let timed = events.map { event in
      let at = max(event.at, latest[event.ticket] ?? .min)
      latest[event.ticket] = at
      return (at: at, event: event)
    }
    try database.execute(sql: "DELETE FROM ticket_events")
    for (_, event) in timed.sorted(by: {
      ($0.at, $0.event.ticket, $0.event.sequence) < ($1.at, $1.event.ticket, $1.event.sequence)
    }) { try database.insert(event) }
  }

  /// An alarm and its steps say nearly the same: each can stand in for the other.
  private mutating func repairAlarms() throws {
    for row in try Row.fetchAll(database, sql: "SELECT json FROM alarm_transitions ORDER BY seq") {
      try database.insert(try row.decoded(AlarmTransition.self, of: "alarm_transitions", by: decoder))
    }
    for row in try Row.fetchAll(
      database, sql: "SELECT json FROM alarms WHERE id NOT IN (SELECT alarm FROM alarm_transitions)")
    {
      try database.insert(try row.decoded(AlarmTransition.self, of: "alarms", by: decoder))
    }
    try recount("alarms", "alarm_transitions")
  }

  private mutating func recount(_ names: String...) throws {
    for index in report.tables.indices where names.contains(report.tables[index].name) {
      report.tables[index].saved =
        try Int.fetchOne(database, sql: "SELECT count(*) FROM \(report.tables[index].name)") ?? 0
    }
  }

  private func indexBatches() throws {
    let insert = try database.cachedStatement(
      sql: "INSERT INTO batch_index (batch, min_time, max_time, devices) VALUES (?, ?, ?, ?)")
    let rows = try Row.fetchCursor(
      database, sql: "SELECT id, min_time, max_time, readings FROM batches WHERE count > 0")
    while let row = try rows.next() {
      var devices: [UInt32] = []
      try row.unpack { devices.append($0.device) }
      try insert.execute(arguments: [
        row["id"], row["min_time"], row["max_time"], Data(DeviceSet.encode(devices)),
      ])
    }
  }

  /// A number without a device would be given to the next new one, and with it the readings.
  private mutating func nameDevices() throws {
    var numbers: Set<Int64> = []
    let ids = try Int64.fetchCursor(database, sql: "SELECT id FROM chunks")
    while let id = try ids.next() { numbers.insert(Int64(ChunkKey(raw: id).device)) }
    let rows = try Row.fetchCursor(database, sql: "SELECT id, readings FROM batches")
    while let row = try rows.next() { try row.unpack { numbers.insert(Int64($0.device)) } }
    numbers.subtract(try Int64.fetchAll(database, sql: "SELECT number FROM devices"))
    for number in numbers.sorted() {
      try database.execute(
        sql: "INSERT INTO devices (number, path) VALUES (?, ?)",
        arguments: [number, "recovered/\(number)"])
    }
    report.namelessDevices = numbers.count
    try recount("devices")
  }

  private mutating func countReadings() throws {
    let compacted = SalvagedTable(
      name: "compaction",
      columns: [("one", .number), ("batches", .integer), ("readings", .integer), ("pending", .integer)])
    var before: (batches: Int64, readings: Int64)?
    walk.rows(of: compacted) { row in
      if case .integer(let batches) = row.values[1], case .integer(let readings) = row.values[2] {
        before = (batches, readings)
      }
    }
    let chunks = try Int64.fetchOne(database, sql: "SELECT coalesce(sum(count), 0) FROM chunks") ?? 0
    let batches = try Int64.fetchOne(database, sql: "SELECT coalesce(sum(count), 0) FROM batches") ?? 0
    try database.execute(
      sql: "UPDATE compaction SET batches = ?, readings = ?, pending = 0",
      arguments: [before?.batches ?? 0, chunks])
    report.readings = Int(chunks + batches)
    report.readingsBefore = before.map { Int($0.readings + batches) }
  }
}
