/// What became of a wish to read the configuration again.
import Configuration
import EstateModel
import Rules

public struct ReloadReport: Codable, Hashable, Sendable {
  public enum Result: String, Codable, Sendable { case applied, unchanged, refused }

  public var result: Result
  /// Milliseconds since 1970, by the system's clock.
  public var at: Int64
  /// Who asked: an account, `SIGHUP`, `a changed file`.
  public var by: String
  /// What is different now, a line each: `rules: 1 changed (sewer-high-level), 29 unchanged`.
  public var changes: [String] = []
  /// Why it was refused, each with file, line and column.
  public var problems: [String] = []
  public var warnings: [String] = []
  /// What has changed in the files and only a restart takes up.
  public var needsRestart: [String] = []
  /// For how long the pipeline stood still, in milliseconds.
  public var stoodStill: Int64?

  public init(_ result: Result, at: Timestamp, by: String) {
    (self.result, self.at, self.by) = (result, at.milliseconds, by)
  }

  /// In one line.
  public var summary: String {
    switch result {
    case .applied:
      let restart = needsRestart.isEmpty ? "" : "; needs a restart: \(needsRestart.joined(separator: ", "))"
      return "configuration taken over: \(changes.joined(separator: "; "))\(restart)"
    case .unchanged:
      return needsRestart.isEmpty
        ? "the configuration is the one that runs"
        : "nothing to take over; needs a restart: \(needsRestart.joined(separator: ", "))"
    case .refused:
      return "configuration refused, the one before it still runs: \(problems.joined(separator: "\n"))"
    }
  }
}

extension LoadedConfiguration {
  /// What is different from an earlier one, a line for each part.
  func changes(since earlier: LoadedConfiguration) -> [String] {
    var lines: [String] = []
    if let line = rules.changes(since: earlier.rules) { lines.append(line) }
    if let line = catalogue.changes(since: earlier.catalogue) { lines.append(line) }
    for part in Part.allCases where part != .rules && !hasSame(part, as: earlier) {
      let (now, before) = (files[part] ?? [:], earlier.files[part] ?? [:])
      let names = Set(now.keys).union(before.keys).filter { now[$0] != before[$0] }.sorted()
      lines.append("\(part == .main ? "settings" : part.rawValue): \(names.shortened)")
    }
    return lines
  }

  /// What only a restart takes up. In its place the earlier one's stays.
  mutating func keepWhatNeedsRestart(of earlier: LoadedConfiguration) -> [String] {
    var found: [String] = []
    func keep<Value: Equatable>(_ name: String, _ path: WritableKeyPath<Settings, Value>) {
      guard settings[keyPath: path] != earlier.settings[keyPath: path] else { return }
      settings[keyPath: path] = earlier.settings[keyPath: path]
      found.append(name)
    }
    keep("broker", \.broker)
    keep("data", \.dataFolder)
    keep("topic-root", \.topicRoot)
    keep("client-id", \.clientID)
    keep("console", \.console)
    return found
  }
}

extension RuleSet {
  fileprivate func changes(since earlier: RuleSet) -> String? {
    let before = Dictionary(earlier.rules.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    let names = Set(rules.map(\.id))
    let added = rules.map(\.id).filter { before[$0] == nil }
    let changed = rules.filter { rule in before[rule.id].map { !rule.says(theSameAs: $0) } ?? false }.map(
      \.id)
    let removed = earlier.rules.map(\.id).filter { !names.contains($0) }
    guard !(added + changed + removed).isEmpty else { return nil }
    let unchanged = rules.count - added.count - changed.count
    return "rules: " + counted([("added", added), ("changed", changed), ("removed", removed)])
      + ", \(unchanged) unchanged"
  }
}

extension Catalogue {
  fileprivate func changes(since earlier: Catalogue) -> String? {
    let added = devices.map(\.path).filter { earlier.device(path: $0) == nil }
    let removed = earlier.devices.map(\.path).filter { device(path: $0) == nil }
    let changed = devices.filter { device in
      earlier.device(path: device.path).map { earlier[$0] != device } ?? false
    }.map(\.path)
    guard !(added + changed + removed).isEmpty else { return nil }
    return "devices: " + counted([("added", added), ("changed", changed), ("removed", removed)])
  }
}

private func counted(_ lists: [(word: String, names: [String])]) -> String {
  lists.filter { !$0.names.isEmpty }.map { "\($0.names.count) \($0.word) (\($0.names.shortened))" }
    .joined(separator: ", ")
}

extension [String] {
  /// The first eight.
  fileprivate var shortened: String {
    prefix(8).joined(separator: ", ") + (count > 8 ? ", … \(count - 8) more" : "")
  }
}
