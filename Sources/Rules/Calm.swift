/// Values that can't raise a rule, found out beforehand from its first comparison.
import EstateModel

/// Values strictly between two limits: with them, or with none, a condition is no or unknown.
struct Calm: Hashable, Sendable, BitwiseCopyable {
  var above: Double
  var below: Double

  static let none = Calm(above: .infinity, below: -.infinity)

  @inline(__always) func contains(_ value: Double) -> Bool { above < value && value < below }

  /// Of `a > limit` and the like; the limit itself and what rounding makes equal to it is left out.
  fileprivate init?(_ code: OpCode, _ limit: Double) {
    guard limit.isFinite else { return nil }
    let margin = 1e-6 * abs(limit) + 1e-12
    switch code {
    case .greater, .greaterEqual: (above, below) = (-.infinity, limit - margin)
    case .less, .lessEqual: (above, below) = (limit + margin, .infinity)
    default: return nil
    }
  }

  private init(above: Double, below: Double) { (self.above, self.below) = (above, below) }

  /// What a value has to be so that the operation's result is calm. - Parameter right: its right operand.
  fileprivate func before(_ code: OpCode, _ right: Double) -> Calm? {
    guard right.isFinite else { return nil }
    var calm: Calm
    switch code {
    case .add: calm = Calm(above: above - right, below: below - right)
    case .subtract: calm = Calm(above: above + right, below: below + right)
    case .multiply:
      guard right != 0 else { return nil }
      calm = Calm(above: above / right, below: below / right)
    case .divide:
      guard right != 0 else { return nil }
      calm = Calm(above: above * right, below: below * right)
    case .absolute:
      // Only where all small values are calm: else there are two stretches.
      guard above == -.infinity else { return nil }
      calm = Calm(above: -below, below: below)
    case .negate: calm = Calm(above: -below, below: -above)
    default: return nil
    }
    if (code == .multiply || code == .divide) && right < 0 { swap(&calm.above, &calm.below) }
    // The way back rounds as well.
    if calm.above.isFinite { calm.above += 1e-12 * (abs(calm.above) + abs(right)) }
    if calm.below.isFinite { calm.below -= 1e-12 * (abs(calm.below) + abs(right)) }
    return calm.above.isNaN || calm.below.isNaN ? nil : calm
  }
}

extension ArraySlice<ShortOp> {
  /// Of a condition that begins with the comparison of a leaf, such as `level / device.bore >= 80% and …`, the values
  /// of that leaf, its first, which decide alone that it is not fulfilled.
  func calm(attribute: (Int32) -> Double) -> Calm? {
    guard let first, first.code == .leaf, first.index == 0, first.age < 0 else { return nil }
    var position = startIndex + 1
    var chain: [(code: OpCode, right: Double)] = []
    while position < endIndex {
      let op = self[position]
      position += 1
      let right = op.operand == .attribute ? attribute(op.attribute) : op.constant
      switch op.code {
      case .absolute, .negate: chain.append((op.code, 0))
      case .add, .subtract, .multiply, .divide:
        guard op.operand != .stack else { return nil }
        chain.append((op.code, right))
      default:
        guard op.operand != .stack, isDecided(at: position), var calm = Calm(op.code, right) else {
          return nil
        }
        for (code, right) in chain.reversed() {
          guard let earlier = calm.before(code, right) else { return nil }
          calm = earlier
        }
        return calm
      }
    }
    return nil
  }

  /// Whether a no at a position is the answer to everything: only `and` follows.
  private func isDecided(at position: Int) -> Bool {
    var position = position
    while position < endIndex {
      guard self[position].code == .skipIfNo else { return false }
      position += Int(self[position].index)
    }
    return true
  }
}
