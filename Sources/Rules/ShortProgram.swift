/// Plans made short for judging: constant parts are computed beforehand, and operands stand in their operations.

/// Where an operation finds its right operand.
enum Operand: UInt8, Sendable { case stack, constant, attribute }

/// One step. `constant` as a code puts its operand on the stack; the other codes are those of plans.
struct ShortOp: Sendable, BitwiseCopyable {
  var code: OpCode
  var operand = Operand.stack
  /// A comparison of an age: the number of its leaf. That leaf: 0. All others: -1.
  var age: Int16 = -1
  /// The leaf, or how far a skip reaches.
  var index: Int32 = 0
  var attribute: Int32 = 0
  var constant = 0.0
}

/// Follows a plan with a stack of what would be on the engine's stack.
struct ShortProgram {
  private enum Value {
    case onStack
    /// The value of an age, which the last operation put there.
    case age(Int32)
    /// Depends on constants and attributes only; nothing has been emitted for it yet.
    case pure([Op])
  }

  private(set) var ops: [ShortOp] = []
  /// Parts to be computed once for each device. Their values follow the plan's attributes.
  private(set) var parts: [[Op]] = []
  private let plan: Plan
  private var stack: [Value] = []

  /// Values of parts that other programs of the plan have put behind its attributes.
  private let before: Int

  init(_ plan: Plan, after before: Int = 0) {
    (self.plan, self.before) = (plan, before)
    var starts: [Int] = []
    var skips: [(at: Int, to: Int)] = []
    for (position, op) in plan.ops.enumerated() {
      starts.append(ops.count)
      if op.code == .skipIfNo || op.code == .skipIfYes { skips.append((ops.count, position + Int(op.index))) }
      take(op)
    }
    pushAll()
    starts.append(ops.count)
    for skip in skips { ops[skip.at].index = Int32(starts[skip.to] - skip.at) }
  }

  private mutating func take(_ op: Op) {
    switch op.code {
    case .constant, .attribute: stack.append(.pure([op]))
    case .leaf:
      pushAll()
      ops.append(ShortOp(code: .leaf, index: op.index))
      let form = plan.leaves[Int(op.index)].form
      stack.append(form == .age || form == .ageAny ? .age(op.index) : .onStack)
    case .aimed:
      let target = stack.popLast() ?? .onStack
      pushAll()
      emit(op, right: target)
    case .negate, .absolute, .floorLimit:
      if case .pure(let part) = stack.last {
        stack[stack.count - 1] = .pure(part + [op])
      } else {
        ops.append(ShortOp(code: op.code, attribute: op.index))
        stack[stack.count - 1] = .onStack
      }
    case .not, .skipIfNo, .skipIfYes:
      pushAll()
      ops.append(ShortOp(code: op.code))
    case .add, .subtract, .multiply, .divide, .smaller, .larger, .otherwise:
      let right = stack.popLast() ?? .onStack
      if case .pure(let left) = stack.last, case .pure(let part) = right {
        stack[stack.count - 1] = .pure(left + part + [op])
      } else {
        stack.removeLast()
        emit(op, right: right)
      }
    default:
      let right = stack.popLast() ?? .onStack
      let left = stack.last ?? .onStack
      pushAll()
      stack.removeLast()
      emit(op, right: right)
      if case .age(let leaf) = left, case .pure = right, ops.count > 1 {
        ops[ops.count - 1].age = Int16(clamping: leaf)
        ops[ops.count - 2].age = 0
      }
    }
  }

  private mutating func emit(_ op: Op, right: Value) {
    var short = ShortOp(code: op.code, index: op.index)
    if case .pure(let part) = right { (short.operand, short.attribute, short.constant) = operand(part) }
    ops.append(short)
    stack.append(.onStack)
  }

  private mutating func pushAll() {
    for position in stack.indices {
      guard case .pure(let part) = stack[position] else { continue }
      var short = ShortOp(code: .constant)
      (short.operand, short.attribute, short.constant) = operand(part)
      ops.append(short)
      stack[position] = .onStack
    }
  }

  private mutating func operand(_ part: [Op]) -> (Operand, Int32, Double) {
    if part.count == 1, part[0].code == .attribute { return (.attribute, part[0].index, 0) }
    if part.allSatisfy({ $0.code != .attribute && $0.code != .floorLimit }) {
      return (.constant, 0, Self.value(of: part) { _ in .nan })
    }
    parts.append(part)
    return (.attribute, Int32(plan.attributes.count + before + parts.count - 1), 0)
  }

  /// Computes a part that depends on constants and attributes only.
  static func value(of part: [Op], attribute: (Int) -> Double) -> Double {
    var stack: [Double] = []
    for op in part {
      switch op.code {
      case .constant: stack.append(op.constant)
      case .attribute: stack.append(attribute(Int(op.index)))
      default:
        guard let right = stack.popLast() else { return .nan }
        switch op.code {
        case .negate: stack.append(-right)
        case .absolute: stack.append(abs(right))
        case .floorLimit: stack.append(Arithmetic.limit(right, above: attribute(Int(op.index))))
        default: stack.append(Arithmetic.combine(op.code, stack.popLast() ?? .nan, right))
        }
      }
    }
    return stack.last ?? .nan
  }
}
