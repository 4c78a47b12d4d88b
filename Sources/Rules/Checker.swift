/// Gives names their meaning, checks units, and writes the plan.
import Configuration
import EstateModel

/// What an expression's value is. Units are carried for messages; the dimension decides.
enum ValueType {
  case number(Unit)
  case boolean
  /// A problem has been reported already.
  case invalid

  var name: String {
    switch self {
    case .number(let unit): unit == .number ? "a number without unit" : unit.symbol
    case .boolean: "yes or no"
    case .invalid: "nothing"
    }
  }
}

/// The outcome of checking a part of an expression.
struct Checked {
  var type: ValueType
  /// Notes whose unit follows from what the part is compared with.
  var notes: [Int] = []
  /// `samples` and `coverage`: how much is known.
  var isGuard = false
  var isCorrected = false
  /// A literal's own unit.
  var literal: Unit?

  static let invalid = Checked(type: .invalid)
}

/// A window that is asked for, where, and of which kinds of device; nil: of those that the rule runs on.
typealias WindowWish = (leaf: Leaf, at: SourceLocation, kinds: [DeviceKind]?)

struct Checker {
  let vocabulary: Vocabulary
  let source: ExpressionSource
  let diagnostics: Diagnostics
  var plan = Plan()
  var windows: [WindowWish] = []
  /// Inside `share(…)`.
  var isShared = false
  /// Inside `days(…)`.
  var isRemembered = false
  /// Conditions that `days` asks for in `raise`, and whether this is the condition to clear, which only repeats them.
  var memories: [String] = []
  var isClearing = false
  private var height = 0

  init(vocabulary: Vocabulary, source: ExpressionSource, diagnostics: Diagnostics) {
    self.vocabulary = vocabulary
    self.source = source
    self.diagnostics = diagnostics
  }

  /// The plan of a whole condition; nil when something is wrong, which is then reported.
  mutating func condition(_ syntax: Syntax) -> Plan? {
    let checked = check(syntax)
    switch checked.type {
    case .boolean: return plan
    case .number:
      fail("the condition is \(checked.type.name), expected yes or no: compare it with a limit", syntax.range)
      return nil
    case .invalid: return nil
    }
  }

  @discardableResult
  func fail(_ message: String, _ range: TextRange) -> Checked {
    diagnostics.error(message, at: source.location(range.lowerBound))
    return .invalid
  }

  /// Appends an operation that takes some values off the stack and puts one on it.
  mutating func emit(_ code: OpCode, taking count: Int, index: Int = 0, constant: Double = 0, note: Int = -1)
  {
    plan.ops.append(Op(code: code, note: Int16(note), index: Int32(index), constant: constant))
    height += 1 - count
    plan.deepestStack = max(plan.deepestStack, height)
  }

  /// Values that are not on the stack after all.
  mutating func forget(_ count: Int) { height -= count }

  mutating func note(_ range: TextRange, _ unit: Unit, isBoolean: Bool = false) -> Int {
    let label = source.excerpt(range)
    if let known = plan.notes.firstIndex(where: { $0.label == label }) { return known }
    plan.notes.append(Note(label: label, unit: unit, isBoolean: isBoolean))
    return plan.notes.count - 1
  }

  mutating func check(_ syntax: Syntax) -> Checked {
    switch syntax {
    case .number(let value, let unit, _):
      emit(.constant, taking: 0, constant: value * unit.scale)
      return Checked(type: .number(unit), literal: unit)
    case .name(let name, let range): return checkName(name, range)
    case .call(let name, let arguments, let nameRange, let range):
      return checkCall(name, arguments, nameRange, range)
    case .negation(let operand, let isLogical, let range): return checkNegation(operand, isLogical, range)
    case .binary(let sign, let left, let right, let signRange, let range):
      switch sign {
      case "and", "or": return checkLogic(sign, left, right)
      case "+", "-", "*", "/": return checkArithmetic(sign, left, right, signRange, range)
      default: return checkComparison(sign, left, right, signRange)
      }
    }
  }

  private mutating func checkNegation(_ operand: Syntax, _ isLogical: Bool, _ range: TextRange) -> Checked {
    let checked = check(operand)
    switch (checked.type, isLogical) {
    case (.invalid, _): return .invalid
    case (.boolean, true):
      emit(.not, taking: 1)
      return Checked(type: .boolean)
    case (.number, false):
      emit(.negate, taking: 1)
      return checked
    case (_, true): return fail("'not' found \(checked.type.name), expected yes or no", operand.range)
    case (_, false): return fail("'-' found \(checked.type.name), expected a number", operand.range)
    }
  }

  private mutating func checkLogic(_ sign: String, _ left: Syntax, _ right: Syntax) -> Checked {
    let first = check(left)
    let skip = plan.ops.count
    emit(sign == "and" ? .skipIfNo : .skipIfYes, taking: 1)
    let sides = [(left, first), (right, check(right))]
    var isRight = true
    for (syntax, checked) in sides {
      switch checked.type {
      case .boolean: break
      case .invalid: isRight = false
      case .number:
        fail("'\(sign)' found \(checked.type.name), expected yes or no", syntax.range)
        isRight = false
      }
    }
    guard isRight else { return .invalid }
    emit(sign == "and" ? .and : .or, taking: 2)
    // Counted from the skip itself: a plan is laid out anywhere.
    plan.ops[skip].index = Int32(plan.ops.count - skip)
    return Checked(type: .boolean)
  }

