/// The tables, and how older databases become like new ones.
import GRDB

enum Schema {
  /// Of this program. A migration's identifier is its number.
  static let version = 4

  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1") { try $0.execute(sql: first) }
    migrator.registerMigration("2") { try $0.execute(sql: second) }
    migrator.registerMigration("3") { try $0.execute(sql: third) }
    migrator.registerMigration("4") { database in
      try database.execute(sql: fourth)
      try database.rebuildTicketList()
    }
    return migrator
  }

  /// The version of a database; 0: empty.
  static func version(of database: Database) throws -> Int {
    try migrator.appliedIdentifiers(database).compactMap { Int($0) }.max() ?? 0
  }

  /// Times are milliseconds since 1970. `number`s are for ever: the packed readings refer to them, whatever the
  /// order of the catalogue or of the signals becomes.
  private static let first = """
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

  /// History by signal and hour, and snapshots of the engine.
  ///
  /// `batch_index` has one row for each batch with readings: the devices in it, or NULL where nobody wrote that
  /// down. It takes the place of an index on the batches themselves, and goes when its batch does. A chunk's id is
  /// made of its hour, device and signal (`ChunkKey`).
  private static let second = """
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

  /// What is to be sent to people and other programs: written with what it tells of, and sent later. `key` names it for
  /// its receiver; `made` is the gateway's time, `next` and `done` are the system's.
  private static let third = """
    CREATE TABLE outbox (
      id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, channel TEXT NOT NULL,
      estate TEXT NOT NULL, subject TEXT NOT NULL, notice TEXT NOT NULL, priority TEXT NOT NULL,
      made INTEGER NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, since INTEGER, next INTEGER,
      done INTEGER, error TEXT NOT NULL, json TEXT NOT NULL) STRICT;
    CREATE INDEX outbox_by_state ON outbox (state, made);
    """

  /// Tickets as lists show and filter them, in the order in which lists show them: a list of thousands opens no JSON.
  /// Everything in it follows from `tickets`.
  private static let fourth = """
    CREATE TABLE ticket_list (
      is_open INTEGER NOT NULL, priority TEXT NOT NULL, opened INTEGER NOT NULL, id TEXT NOT NULL,
      state TEXT NOT NULL, estate TEXT NOT NULL, affected TEXT NOT NULL, category TEXT NOT NULL,
      party TEXT NOT NULL, party_zh TEXT NOT NULL, party_en TEXT NOT NULL, place TEXT NOT NULL, towards TEXT,
      title_zh TEXT NOT NULL, title_en TEXT NOT NULL, due INTEGER, is_overdue INTEGER NOT NULL,
      is_paused INTEGER NOT NULL, PRIMARY KEY (is_open, priority, opened, id)) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX ticket_list_by_id ON ticket_list (id);
    CREATE INDEX ticket_list_by_time ON ticket_list (opened);
    DROP INDEX tickets_by_state;
    DROP INDEX tickets_by_estate;
    """
}
