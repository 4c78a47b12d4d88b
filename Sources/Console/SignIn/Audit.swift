/// Who did what with the console, one line of JSON each, only ever added to.
import Foundation
import Gateway
import Synchronization

/// Without passwords, tokens or texts that people wrote: those of tickets are with the tickets.
public final class Audit: Sendable {
  /// In the data folder.
  public static let fileName = "console-audit.jsonl"
  /// Bytes that are read for one page.
  private static let page = 1 << 19

  public struct Line: Codable, Sendable {
    /// Milliseconds since 1970.
    public var at: Int64
    public var action: String
    public var by: String
    public var about: String?
    public var from: String?
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

  /// A part of the list, the newest first.
  /// - Parameter end: ``next`` of the part before; nil: the newest.
  /// - Returns: `next` is nil when this was the last part.
  public func lines(before end: Int? = nil, limit: Int) throws -> (lines: [Line], next: Int?) {
    guard let file = FileHandle(forReadingAtPath: path) else { return ([], nil) }
    defer { try? file.close() }
    let size = Int(try file.seekToEnd())
    let end = min(end ?? size, size)
    let start = max(0, end - Self.page)
    try file.seek(toOffset: UInt64(start))
    let data = try file.read(upToCount: end - start) ?? Data()
    var lines: [Line] = []
    var position = end
    let decoder = JSONDecoder()
    for part in data.split(separator: 10, omittingEmptySubsequences: false).reversed() {
      if lines.count == limit { break }
      let begin = start + (part.startIndex - data.startIndex)
      // The first line of a page that doesn't begin with the file is cut.
      if begin == start, start > 0 { break }
      position = begin
      // A line that a dying process left half written tells nothing.
      if let line = try? decoder.decode(Line.self, from: Data(part)) { lines.append(line) }
    }
    return (lines, position > 0 ? position : nil)
  }
}
