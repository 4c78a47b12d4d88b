/// Is the database whole? Asked at each start, at a price that a start can pay.
import Foundation
import GRDB

/// A start must not take long: the estate is not watched meanwhile. It must not go on with damaged tickets either.
///
/// - Up to 128 MB all pages are checked: 0.1 s from memory, 1.5 s from a slow SD card. All
///   estates of the simulator together bring 0.5 MB a day.
/// - Beyond that, all tables but the chunks of history: they hold what decisions rest on, and stay small however
///   long the gateway runs. A chunk has a check sum of its own and is found out when it is read; tickets don't
///   depend on it.
///
/// Whether the last run ended well makes no difference: an SD card also loses what lay quietly on it.
enum IntegrityCheck {
  static let limit: Int64 = 128_000_000

  /// - Throws: ``StoreError/corrupted(_:detail:)`` with the first thing that was found.
  static func run(on database: Database, path: String) throws {
    let pages = try Int64.fetchOne(database, sql: "PRAGMA page_count") ?? 0
    let size = try Int64.fetchOne(database, sql: "PRAGMA page_size") ?? 0
    if pages * size <= limit {
      try check(nil, database, path)
      return
    }
    let tables = try String.fetchAll(
      database, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'chunks' ORDER BY name")
    for table in tables { try check(table, database, path) }
  }

  private static func check(_ table: String?, _ database: Database, _ path: String) throws {
    let argument = table.map { "'\($0.replacingOccurrences(of: "'", with: "''"))'" } ?? "1"
    let found = try String.fetchAll(database, sql: "PRAGMA quick_check(\(argument))")
    guard found != ["ok"], let first = found.first else { return }
    let detail = first.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("***") }.first ?? first[...]
    throw StoreError.corrupted(path, detail: String(detail))
  }
}
