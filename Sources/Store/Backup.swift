/// One file that holds a data folder's database and the small files beside it, made while the gateway runs.
import EstateModel
import Foundation
import GRDB

/// A backup is an SQLite database of its own: the gateway's tables, and two more that say what it is.
///
/// `backup_files` holds files of the data folder that the database doesn't: accounts, enrolled devices, the gateway's
/// authority. They are secret, so the backup is its owner's alone. `backup_sums` holds a sum over the rows of each table.
public struct Backup: Sendable {
  /// What a backup holds.
  public struct Facts: Hashable, Sendable, Codable {
    /// Milliseconds since 1970, by the system's clock.
    public var made: Int64
    public var schema: Int
    public var readings: Int
    public var tickets: Int
    public var alarms: Int
    /// The engine's clock at the last batch in it.
    public var now: Int64?
    public var files: [String]
  }

  private let path: String

  public init(file: URL) { path = file.standardizedFileURL.path }

  /// Writes the backup beside its place and moves it there when it is whole.
  ///
  /// The gateway goes on meanwhile: SQLite copies the state of one moment, and what is committed later isn't in it.
  /// - Parameter files: paths within the data folder; what isn't there is left out.
  /// - Throws: ``BackupError``, ``StoreError``
  public func make(of folder: URL, files: [String], at now: Timestamp) throws -> Facts {
    guard !FileManager.default.fileExists(atPath: path) else { throw BackupError.exists(path) }
    let draft = path + ".part"
    unlink(draft)
    defer { for end in ["", "-wal", "-shm", "-journal"] { unlink(draft + end) } }
    // Before SQLite opens it: nobody else ever reads it.
    let made = open(draft, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
    guard made >= 0 else { throw BackupError.file(draft, reason: String(cString: strerror(errno))) }
    close(made)
    let source = try Store.reader(folder: folder)
    let facts = try speaking(of: draft) {
      let target = try DatabaseQueue(path: draft)
      try source.queue.backup(to: target)
      try target.write { database in
        try Self.describe(database, folder: folder, files: files, at: now)
      }
      // A write-ahead log beside the file would have to be kept with it.
      try target.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
      let facts = try target.read(Self.facts)
      try target.close()
      return facts
    }
    try Self.settle(draft, as: path)
    return facts
  }

  /// Reads all of it, and compares it with its sums.
  /// - Throws: ``BackupError`` with the first thing that is wrong.
  public func verify() throws -> Facts {
    guard FileManager.default.fileExists(atPath: path) else {
      throw BackupError.file(path, reason: "no such file")
    }
    var configuration = Configuration()
    configuration.readonly = true
    do {
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      return try queue.read { database in
        guard try database.tableExists("backup_sums") else { throw BackupError.notABackup(path) }
        let found = try String.fetchAll(database, sql: "PRAGMA integrity_check(1)")
        guard found == ["ok"] else { throw BackupError.damaged(path, detail: found.first ?? "no answer") }
        let schema = try Schema.version(of: database)
        guard schema <= Schema.version else {
          throw BackupError.newer(path, found: schema, expected: Schema.version)
        }
        let sums = try Row.fetchAll(database, sql: "SELECT name, sum FROM backup_sums")
        let expected = Dictionary(uniqueKeysWithValues: sums.map { ($0[0] as String, $0[1] as Int64) })
        for table in try Self.tables(database) {
          guard expected[table] == (try Self.sum(of: table, database)) else {
            throw BackupError.damaged(path, detail: "the rows of '\(table)' are not those that were written")
          }
        }
        return try Self.facts(database)
      }
    } catch let error as DatabaseError {
      throw error.resultCode == .SQLITE_NOTADB
        ? BackupError.notABackup(path) : BackupError.damaged(path, detail: error.message ?? "\(error)")
    }
  }

  /// Verifies the backup and makes a data folder of it.
  /// - Parameter replacing: what the folder has now is moved into a folder beside; without, it must have no database.
  /// - Returns: what it holds, and where the earlier database is.
  /// - Throws: ``BackupError``, ``StoreError/locked(folder:pid:)`` while a gateway runs there.
  public func restore(to folder: URL, replacing: Bool, at now: Timestamp) throws -> (
    facts: Facts, moved: String?
  ) {
    let facts = try verify()
    do {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch { throw BackupError.file(folder.path, reason: error.localizedDescription) }
    let lock = try FolderLock(folder: folder)
    defer { withExtendedLifetime(lock) {} }
    let target = folder.appendingPathComponent(Store.fileName).path
    let isThere = FileManager.default.fileExists(atPath: target)
    guard replacing || !isThere else { throw BackupError.exists(target) }
    let draft = target + ".part"
    unlink(draft)
    defer { unlink(draft) }
    do { try FileManager.default.copyItem(atPath: path, toPath: draft) } catch {
      throw BackupError.file(draft, reason: error.localizedDescription)
    }
    chmod(draft, 0o600)
    let files = try speaking(of: draft) {
      let queue = try DatabaseQueue(path: draft)
      let files = try queue.write { database in
        let files = try Row.fetchAll(database, sql: "SELECT name, bytes FROM backup_files").map {
          (name: $0[0] as String, bytes: $0[1] as Data)
        }
        for table in ["backup_files", "backup_sums", "backup_facts"] {
          try database.execute(sql: "DROP TABLE \(table)")
        }
        return files
      }
      try queue.close()
      return files
    }
    let moved = isThere ? try Self.moveAside(folder, at: now) : nil
    for file in files { try Self.write(file.bytes, to: file.name, in: folder) }
    try Self.settle(draft, as: target)
    Self.giveToOwner(of: folder, names: files.map(\.name) + [Store.fileName, "lock"])
    return (facts, moved)
  }
}

extension Backup {
  private static func describe(_ database: Database, folder: URL, files: [String], at now: Timestamp) throws {
    try database.execute(
      sql: """
        CREATE TABLE backup_facts (made INTEGER NOT NULL) STRICT;
        CREATE TABLE backup_files (name TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
        CREATE TABLE backup_sums (name TEXT PRIMARY KEY, sum INTEGER NOT NULL) STRICT;
        """)
    try database.execute(sql: "INSERT INTO backup_facts VALUES (?)", arguments: [now.milliseconds])
    for name in files {
      let file = folder.appendingPathComponent(name).path
      guard let bytes = FileManager.default.contents(atPath: file) else {
        if FileManager.default.fileExists(atPath: file) {
          throw BackupError.file(file, reason: "can't be read")
        }
        continue
      }
      try database.execute(sql: "INSERT INTO backup_files VALUES (?, ?)", arguments: [name, bytes])
    }
    for table in try tables(database) {
      try database.execute(
        sql: "INSERT INTO backup_sums VALUES (?, ?)", arguments: [table, try sum(of: table, database)])
    }
  }

  private static func facts(_ database: Database) throws -> Facts {
    func number(_ sql: String) throws -> Int { try Int.fetchOne(database, sql: sql) ?? 0 }
    return Facts(
      made: try Int64.fetchOne(database, sql: "SELECT made FROM backup_facts") ?? 0,
      schema: try Schema.version(of: database),
      readings: try number(
        "SELECT coalesce(sum(count), 0) + (SELECT coalesce(sum(readings), 0) FROM compaction) FROM batches"),
      tickets: try number("SELECT count(*) FROM tickets"), alarms: try number("SELECT count(*) FROM alarms"),
      now: try Int64.fetchOne(database, sql: "SELECT now FROM batches ORDER BY id DESC LIMIT 1"),
      files: try String.fetchAll(database, sql: "SELECT name FROM backup_files ORDER BY name"))
  }

  private static func tables(_ database: Database) throws -> [String] {
    try String.fetchAll(
      database,
      sql: """
        SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'backup_sums'
        ORDER BY name
        """)
  }

  /// Over all values of all rows, in the order of their primary key.
  private static func sum(of table: String, _ database: Database) throws -> Int64 {
    var sum: UInt64 = 0xcbf2_9ce4_8422_2325
    func add(_ bytes: UnsafeRawBufferPointer) {
      sum = (sum ^ StableHash.of(bytes)) &* 0x100_0000_01b3
    }
    let name = table.replacingOccurrences(of: "\"", with: "\"\"")
    let order = try database.primaryKey(table).columns.joined(separator: ", ")
    let rows = try Row.fetchCursor(database, sql: "SELECT * FROM \"\(name)\" ORDER BY \(order)")
    while let row = try rows.next() {
      for value in row.databaseValues {
        switch value.storage {
        case .null: add(.init(start: nil, count: 0))
        case .int64(let number): withUnsafeBytes(of: number.littleEndian) { add($0) }
        case .double(let number): withUnsafeBytes(of: number.bitPattern.littleEndian) { add($0) }
        case .string(let text): Array(text.utf8).withUnsafeBytes { add($0) }
        case .blob(let data): data.withUnsafeBytes { add($0) }
        }
      }
    }
    return Int64(bitPattern: sum)
  }

  /// What is there now goes into a folder of its own, with its log.
  private static func moveAside(_ folder: URL, at now: Timestamp) throws -> String {
    let label = now.formatted().prefix(19).filter { $0 != "-" && $0 != ":" }
    let aside = folder.appendingPathComponent("before-restore-\(label)")
    do {
      try FileManager.default.createDirectory(
        at: aside, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      for end in ["", "-wal", "-shm"] {
        let name = Store.fileName + end
        let source = folder.appendingPathComponent(name)
        if FileManager.default.fileExists(atPath: source.path) {
          try FileManager.default.moveItem(at: source, to: aside.appendingPathComponent(name))
        }
      }
    } catch { throw BackupError.file(aside.path, reason: error.localizedDescription) }
    return aside.path
  }

  private static func write(_ bytes: Data, to name: String, in folder: URL) throws {
    guard !name.split(separator: "/").contains(".."), !name.hasPrefix("/") else {
      throw BackupError.file(name, reason: "lies outside of the data folder")
    }
    let target = folder.appendingPathComponent(name)
    do {
      try FileManager.default.createDirectory(
        at: target.deletingLastPathComponent(), withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
    } catch { throw BackupError.file(target.path, reason: error.localizedDescription) }
    guard
      FileManager.default.createFile(
        atPath: target.path, contents: bytes, attributes: [.posixPermissions: 0o600])
    else { throw BackupError.file(target.path, reason: "can't be written") }
  }

  /// On disk first, then in its place.
  private static func settle(_ draft: String, as path: String) throws {
    let descriptor = open(draft, O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    guard descriptor >= 0, fsync(descriptor) == 0, rename(draft, path) == 0 else {
      throw BackupError.file(path, reason: String(cString: strerror(errno)))
    }
  }

  /// Root restores for the gateway's user.
  private static func giveToOwner(of folder: URL, names: [String]) {
    var owner = stat()
    guard geteuid() == 0, stat(folder.path, &owner) == 0 else { return }
    for name in names {
      var target = folder
      for part in name.split(separator: "/") {
        target.appendPathComponent(String(part))
        lchown(target.path, owner.st_uid, owner.st_gid)
      }
    }
  }
}

public enum BackupError: Error, Hashable, Sendable, CustomStringConvertible {
  case exists(String)
  case file(String, reason: String)
  case notABackup(String)
  case damaged(String, detail: String)
  case newer(String, found: Int, expected: Int)

  public var description: String {
    switch self {
    case .exists(let path): "\(path): is there already"
    case .file(let path, let reason): "\(path): \(reason)"
    case .notABackup(let path): "\(path): not a backup that 'gatehouse backup' made"
    case .damaged(let path, let detail): "\(path): damaged: \(detail)"
    case .newer(let path, let found, let expected):
      "\(path): made by a newer program: found schema version \(found), expected at most \(expected)"
    }
  }
}
