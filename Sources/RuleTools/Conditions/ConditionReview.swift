/// Which parts of a condition hold now, and how far the others are from it.
import EstateModel

/// A condition's parts in the order in which they are written.
public struct ConditionReview: Sendable {
  public struct Part: Hashable, Sendable, Codable {
    /// As it is written.
    public var text: String
    /// 0 for the outermost; parts of an 'or' inside an 'and' stand further in.
    public var depth: Int
    /// How the part's own parts are joined: `all of`, `one of`; nil for a part without any.
    public var joint: String?
    /// nil: unknown.
    public var holds: Bool?
    /// The present values of both sides: `62 %`, `34.77 dBA > 30 dBA`; nil where nothing is known.
    public var now: String?
    /// What has to happen for it to turn: `18 % more`, `5 min longer`; nil where it holds or can't be told.
    public var missing: String?
  }

  public private(set) var parts: [Part] = []
  /// nil: unknown.
  public private(set) var holds: Bool?
  /// All that has to happen for the condition to hold, in a line; nil when it holds.
  public private(set) var missing: String?

  private let values: [String: Evidence]

  public init(_ condition: String, evidence: [Evidence]) {
    values = Dictionary(
      evidence.map { (Self.key($0.label), $0) }, uniquingKeysWith: { first, _ in first })
    let answer = add(ConditionText(condition), depth: 0)
    (holds, missing) = (answer.holds, answer.missing)
  }

  /// Blanks don't matter, nor do full-width parentheses.
  private static func key(_ text: String) -> String {
    String(text.filter { !$0.isWhitespace })
  }

  private typealias Answer = (holds: Bool?, missing: String?)

  private mutating func add(_ condition: ConditionText, depth: Int) -> Answer {
    switch condition {
    case .all(let inner), .any(let inner):
      var isAll = false
      if case .all = condition { isAll = true }
      let place = parts.count
      parts.append(
        Part(text: condition.text, depth: depth, joint: isAll ? "all of" : "one of", holds: nil))
      let answers = inner.map { add($0, depth: depth + 1) }
      let isDecided = answers.contains { $0.holds == !isAll }
      let holds: Bool? = isDecided ? !isAll : answers.contains { $0.holds == nil } ? nil : isAll
      parts[place].holds = holds
      let needs = answers.compactMap(\.missing)
      guard holds != true, !needs.isEmpty else { return (holds, nil) }
      if isAll { return (holds, needs.joined(separator: "; ")) }
      return (holds, "either " + needs.map { $0.contains("; ") ? "(\($0))" : $0 }.joined(separator: ", or "))
    case .not(let inner):
      let place = parts.count
      parts.append(Part(text: condition.text, depth: depth, joint: "not", holds: nil))
      let holds = add(inner, depth: depth + 1).holds.map { !$0 }
      parts[place].holds = holds
      return (holds, holds == true ? nil : condition.text)
    case .plain(let text):
      let value = values[Self.key(text)]?.value
      let holds = value.map { $0 != 0 }
      parts.append(Part(text: text, depth: depth, holds: holds, now: holds.map { $0 ? "yes" : "no" }))
      return (holds, need(text, holds, nil))
    case .comparison(let left, let sign, let right):
      let part = comparison(left, sign, right, depth)
      parts.append(part)
      return (part.holds, need(part.text, part.holds, part.missing))
    }
  }

  private func need(_ text: String, _ holds: Bool?, _ missing: String?) -> String? {
    switch holds {
    case true?: nil
    case false?: missing.map { "\(text): \($0)" } ?? text
    case nil: "\(text): known and true"
    }
  }

