/// YAML read into nodes that know where they stand. Scalars stay text: what a value means is decided by who reads it.
import Foundation
import Yams

/// A YAML value with its place in the file.
public struct Node: Sendable {
  public enum Content: Sendable {
    case null
    case scalar(String)
    case sequence([Node])
    case mapping([(key: Node, value: Node)])
  }

  public let location: SourceLocation
  public let content: Content
  /// True for 'quoted' and "quoted" scalars, whose first character stands one column further on.
  public let isQuoted: Bool

  public init(_ content: Content, at location: SourceLocation, isQuoted: Bool = false) {
    self.content = content
    self.location = location
    self.isQuoted = isQuoted
  }

  /// "text", "a list", "a mapping" or "nothing": for messages.
  public var kindName: String {
    switch content {
    case .null: "nothing"
    case .scalar(let text): "'\(text.prefix(60))'"
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }

  /// Where the scalar's text begins, behind an opening quote.
  public var textLocation: SourceLocation { isQuoted ? location.advanced(by: 1) : location }
}

/// One configuration file, parsed.
public struct Document: Sendable {
  public let file: String
  public let text: String
  public let root: Node

  /// Largest configuration file that is read, in bytes: room for 10,000 rules.
  public static let maximumSize = 4_194_304

  /// Parses YAML. A byte order mark and Windows line ends are accepted.
  /// - Returns: nil when the text is not YAML; the problem is then in `diagnostics`.
  public init?(text: String, file: String, diagnostics: Diagnostics) {
    var text = text
    if text.hasPrefix("\u{FEFF}") { text.removeFirst() }
    if text.utf8.contains(13) { text = text.replacingOccurrences(of: "\r\n", with: "\n") }
    diagnostics.remember(text: text, of: file)
    let start = SourceLocation(file: file, line: 1, column: 1)
    guard text.utf8.count <= Self.maximumSize else {
      diagnostics.error(
        "the file has \(text.utf8.count) bytes; at most \(Self.maximumSize) are read", at: start)
      return nil
    }
    do {
      guard let composed = try Yams.compose(yaml: text, .basic) else {
        root = Node(.null, at: start)
        self.file = file
        self.text = text
        return
      }
      var count = 0
      root = try Node(composed, file: file, depth: 0, count: &count)
      self.file = file
      self.text = text
    } catch let error as YamlError {
      let location = error.location(in: file)
      diagnostics.error(error.summary + Self.fullWidthHint(text, near: location.line), at: location)
      return nil
    } catch let problem as ConfigurationProblem {
      diagnostics.error(problem.message, at: problem.location)
      return nil
    } catch {
      diagnostics.error("not readable as YAML: \(error)", at: start)
      return nil
    }
  }

  /// YAML knows no full-width colon, and says only that it misses one, often a line further on.
  private static func fullWidthHint(_ text: String, near line: Int) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for number in [line, line - 1] where lines.indices.contains(number - 1) && lines[number - 1].contains("：")
    {
      return "; line \(number) has a full-width '：', write ': '"
    }
    return ""
  }

  /// Reads and parses a file; `name` is how messages call it.
  public init?(contentsOf url: URL, name: String, diagnostics: Diagnostics) {
    let start = SourceLocation(file: name, line: 1, column: 1)
    do {
      let bytes = try Data(contentsOf: url)
      guard let text = String(bytes: bytes, encoding: .utf8) else {
        diagnostics.error("the file is not UTF-8", at: start)
        return nil
      }
      self.init(text: text, file: name, diagnostics: diagnostics)
    } catch {
      diagnostics.error("can't be read: \(error.localizedDescription)", at: start)
      return nil
    }
  }

  /// All `*.yaml` and `*.yml` files below a folder, by path, parsed. `prefix` is how messages call the folder.
  public static func all(in folder: URL, prefix: String, diagnostics: Diagnostics) -> [Document] {
    guard let paths = try? FileManager.default.subpathsOfDirectory(atPath: folder.path) else {
      diagnostics.error("no such folder", at: SourceLocation(file: prefix, line: 1, column: 1))
      return []
    }
    return paths.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }.sorted().compactMap {
      Document(
        contentsOf: folder.appendingPathComponent($0), name: "\(prefix)/\($0)", diagnostics: diagnostics)
    }
  }
}

extension Node {
  /// Deeper documents than this are refused: no file of ours needs it, and recursion stays bounded.
  private static let maximumDepth = 64

  /// Aliases of aliases make a page of text into more values than memory holds: so many are read, and no more.
  private static let maximumCount = 1_000_000

  fileprivate init(_ node: Yams.Node, file: String, depth: Int, count: inout Int) throws {
    let location = SourceLocation(file: file, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
    guard depth < Self.maximumDepth else {
      throw ConfigurationProblem("nested deeper than \(Self.maximumDepth) levels", at: location)
    }
    count += 1
    guard count <= Self.maximumCount else {
      throw ConfigurationProblem("more than \(Self.maximumCount) values in one file", at: location)
    }
    switch node {
    case .scalar(let scalar):
      let isQuoted = scalar.style == .singleQuoted || scalar.style == .doubleQuoted
      let isNull = !isQuoted && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
      self.init(isNull ? .null : .scalar(scalar.string), at: location, isQuoted: isQuoted)
    case .sequence(let sequence):
      self.init(
        .sequence(try sequence.map { try Node($0, file: file, depth: depth + 1, count: &count) }),
        at: location)
    case .mapping(let mapping):
      let pairs = try mapping.map { pair in
        (
          key: try Node(pair.key, file: file, depth: depth + 1, count: &count),
          value: try Node(pair.value, file: file, depth: depth + 1, count: &count)
        )
      }
      self.init(.mapping(pairs), at: location)
    case .alias(let alias):
      throw ConfigurationProblem("alias '*\(alias.anchor)' is not supported here", at: location)
    }
  }
}

extension YamlError {
  fileprivate var summary: String {
    switch self {
    case .scanner(_, let problem, _, _), .parser(_, let problem, _, _), .composer(_, let problem, _, _):
      return "not valid YAML: \(problem)"
    case .reader(let problem, _, _, _): return "not valid YAML: \(problem)"
    case .duplicatedKeysInMapping(let duplicates, _):
      return "key '\(duplicates.map { "\($0)" }.joined(separator: "', '"))' stands twice in one mapping"
    default: return "not valid YAML: \(self)"
    }
  }

  fileprivate func location(in file: String) -> SourceLocation {
    switch self {
    case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _):
      return SourceLocation(file: file, line: mark.line, column: mark.column)
    case .duplicatedKeysInMapping(_, let context):
      return SourceLocation(file: file, line: context.mark.line, column: context.mark.column)
    default: return SourceLocation(file: file, line: 1, column: 1)
    }
  }
}
