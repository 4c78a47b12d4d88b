/// Small JSON files that only their owner reads, changed by one process at a time and never half written.
import Foundation

/// Tells whether a file is still the one that was read.
struct FileStamp: Equatable {
  var inode: UInt64
  var seconds: Int
  var nanoseconds: Int
  var size: Int64

  /// nil when there is no such file.
  init?(_ path: String) {
    var found = stat()
    guard stat(path, &found) == 0 else { return nil }
    inode = UInt64(found.st_ino)
    (seconds, nanoseconds) = (Int(found.st_mtim.tv_sec), Int(found.st_mtim.tv_nsec))
    size = Int64(found.st_size)
  }
}

enum PrivateFile {
  /// nil when there is no such file.
  static func read<Value: Decodable>(_ type: Value.Type, at path: String) throws -> Value? {
    guard let data = FileManager.default.contents(atPath: path) else {
      if FileManager.default.fileExists(atPath: path) {
        throw AccountError.unusable(path: path, reason: "can't be read")
      }
      return nil
    }
    do {
      return try JSONDecoder().decode(type, from: data)
    } catch {
      throw AccountError.unusable(path: path, reason: "isn't what was written there: \(error)")
    }
  }

  /// Writes beside it, then renames: a reader sees the old or the new one.
  static func write(_ value: some Encodable, to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    let data = try encoder.encode(value)
    let temporary = "\(path).\(getpid()).new"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(path) }
    var written = 0
    data.withUnsafeBytes { bytes in
      while written < bytes.count {
        let count = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
        if count < 0, errno == EINTR { continue }
        if count <= 0 { break }
        written += count
      }
    }
    guard written == data.count, fsync(descriptor) == 0 else {
      let error = failure(path)
      close(descriptor)
      unlink(temporary)
      throw error
    }
    close(descriptor)
    guard rename(temporary, path) == 0 else { throw failure(path) }
  }

  /// Holds a lock beside the file while `body` runs.
  static func locked(_ path: String, _ body: () throws -> Void) throws {
    let descriptor = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    guard flock(descriptor, LOCK_EX) == 0 else { throw failure(path) }
    try body()
  }

  private static func failure(_ path: String) -> AccountError {
    .unusable(path: path, reason: String(cString: strerror(errno)))
  }
}
