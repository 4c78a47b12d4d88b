/// An expression as it was written, before anyone knows what its names mean.
import EstateModel

indirect enum Syntax {
  case number(Double, Unit, TextRange)
  case name(String, TextRange)
  case call(String, arguments: [Syntax], name: TextRange, range: TextRange)
  case negation(Syntax, isLogical: Bool, TextRange)
  case binary(String, Syntax, Syntax, sign: TextRange, range: TextRange)

  var range: TextRange {
    switch self {
    case .number(_, _, let range), .name(_, let range), .negation(_, _, let range): range
    case .call(_, _, _, let range), .binary(_, _, _, _, let range): range
    }
  }

  /// The same with its parentheses.
  func spanning(_ range: TextRange) -> Syntax {
    switch self {
    case .negation(let operand, let isLogical, _): .negation(operand, isLogical: isLogical, range)
    case .binary(let sign, let left, let right, let signRange, _):
      .binary(sign, left, right, sign: signRange, range: range)
    default: self
    }
  }
}
