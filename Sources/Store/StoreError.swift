/// What can be wrong with the data folder, in words that say what to do.
import EstateModel
import Foundation
import GRDB

public enum StoreError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The folder can't be made or written.
  case folder(String, reason: String)
  /// Another process uses the data folder. `pid` is nil when it can't be read.
  case locked(folder: String, pid: Int32?)
  case noDatabase(String)
  case diskFull(String)
  /// The disk doesn't do what it is told: the file system is gone, or a sector can't be read.
  case unreachable(String, detail: String)
  case corrupted(String, detail: String)
  case newerSchema(String, found: Int, expected: Int)
  case olderSchema(String, found: Int, expected: Int)
  case unreadableReadings(batch: Int64, PackedReadingsError)
  /// The readings of one signal of one device in one hour, which begins at `hour` (milliseconds since 1970).
  case unreadableHour(device: Int, signal: Int, hour: Int64, PackedReadingsError)
  case unreadableRow(table: String, detail: String)
  /// A reading of a device or signal that the catalogue doesn't have: a mistake of the caller.
  case unknownSeries(device: UInt32, signal: UInt16)
  /// Another process holds the write lock for too long.
  case busy(String)
  case database(String, detail: String)

  public var description: String {
    switch self {
    case .folder(let path, let reason): "data folder \(path): \(reason)"
    case .locked(let folder, let pid):
      "data folder \(folder) is in use by "
        + (pid.map { "the process with pid \($0)" } ?? "another process")
        + "; stop it, or give this one a folder of its own"
    case .noDatabase(let path): "\(path): no database there; has the gateway run with this data folder?"
    case .diskFull(let path): "\(path): the disk is full; make room, nothing of this batch was stored"
    case .unreachable(let path, let detail): "\(path): the disk fails: \(detail)"
    case .corrupted(let path, let detail):
      "\(path): the database is damaged: \(detail); 'gatehouse recover --data "
        + "\((path as NSString).deletingLastPathComponent)' brings back what can be read, with the gateway stopped"
    case .newerSchema(let path, let found, let expected):
      "\(path): written by a newer program: found schema version \(found), expected at most \(expected)"
    case .olderSchema(let path, let found, let expected):
      "\(path): written by an older program: found schema version \(found), expected \(expected);"
        + " start the gateway once to bring it up to date"
    case .unreadableReadings(let batch, let error):
      "batch \(batch): \(error); 'gatehouse recover' leaves it out"
    case .unreadableHour(let device, let signal, let hour, let error):
      "history of device number \(device), signal number \(signal), the hour from "
        + "\(Timestamp(milliseconds: hour).formatted()): \(error); 'gatehouse recover' leaves it out"
    case .unreadableRow(let table, let detail):
      "a row of \(table) can't be read: \(detail); 'gatehouse recover' leaves it out"
    case .unknownSeries(let device, let signal):
      "reading of device number \(device), signal number \(signal): not in the catalogue that the store has"
    case .busy(let path): "\(path): another process is writing to it"
    case .database(let path, let detail): "\(path): \(detail)"
    }
  }
}

extension StoreError {
  /// Whether the same may work later with nothing done to the database: there is room again, the disk is back,
  /// the other process is through. All other errors stay.
  public var isTransient: Bool {
    switch self {
    case .diskFull, .unreachable, .busy: true
    default: false
    }
  }

  static func unreadableChunk(_ key: ChunkKey, _ error: PackedReadingsError) -> StoreError {
    .unreadableHour(
      device: Int(key.device), signal: Int(key.signal), hour: key.hour * ChunkKey.hourLength, error)
  }

  init(_ error: DatabaseError, path: String) {
    let detail = error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"
    switch error.resultCode {
    case .SQLITE_FULL: self = .diskFull(path)
    case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .corrupted(path, detail: detail)
    case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy(path)
    case .SQLITE_IOERR, .SQLITE_CANTOPEN, .SQLITE_READONLY: self = .unreachable(path, detail: detail)
    default: self = .database(path, detail: detail)
    }
  }
}

/// Turns SQLite's errors into ours; what `body` throws of its own passes unchanged.
func speaking<Result>(of path: String, _ body: () throws -> Result) throws -> Result {
  do {
    return try body()
  } catch let error as DatabaseError {
    throw StoreError(error, path: path)
  }
}
