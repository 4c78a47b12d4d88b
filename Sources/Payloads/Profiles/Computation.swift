/// Signals that follow from others and from what the catalogue says of the device:
/// `level: {compute: device.mount-height - distance}`, `tilt: {compute: lean(tilt.x, tilt.y, tilt.z)}`.
import Configuration
import EstateModel

/// An expression over signals and device attributes, in postfix order, its dimensions checked.
struct Computation: Sendable {
  enum Step: Sendable {
    /// In base units.
    case number(Double)
    case attribute(String)
    case signal(SignalIndex)
    case add, subtract, multiply, divide
    /// Takes three angles; a third that isn't measured is NaN.
    case lean
  }

  var steps: [Step]
  var dimension: Dimension
  /// Deepest stack that it needs.
  static let maximumDepth = 16
}

struct ComputedSource: Sendable {
  var signal: SignalIndex
  var computation: Computation
}

/// `a + b * (c - 2)`. A minus between blanks is one; without blanks it belongs to a name, as in `mount-height`.
struct ComputationParser {
  struct Problem: Error { var text: String }

  private static let marks = "()*/+,"
  private var tokens: [Substring]
  private var position = 0
  private var depth = 0

  static func parse(_ text: String) throws(Problem) -> Computation {
    var parser = ComputationParser(tokens: tokens(of: text))
    let result = try parser.sum()
    guard parser.position == parser.tokens.count else {
      throw Problem(text: "unexpected '\(parser.tokens[parser.position])'")
    }
    guard result.steps.count <= 64 else { throw Problem(text: "the expression is too long") }
    return result
  }

  private static func tokens(of text: String) -> [Substring] {
    text.split(separator: " ").flatMap { word -> [Substring] in
      var parts: [Substring] = []
      var rest = word
      while let first = rest.first, Self.marks.contains(first) {
        parts.append(rest.prefix(1))
        rest = rest.dropFirst()
      }
      if let end = rest.firstIndex(where: Self.marks.contains) {
        parts.append(rest[..<end])
        return parts + tokens(of: String(rest[end...]))
      }
      return rest.isEmpty ? parts : parts + [rest]
    }
  }

  private mutating func next(_ allowed: String...) -> Substring? {
    guard position < tokens.count, allowed.contains(where: { $0 == tokens[position] }) else { return nil }
    defer { position += 1 }
    return tokens[position]
  }

  private mutating func sum() throws(Problem) -> Computation {
    var left = try product()
    while let sign = next("+", "-") {
      let right = try product()
      guard left.dimension == right.dimension else {
        throw Problem(text: "the two sides of '\(sign)' measure different things")
      }
      left.steps += right.steps + [sign == "+" ? .add : .subtract]
    }
    return left
  }

  private mutating func product() throws(Problem) -> Computation {
    var left = try factor()
    while let sign = next("*", "/") {
      let right = try factor()
      left.dimension = sign == "*" ? left.dimension * right.dimension : left.dimension / right.dimension
      left.steps += right.steps + [sign == "*" ? .multiply : .divide]
    }
    return left
  }

  private mutating func factor() throws(Problem) -> Computation {
    guard position < tokens.count else { throw Problem(text: "the expression ends too early") }
    let token = tokens[position]
    position += 1
    if token == "(" {
      depth += 1
      defer { depth -= 1 }
      guard depth < Computation.maximumDepth else { throw Problem(text: "too many brackets") }
      let inner = try sum()
      guard next(")") != nil else { throw Problem(text: "')' is missing") }
      return inner
    }
    if token == "lean" { return try lean() }
    if token.hasPrefix("device.") {
      let name = String(token.dropFirst(7))
      guard let attribute = Attribute.named(name) else {
        throw Problem(
          text: "unknown device attribute '\(name)'\(suggestion(for: name, in: Attribute.all.map(\.name)))")
      }
      return Computation(steps: [.attribute(name)], dimension: attribute.unit.dimension)
    }
    if let signal = Signal.named(String(token)) {
      return Computation(steps: [.signal(signal)], dimension: Signal[signal].unit.dimension)
    }
    guard let quantity = Quantity(token) else {
      throw Problem(text: "unknown '\(token)'\(suggestion(for: String(token), in: Signal.all.map(\.name)))")
    }
    return Computation(steps: [.number(quantity.base)], dimension: quantity.unit.dimension)
  }
}

