/// The numbers in a condition, so that a person can change them one by one.
import EstateModel

/// A condition cut into numbers and what stands between them.
struct ConditionNumbers {
  enum Piece: Equatable {
    case text(String)
    /// `80%`, `24h`, `3`: as it is written.
    case number(String)
  }

  let pieces: [Piece]

  var numbers: [String] {
    pieces.compactMap { piece in
      if case .number(let text) = piece { text } else { nil }
    }
  }

  init(_ text: String) {
    var pieces: [Piece] = []
    var plain = ""
    var rest = Substring(text)
    while let first = rest.first {
      if first.isASCII, first.isNumber, !Self.isPartOfName(plain), let number = Self.number(rest) {
        if !plain.isEmpty { pieces.append(.text(plain)) }
        plain = ""
        pieces.append(.number(number))
        rest = rest.dropFirst(number.count)
      } else {
        plain.append(first)
        rest = rest.dropFirst()
      }
    }
    if !plain.isEmpty { pieces.append(.text(plain)) }
    self.pieces = pieces
  }

  /// The condition with other numbers, in their order; nil: as it is.
  func text(with numbers: [String?]) -> String {
    var index = 0
    return pieces.map { piece in
      switch piece {
      case .text(let text): return text
      case .number(let present):
        defer { index += 1 }
        return (numbers.indices.contains(index) ? numbers[index] : nil) ?? present
      }
    }.joined()
  }

  /// `tilt.x2`, `well-3`: a name goes on.
  private static func isPartOfName(_ before: String) -> Bool {
    guard let last = before.last else { return false }
    if last.isLetter || last.isNumber || last == "_" || last == "." { return true }
    return last == "-" && before.dropLast().last?.isLetter == true
  }

  /// A number with its unit, which may stand behind a blank.
  private static func number(_ text: Substring) -> String? {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard Double(digits) != nil else { return nil }
    let behind = text[digits.endIndex...]
    let blanks = behind.prefix { $0 == " " }
    var unit = behind[blanks.endIndex...].prefix { $0.isLetter || "%°℃/()".contains($0) }
    while !unit.isEmpty {
      if Unit(symbol: unit) != nil { return "\(digits)\(blanks)\(unit)" }
      unit.removeLast()
    }
    return String(digits)
  }
}
