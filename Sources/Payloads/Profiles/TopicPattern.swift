/// The topics of a profile: an MQTT filter with names for its free levels.
import Configuration

/// `application/{application}/device/{device}/event/up`; `zigbee2mqtt/{device...}` where a name may have several levels.
public struct TopicPattern: Hashable, Sendable, CustomStringConvertible {
  public enum Level: Hashable, Sendable {
    case literal(String)
    case capture(String)
    /// One or more levels; at most one of these in a pattern.
    case tail(String)
  }

  public let levels: [Level]

  /// Most levels that a pattern may have.
  static let maximumLevels = 16

  /// - Returns: nil when the text is no pattern: empty, with `#`, too many levels, or a name twice.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard !text.isEmpty, parts.count <= Self.maximumLevels else { return nil }
    var levels: [Level] = []
    var names: Set<String> = []
    for part in parts {
      if part == "+" {
        levels.append(.capture(""))
      } else if part.hasPrefix("{"), part.hasSuffix("}"), part.count > 2 {
        var name = String(part.dropFirst().dropLast())
        let isTail = name.hasSuffix("...")
        if isTail { name.removeLast(3) }
        guard !name.isEmpty, names.insert(name).inserted else { return nil }
        if isTail, levels.contains(where: \.isTail) { return nil }
        levels.append(isTail ? .tail(name) : .capture(name))
      } else if part.contains(where: { "#+{}".contains($0) }) {
        return nil
      } else {
        levels.append(.literal(String(part)))
      }
    }
    self.levels = levels
  }

  /// The names of its free levels.
  var names: [String] {
    levels.compactMap { level in
      switch level {
      case .literal, .capture(""): nil
      case .capture(let name), .tail(let name): name
      }
    }
  }

  /// Where a name stands; with several levels under one name the others move.
  struct Place {
    private let position: Int
    private let tail: Int
    private let count: Int

    init?(_ name: String, in pattern: TopicPattern) {
      guard let position = pattern.levels.firstIndex(where: { $0.name == name }) else { return nil }
      self.position = position
      tail = pattern.levels.firstIndex(where: \.isTail) ?? pattern.levels.count
      count = pattern.levels.count
    }

    /// The levels in a topic of so many.
    func range(in levels: Int) -> Range<Int>? {
      let extra = levels - count
      guard extra >= 0 else { return nil }
      if position == tail { return position..<(position + extra + 1) }
      return position > tail ? (position + extra)..<(position + extra + 1) : position..<(position + 1)
    }
  }

  /// As it is subscribed to.
  public var filter: String {
    var parts: [String] = []
    for level in levels {
      switch level {
      case .literal(let text): parts.append(text)
      case .capture: parts.append("+")
      case .tail: return (parts + ["#"]).joined(separator: "/")
      }
    }
    return parts.joined(separator: "/")
  }

  public var description: String {
    levels.map { level in
      switch level {
      case .literal(let text): text
      case .capture(""): "+"
      case .capture(let name): "{\(name)}"
      case .tail(let name): "{\(name)...}"
      }
    }.joined(separator: "/")
  }
}

extension TopicPattern.Level {
  var isTail: Bool { if case .tail = self { true } else { false } }

  fileprivate var name: String? {
    switch self {
    case .literal: nil
    case .capture(let name), .tail(let name): name
    }
  }
}
