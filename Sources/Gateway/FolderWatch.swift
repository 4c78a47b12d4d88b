/// Tells that configuration files have changed: inotify on their folders, so that editors that write another file and
/// rename it are noticed as well.
import Foundation

/// Not for two threads at once.
final class FolderWatch {
  /// Wait for it to be readable.
  let descriptor: Int32
  private var folders: [Int32: String] = [:]
  private var roots: Set<String> = []
  private static let events = UInt32(
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ONLYDIR | IN_DELETE_SELF)
  private static let suffixes = [".yaml", ".yml", ".ics"]

  /// - Returns: nil when the system has no watch to give.
  init?() {
    descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
    guard descriptor >= 0 else { return nil }
  }

  deinit { close(descriptor) }

  /// Watches folders with all that are in them. Those that are watched already go on.
  func watch(_ folders: [URL]) {
    roots.formUnion(folders.map(\.path))
    for root in roots { add(root) }
  }

  private func add(_ path: String) {
    let number = inotify_add_watch(descriptor, path, Self.events)
    guard number >= 0 else { return }
    folders[number] = path
    for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] where !name.hasPrefix(".")
    {
      var status = stat()
      let inner = "\(path)/\(name)"
      if stat(inner, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { add(inner) }
    }
  }

  /// Takes what has happened since the last call.
  /// - Returns: whether a configuration file may have changed.
  func takeChanges() -> Bool {
    var hasChanged = false
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      guard count > 0 else { break }
      var offset = 0
      while offset + MemoryLayout<inotify_event>.size <= count {
        let event = buffer.withUnsafeBytes {
          $0.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
        }
        let start = offset + MemoryLayout<inotify_event>.size
        let name = String(
          decoding: buffer[start..<min(count, start + Int(event.len))].prefix { $0 != 0 }, as: UTF8.self)
        if take(event, name) { hasChanged = true }
        offset = start + Int(event.len)
      }
    }
    return hasChanged
  }

  private func take(_ event: inotify_event, _ name: String) -> Bool {
    if event.mask & UInt32(IN_Q_OVERFLOW) != 0 { return true }
    if event.mask & UInt32(IN_IGNORED) != 0 {
      folders[event.wd] = nil
      // A folder that was put in the place of another.
      for root in roots { add(root) }
      return false
    }
    guard let folder = folders[event.wd] else { return false }
    if event.mask & UInt32(IN_ISDIR) != 0 {
      if !name.hasPrefix(".") { add("\(folder)/\(name)") }
      return event.mask & UInt32(IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE) != 0
    }
    // A file that has only been made is empty: its contents follow.
    guard event.mask & UInt32(IN_CREATE) == 0 || event.mask & UInt32(IN_CLOSE_WRITE) != 0 else {
      return false
    }
    return !name.hasPrefix(".") && Self.suffixes.contains(where: name.hasSuffix)
  }
}
