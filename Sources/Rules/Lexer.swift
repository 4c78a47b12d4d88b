/// Splits an expression into words, numbers with units, and signs.
import EstateModel

/// A part of an expression's text, counted in Unicode scalars from 0.
typealias TextRange = Range<Int>

enum Token: Equatable {
  case number(Double, Unit)
  case word(String)
  /// One of `+ - * / < <= > >= = != ( ) ,`.
  case sign(String)
  case end
}

/// What is wrong with an expression, and where in its text.
struct ExpressionProblem: Error {
  var message: String
  var at: Int
}

/// Full-width punctuation, as Chinese keyboards write it, reads as its ASCII twin.
struct Lexer {
  let scalars: [Unicode.Scalar]
  private var position = 0

  /// Longer expressions are refused: nobody could read them.
  static let longestText = 4000

  init(_ text: String) { scalars = text.unicodeScalars.map(Self.narrow) }

  private static func narrow(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar.value {
    case 0xFF01...0xFF5E: Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar
    case 0x3000, 0xA0, 0xFEFF: " "
    case 0x2212: "-"
    case 0xD7: "*"
    case 0xF7: "/"
    default: scalar
    }
  }

  static func tokens(of text: String) throws(ExpressionProblem) -> [(token: Token, range: TextRange)] {
    var lexer = Lexer(text)
    guard lexer.scalars.count <= longestText else {
      throw ExpressionProblem(
        message: "the expression has \(lexer.scalars.count) characters; at most \(longestText) are read",
        at: 0)
    }
    var tokens: [(token: Token, range: TextRange)] = []
    while true {
      lexer.skipBlanks()
      let start = lexer.position
      let token = try lexer.next()
      tokens.append((token, start..<lexer.position))
      if token == .end { return tokens }
    }
  }

  private var current: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }
  private func peek(_ offset: Int) -> Unicode.Scalar? {
    position + offset < scalars.count ? scalars[position + offset] : nil
  }

  private mutating func skipBlanks() {
    while let scalar = current, scalar.isBlank { position += 1 }
  }

  private mutating func next() throws(ExpressionProblem) -> Token {
    guard let scalar = current else { return .end }
    if scalar.isDigit || scalar == "." && peek(1)?.isDigit == true { return try number() }
    if scalar.isLetter {
      let start = position
      while let scalar = current, scalar.isLetter || scalar.isDigit || "-.".unicodeScalars.contains(scalar) {
        position += 1
      }
      return .word(text(start..<position))
    }
    for sign in ["<=", ">=", "!="]
    where scalar == sign.unicodeScalars.first && peek(1) == sign.unicodeScalars.last {
      position += 2
      return .sign(sign)
    }
    if let sign = ["\u{2264}": "<=", "\u{2265}": ">=", "\u{2260}": "!="][String(scalar)] {
      position += 1
      return .sign(sign)
    }
    if scalar == "=", peek(1) == "=" {
      throw ExpressionProblem(message: "found '==', expected '='", at: position)
    }
    if "+-*/<>=(),".unicodeScalars.contains(scalar) {
      position += 1
      return .sign(String(scalar))
    }
    throw ExpressionProblem(message: "found '\(scalar)', which no expression can contain", at: position)
  }

  private mutating func number() throws(ExpressionProblem) -> Token {
    let start = position
    while current?.isDigit == true { position += 1 }
    if current == ".", peek(1)?.isDigit == true {
      position += 1
      while current?.isDigit == true { position += 1 }
    }
    if current == "e" || current == "E",
      peek(1)?.isDigit == true || (peek(1) == "-" || peek(1) == "+") && peek(2)?.isDigit == true
    {
      position += 2
      while current?.isDigit == true { position += 1 }
    }
    guard let value = Double(text(start..<position)), value.isFinite else {
      throw ExpressionProblem(
        message: "found '\(text(start..<position))', which is no number that can be computed with", at: start)
    }
    return .number(value, try unit())
  }

  /// The unit behind a number, with or without blanks between; no blank may stand inside it.
  private mutating func unit() throws(ExpressionProblem) -> Unit {
    let start = position
    skipBlanks()
    let unitStart = position
    guard let symbol = unitSymbol() else {
      position = start
      return .number
    }
    if ["and", "or", "not"].contains(symbol) {
      position = start
      return .number
    }
    guard let unit = Unit(symbol: symbol) else {
      let known = Unit.all.map(\.symbol)
      throw ExpressionProblem(
        message: "unknown unit '\(symbol)'\(near(symbol, known))", at: unitStart)
    }
    // A quotient: 'deg/day', but not '10 m/level'.
    let divided = position
    if current == "/" {
      position += 1
      if let below = unitSymbol(), let whole = Unit(symbol: symbol + "/" + below) { return whole }
      position = divided
    }
    return unit
  }

  private mutating func unitSymbol() -> String? {
    let start = position
    if current == "%" {
      position += 1
      return "%"
    }
    while let scalar = current, scalar.isLetter || scalar == "\u{B0}" || scalar == "\u{2103}" {
      position += 1
    }
    guard position > start else { return nil }
    let letters = text(start..<position)
    if letters == "dB", current == "(", peek(2) == ")", let weighting = peek(1), weighting.isLetter {
      position += 3
    }
    return text(start..<position)
  }

  private func text(_ range: TextRange) -> String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars[range])
    return String(text)
  }
}

extension Unicode.Scalar {
  var isDigit: Bool { ("0"..."9").contains(self) }
  /// The properties of Unicode are looked up in tables: not for ASCII.
  var isLetter: Bool {
    isASCII ? self == "_" || (65...90).contains(value & ~32) : properties.isAlphabetic
  }
  var isBlank: Bool {
    isASCII ? value == 32 || (9...13).contains(value) : properties.isWhitespace
  }
}
