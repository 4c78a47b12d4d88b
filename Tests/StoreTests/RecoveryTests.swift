/// Databases with overwritten pages: the start refuses, and recovery brings back all that can be read.
import EstateModel
import Foundation
import GRDB
import Store
import Testing
import Tickets

@Suite("Recovery")
struct RecoveryTests {
  private struct Damaged {
    var folder: URL
    var book: TicketBook
    var path: String { folder.appendingPathComponent(Store.fileName).path }
    var level: [HistoryPoint]

    /// Pages of a table, leaves or inner ones.
    func pages(of table: String, _ type: String = "leaf") throws -> [Int] {
      let queue = try DatabaseQueue(path: path)
      defer { try? queue.close() }
      return try queue.read {
        try Int.fetchAll(
          $0, sql: "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = ? ORDER BY path",
          arguments: [table, type])
      }
    }

    func overwrite(_ page: Int, with byte: UInt8 = 0xa5) throws {
      let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
      defer { try? file.close() }
      try file.seek(toOffset: UInt64((page - 1) * 4096))
      try file.write(contentsOf: Data(repeating: byte, count: 4096))
    }
  }

  /// Two days of two probes in chunks, a stretch in batches, tickets and alarms; well closed.
  private static func build() throws -> (bytes: Data, book: TicketBook, level: [HistoryPoint]) {
    var result: (Data, TicketBook, [HistoryPoint])?
    try Fixture.withFolder { folder in
      var book = Fixture.book()
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      var state: UInt64 = 3
      for part in Int64(0)..<96 {
        var batch = Batch(now: Fixture.start + (part + 1) * 1_800_000)
        for second in stride(from: Int64(0), to: 1_800_000, by: 10_000) {
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          let time = Fixture.start + part * 1_800_000 + second
          for device in UInt32(0)..<2 {
            batch.readings.append(
              Reading(
                device: DeviceIndex(device), signal: Signal.named("level") ?? SignalIndex(0), time: time,
                arrival: time + 40, value: Double(state >> 33 % 4000) / 1000))
          }
        }
        let place = "w\(part % 3 + 1)"
        let steps: [AlarmTransition.Kind] = part % 4 == 3 ? [.raised, .cleared] : [.raised]
        for kind in steps {
          let step = AlarmTransition(
            kind: kind, alarm: "A-\(part)", rule: "sewer-full", title: Title(zh: "井满", en: "Well full"),
            estate: "luyuan", device: place, place: place, priority: .p3,
            category: part % 2 == 0 ? "sewer-blockage" : "device-maintenance", onset: batch.now,
            at: batch.now)
          batch.transitions.append(step)
          batch.record(book.apply(step), from: book)
        }
        if part % 8 == 7 {
          for ticket in book.open {
            for step in [TicketCommand.Step.comment("seen"), .cancel("a test")] {
              let command = TicketCommand(
                step, ticket: ticket.id, by: "who", at: batch.now, via: .commandLine)
              batch.record(try book.perform(command), from: book)
            }
          }
        }
        batch.deviceStates = [DeviceState(device: "luyuan/w1", lastSeen: batch.now)]
        batch.facts = ["turn": "\(part)"]
        try store.commit(batch)
        if part == 90 { while try store.compact(until: batch.now) {} }
      }
      let level = try store.contents.level("w1")
      #expect(level.count == 96 * 180)
      try store.close()
      result = (try Data(contentsOf: folder.appendingPathComponent(Store.fileName)), book, level)
    }
    return try #require(result)
  }

  /// Made once: it takes a while.
  private static let built = Result { try build() }

  private func withDatabase(_ body: (Damaged) throws -> Void) throws {
    let (bytes, book, level) = try Self.built.get()
    try Fixture.withFolder { folder in
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try bytes.write(to: folder.appendingPathComponent(Store.fileName))
      try body(Damaged(folder: folder, book: book, level: level))
    }
  }

  /// What a restarted gateway would have.
  private func restored(_ store: Store) throws -> TicketBook {
    var book = Fixture.book()
    try book.restore(try store.contents.ticketEvents())
    return book
  }

