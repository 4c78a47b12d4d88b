/// Databases of older programs.
import EstateModel
import Foundation
import GRDB
import Store
import Testing

@Suite("Migration")
struct MigrationTests {
  /// The tables as version 1 made them, and as GRDB notes that.
  private static let version1 = """
    CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
    INSERT INTO grdb_migrations VALUES ('1');
    CREATE TABLE devices (number INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE signals (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE batches (
      id INTEGER PRIMARY KEY AUTOINCREMENT, now INTEGER NOT NULL, min_time INTEGER NOT NULL,
      max_time INTEGER NOT NULL, count INTEGER NOT NULL, readings BLOB NOT NULL) STRICT;
    CREATE INDEX batches_by_time ON batches (max_time, min_time);
    CREATE TABLE alarms (
      id TEXT PRIMARY KEY, rule TEXT NOT NULL, estate TEXT NOT NULL, device TEXT NOT NULL, place TEXT NOT NULL,
      towards TEXT, category TEXT NOT NULL, priority TEXT NOT NULL, onset INTEGER NOT NULL,
      raised INTEGER NOT NULL, cleared INTEGER, state TEXT NOT NULL, json TEXT NOT NULL) STRICT;
    CREATE INDEX alarms_by_state ON alarms (state, raised);
    CREATE TABLE alarm_transitions (
      seq INTEGER PRIMARY KEY AUTOINCREMENT, alarm TEXT NOT NULL REFERENCES alarms (id), kind TEXT NOT NULL,
      at INTEGER NOT NULL, json TEXT NOT NULL, UNIQUE (alarm, kind)) STRICT;
    CREATE TABLE tickets (
      id TEXT PRIMARY KEY, estate TEXT NOT NULL, category TEXT NOT NULL, priority TEXT NOT NULL,
      state TEXT NOT NULL, party TEXT NOT NULL, party_zh TEXT NOT NULL, party_en TEXT NOT NULL,
      place TEXT NOT NULL, towards TEXT, opened INTEGER NOT NULL, updated INTEGER NOT NULL,
      title_zh TEXT NOT NULL, title_en TEXT NOT NULL, sequence INTEGER NOT NULL, json TEXT NOT NULL) STRICT;
    CREATE INDEX tickets_by_state ON tickets (state, priority, opened);
    CREATE INDEX tickets_by_estate ON tickets (estate, state);
    CREATE TABLE ticket_events (
      seq INTEGER PRIMARY KEY AUTOINCREMENT, ticket TEXT NOT NULL REFERENCES tickets (id),
      number INTEGER NOT NULL, kind TEXT NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL, via TEXT NOT NULL,
      json TEXT NOT NULL, UNIQUE (ticket, number)) STRICT;
    CREATE TABLE events (
      seq INTEGER PRIMARY KEY AUTOINCREMENT, device TEXT NOT NULL, event TEXT NOT NULL, kind TEXT NOT NULL,
      phase TEXT NOT NULL, at INTEGER NOT NULL, json TEXT NOT NULL,
      UNIQUE (device, event, kind, phase, at)) STRICT;
    CREATE INDEX events_by_time ON events (at);
    CREATE TABLE problems (
      device TEXT NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL, first INTEGER NOT NULL,
      last INTEGER NOT NULL, detail TEXT NOT NULL, PRIMARY KEY (device, reason)) STRICT;
    CREATE TABLE device_states (device TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT;
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
    """

  /// What version 2 added, done to a database of version 1.
  private static let version2 = """
    INSERT INTO grdb_migrations VALUES ('2');
    CREATE TABLE batch_index (
      batch INTEGER PRIMARY KEY, min_time INTEGER NOT NULL, max_time INTEGER NOT NULL, devices BLOB) STRICT;
    INSERT INTO batch_index (batch, min_time, max_time)
      SELECT id, min_time, max_time FROM batches WHERE count > 0;
    DROP INDEX batches_by_time;
    CREATE TABLE chunks (
      id INTEGER PRIMARY KEY, count INTEGER NOT NULL, readings BLOB NOT NULL) STRICT;
    CREATE TABLE compaction (
      one INTEGER PRIMARY KEY CHECK (one = 1), batches INTEGER NOT NULL, readings INTEGER NOT NULL,
      pending INTEGER NOT NULL) STRICT;
    INSERT INTO compaction VALUES (1, 0, 0, 0);
    CREATE TABLE snapshots (
      batch INTEGER PRIMARY KEY, now INTEGER NOT NULL, checksum INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;
    """

  @Test(
    "A database of each earlier version is brought up to date and keeps its readings, also for new batches",
    arguments: [1, 2])
  func fromEarlier(version: Int) throws {
    try Fixture.withFolder { folder in
      let catalogue = Fixture.catalogue()
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let path = folder.appendingPathComponent(Store.fileName).path
      let level = try #require(Signal.named("level"))
      let queue = try DatabaseQueue(path: path)
      try queue.write { database in
        try database.execute(sql: Self.version1)
        // Numbers that no new database would give.
        try database.execute(sql: "INSERT INTO devices VALUES (70, 'luyuan/w2'), (71, 'luyuan/w1')")
        try database.execute(sql: "INSERT INTO signals VALUES (9, 'level')")
        for minute in Int64(1)...3 {
          let time = Fixture.start + minute * 60_000
          let packed = PackedReadings.encode([
            PackedReading(device: 70, signal: 9, time: time, arrival: time, value: Double(minute))
          ])
          try database.execute(
            sql: "INSERT INTO batches (now, min_time, max_time, count, readings) VALUES (?, ?, ?, 1, ?)",
            arguments: [time.milliseconds, time.milliseconds, time.milliseconds, Data(packed)])
        }
        try database.execute(sql: "INSERT INTO meta VALUES ('clock', 'simulation')")
        if version == 2 { try database.execute(sql: Self.version2) }
      }
      try queue.close()
      #expect(throws: StoreError.olderSchema(path, found: version, expected: 4)) {
        try Store.reader(folder: folder)
      }

      let store = try Store.open(folder: folder, catalogue: catalogue)
      #expect(try store.contents.level("w2").map(\.value) == [1, 2, 3])
      #expect(try store.contents.fact("clock") == "simulation")
      var batch = Batch(now: Fixture.start + 4 * 60_000)
      batch.readings = [Fixture.reading(1, minute: 4, 4), Fixture.reading(0, minute: 4, 40)]
      try store.commit(batch)
      #expect(try store.contents.level("w2").map(\.value) == [1, 2, 3, 4])
      #expect(try store.contents.level("w1").map(\.value) == [40])
      var replayed: [Reading] = []
      _ = try store.contents.replay(afterBatch: 1, catalogue: catalogue) { replayed += $1 }
      #expect(replayed.map(\.device.raw) == [1, 1, 1, 0])
      #expect(replayed.allSatisfy { $0.signal == level })
      try store.saveSnapshot([1], now: batch.now)
      #expect(try store.contents.latestSnapshots().first?.batch == 4)
      try store.close()
      #expect(try Store.reader(folder: folder).summary().readings == 5)
    }
  }
}
