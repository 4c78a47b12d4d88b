/// Collects every problem found while configuration is read, so that a person mends them all in one round.

/// One thing wrong with a configuration file: where, what was found, what was expected.
public struct ConfigurationProblem: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Severity: String, Hashable, Sendable { case error, warning }

  public var location: SourceLocation
  public var message: String
  public var severity: Severity
  /// The offending line with a caret under it; nil where a line says nothing more.
  public var excerpt: String?

  public init(
    _ message: String, at location: SourceLocation, severity: Severity = .error, excerpt: String? = nil
  ) {
    self.location = location
    self.message = message
    self.severity = severity
    self.excerpt = excerpt
  }

  public var description: String {
    let mark = severity == .warning ? "warning: " : ""
    let tail = excerpt.map { "\n" + $0 } ?? ""
    return "\(location): \(mark)\(message)\(tail)"
  }
}

/// Thrown when a configuration can't be used; carries all that is wrong with it.
public struct ConfigurationError: Error, Sendable, CustomStringConvertible {
  public let problems: [ConfigurationProblem]
  public init(_ problems: [ConfigurationProblem]) { self.problems = problems }
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// The collector that is handed through all readers of one configuration.
public final class Diagnostics {
  public private(set) var problems: [ConfigurationProblem] = []
  private var sources: [String: String] = [:]

  /// Keys that readers asked for, by what they read: what may stand in a mapping.
  public private(set) var keys: [String: Set<String>] = [:]

  public init() {}

  func note(_ asked: [String], of subject: String) { keys[subject, default: []].formUnion(asked) }

  public var errors: [ConfigurationProblem] { problems.filter { $0.severity == .error } }
  public var warnings: [ConfigurationProblem] { problems.filter { $0.severity == .warning } }
  public var hasErrors: Bool { problems.contains { $0.severity == .error } }

  /// Remembers a file's text, so that problems in it can show their line.
  public func remember(text: String, of file: String) {
    sources[file] = text
  }

  public func error(_ message: String, at location: SourceLocation) {
    append(ConfigurationProblem(message, at: location, excerpt: excerpt(at: location)))
  }

  public func warning(_ message: String, at location: SourceLocation) {
    append(ConfigurationProblem(message, at: location, severity: .warning, excerpt: excerpt(at: location)))
  }

  /// Sorted by file and line, each problem once.
  public func sorted() -> [ConfigurationProblem] {
    problems.sorted {
      ($0.location.file, $0.location.line, $0.location.column, $0.message)
        < ($1.location.file, $1.location.line, $1.location.column, $1.message)
    }
  }

  /// - Throws: ``ConfigurationError`` with every problem, if any of them is an error.
  public func check() throws {
    if hasErrors { throw ConfigurationError(sorted()) }
  }

  private func append(_ problem: ConfigurationProblem) {
    if !problems.contains(problem) { problems.append(problem) }
  }

  private func excerpt(at location: SourceLocation) -> String? {
    guard let text = sources[location.file], let whole = text.line(location.line) else { return nil }
    let line = whole.prefix(160)
    guard line.contains(where: { !$0.isWhitespace }) else { return nil }
    // The caret keeps tabs and counts a full-width character as two columns, as a terminal draws it.
    let lead = line.prefix(max(0, location.column - 1)).map { character -> String in
      if character == "\t" { return "\t" }
      let wide = character.unicodeScalars.first.map { $0.value >= 0x1100 } ?? false
      return wide ? "  " : " "
    }
    return "    \(line)\n    \(lead.joined())^"
  }
}

extension String {
  /// A line by its number, from 1.
  fileprivate func line(_ number: Int) -> Substring? {
    var start = utf8.startIndex
    for _ in 1..<max(1, number) {
      guard let end = utf8[start...].firstIndex(of: 10) else { return nil }
      start = utf8.index(after: end)
    }
    guard number > 0 else { return nil }
    return self[start..<(utf8[start...].firstIndex(of: 10) ?? utf8.endIndex)]
  }
}
