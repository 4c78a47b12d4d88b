/// Names and calls: signals, attributes, calendars, functions.
import Configuration
import EstateModel

extension Checker {
  mutating func checkName(_ name: String, _ range: TextRange) -> Checked {
    if name.hasPrefix("device.") { return checkAttribute(String(name.dropFirst(7)), range) }
    guard let (via, signal) = signal(name, range) else { return .invalid }
    switch Signal[signal].form {
    case .event:
      return fail("'\(name)' is an event: write count(\(name), 10min) or dwell(\(name))", range)
    case .state:
      let note = note(range, .number, isBoolean: true)
      emit(.leaf, taking: 0, index: leafIndex(Leaf(form: .latest, via: via, signal: signal)), note: note)
      return Checked(type: .boolean)
    case .measurement:
      return latest(Leaf(form: .latest, via: via, signal: signal), Signal[signal].unit, range)
    }
  }

  private mutating func latest(_ leaf: Leaf, _ unit: Unit, _ range: TextRange) -> Checked {
    let note = note(range, unit)
    emit(.leaf, taking: 0, index: leafIndex(leaf), note: note)
    return Checked(type: .number(unit.base), notes: [note])
  }

  private mutating func checkAttribute(_ name: String, _ range: TextRange) -> Checked {
    guard let attribute = Attribute.named(name) else {
      return fail("unknown attribute 'device.\(name)'\(near(name, Attribute.all.map(\.name)))", range)
    }
    let note = note(range, attribute.unit)
    emit(.attribute, taking: 0, index: attributeIndex(name), note: note)
    return Checked(type: .number(attribute.unit.base), notes: [note])
  }

  /// A signal's name, perhaps that of a neighbour. Problems are reported.
  func signal(_ name: String, _ range: TextRange) -> (via: Via, signal: SignalIndex)? {
    var via = Via.own
    var plain = name
    for (prefix, neighbour) in [("upstream.", Via.upstream), ("downstream.", .downstream)]
    where name.hasPrefix(prefix) {
      (via, plain) = (neighbour, String(name.dropFirst(prefix.count)))
    }
    let known = vocabulary.signals
    if let index = Signal.named(plain) {
      if known.contains(plain) { return (via, index) }
      fail("'\(plain)' is not reported by every device of '\(vocabulary.kindNames)'", range)
      return nil
    }
    var hint = near(plain, known)
    if let dash = plain.firstIndex(of: "-"), known.contains(String(plain[..<dash])) {
      hint = "; a minus needs blanks around it"
    }
    if hint.isEmpty, Functions.all.contains(plain) { hint = "; '\(plain)' is a function: write \(plain)(…)" }
    fail("unknown signal '\(plain.prefix(80))'\(hint)", range)
    return nil
  }

  mutating func checkCall(_ name: String, _ arguments: [Syntax], _ nameRange: TextRange, _ range: TextRange)
    -> Checked
  {
    switch name {
    case "abs":
      guard let value = exactly(1, arguments, "abs(value)", nameRange)?.first else { return .invalid }
      var checked = check(value)
      guard case .number = checked.type else { return expectNumber(checked, value) }
      emit(.absolute, taking: 1)
      checked.literal = nil
      return checked
    case "min", "max":
      if arguments.count == 1 { return checkNeighbours(name, arguments[0], nameRange, range) }
      if arguments.count == 2, isSignal(arguments[0]), case .number(_, let unit, _) = arguments[1],
        unit.dimension == .time
      {
        return checkWindow(name == "min" ? .min : .max, arguments, nameRange, range)
      }
      return checkExtreme(name, arguments, nameRange)
    case "corrected": return checkCorrected(arguments, nameRange, range)
    case "percentile": return checkPercentile(arguments, nameRange, range)
    case "time-to": return checkTimeTo(arguments, nameRange, range)
    case "count", "dwell": return checkEvents(name, arguments, nameRange, range)
    case "age": return checkAge(arguments, nameRange, range)
    case "overlap": return checkOverlap(arguments, nameRange, range)
    case "days": return checkDays(arguments, nameRange, range)
    case "steady": return checkSteady(arguments, nameRange, range)
    case "typical": return checkTypical(arguments, nameRange, range)
    case "deviation": return checkDeviation(arguments, nameRange, range)
    case "compensated": return checkCompensated(arguments, nameRange, range)
    case "share": return checkShare(arguments, nameRange, range)
    case "otherwise": return checkOtherwise(arguments, nameRange, range)
    case "during": return checkDuring(arguments, nameRange, range)
    default: break
    }
    if let function = WindowFunction(rawValue: name) {
      return checkWindow(function, arguments, nameRange, range)
    }
    return fail("unknown function '\(name.prefix(80))'\(near(name, Functions.all))", nameRange)
  }

  /// The arguments, when there are as many as there should be.
  func exactly(_ count: Int, _ arguments: [Syntax], _ usage: String, _ range: TextRange) -> [Syntax]? {
    if arguments.count == count { return arguments }
    fail("found \(Self.number(of: arguments)), expected \(usage)", range)
    return nil
  }

  static func number(of arguments: [Syntax]) -> String {
    arguments.count == 1 ? "1 argument" : "\(arguments.count) arguments"
  }

  func expectNumber(_ checked: Checked, _ syntax: Syntax) -> Checked {
    if case .boolean = checked.type { return fail("found yes or no, expected a number", syntax.range) }
    return .invalid
  }

  private func isSignal(_ syntax: Syntax) -> Bool {
    if case .name(let name, _) = syntax { return !name.hasPrefix("device.") }
    return false
  }

  /// A signal or event that a function is asked about.
  func signalArgument(_ syntax: Syntax, of usage: String) -> (via: Via, signal: SignalIndex)? {
    guard case .name(let name, let range) = syntax, !name.hasPrefix("device.") else {
      fail(
        "found '\(source.excerpt(syntax.range).prefix(60))', expected the name of a signal: \(usage)",
        syntax.range)
      return nil
    }
    return signal(name, range)
  }

  /// A window's length in milliseconds.
  func window(_ syntax: Syntax, of usage: String) -> Int64? {
    guard case .number(let value, let unit, _) = syntax, unit.dimension == .time else {
      fail(
        "found '\(source.excerpt(syntax.range).prefix(60))', expected a length of time such as 10min: \(usage)",
        syntax.range)
      return nil
    }
    let milliseconds = value * unit.scale * 1000
    guard milliseconds >= 1, milliseconds <= 400 * 86_400_000 else {
      fail("found \(Quantity(value, unit)), expected a window from 1 ms to 400 day", syntax.range)
      return nil
    }
    return Int64(milliseconds.rounded())
  }
}