  private func comparison(_ left: String, _ sign: String, _ right: String, _ depth: Int) -> Part {
    var part = Part(text: "\(left) \(sign) \(right)", depth: depth, holds: nil)
    let (a, b) = (value(left), value(right))
    let unit = Quantity(right)?.unit ?? readableUnit(left) ?? readableUnit(right) ?? .number
    func shown(_ value: Double) -> String {
      value.isInfinite ? "never" : Self.text(value / unit.scale, unit)
    }
    // A limit that stands in the text need not be said twice.
    let isPlainLimit = Quantity(right) != nil
    switch (a, b) {
    case (let a?, let b?): part.now = isPlainLimit ? shown(a) : "\(shown(a)), limit \(shown(b))"
    case (let a?, nil): part.now = "\(shown(a)), limit unknown"
    case (nil, _): part.now = "unknown"
    }
    guard let a, let b else { return part }
    let isSame = a == b || abs(a - b) <= 1e-9 * max(abs(a), abs(b))
    let holds: Bool
    switch sign {
    case "<": holds = a < b && !isSame
    case "<=", "≤": holds = a < b || isSame
    case ">": holds = a > b && !isSame
    case ">=", "≥": holds = a > b || isSame
    case "=": holds = isSame
    default: holds = !isSame
    }
    part.holds = holds
    if !holds, a.isFinite, b.isFinite {
      let isMore = sign.hasPrefix(">") || sign == "≥"
      let distance = Self.text(abs(b - a) / unit.scale, unit)
      switch sign {
      case "=": part.missing = "\(distance) \(a < b ? "more" : "less")"
      case "!=": part.missing = "any change"
      default:
        part.missing =
          isSame ? (isMore ? "a little more" : "a little less") : "\(distance) \(isMore ? "more" : "less")"
      }
    }
    return part
  }

  private static func text(_ value: Double, _ unit: Unit) -> String {
    let number = plainNumber(value, digits: 4)
    return unit.symbol.isEmpty ? number : "\(number) \(unit.symbol)"
  }

  /// The unit in which a person reads a side: that of a number in it, else that of its evidence.
  private func readableUnit(_ text: String) -> Unit? {
    if let quantity = Quantity(text) { return quantity.unit }
    if let known = values[Self.key(text)] { return Unit(evidence: known.unit) }
    return Self.call(text)?.arguments.compactMap { readableUnit($0) }.first
  }

  /// A side's value in base units; nil: unknown.
  private func value(_ text: String) -> Double? {
    if let known = values[Self.key(text)] {
      return known.value.flatMap { value in Unit(evidence: known.unit).map { value * $0.scale } }
    }
    if let quantity = Quantity(text) { return quantity.base }
    guard let call = Self.call(text) else { return nil }
    let arguments = call.arguments.map { value($0) }
    let known = arguments.compactMap { $0 }
    guard known.count == arguments.count, let first = known.first else { return nil }
    switch call.name {
    case "abs": return abs(first)
    case "min": return known.min()
    case "max": return known.max()
    case "": return known.count == 1 ? first : nil
    default: return nil
    }
  }

  /// `max(a, b)` as its name and arguments; nil for anything else.
  private static func call(_ text: String) -> (name: String, arguments: [String])? {
    guard let open = text.firstIndex(of: "("), text.last == ")" else { return nil }
    let name = String(text[..<open])
    guard name.allSatisfy({ $0.isLetter || $0 == "-" }) else { return nil }
    var arguments = [""]
    var depth = 0
    for character in text[text.index(after: open)...].dropLast() {
      if character == "(" { depth += 1 }
      if character == ")" { depth -= 1 }
      // The first parenthesis closes before the end: `(a) / (b)` is no call.
      if depth < 0 { return nil }
      if character == ",", depth == 0 {
        arguments.append("")
      } else {
        arguments[arguments.count - 1].append(character)
      }
    }
    return (name, arguments.map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") })
  }
}

extension Unit {
  /// The unit of a piece of evidence, which may be a product or quotient that has no symbol of its own.
  fileprivate init?(evidence symbol: String) {
    if symbol.isEmpty {
      self = .number
    } else if let unit = Unit(symbol: symbol) {
      self = unit
    } else {
      return nil
    }
  }
}
