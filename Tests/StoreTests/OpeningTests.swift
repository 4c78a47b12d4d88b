/// The data folder: who may open it, and what is said when it can't be used.
import EstateModel
import Foundation
import GRDB
import Store
import Testing

@Suite("Opening")
struct OpeningTests {
  @Test("A second gateway on the same folder is refused, and told who has it")
  func lock() throws {
    try Fixture.withFolder { folder in
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      #expect(throws: StoreError.locked(folder: folder.path, pid: getpid())) {
        try Store.open(folder: folder, catalogue: Fixture.catalogue())
      }
      try store.close()
      try Store.open(folder: folder, catalogue: Fixture.catalogue()).close()
    }
  }

  @Test("A child of the gateway doesn't keep the folder locked")
  func lockIsNotInherited() throws {
    try Fixture.withFolder { folder in
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      // Not Foundation's Process: that one closes what it doesn't hand on.
      var arguments = [strdup("sleep"), strdup("30"), nil]
      defer { for argument in arguments { free(argument) } }
      var environment: [UnsafeMutablePointer<CChar>?] = [nil]
      var child: pid_t = 0
      try #require(posix_spawn(&child, "/bin/sleep", nil, nil, &arguments, &environment) == 0)
      defer {
        kill(child, SIGKILL)
        waitpid(child, nil, 0)
      }
      try store.close()
      try Store.open(folder: folder, catalogue: Fixture.catalogue()).close()
      #expect(kill(child, 0) == 0)
    }
  }

  @Test("A reader sees each commit while the writer is open, and changes nothing")
  func reader() throws {
    try Fixture.withFolder { folder in
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      let reader = try Store.reader(folder: folder)
      for minute in Int64(1)...3 {
        var batch = Batch(now: Fixture.start)
        batch.readings = [Fixture.reading(0, minute: minute, 0.5)]
        try store.commit(batch)
        #expect(try reader.level("w1").count == Int(minute))
      }
    }
  }

  @Test("Without a database a reader says so")
  func noDatabase() throws {
    try Fixture.withFolder { folder in
      #expect(throws: StoreError.noDatabase(folder.appendingPathComponent(Store.fileName).path)) {
        try Store.reader(folder: folder)
      }
    }
  }

  @Test("A file that is no database is called damaged, by writer and reader")
  func damaged() throws {
    try Fixture.withFolder { folder in
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let path = folder.appendingPathComponent(Store.fileName)
      try Data(repeating: 0x41, count: 8192).write(to: path)
      for open in [
        { _ = try Store.open(folder: folder, catalogue: Fixture.catalogue()) },
        { _ = try Store.reader(folder: folder) },
      ] {
        #expect {
          try open()
        } throws: { error in
          guard case .corrupted(path.path, _) = error as? StoreError else { return false }
          return true
        }
      }
    }
  }

  @Test("A database of a newer program is refused with both versions, and left as it is")
  func newer() throws {
    try Fixture.withFolder { folder in
      try Store.open(folder: folder, catalogue: Fixture.catalogue()).close()
      let path = folder.appendingPathComponent(Store.fileName).path
      let queue = try DatabaseQueue(path: path)
      try queue.write { try $0.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('99')") }
      try queue.close()
      let expected = StoreError.newerSchema(path, found: 99, expected: 4)
      #expect(throws: expected) { try Store.open(folder: folder, catalogue: Fixture.catalogue()) }
      #expect(throws: expected) { try Store.reader(folder: folder) }
      #expect(expected.description.contains("found schema version 99, expected at most 4"))
    }
  }

  @Test("A damaged batch is named by its number, and stops neither the process nor other questions")
  func damagedBatch() throws {
    try Fixture.withFolder { folder in
      let catalogue = Fixture.catalogue()
      let store = try Store.open(folder: folder, catalogue: catalogue)
      var batch = Batch(now: Fixture.start)
      batch.readings = [Fixture.reading(0, minute: 1, 0.5)]
      try store.commit(batch)
      try store.close()
      let queue = try DatabaseQueue(path: folder.appendingPathComponent(Store.fileName).path)
      try queue.write { try $0.execute(sql: "UPDATE batches SET readings = x'01ffffffffffff'") }
      try queue.close()
      let reader = try Store.reader(folder: folder)
      #expect(throws: StoreError.unreadableReadings(batch: 1, .checksum)) { try reader.level("w1") }
      #expect(throws: StoreError.unreadableReadings(batch: 1, .checksum)) {
        try reader.replay(since: .distantPast, catalogue: catalogue) { _, _ in }
      }
      #expect(try reader.summary().readings == 1)
    }
  }

  @Test("Commits reach the disk before they return")
  func durability() throws {
    try Fixture.withFolder { folder in
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      #expect(
        try store.settings() == [
          "journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "auto_vacuum": "2",
        ])
    }
  }
}