  private mutating func checkArithmetic(
    _ sign: String, _ left: Syntax, _ right: Syntax, _ signRange: TextRange, _ range: TextRange
  ) -> Checked {
    let a = check(left)
    let b = check(right)
    guard let first = number(a, left, sign), let second = number(b, right, sign) else { return .invalid }
    let result: Unit
    switch sign {
    case "+", "-":
      guard let sum = Self.sum(sign, first, second) else {
        return fail(
          "'\(sign)' between \(a.type.name) and \(b.type.name)\(Self.hint(sign, first, second))", signRange)
      }
      result = sum
    default:
      guard !first.dimension.isSoundLevel, !second.dimension.isSoundLevel else {
        return fail(
          "'\(sign)' between \(a.type.name) and \(b.type.name): levels can't be multiplied or divided",
          signRange)
      }
      if sign == "*" {
        result =
          first.dimension == .none
          ? second
          : second.dimension == .none ? first : Unit("\(first)*\(second)", first.dimension * second.dimension)
      } else {
        result =
          second.dimension == .none
          ? first : first.dimension == second.dimension ? .number : first / second
      }
    }
    emit(sign == "+" ? .add : sign == "-" ? .subtract : sign == "*" ? .multiply : .divide, taking: 2)
    if a.literal != nil, b.literal != nil { return Checked(type: .number(result.base), literal: result.base) }
    // Parts of a condition that people know by themselves, such as a fill, are told in evidence.
    let note = note(range, result.base)
    plan.ops[plan.ops.count - 1].note = Int16(note)
    return Checked(type: .number(result.base), notes: [note])
  }

  private func number(_ checked: Checked, _ syntax: Syntax, _ sign: String) -> Unit? {
    switch checked.type {
    case .number(let unit): return unit
    case .boolean:
      fail("'\(sign)' found yes or no, expected a number", syntax.range)
      return nil
    case .invalid: return nil
    }
  }

  /// Levels: one less another is a difference in dB; a level and dB make a level; two levels don't add.
  private static func sum(_ sign: String, _ a: Unit, _ b: Unit) -> Unit? {
    if a.dimension.isSoundLevel {
      if b.dimension == .decibel { return a }
      return sign == "-" && a.dimension == b.dimension ? .decibel : nil
    }
    return a.dimension == b.dimension ? a : nil
  }

  private static func hint(_ sign: String, _ a: Unit, _ b: Unit) -> String {
    if a.dimension.isSoundLevel, a.dimension == b.dimension {
      return ": levels don't add; use leq or corrected"
    }
    return ": expected the same unit on both sides"
  }

  private mutating func checkComparison(
    _ sign: String, _ left: Syntax, _ right: Syntax, _ signRange: TextRange
  ) -> Checked {
    let a = check(left)
    if case .number(let unit) = a.type, unit.dimension.isSoundLevel, !a.isCorrected { protectLimit(right) }
    let b = check(right)
    guard let first = number(a, left, sign), let second = number(b, right, sign) else { return .invalid }
    guard first.dimension == second.dimension else {
      return fail("'\(sign)' compares \(a.type.name) with \(b.type.name)", signRange)
    }
    if a.isCorrected, !b.isCorrected { emitFloor() }
    if let unit = b.literal, unit != .number { for note in a.notes { plan.notes[note].unit = unit } }
    if let unit = a.literal, unit != .number { for note in b.notes { plan.notes[note].unit = unit } }
    emit(Self.code(sign, isGuard: a.isGuard, isMirrored: b.isGuard), taking: 2)
    return Checked(type: .boolean)
  }

  /// The limit on the left of a corrected level: `30 dBA < corrected(…)`.
  private mutating func protectLimit(_ right: Syntax) {
    if case .call("corrected", _, _, _) = right { emitFloor() }
  }

  private mutating func emitFloor() {
    emit(.floorLimit, taking: 1, index: attributeIndex(Plan.noiseFloor))
  }

  private static func code(_ sign: String, isGuard: Bool, isMirrored: Bool) -> OpCode {
    switch sign {
    case "<": .less
    case "<=": .lessEqual
    case ">": isGuard && !isMirrored ? .requireMore : .greater
    case ">=": isGuard && !isMirrored ? .requireAtLeast : .greaterEqual
    case "=": .equal
    default: .notEqual
    }
  }

  mutating func attributeIndex(_ name: String) -> Int {
    if let known = plan.attributes.firstIndex(of: name) { return known }
    plan.attributes.append(name)
    return plan.attributes.count - 1
  }

  mutating func leafIndex(_ leaf: Leaf) -> Int {
    if let known = plan.leaves.firstIndex(of: leaf) { return known }
    plan.leaves.append(leaf)
    return plan.leaves.count - 1
  }
}
