/// A damaged database's way back: what can be read goes into a new file, which takes the old one's place.
import Foundation
import GRDB
import Glibc

extension Store {
  /// Makes a new database of all that can be read, checks it, and puts it in the place of the damaged one, which
  /// stays beside it. The gateway must not run.
  ///
  /// Until the new file is whole and on disk, the old one is only read. There must be room for both.
  /// - Parameter label: becomes part of the damaged file's new name: the time, say.
  /// - Throws: ``StoreError``; the damaged database is where it was then.
  public static func recover(folder: URL, label: String) throws -> RecoveryReport {
    let path = folder.appendingPathComponent(fileName).path
    guard FileManager.default.fileExists(atPath: path) else { throw StoreError.noDatabase(path) }
    // Held to the end.
    let lock = try FolderLock(folder: folder)
    defer { withExtendedLifetime(lock) {} }
    let new = path + ".recovering"
    try? FileManager.default.removeItem(atPath: new)
    try? FileManager.default.removeItem(atPath: new + "-journal")
    var report = try speaking(of: new) { try salvage(PageFile(path: path), into: new) }
    report.damagedFile = try swap(path, for: new, label: label)
    return report
  }

  private static func salvage(_ file: PageFile, into path: String) throws -> RecoveryReport {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    configuration.prepareDatabase { try $0.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL") }
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    try Schema.migrator.migrate(queue)
    let report = try queue.write { database in
      var salvage = Salvage(file, into: database)
      try salvage.run()
      return salvage.report
    }
    try queue.read { database in
      let found = try String.fetchAll(database, sql: "PRAGMA integrity_check")
      let loose = try Row.fetchAll(database, sql: "PRAGMA foreign_key_check")
      guard found == ["ok"], loose.isEmpty else {
        throw StoreError.database(
          path, detail: "the new file is not sound: \(found.first ?? ""), \(loose.count) loose references")
      }
    }
    try queue.close()
    return report
  }

  /// - Returns: the damaged file's new path.
  private static func swap(_ path: String, for new: String, label: String) throws -> String {
    let name = "\(path).damaged-\(label)"
    let names = [name] + (2...999).map { "\(name)-\($0)" }
    // Never over the remains of an earlier one.
    let damaged = names.first { !FileManager.default.fileExists(atPath: $0) } ?? name
    func check(_ result: Int32, _ file: String) throws {
      guard result != 0 else { return }
      throw StoreError.unreachable(file, detail: String(cString: strerror(errno)))
    }
    for file in [path, new] where FileManager.default.fileExists(atPath: file) {
      let descriptor = Glibc.open(file, O_RDONLY | O_CLOEXEC)
      defer { Glibc.close(descriptor) }
      try check(descriptor < 0 ? -1 : fsync(descriptor), file)
    }
    // A second name first, so that there is a database at every moment; FAT has no second names.
    if link(path, damaged) != 0 { try check(rename(path, damaged), damaged) }
    for suffix in ["-wal", "-shm"] where FileManager.default.fileExists(atPath: path + suffix) {
      // SQLite would take the old log for the new file's.
      try check(rename(path + suffix, damaged + suffix), damaged + suffix)
    }
    try check(rename(new, path), path)
    let folder = Glibc.open((path as NSString).deletingLastPathComponent, O_RDONLY | O_CLOEXEC)
    defer { Glibc.close(folder) }
    try check(folder < 0 ? -1 : fsync(folder), path)
    return damaged
  }
}
