/// The gateway's log: one line for each event that matters, for a person, for journald, or for programs.
import Foundation
import Logging
import Synchronization

public enum LogFormat: String, CaseIterable, Sendable {
  /// Time, level, message.
  case text
  /// One JSON object a line.
  case json
  /// The level as a number in angle brackets, which journald takes off and keeps; it knows the time itself.
  case journal
}

/// Where lines go. A flood of them is cut: what must be said once is not drowned by what is said ten thousand times.
public final class LineLog: Sendable {
  /// Lines in one go, and lines a second after that, for each level.
  private static let burst = 100.0
  private static let rate = 10.0

  private struct Bucket {
    var tokens = burst
    var filled: Int64 = 0
    var left = 0
  }

  private let format: LogFormat
  private let output: @Sendable (String) -> Void
  private let clock: @Sendable () -> Int64
  private let buckets = Mutex<[Logger.Level: Bucket]>([:])

  /// - Parameters:
  ///   - output: gets each line with its end.
  ///   - clock: milliseconds of a clock that never goes back.
  public init(
    _ format: LogFormat, clock: @escaping @Sendable () -> Int64 = { GatewayClock.monotonic },
    output: @escaping @Sendable (String) -> Void = { FileHandle.standardError.write(Data($0.utf8)) }
  ) {
    (self.format, self.clock, self.output) = (format, clock, output)
  }

  /// As the surroundings want it: journald's format where standard error goes there.
  public static func preferredFormat(_ environment: [String: String]) -> LogFormat {
    environment["JOURNAL_STREAM"] == nil ? .text : .journal
  }

  public func logger(level: Logger.Level) -> Logger {
    var logger = Logger(label: "gatehouse") { _ in LineLogHandler(log: self) }
    logger.logLevel = level
    return logger
  }

  fileprivate func write(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) {
    guard let left = pass(level) else { return }
    if left > 0 {
      output(line(level, "\(left) lines of this level were left out, too many came at once", [:]))
    }
    output(line(level, message, metadata))
  }

  /// - Returns: how many lines were left out before this one; nil when it is left out too.
  private func pass(_ level: Logger.Level) -> Int? {
    let now = clock()
    return buckets.withLock { buckets in
      var bucket = buckets[level] ?? Bucket(filled: now)
      defer { buckets[level] = bucket }
      bucket.tokens = min(Self.burst, bucket.tokens + Double(now - bucket.filled) / 1000 * Self.rate)
      bucket.filled = now
      guard bucket.tokens >= 1 else {
        bucket.left += 1
        return nil
      }
      bucket.tokens -= 1
      defer { bucket.left = 0 }
      return bucket.left
    }
  }

  private func line(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) -> String {
    if format == .json {
      let fields = Line(
        time: GatewayClock.wall.formatted(), level: level.rawValue, message: message,
        fields: metadata.isEmpty ? nil : metadata.mapValues { "\($0)" })
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      let text = (try? encoder.encode(fields)).map { String(decoding: $0, as: UTF8.self) }
      return (text ?? #"{"level":"error","message":"a line could not be encoded"}"#) + "\n"
    }
    let extra = metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
    // One event, one line, whatever came from outside.
    let body = (message + extra).split(whereSeparator: \.isNewline).joined(separator: " | ")
    if format == .journal { return "<\(Self.priority(level))>\(body)\n" }
    return "\(GatewayClock.wall.formatted()) \(level.rawValue): \(body)\n"
  }

  private struct Line: Encodable {
    var time: String
    var level: String
    var message: String
    var fields: [String: String]?
  }

  /// By syslog(3).
  private static func priority(_ level: Logger.Level) -> Int {
    switch level {
    case .critical: 2
    case .error: 3
    case .warning: 4
    case .notice: 5
    case .info: 6
    case .debug, .trace: 7
    }
  }
}

private struct LineLogHandler: LogHandler {
  let log: LineLog
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .info

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(
    level: Logger.Level, message: Logger.Message, metadata: Logger.Metadata?, source: String, file: String,
    function: String, line: UInt
  ) {
    log.write(level, message.description, self.metadata.merging(metadata ?? [:]) { $1 })
  }
}
