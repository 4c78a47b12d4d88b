/// `deviation(s)`: the latest reading less the value of commissioning, where the catalogue knows it, else less the
/// typical one.
import EstateModel

extension Checker {
  /// The attribute that tells a signal's value at commissioning.
  private static let commissioned = ["tilt": "baseline", "laeq": "background"]

  mutating func checkDeviation(_ arguments: [Syntax], _ nameRange: TextRange, _ range: TextRange) -> Checked {
    let usage = "deviation(signal)"
    guard let (via, signal) = learnedSignal(arguments, usage, nameRange) else { return .invalid }
    guard via == .own else {
      return fail("expected a signal of the device itself: \(usage)", arguments[0].range)
    }
    let described = Signal[signal]
    emit(.leaf, taking: 0, index: leafIndex(Leaf(form: .latest, signal: signal)))
    if let attribute = Self.commissioned[described.name] {
      emit(.attribute, taking: 0, index: attributeIndex(attribute))
      emit(.leaf, taking: 0, index: leafIndex(Leaf(form: .typical, signal: signal)))
      emit(.otherwise, taking: 2)
    } else {
      emit(.leaf, taking: 0, index: leafIndex(Leaf(form: .typical, signal: signal)))
    }
    let unit = described.unit.ofDifferences
    let note = note(range, unit)
    emit(.subtract, taking: 2, note: note)
    return Checked(type: .number(unit.base), notes: [note])
  }
}
