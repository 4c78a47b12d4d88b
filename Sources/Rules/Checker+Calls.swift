/// The functions one by one.
import Configuration
import EstateModel

extension Checker {
  /// `max(upstream.level)`: the highest of several neighbours.
  mutating func checkNeighbours(
    _ name: String, _ argument: Syntax, _ nameRange: TextRange, _ range: TextRange
  )
    -> Checked
  {
    guard case .name(let text, let at) = argument, let (via, signal) = signal(text, at) else {
      if case .name = argument { return .invalid }
      return fail("found 1 argument, expected \(name)(signal, window) or \(name)(a, b)", nameRange)
    }
    guard via != .own, Signal[signal].form == .measurement else {
      return fail(
        "found 1 argument, expected \(name)(\(text), window) or \(name)(upstream.\(text))", nameRange)
    }
    let unit = Signal[signal].unit
    let note = note(range, unit)
    let leaf = Leaf(form: .latest, via: via, signal: signal, takesLowest: name == "min")
    emit(.leaf, taking: 0, index: leafIndex(leaf), note: note)
    return Checked(type: .number(unit.base), notes: [note])
  }

  /// `max(a, b)` of plain values.
  mutating func checkExtreme(_ name: String, _ arguments: [Syntax], _ nameRange: TextRange) -> Checked {
    guard let first = arguments.first else {
      return fail("found no arguments, expected \(name)(signal, window) or \(name)(a, b)", nameRange)
    }
    let checked = check(first)
    guard case .number(let unit) = checked.type else { return expectNumber(checked, first) }
    for argument in arguments.dropFirst() {
      let next = check(argument)
      guard case .number(let other) = next.type else { return expectNumber(next, argument) }
      guard other.dimension == unit.dimension else {
        return fail(
          "\(name) found \(checked.type.name) and \(next.type.name), expected the same unit", argument.range)
      }
      emit(name == "min" ? .smaller : .larger, taking: 2)
    }
    return Checked(type: .number(unit.base))
  }

  mutating func checkWindow(
    _ function: WindowFunction, _ arguments: [Syntax], _ nameRange: TextRange, _ range: TextRange
  ) -> Checked {
    let usage = "\(function.rawValue)(signal, window)"
    if arguments.count == 2, case .call("compensated", let pair, let name, _) = arguments[0] {
      guard Self.compensable.contains(function) else {
        let names = Self.compensable.map(\.rawValue).joined(separator: ", ")
        return fail("\(function.rawValue) can't be taken of a compensated signal; \(names) can", nameRange)
      }
      guard let length = window(arguments[1], of: usage) else { return .invalid }
      return checkCompensated(pair, name, range, in: function, length)
    }
    guard let pair = exactly(2, arguments, usage, nameRange),
      let (via, signal) = signalArgument(pair[0], of: usage), let length = window(pair[1], of: usage)
    else { return .invalid }
    let described = Signal[signal]
    if described.form == .event {
      return fail("'\(described.name)' is an event, expected a measured signal", pair[0].range)
    }
    if function == .leq, !described.unit.dimension.isSoundLevel {
      return fail("leq found \(described.unit), expected a sound level such as dBA", pair[0].range)
    }
    let leaf = Leaf(
      form: function.form, via: via, signal: signal, window: length, takesLowest: function == .min)
    windows.append((leaf, source.location(pair[1].range.lowerBound), nil))
    let isBoolean = function == .stuck
    let note = note(range, function.readableUnit(of: described.unit), isBoolean: isBoolean)
    emit(.leaf, taking: 0, index: leafIndex(leaf), note: note)
    return Checked(
      type: isBoolean ? .boolean : .number(function.unit(of: described.unit.base)), notes: [note],
      isGuard: function == .samples || function == .coverage)
  }

  mutating func checkCorrected(_ arguments: [Syntax], _ nameRange: TextRange, _ range: TextRange) -> Checked {
    guard let pair = exactly(2, arguments, "corrected(level, background)", nameRange) else { return .invalid }
    let level = check(pair[0])
    let background = check(pair[1])
    guard case .number(let unit) = level.type else { return expectNumber(level, pair[0]) }
    guard case .number(let other) = background.type else { return expectNumber(background, pair[1]) }
    guard unit.dimension.isSoundLevel else {
      return fail("corrected found \(level.type.name), expected a sound level such as dBA", pair[0].range)
    }
    guard unit.dimension == other.dimension else {
      return fail(
        "corrected found \(level.type.name) and \(background.type.name), expected the same unit",
        pair[1].range)
    }
    let note = note(range, unit)
    emit(.corrected, taking: 2, note: note)
    return Checked(type: .number(unit), notes: [note], isCorrected: true)
  }

