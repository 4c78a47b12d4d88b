/// One gateway to a data folder: an advisory lock that the kernel frees when its holder dies.
import Foundation

/// Holds `lock` in a data folder until it is released or deinitialised.
final class FolderLock {
  private let descriptor: Int32

  /// - Throws: ``StoreError/locked(folder:pid:)``, ``StoreError/folder(_:reason:)``
  init(folder: URL) throws {
    let path = folder.appendingPathComponent("lock").path
    // Closed on exec: a child such as the broker must not keep the lock after we are gone.
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw StoreError.folder(folder.path, reason: String(cString: strerror(errno)))
    }
    guard Self.lock(descriptor) else {
      let reason = errno
      defer { close(descriptor) }
      guard reason == EWOULDBLOCK else {
        throw StoreError.folder(folder.path, reason: String(cString: strerror(reason)))
      }
      throw StoreError.locked(folder: folder.path, pid: Self.holder(descriptor))
    }
    self.descriptor = descriptor
    let text = Array("\(getpid())\n".utf8)
    // Only for messages: the lock holds even where the pid can't be written.
    if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, text, text.count, 0) }
  }

  /// A child that another thread starts has the former holder's descriptor for a moment, until it runs its program.
  private static func lock(_ descriptor: Int32) -> Bool {
    for attempt in 0..<5 {
      if attempt > 0 { usleep(20_000) }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
      guard errno == EWOULDBLOCK || errno == EINTR else { return false }
    }
    errno = EWOULDBLOCK
    return false
  }

  deinit { close(descriptor) }

  private static func holder(_ descriptor: Int32) -> Int32? {
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    guard count > 0 else { return nil }
    return Int32(String(decoding: bytes[..<count].prefix { $0 != 10 }, as: UTF8.self))
  }
}
