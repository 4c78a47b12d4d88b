/// Reads an expression: or, and, not, comparison, sum, product, sign, primary, from loosest to tightest.
import Configuration
import EstateModel

struct Parser {
  /// Operators and parentheses inside one another or chained; more is refused, so that recursion stays bounded.
  static let deepest = 100

  private let tokens: [(token: Token, range: TextRange)]
  private var position = 0
  private var depth = 0
  private var operators = 0

  static func parse(_ text: String) throws(ExpressionProblem) -> Syntax {
    var parser = Parser(tokens: try Lexer.tokens(of: text))
    if parser.current == .end {
      throw ExpressionProblem(message: "the expression is empty", at: 0)
    }
    let syntax = try parser.disjunction()
    guard parser.current == .end else {
      throw parser.unexpected("an operator or the end of the expression")
    }
    return syntax
  }

  private init(tokens: [(token: Token, range: TextRange)]) { self.tokens = tokens }

  private var current: Token { tokens[position].token }
  private var range: TextRange { tokens[position].range }

  private mutating func advance() { if position < tokens.count - 1 { position += 1 } }

  private mutating func accept(_ words: String...) -> String? {
    switch current {
    case .word(let word) where words.contains(word), .sign(let word) where words.contains(word):
      advance()
      return word
    default: return nil
    }
  }

  private func unexpected(_ expected: String) -> ExpressionProblem {
    let found =
      switch current {
      case .number(let value, let unit): "'\(Quantity(value, unit))'"
      case .word(let word): "'\(word)'"
      case .sign(let sign): "'\(sign)'"
      case .end: "the end"
      }
    return ExpressionProblem(message: "found \(found), expected \(expected)", at: range.lowerBound)
  }

  private mutating func chain(
    _ signs: [String], _ operand: (inout Parser) throws(ExpressionProblem) -> Syntax
  ) throws(ExpressionProblem) -> Syntax {
    var left = try operand(&self)
    while true {
      let signRange = range
      switch current {
      case .word(let sign) where signs.contains(sign), .sign(let sign) where signs.contains(sign):
        advance()
        operators += 1
        guard operators <= Self.deepest * 2 else {
          throw ExpressionProblem(
            message: "more than \(Self.deepest * 2) operators in one expression", at: signRange.lowerBound)
        }
        let right = try operand(&self)
        left = .binary(
          sign, left, right, sign: signRange, range: left.range.lowerBound..<right.range.upperBound)
      default: return left
      }
    }
  }

  private mutating func disjunction() throws(ExpressionProblem) -> Syntax {
    try chain(["or"]) { (p: inout Parser) throws(ExpressionProblem) in try p.conjunction() }
  }

  private mutating func conjunction() throws(ExpressionProblem) -> Syntax {
    try chain(["and"]) { (p: inout Parser) throws(ExpressionProblem) in try p.inversion() }
  }

  private mutating func inversion() throws(ExpressionProblem) -> Syntax {
    let start = range
    guard accept("not") != nil else { return try comparison() }
    try deepen(at: start)
    defer { depth -= 1 }
    let operand = try inversion()
    return .negation(operand, isLogical: true, start.lowerBound..<operand.range.upperBound)
  }

  private mutating func comparison() throws(ExpressionProblem) -> Syntax {
    let signs = ["<", "<=", ">", ">=", "=", "!="]
    let left = try sum()
    let signRange = range
    guard case .sign(let sign) = current, signs.contains(sign) else { return left }
    advance()
    let right = try sum()
    if case .sign(let next) = current, signs.contains(next) {
      throw ExpressionProblem(
        message: "found a second comparison '\(next)'; write 'a < b and b < c'", at: range.lowerBound)
    }
    return .binary(sign, left, right, sign: signRange, range: left.range.lowerBound..<right.range.upperBound)
  }

  private mutating func sum() throws(ExpressionProblem) -> Syntax {
    try chain(["+", "-"]) { (p: inout Parser) throws(ExpressionProblem) in try p.product() }
  }

  private mutating func product() throws(ExpressionProblem) -> Syntax {
    try chain(["*", "/"]) { (p: inout Parser) throws(ExpressionProblem) in try p.signed() }
  }

  private mutating func signed() throws(ExpressionProblem) -> Syntax {
    let start = range
    guard accept("-") != nil else { return try primary() }
    try deepen(at: start)
    defer { depth -= 1 }
    let operand = try signed()
    return .negation(operand, isLogical: false, start.lowerBound..<operand.range.upperBound)
  }

  private mutating func deepen(at range: TextRange) throws(ExpressionProblem) {
    depth += 1
    guard depth <= Self.deepest else {
      throw ExpressionProblem(message: "nested deeper than \(Self.deepest) levels", at: range.lowerBound)
    }
  }

  private mutating func primary() throws(ExpressionProblem) -> Syntax {
    let start = range
    switch current {
    case .number(let value, let unit):
      advance()
      return .number(value, unit, start)
    case .word(let word) where !["and", "or", "not"].contains(word):
      advance()
      guard accept("(") != nil else { return .name(word, start) }
      try deepen(at: start)
      defer { depth -= 1 }
      var arguments: [Syntax] = []
      if current != .sign(")") {
        repeat { arguments.append(try disjunction()) } while accept(",") != nil
      }
      let end = range
      guard accept(")") != nil else { throw unexpected("',' or ')' in the call of '\(word)'") }
      return .call(word, arguments: arguments, name: start, range: start.lowerBound..<end.upperBound)
    case .sign("("):
      advance()
      try deepen(at: start)
      defer { depth -= 1 }
      let inner = try disjunction()
      let end = range
      guard accept(")") != nil else { throw unexpected("')'") }
      return inner.spanning(start.lowerBound..<end.upperBound)
    default: throw unexpected("a signal, a number, a call or '('")
    }
  }
}

/// "; did you mean 'x'?" for names that may be long or strange.
func near(_ name: String, _ candidates: some Sequence<String>) -> String {
  name.count <= 64 ? suggestion(for: name, in: candidates) : ""
}
