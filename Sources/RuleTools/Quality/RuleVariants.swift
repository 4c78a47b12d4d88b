/// One rule with other delays and deadbands, to be played side by side.
import Configuration
import EstateModel
import Rules

/// A change of one number of a rule.
public struct RuleChange: Hashable, Sendable, Codable {
  public enum Kind: String, Hashable, Sendable, Codable {
    /// The on-delay.
    case onDelay = "for"
    /// The off-delay.
    case offDelay = "clear-for"
    /// The condition that clears.
    case clear
  }

  public var rule: String
  public var kind: Kind
  /// As it would stand in the file: `30min`, `leq(laeq, 15min) < 30 dBA`.
  public var value: String
}

public struct RuleVariants: Sendable {
  /// Milliseconds that are tried, where they are longer than what the rule has.
  static let delays: [Int64] = [1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360].map { $0 * 60_000 }
  /// Shares of the limit by which it has to be undercut before the alarm clears.
  static let deadbands = [0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5]
  /// The same for sound levels, in dB.
  static let levelDeadbands = [1.0, 2, 3, 5, 8, 10]

  /// By the name under which the variant runs; a rule's own name stands for itself, unchanged.
  public private(set) var changes: [String: RuleChange] = [:]
  public private(set) var documents: [Document] = []

  /// - Parameter rules: the rules to be varied, with the documents in which they stand.
  public init(of rules: [Rule], in documents: RuleDocuments, _ diagnostics: Diagnostics) {
    for rule in rules {
      guard let (document, node) = documents.find(rule.id), let text = document.ruleText(node) else {
        continue
      }
      var texts = [text.joined(separator: "\n")]
      for (number, change) in Self.changes(of: rule).enumerated() {
        let name = "variant-\(changes.count)-\(number)"
        guard let varied = Self.text(text, named: name, key: change.kind.rawValue, value: change.value) else {
          continue
        }
        changes[name] = change
        texts.append(varied.joined(separator: "\n"))
      }
      if let document = Document(
        text: texts.joined(separator: "\n"), file: document.file, diagnostics: diagnostics)
      {
        self.documents.append(document)
      }
    }
  }

  static func changes(of rule: Rule) -> [RuleChange] {
    func change(_ kind: RuleChange.Kind, _ value: String) -> RuleChange {
      RuleChange(rule: rule.id, kind: kind, value: value)
    }
    let on = delays.filter { $0 > rule.onDelay }.map { change(.onDelay, minutes($0)) }
    guard rule.clearText != "manual" else { return on }
    let off = delays.filter { $0 > rule.offDelay }.map { change(.offDelay, minutes($0)) }
    return on + off + clearings(of: rule).map { change(.clear, $0) }
  }

  /// As rule files write it: in one unit.
  private static func minutes(_ milliseconds: Int64) -> String { "\(milliseconds / 60_000)min" }

  /// Where a rule compares one thing with one number, its alarm can be made to clear later on the way down.
  private static func clearings(of rule: Rule) -> [String] {
    let present = rule.clearText.map { ConditionText($0) } ?? ConditionText(rule.raiseText)
    guard case .comparison(let left, let sign, let right) = present, let limit = Quantity(right),
      ["<", "<=", ">", ">="].contains(sign), limit.value != 0
    else { return [] }
    // Without a condition of its own the alarm clears where it doesn't raise any more.
    let isBelow = rule.clearText == nil ? sign.hasPrefix(">") : sign.hasPrefix("<")
    let steps =
      limit.unit.dimension.isSoundLevel ? levelDeadbands : deadbands.map { abs(limit.value) * $0 }
    return steps.map { step in
      let value = Quantity(limit.value + (isBelow ? -step : step), limit.unit)
      return "\(left) \(isBelow ? "<" : ">") \(value)"
    }
  }

  /// The rule's lines with another name and one key changed.
  static func text(_ lines: [String], named name: String, key: String, value: String) -> [String]? {
    guard let first = lines.first, let start = first.firstIndex(where: { $0 != " " && $0 != "-" }) else {
      return nil
    }
    let indent = String(repeating: " ", count: first.distance(from: first.startIndex, to: start))
    var result: [String] = []
    var isSkipping = false
    for (number, line) in lines.enumerated() {
      let content = number == 0 ? String(first[start...]) : String(line.dropFirst(indent.count))
      let isKey =
        number == 0 || line.hasPrefix(indent) && content.first.map { $0 != " " && $0 != "#" } ?? false
      if isKey { isSkipping = content.hasPrefix("\(key):") }
      if isSkipping { continue }
      let named = content.hasPrefix("rule:") ? "rule: \(name)" : content
      result.append(number == 0 ? first[..<start] + named : isKey ? indent + named : line)
    }
    // The first line carries the list's dash: a rule that begins with the changed key isn't varied.
    guard result.first?.contains("-") == true, result.contains(where: { $0.contains("rule: \(name)") }) else {
      return nil
    }
    let quoted = value.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
    result.insert("\(indent)\(key): '\(quoted)'", at: 1)
    return Self.withoutBrokenBlocks(result, indent: indent)
  }

  /// A first key whose value goes on over several lines stays together: the changed key goes behind it.
  private static func withoutBrokenBlocks(_ lines: [String], indent: String) -> [String] {
    guard lines.count > 2, lines[2].hasPrefix(indent + " ") else { return lines }
    var lines = lines
    let changed = lines.remove(at: 1)
    lines.append(changed)
    return lines
  }
}

extension RuleDocuments {
  func find(_ name: String) -> (Document, Node)? {
    for document in documents {
      if let found = document.ruleNodes.first(where: { $0.name == name }) { return (document, found.node) }
    }
    return nil
  }
}

extension Document {
  /// The rule's lines, moved to the left margin as far as its dash; nil for a rule in braces.
  func ruleText(_ node: Node) -> [String]? {
    guard let range = blockLines(of: node) else { return nil }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return range.map { String(lines[$0 - 1]) }
  }
}