extension ComputationParser {
  /// `lean(tilt.x, tilt.y)`, or all three axes.
  private mutating func lean() throws(Problem) -> Computation {
    guard next("(") != nil else { throw Problem(text: "'(' is missing after 'lean'") }
    var axes: [Computation] = []
    repeat { axes.append(try sum()) } while next(",") != nil
    guard next(")") != nil else { throw Problem(text: "')' is missing") }
    guard (2...3).contains(axes.count) else {
      throw Problem(text: "'lean' takes the angles of two or three axes")
    }
    guard axes.allSatisfy({ $0.dimension == Unit.degree.dimension }) else {
      throw Problem(text: "'lean' takes angles")
    }
    if axes.count == 2 { axes.append(Computation(steps: [.number(.nan)], dimension: Unit.degree.dimension)) }
    return Computation(steps: axes.flatMap(\.steps) + [.lean], dimension: Unit.degree.dimension)
  }
}

/// An expression ready for messages: attributes by their column, signals with their scale.
struct ComputationPlan {
  private enum Step {
    case number(Double)
    case attribute(Int)
    case signal(SignalIndex, scale: Double)
    case add, subtract, multiply, divide
    /// With the columns of ``Lean/attributes``.
    case lean([Int])
  }

  let signal: SignalIndex
  /// Signals that it needs.
  let inputs: [SignalIndex]
  private let scale: Double
  private let steps: [Step]

  init(_ source: ComputedSource, attributes: inout [String]) {
    signal = source.signal
    scale = Signal[source.signal].unit.scale
    func column(_ name: String) -> Int {
      if let column = attributes.firstIndex(of: name) { return column }
      attributes.append(name)
      return attributes.count - 1
    }
    steps = source.computation.steps.map { step in
      switch step {
      case .number(let value): return .number(value)
      case .signal(let signal): return .signal(signal, scale: Signal[signal].unit.scale)
      case .attribute(let name): return .attribute(column(name))
      case .add: return .add
      case .subtract: return .subtract
      case .multiply: return .multiply
      case .divide: return .divide
      case .lean: return .lean(Lean.attributes.map(column))
      }
    }
    inputs = source.computation.steps.compactMap { if case .signal(let signal) = $0 { signal } else { nil } }
  }

  /// Whether the catalogue says of the device what is needed.
  func isKnown(attribute: (Int) -> Double) -> Bool {
    steps.allSatisfy { step in
      switch step {
      case .attribute(let column): !attribute(column).isNaN
      case .lean(let columns): columns.contains { !attribute($0).isNaN }
      default: true
      }
    }
  }

  /// - Parameters:
  ///   - attribute: by column, in base units; NaN where the catalogue says nothing.
  ///   - value: of a signal, in its unit; NaN where it isn't known.
  /// - Returns: in the signal's unit; NaN when something is missing.
  func callAsFunction(attribute: (Int) -> Double, value: (SignalIndex) -> Double) -> Double {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: steps.count + 1) { stack in
      var top = 0
      for step in steps {
        switch step {
        case .number(let number): stack[top] = number
        case .attribute(let column): stack[top] = attribute(column)
        case .signal(let signal, let scale): stack[top] = value(signal) * scale
        case .add: top -= 2; stack[top] += stack[top + 1]
        case .subtract: top -= 2; stack[top] -= stack[top + 1]
        case .multiply: top -= 2; stack[top] *= stack[top + 1]
        case .divide: top -= 2; stack[top] /= stack[top + 1]
        case .lean(let columns):
          top -= 3
          stack[top] = Lean(columns.map(attribute))?(stack[top], stack[top + 1], stack[top + 2]) ?? .nan
        }
        top += 1
      }
      return stack[0] / scale
    }
  }
}
