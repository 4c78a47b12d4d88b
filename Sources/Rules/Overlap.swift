/// `overlap(event, event, window)`: the share of the first's time that the second also held. The first may be readings
/// beyond a limit: `overlap(laeq > 35 dBA, trip, 15min)`.
import Configuration
import EstateModel

extension Checker {
  mutating func checkOverlap(_ arguments: [Syntax], _ nameRange: TextRange, _ range: TextRange) -> Checked {
    let usage = "overlap(event, event, window), where the first may be 'signal > limit'"
    guard let parts = exactly(3, arguments, usage, nameRange),
      let second = ownEvent(parts[1], of: usage), let length = window(parts[2], of: usage)
    else { return .invalid }
    var leaf = Leaf(form: .overlap, second: second, window: length)
    var code = OpCode.leaf
    if case .binary = parts[0] {
      guard limit(parts[0], into: \.signal, of: &leaf, usage) else { return .invalid }
      windows.append((leaf, source.location(parts[2].range.lowerBound), nil))
      code = .aimed
    } else {
      guard let first = ownEvent(parts[0], of: usage) else { return .invalid }
      leaf.signal = first
    }
    let note = note(range, .percent)
    emit(code, taking: code == .aimed ? 1 : 0, index: leafIndex(leaf), note: note)
    return Checked(type: .number(.number), notes: [note])
  }

  /// An event of the subject itself.
  func ownEvent(_ syntax: Syntax, of usage: String) -> SignalIndex? {
    guard let (via, signal) = signalArgument(syntax, of: usage) else { return nil }
    guard via == .own, Signal[signal].form == .event else {
      fail(
        "found '\(source.excerpt(syntax.range).prefix(60))', expected an event of the device itself: \(usage)",
        syntax.range)
      return nil
    }
    return signal
  }

  /// `signal > limit`: puts the limit on the stack. - Returns: false when it can't be; that has been reported.
  mutating func limit(
    _ syntax: Syntax, into part: WritableKeyPath<Leaf, SignalIndex?>, of leaf: inout Leaf, _ usage: String
  ) -> Bool {
    let codes: [String: OpCode] = ["<": .less, "<=": .lessEqual, ">": .greater, ">=": .greaterEqual]
    guard case .binary(let sign, let left, let right, let signRange, _) = syntax, let code = codes[sign]
    else {
      fail(
        "found '\(source.excerpt(syntax.range).prefix(60))', expected 'signal > limit': \(usage)",
        syntax.range)
      return false
    }
    guard let (via, signal) = signalArgument(left, of: usage) else { return false }
    let described = Signal[signal]
    guard via == .own, described.form == .measurement else {
      fail("expected a measured signal of the device itself: \(usage)", left.range)
      return false
    }
    let checked = check(right)
    guard case .number(let unit) = checked.type else {
      _ = expectNumber(checked, right)
      return false
    }
    guard unit.dimension == described.unit.dimension else {
      fail("'\(sign)' compares \(described.unit) with \(checked.type.name)", signRange)
      return false
    }
    leaf[keyPath: part] = signal
    leaf.comparison = code
    return true
  }
}

extension RuleEngine {
  /// Goes through what the window holds of both; put cheaper conditions before it.
  func overlap(_ pair: (Target, Target), _ leaf: BoundLeaf, at now: Int64, aim: Double) -> Glimpse {
    let (first, second) = pair
    let known = eventsAreKnown(Int(second.index), at: now)
    guard known.are else { return Glimpse(value: .nan, until: known.until) }
    let window = Span(start: now - questions[Int(leaf.question)].window, end: now)
    let events = VisitSpans(tracks[Int(second.index)], within: window)
    let share: Double
    if first.window >= 0 {
      guard !aim.isNaN else { return .nothing }
      let ring = series[Int(first.index)].ring
      share = ReadingSpans.share(of: ReadingSpans(ring, within: window, leaf.comparison, aim), in: events)
    } else {
      share = VisitSpans.share(of: VisitSpans(tracks[Int(first.index)], within: window), in: events)
    }
    // Without the first in the window only a message can change that.
    return Glimpse(value: share, until: share.isNaN ? known.until : now)
  }
}