  private func expectRefusal(_ damaged: Damaged) {
    #expect {
      try Store.open(folder: damaged.folder, catalogue: Fixture.catalogue())
    } throws: { error in
      guard case .corrupted(damaged.path, let detail) = error as? StoreError else { return false }
      return !detail.isEmpty && "\(error)".contains("gatehouse recover --data \(damaged.folder.path)")
    }
  }

  private func expectTickets(_ store: Store, _ damaged: Damaged) throws {
    let expected = damaged.book.tickets.values.sorted { $0.id < $1.id }
    #expect(try store.contents.tickets().sorted { $0.id < $1.id } == expected)
    #expect(try restored(store).tickets == damaged.book.tickets)
    #expect(try store.contents.alarms().count == 96)
    #expect(try store.contents.alarms(activeOnly: true).count == 72)
  }

  @Test("A whole database is copied whole")
  func whole() throws {
    try withDatabase { damaged in
      let report = try Store.recover(folder: damaged.folder, label: "x")
      #expect(report.isComplete)
      #expect(report.damagedPages == 0)
      #expect(report.readings == 96 * 180 * 2)
      #expect(report.readingsBefore == report.readings)
      let store = try Store.open(folder: damaged.folder, catalogue: Fixture.catalogue())
      try expectTickets(store, damaged)
      #expect(try store.contents.level("w1") == damaged.level)
      #expect(try store.contents.fact("turn") == "95")
      #expect(try store.contents.summary().readings == 96 * 180 * 2)
      #expect(try store.contents.summary().batches == 96)
      // The next batch has a number of its own, and compaction goes on.
      var batch = Batch(now: Fixture.start + 100 * 3_600_000)
      batch.readings = [Fixture.reading(0, minute: 6000, 1)]
      try store.commit(batch)
      while try store.compact(until: batch.now) {}
      #expect(try store.contents.level("w1").dropLast() == damaged.level[...])
      #expect(FileManager.default.fileExists(atPath: report.damagedFile))
      #expect(report.damagedFile.hasSuffix("gatehouse.sqlite.damaged-x"))
      try store.close()
      // A second one of the same name doesn't take the first one's place.
      let second = try Store.recover(folder: damaged.folder, label: "x")
      #expect(second.damagedFile != report.damagedFile)
      #expect(FileManager.default.fileExists(atPath: report.damagedFile))
    }
  }

  @Test(
    "A destroyed page of history costs the readings on it, and nothing else", arguments: [UInt8(0), 0xa5])
  func chunkPage(byte: UInt8) throws {
    try withDatabase { damaged in
      let pages = try damaged.pages(of: "chunks")
      try #require(pages.count > 4)
      try damaged.overwrite(pages[pages.count / 2], with: byte)
      expectRefusal(damaged)
      let report = try Store.recover(folder: damaged.folder, label: "x")
      #expect(report.damagedPages == 1)
      #expect(!report.isComplete)
      #expect(report.lostTickets.isEmpty && report.ticketSteps.isEmpty)
      #expect(report.readingsBefore == 96 * 180 * 2)
      let store = try Store.open(folder: damaged.folder, catalogue: Fixture.catalogue())
      try expectTickets(store, damaged)
      let level = try store.contents.level("w1")
      // A page has a few hours of each probe at most.
      #expect(level.count < damaged.level.count)
      #expect(level.count > damaged.level.count - 8 * 360)
      #expect(Set(level).isSubset(of: Set(damaged.level)))
      #expect(report.readings == 2 * level.count || report.readings < 96 * 180 * 2)
    }
  }

  @Test("Without the first page all comes back")
  func header() throws {
    try withDatabase { damaged in
      try damaged.overwrite(1)
      expectRefusal(damaged)
      let report = try Store.recover(folder: damaged.folder, label: "x")
      #expect(report.damagedPages == 1)
      let store = try Store.open(folder: damaged.folder, catalogue: Fixture.catalogue())
      try expectTickets(store, damaged)
      #expect(try store.contents.level("w1") == damaged.level)
    }
  }

  @Test("Without the page that leads to the others the rows are found by what they look like")
  func inner() throws {
    for table in ["chunks", "ticket_events", "tickets", "alarms"] {
      try withDatabase { damaged in
        let inner = try damaged.pages(of: table, "internal")
        let root = try #require(inner.first, "\(table) is too small for this test")
        try damaged.overwrite(root)
        let report = try Store.recover(folder: damaged.folder, label: "x")
        #expect(report.damagedPages == 1)
        let store = try Store.open(folder: damaged.folder, catalogue: Fixture.catalogue())
        try expectTickets(store, damaged)
        #expect(try store.contents.level("w1") == damaged.level)
      }
    }
  }

  @Test("Lost steps of a ticket are made up for by what its row says, and a lost row by its steps")
  func tickets() throws {
    for table in ["tickets", "ticket_events", "alarms", "alarm_transitions"] {
      try withDatabase { damaged in
        let leaves = try damaged.pages(of: table)
        try #require(leaves.count > 2)
        try damaged.overwrite(leaves[leaves.count / 2])
        expectRefusal(damaged)
        let report = try Store.recover(folder: damaged.folder, label: "x")
        #expect(!report.isComplete)
        let store = try Store.open(folder: damaged.folder, catalogue: Fixture.catalogue())
        // A gateway can start from it, and no ticket is in another state than before.
        let book = try restored(store)
        #expect(report.lostTickets.isEmpty)
        #expect(Set(book.tickets.keys) == Set(damaged.book.tickets.keys))
        for (id, ticket) in book.tickets {
          let before = try #require(damaged.book.tickets[id])
          #expect(ticket.state == before.state)
          #expect(ticket.responsible == before.responsible)
          #expect(ticket.closed == before.closed)
          #expect(Set(ticket.alarms.map(\.facts.alarm)) == Set(before.alarms.map(\.facts.alarm)))
          #expect(Set(ticket.activeAlarms.map(\.facts.alarm)) == Set(before.activeAlarms.map(\.facts.alarm)))
        }
        #expect(
          try store.contents.tickets().sorted { $0.id < $1.id }
            == book.tickets.values.sorted { $0.id < $1.id })
        #expect(try store.contents.alarms().count == 96)
        #expect(try store.contents.level("w1") == damaged.level)
      }
    }
  }

  @Test("What is only in the log yet is saved too")
  func log() throws {
    try Fixture.withFolder { folder in
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      for minute in Int64(0)..<50 {
        var batch = Batch(now: Fixture.start)
        batch.readings = [Fixture.reading(0, minute: minute, Double(minute))]
        try store.commit(batch)
      }
      // As after a power cut: the files as they are now, with the log not taken in.
      let copy = folder.appendingPathComponent("copy")
      try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
      for suffix in ["", "-wal"] {
        try FileManager.default.copyItem(
          at: folder.appendingPathComponent(Store.fileName + suffix),
          to: copy.appendingPathComponent(Store.fileName + suffix))
      }
      let wal = copy.appendingPathComponent(Store.fileName + "-wal").path
      #expect(try FileManager.default.attributesOfItem(atPath: wal)[.size] as? Int ?? 0 > 50 * 4096)
      let report = try Store.recover(folder: copy, label: "x")
      #expect(report.isComplete)
      #expect(try Store.open(folder: copy, catalogue: Fixture.catalogue()).contents.level("w1").count == 50)
      #expect(FileManager.default.fileExists(atPath: report.damagedFile + "-wal"))
    }
  }

  @Test("Without the names of devices their readings are kept under their numbers")
  func names() throws {
    try withDatabase { damaged in
      try damaged.overwrite(try #require(try damaged.pages(of: "devices").first))
      let report = try Store.recover(folder: damaged.folder, label: "x")
      #expect(report.namelessDevices == 2)
      let store = try Store.open(folder: damaged.folder, catalogue: Fixture.catalogue())
      let level = try store.contents.history(
        device: "recovered/1", signal: "level", since: .distantPast, until: .distantFuture)
      #expect(level == damaged.level)
      // The device itself begins anew, with a number of its own.
      #expect(try store.contents.level("w1").isEmpty)
    }
  }

  /// `GATEHOUSE_RECOVERY_SEEDS=1000` tries as many.
  @Test(
    "Any damaged page at all: recovery ends with a database that opens",
    arguments: UInt64(
      1)...(UInt64(ProcessInfo.processInfo.environment["GATEHOUSE_RECOVERY_SEEDS"] ?? "") ?? 10))
  func random(seed: UInt64) throws {
    try withDatabase { damaged in
      let size = try FileManager.default.attributesOfItem(atPath: damaged.path)[.size] as? Int ?? 0
      var state = seed
      for _ in 0..<5 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: damaged.path))
        defer { try? file.close() }
        try file.seek(toOffset: UInt64(Int(state >> 33) % size))
        // Not always a whole page, and seldom one from its beginning.
        try file.write(
          contentsOf: Data((0..<Int(state >> 40 % 3000)).map { UInt8(truncatingIfNeeded: $0 &* 37) }))
      }
      let report = try Store.recover(folder: damaged.folder, label: "x")
      let store = try Store.open(folder: damaged.folder, catalogue: Fixture.catalogue())
      let book = try restored(store)
      #expect(try store.contents.tickets().count == book.tickets.count)
      // Five stretches of some pages each, out of about a hundred pages.
      #expect(book.tickets.count > damaged.book.tickets.count / 2, "\(report)")
      let nameless = try store.contents.history(
        device: "recovered/1", signal: "level", since: .distantPast, until: .distantFuture)
      #expect(try store.contents.level("w1").count + nameless.count > damaged.level.count / 4, "\(report)")
    }
  }

  @Test("While a gateway runs nothing is recovered, and where nothing is there is nothing to recover")
  func refused() throws {
    try Fixture.withFolder { folder in
      #expect(throws: StoreError.noDatabase(folder.appendingPathComponent(Store.fileName).path)) {
        try Store.recover(folder: folder, label: "x")
      }
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      #expect(throws: StoreError.locked(folder: folder.path, pid: getpid())) {
        try Store.recover(folder: folder, label: "x")
      }
      try store.close()
    }
  }
}