  mutating func checkPercentile(_ arguments: [Syntax], _ nameRange: TextRange, _ range: TextRange) -> Checked
  {
    let usage = "percentile(signal, window, share)"
    guard let parts = exactly(3, arguments, usage, nameRange),
      let (via, signal) = signalArgument(parts[0], of: usage), let length = window(parts[1], of: usage)
    else { return .invalid }
    guard case .number(let value, let unit, _) = parts[2], unit.dimension == .none,
      (0...1).contains(value * unit.scale)
    else { return fail("expected a share from 0% to 100%: \(usage)", parts[2].range) }
    let described = Signal[signal]
    if described.form == .event {
      return fail("'\(described.name)' is an event, expected a measured signal", parts[0].range)
    }
    let leaf = Leaf(
      form: .percentile, via: via, signal: signal, window: length, parameter: value * unit.scale)
    windows.append((leaf, source.location(parts[1].range.lowerBound), nil))
    let note = note(range, described.unit)
    emit(.leaf, taking: 0, index: leafIndex(leaf), note: note)
    return Checked(type: .number(described.unit.base), notes: [note])
  }

  mutating func checkTimeTo(_ arguments: [Syntax], _ nameRange: TextRange, _ range: TextRange) -> Checked {
    let usage = "time-to(signal, value, window)"
    guard let parts = exactly(3, arguments, usage, nameRange),
      let (via, signal) = signalArgument(parts[0], of: usage), let length = window(parts[2], of: usage)
    else { return .invalid }
    let described = Signal[signal]
    if described.form == .event {
      return fail("'\(described.name)' is an event, expected a measured signal", parts[0].range)
    }
    let target = check(parts[1])
    guard case .number(let unit) = target.type else { return expectNumber(target, parts[1]) }
    guard unit.dimension == described.unit.dimension else {
      return fail(
        "time-to found a value in \(target.type.name), expected \(described.unit) as of '\(described.name)'",
        parts[1].range)
    }
    let leaf = Leaf(form: .timeTo, via: via, signal: signal, window: length, takesLowest: true)
    windows.append((leaf, source.location(parts[2].range.lowerBound), nil))
    let note = note(range, Unit("min", .time, scale: 60))
    emit(.aimed, taking: 1, index: leafIndex(leaf), note: note)
    return Checked(type: .number(.second), notes: [note])
  }

  /// `count(event, window)` and `dwell(event)`.
  mutating func checkEvents(_ name: String, _ arguments: [Syntax], _ nameRange: TextRange, _ range: TextRange)
    -> Checked
  {
    let isCount = name == "count"
    if isCount, arguments.count == 3 { return checkCountBeyond(arguments, nameRange, range) }
    let usage = isCount ? "count(event, window)" : "dwell(event)"
    guard let parts = exactly(isCount ? 2 : 1, arguments, usage, nameRange),
      let (via, signal) = signalArgument(parts[0], of: usage)
    else { return .invalid }
    guard Signal[signal].form == .event else {
      return fail(
        "'\(Signal[signal].name)' is not an event\(isCount ? "; its readings are counted by samples" : "")",
        parts[0].range)
    }
    var leaf = Leaf(form: isCount ? .count : .dwell, via: via, signal: signal)
    if isCount {
      guard let length = window(parts[1], of: usage) else { return .invalid }
      leaf.window = length
    }
    let unit = isCount ? Unit.number : .second
    let note = note(range, unit)
    emit(.leaf, taking: 0, index: leafIndex(leaf), note: note)
    return Checked(type: .number(unit), notes: [note])
  }

  mutating func checkAge(_ arguments: [Syntax], _ nameRange: TextRange, _ range: TextRange) -> Checked {
    let usage = "age(signal) or age(any)"
    guard let parts = exactly(1, arguments, usage, nameRange) else { return .invalid }
    var leaf = Leaf(form: .ageAny)
    if case .name("any", _) = parts[0] {
    } else {
      guard let (via, signal) = signalArgument(parts[0], of: usage) else { return .invalid }
      leaf = Leaf(form: .age, via: via, signal: signal)
    }
    let note = note(range, Unit("min", .time, scale: 60))
    emit(.leaf, taking: 0, index: leafIndex(leaf), note: note)
    return Checked(type: .number(.second), notes: [note])
  }

  /// `during(night)`, or `during(night, 15min)`: all of the last 15 minutes.
  mutating func checkDuring(_ arguments: [Syntax], _ nameRange: TextRange, _ range: TextRange) -> Checked {
    let usage = "during(calendar) or during(calendar, window)"
    guard (1...2).contains(arguments.count), case .name(let name, let at) = arguments[0] else {
      return fail("found \(Self.number(of: arguments)), expected \(usage)", nameRange)
    }
    guard vocabulary.calendars.contains(name) else {
      return fail("unknown calendar '\(name.prefix(80))'\(near(name, vocabulary.calendars))", at)
    }
    var leaf = Leaf(form: .during, calendar: name)
    if arguments.count == 2 {
      guard let length = window(arguments[1], of: usage) else { return .invalid }
      leaf.window = length
    }
    let note = note(range, .number, isBoolean: true)
    emit(.leaf, taking: 0, index: leafIndex(leaf), note: note)
    return Checked(type: .boolean, notes: [note])
  }
}
