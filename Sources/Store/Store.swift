/// The gateway's memory: one SQLite database in the data folder, with one writer.
import EstateModel
import Foundation
import GRDB

/// The writer. It belongs to the pipeline's thread; others look at the database through a ``StoreReader``.
///
///     let store = try Store.open(folder: folder, catalogue: catalogue)
///     try book.restore(store.contents.ticketEvents())
///     try store.commit(batch)        // all of the batch is on disk now, or an error says why nothing is
///
/// Opening takes a lock on the folder, which is held until ``close()`` or until the process ends.
public final class Store {
  /// The database's name in the data folder.
  public static let fileName = "gatehouse.sqlite"

  public let folder: URL
  /// Reads on the writer's own connection: for start-up, and for tests.
  public let contents: StoreReader
  let queue: DatabaseQueue
  let path: String
  private(set) var numbering: Numbering
  private var lock: FolderLock?
  /// What the compaction in progress has read and not yet written.
  var round: CompactionRound?
  /// Where compaction last found nothing to do; nil: unknown.
  var compactedUntil: Int64?
  /// The newest batch that compaction is through with; those before it that are still there can't be compacted.
  var compactedThrough: Int64 = 0

  /// Makes the folder and the database where they don't exist, and brings an older database up to date.
  /// - Throws: ``StoreError``
  public static func open(folder: URL, catalogue: Catalogue) throws -> Store {
    try Store(folder: folder, catalogue: catalogue)
  }

  /// A read-only view for another thread or another process, also while the gateway runs.
  /// - Throws: ``StoreError``
  public static func reader(folder: URL) throws -> StoreReader { try StoreReader(folder: folder) }

  private init(folder: URL, catalogue: Catalogue) throws {
    self.folder = folder
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw StoreError.folder(folder.path, reason: "can't be made: \(error.localizedDescription)")
    }
    lock = try FolderLock(folder: folder)
    let path = folder.appendingPathComponent(Self.fileName).path
    self.path = path
    var configuration = Configuration()
    configuration.label = "gatehouse.store"
    configuration.journalMode = .wal
    configuration.foreignKeysEnabled = true
    // Readers never block the writer in WAL; another program's write lock may, for a moment.
    configuration.busyMode = .timeout(5)
    // Only an empty database takes this up: freed pages can be given back to the file system later.
    configuration.prepareDatabase { try $0.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL") }
    (queue, numbering) = try speaking(of: path) {
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      let found = try queue.read(Schema.version(of:))
      guard found <= Schema.version else {
        throw StoreError.newerSchema(path, found: found, expected: Schema.version)
      }
      try queue.inDatabase { try IntegrityCheck.run(on: $0, path: path) }
      // WAL comes with NORMAL, which may lose the last commits at a power cut: an acknowledged reading must not.
      try queue.inDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL") }
      // Debian's SQLite overwrites what is deleted. Nothing secret is in here, and it would write each batch that
      // was compacted once more.
      try queue.inDatabase { try $0.execute(sql: "PRAGMA secure_delete = OFF") }
      // A batch touches few pages: SQLite would keep 2 MB of them.
      try queue.inDatabase { try $0.execute(sql: "PRAGMA cache_size = -512") }
      // A large snapshot leaves a large log; it is cut after the next checkpoint.
      try queue.inDatabase { try $0.execute(sql: "PRAGMA journal_size_limit = 16777216") }
      try Schema.migrator.migrate(queue)
      return (queue, try queue.write { try Numbering(catalogue, in: $0) })
    }
    contents = StoreReader(queue: queue, path: path)
  }

  /// Prepares for another catalogue: a reload has added or removed devices, or changed their order.
  public func use(_ catalogue: Catalogue) throws {
    numbering = try speaking(of: path) { try queue.write { try Numbering(catalogue, in: $0) } }
  }

  /// How SQLite is set, by pragma: `synchronous` must be 2 (full), or an acknowledged reading could be lost.
  public func settings() throws -> [String: String] {
    try speaking(of: path) {
      try queue.inDatabase { database in
        var settings: [String: String] = [:]
        for name in ["journal_mode", "synchronous", "foreign_keys", "auto_vacuum"] {
          settings[name] = try String.fetchOne(database, sql: "PRAGMA \(name)")
        }
        return settings
      }
    }
  }

  /// Rehearses a full disk: the database may not grow beyond this; nil: beyond nothing.
  public func limitPages(_ pages: Int?) throws {
    try speaking(of: path) {
      // More than SQLite allows is taken as the most.
      _ = try queue.inDatabase {
        try Int.fetchOne($0, sql: "PRAGMA max_page_count = \(pages ?? 4_294_967_294)")
      }
    }
  }

  /// Closes the database and frees the folder. Nothing can be committed afterwards.
  public func close() throws {
    try speaking(of: path) { try queue.close() }
    lock = nil
  }
}
