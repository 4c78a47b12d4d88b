/// Readings as a rule test writes them: `38 x600, silent 20min, 26..40 over 10min, (45 x15, 26 x165) x20, 26`.
import EstateModel

/// One signal's values over time.
struct SeriesText: Sendable {
  indirect enum Part: Sendable {
    /// Readings whose value runs evenly from `from` to `to`, which the next part would begin with.
    case values(from: Double, to: Double, span: Span, every: Int64?, late: Int64)
    case fault(span: Span, every: Int64?)
    case silence(Span)
    case group([Part], times: Int)
  }

  enum Span: Sendable {
    case count(Int)
    case milliseconds(Int64)
    /// To the end of the test.
    case rest
  }

  private let parts: [Part]

  /// - Parameter signal: its unit is that of numbers without one.
  init(_ text: String, signal: Signal) throws(TextProblem) {
    var parser = Parser(scanner: TextScanner(text), signal: signal)
    parts = try parser.series(isTop: true)
  }

  private struct Parser {
    var scanner: TextScanner
    let signal: Signal

    init(scanner: TextScanner, signal: Signal) { (self.scanner, self.signal) = (scanner, signal) }

    private var depth = 0

    mutating func series(isTop: Bool) throws(TextProblem) -> [Part] {
      guard depth < 32 else {
        throw TextProblem(message: "parentheses nested deeper than 32", offset: scanner.position)
      }
      depth += 1
      defer { depth -= 1 }
      var parts: [Part] = []
      repeat {
        parts.append(try part(isTop: isTop))
      } while scanner.take(",")
      scanner.skipBlanks()
      if isTop, !scanner.isAtEnd { throw unexpected("',' and the next values") }
      return parts
    }

    private func unexpected(_ expected: String) -> TextProblem {
      let found = scanner.rest()
      return TextProblem(
        message: found.isEmpty
          ? "the text ends, expected \(expected)" : "found '\(found)', expected \(expected)",
        offset: scanner.position)
    }

    private mutating func part(isTop: Bool) throws(TextProblem) -> Part {
      if scanner.take("(") {
        let parts = try series(isTop: false)
        guard scanner.take(")") else { throw unexpected("')'") }
        return .group(parts, times: try scanner.takeCount() ?? 1)
      }
      if scanner.take("_") || scanner.take(word: "silent") {
        if let count = try scanner.takeCount() { return .silence(.count(count)) }
        _ = scanner.take(word: "for")
        if let duration = try scanner.takeDuration() { return .silence(.milliseconds(duration.milliseconds)) }
        return .silence(isLast(isTop) ? .rest : .count(1))
      }
      if scanner.take(word: "fault") {
        let span = try span(isTop)
        return .fault(span: span, every: try suffix("every"))
      }
      let from = try value()
      let to = scanner.take("..") ? try value() : from
      let span = try span(isTop)
      let every = try suffix("every")
      return .values(from: from, to: to, span: span, every: every, late: try suffix("late") ?? 0)
    }

    private mutating func span(_ isTop: Bool) throws(TextProblem) -> Span {
      if let count = try scanner.takeCount() { return .count(count) }
      for word in ["for", "over"] where scanner.take(word: word) {
        return .milliseconds(try scanner.requireDuration(word))
      }
      return isLast(isTop) ? .rest : .count(1)
    }

    private func isLast(_ isTop: Bool) -> Bool {
      var rest = scanner
      rest.skipBlanks()
      return isTop && rest.isAtEnd
    }

    private mutating func suffix(_ word: String) throws(TextProblem) -> Int64? {
      scanner.take(word: word) ? try scanner.requireDuration(word) : nil
    }

    private mutating func value() throws(TextProblem) -> Double {
      let states = ["yes": 1.0, "on": 1, "true": 1, "no": 0, "off": 0, "false": 0]
      if let state = states[scanner.peekWord()] {
        _ = scanner.take(word: scanner.peekWord())
        return state
      }
      let start = scanner.position
      guard let number = try scanner.takeNumber() else {
        throw unexpected("a value, 'silent', 'fault' or '('")
      }
      guard let unit = scanner.takeUnit() else { return number }
      guard unit.dimension == signal.unit.dimension else {
        throw TextProblem(
          message: "found a value in \(unit), expected \(signal.unit) for '\(signal.name)'", offset: start)
      }
      return number * unit.scale / signal.unit.scale
    }
  }

  /// One reading: milliseconds from the series' beginning, the value (NaN: a fault), how late it comes.
  typealias Sample = (time: Int64, value: Double, late: Int64)

  /// The readings in order.
  /// - Parameters:
  ///   - interval: of the device, milliseconds.
  ///   - length: readings later than this are left out, milliseconds.
  ///   - body: false ends it.
  func samples(interval: Int64, length: Int64, _ body: (Sample) -> Bool) {
    var time: Int64 = 0
    var isOver = false
    play(parts, interval: max(1, interval), length: length, &time) { sample in
      if !isOver { isOver = !body(sample) }
      return !isOver
    }
  }

  private func play(
    _ parts: [Part], interval: Int64, length: Int64, _ time: inout Int64, _ body: (Sample) -> Bool
  ) {
    for part in parts where time <= length {
      switch part {
      case .values(let from, let to, let span, let every, let late):
        run(span, every ?? interval, length, &time) { position, share in
          body((position, from + (to - from) * share, late))
        }
      case .fault(let span, let every):
        run(span, every ?? interval, length, &time) { position, _ in body((position, .nan, 0)) }
      case .silence(.count(let count)): time += Int64(count) * interval
      case .silence(.milliseconds(let duration)): time += duration
      case .silence(.rest): time = length + 1
      case .group(let inner, let times):
        for _ in 0..<times where time <= length {
          let before = time
          play(inner, interval: interval, length: length, &time, body)
          if time == before { break }
        }
      }
    }
  }

  private func run(
    _ span: Span, _ every: Int64, _ length: Int64, _ time: inout Int64,
    _ body: (_ time: Int64, _ share: Double) -> Bool
  ) {
    let every = max(1, every)
    let total: Int64
    switch span {
    case .count(let count): total = Int64(count) * every
    case .milliseconds(let duration): total = duration
    case .rest: total = max(1, length - time + 1)
    }
    var passed: Int64 = 0
    while passed < total, time + passed <= length {
      if !body(time + passed, Double(passed) / Double(total)) {
        time = length + 1
        return
      }
      passed += every
    }
    time += total
  }
}
