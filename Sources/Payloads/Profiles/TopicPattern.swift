/// The topics of a profile: an MQTT filter with names for its free levels.
import Configuration

/// `application/{application}/device/{device}/event/up`
public struct TopicPattern: Hashable, Sendable, CustomStringConvertible {
  public enum Level: Hashable, Sendable {
    case literal(String)
    case capture(String)
  }

  public let levels: [Level]

  /// Most levels that a topic may have.
  static let maximumLevels = 16

  /// - Returns: nil when the text is no pattern: empty, with `#`, too many levels, or a name twice.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard !text.isEmpty, parts.count <= Self.maximumLevels else { return nil }
    var levels: [Level] = []
    for part in parts {
      if part == "+" {
        levels.append(.capture(""))
      } else if part.hasPrefix("{"), part.hasSuffix("}"), part.count > 2 {
        let level = Level.capture(String(part.dropFirst().dropLast()))
        guard !levels.contains(level) else { return nil }
        levels.append(level)
      } else if part.contains(where: { "#+{}".contains($0) }) {
        return nil
      } else {
        levels.append(.literal(String(part)))
      }
    }
    self.levels = levels
  }

  /// The position of a named level.
  func level(of name: String) -> Int? { levels.firstIndex(of: .capture(name)) }

  /// As it is subscribed to.
  public var filter: String {
    levels.map { if case .literal(let text) = $0 { text } else { "+" } }.joined(separator: "/")
  }

  public var description: String {
    levels.map { level in
      switch level {
      case .literal(let text): text
      case .capture(""): "+"
      case .capture(let name): "{\(name)}"
      }
    }.joined(separator: "/")
  }
}

/// Finds the profiles of a topic, level by level.
struct TopicTrie {
  private struct Branch {
    var literals = NameTable()
    /// The child for any text; -1: none.
    var free = -1
    var ends: [Int] = []
  }

  private var branches = [Branch()]

  mutating func insert(_ pattern: TopicPattern, _ value: Int) {
    var place = 0
    for level in pattern.levels {
      switch level {
      case .literal(var text):
        if let child = text.withUTF8({ branches[place].literals[UnsafeRawBufferPointer($0)] }) {
          place = Int(child)
        } else {
          branches.append(Branch())
          branches[place].literals.insert(text, UInt32(branches.count - 1))
          place = branches.count - 1
        }
      case .capture:
        if branches[place].free < 0 {
          branches.append(Branch())
          branches[place].free = branches.count - 1
        }
        place = branches[place].free
      }
    }
    branches[place].ends.append(value)
  }

  /// What was inserted for the pattern that fits best: a literal level goes before a free one.
  func matches(_ topic: UnsafeRawBufferPointer, _ levels: ContiguousArray<Range<Int>>) -> [Int] {
    matches(topic, levels, at: 0, branch: 0) ?? []
  }

  private func matches(
    _ topic: UnsafeRawBufferPointer, _ levels: ContiguousArray<Range<Int>>, at level: Int, branch: Int
  ) -> [Int]? {
    if level == levels.count { return branches[branch].ends.isEmpty ? nil : branches[branch].ends }
    if let child = branches[branch].literals[UnsafeRawBufferPointer(rebasing: topic[levels[level]])],
      let found = matches(topic, levels, at: level + 1, branch: Int(child))
    {
      return found
    }
    let free = branches[branch].free
    return free < 0 ? nil : matches(topic, levels, at: level + 1, branch: free)
  }
}
