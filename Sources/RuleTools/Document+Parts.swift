/// Parts of a configuration file read as documents of their own, with every line and column where it stands.
import Configuration

extension Document {
  /// The file with only some of its lines; the others are blank, so that places in messages stay right.
  /// - Parameter appended: lines behind the last one.
  func keeping(lines kept: [ClosedRange<Int>], appended: [String] = [], _ diagnostics: Diagnostics)
    -> Document?
  {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map {
      number, line in kept.contains { $0.contains(number + 1) } ? line : ""
    }
    lines += appended.map { Substring($0) }
    let part = Document(text: lines.joined(separator: "\n"), file: file, diagnostics: diagnostics)
    diagnostics.remember(text: text, of: file)
    return part
  }

  /// A block of the file as a document.
  /// - Parameter appended: further keys of the block's mapping.
  /// - Returns: nil, with the problem reported, when it is written in braces or brackets.
  func part(_ node: Node, appended: [String] = [], _ diagnostics: Diagnostics) -> Document? {
    guard let range = blockLines(of: node) else {
      diagnostics.error(
        "found \(node.kindName) in braces or brackets, expected a block with each key on a line of its own",
        at: node.location)
      return nil
    }
    let indent = String(repeating: " ", count: node.location.column - 1)
    return keeping(lines: [range], appended: appended.map { indent + $0 }, diagnostics)
  }

  /// The lines of a mapping or list in block style; nil for one in braces or brackets.
  func blockLines(of node: Node) -> ClosedRange<Int>? {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let first = node.location.line
    guard lines.indices.contains(first - 1) else { return nil }
    let start = lines[first - 1].dropFirst(node.location.column - 1)
    guard let opening = start.first, !"{[".contains(opening) else { return nil }
    var isList = false
    if case .sequence = node.content { isList = true }
    let indent = node.location.column - 1
    var last = first
    for number in first..<lines.count {
      let line = lines[number]
      let content = line.drop { $0 == " " }
      if content.isEmpty || content.first == "#" { continue }
      let depth = line.count - content.count
      if depth < indent || isList && depth == indent && content.first != "-" { break }
      last = number + 1
    }
    return first...last
  }
}

/// Rule files out of which single rules can be taken.
public struct RuleDocuments: Sendable {
  public let documents: [Document]

  public init(_ documents: [Document]) { self.documents = documents }

  /// Every rule's name with its place, in the order of the files.
  public var names: [(name: String, at: SourceLocation)] {
    documents.flatMap(\.ruleNodes).map { ($0.name, $0.node.location) }
  }

  /// Files that hold nothing but these rules.
  public func only(_ wanted: Set<String>, _ diagnostics: Diagnostics) -> [Document] {
    documents.compactMap { document in
      let lines = document.ruleNodes.filter { wanted.contains($0.name) }.compactMap {
        document.blockLines(of: $0.node) ?? $0.node.location.line...$0.node.location.line
      }
      return lines.isEmpty ? nil : document.keeping(lines: lines, diagnostics)
    }
  }
}

extension Document {
  /// The rules of a rule file with their names.
  var ruleNodes: [(name: String, node: Node)] {
    guard case .sequence(let items) = root.content else { return [] }
    return items.compactMap { item in
      guard case .mapping(let pairs) = item.content else { return nil }
      for pair in pairs {
        if case .scalar("rule") = pair.key.content, case .scalar(let name) = pair.value.content {
          return (name, item)
        }
      }
      return nil
    }
  }
}
