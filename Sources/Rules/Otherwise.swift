/// `otherwise(a, b)`: the first value where it is known, else the second.
import EstateModel

extension Checker {
  mutating func checkOtherwise(_ arguments: [Syntax], _ nameRange: TextRange, _ range: TextRange) -> Checked {
    guard let pair = exactly(2, arguments, "otherwise(value, value)", nameRange) else { return .invalid }
    let first = check(pair[0])
    let second = check(pair[1])
    guard case .number(let unit) = first.type else { return expectNumber(first, pair[0]) }
    guard case .number(let other) = second.type else { return expectNumber(second, pair[1]) }
    guard unit.dimension == other.dimension else {
      return fail(
        "otherwise found \(first.type.name) and \(second.type.name), expected the same unit", pair[1].range)
    }
    let readable = first.notes.first.map { plan.notes[$0].unit } ?? unit
    let note = note(range, readable)
    emit(.otherwise, taking: 2, note: note)
    return Checked(type: .number(unit.base), notes: first.notes + second.notes + [note])
  }
}
