/// Who did what with the console, one line of JSON each, only ever added to.
import Foundation
import Gateway
import Synchronization

/// Without passwords, tokens or texts that people wrote: those of tickets are with the tickets.
public final class Audit: Sendable {
  /// In the data folder.
  public static let fileName = "console-audit.jsonl"

  private struct Line: Encodable {
    /// Milliseconds since 1970.
    var at: Int64
    var action: String
    var by: String
    var about: String?
    var from: String?
  }

  private let path: String
  private let lock = Mutex<Void>(())

  public init(folder: URL) { path = folder.appendingPathComponent(Self.fileName).path }

  public func note(_ action: String, by: String, about: String? = nil, from: String? = nil) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let line = Line(at: GatewayClock.wall.milliseconds, action: action, by: by, about: about, from: from)
    guard var data = try? encoder.encode(line) else { return }
    data.append(10)
    lock.withLock { _ in
      let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else { return }
      defer { close(descriptor) }
      _ = data.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }
  }
}
