/// Events as a rule test writes them: `at 30min for 7min every 5s`, `at 45s for 15s x60 each 3min`.
import EstateModel

/// Visits, trips, knocks: things that begin, last and end.
struct VisitText: Sendable {
  struct Visit: Sendable {
    /// Milliseconds after the test's start.
    var at: Int64
    var duration: Int64
    /// Milliseconds between two messages while it lasts.
    var every: Int64
    /// Outside the zones that count.
    var isOutside: Bool
    /// Its last message never comes.
    var isOpen: Bool
  }

  let visits: [Visit]

  /// How often a camera tells of a visit when nothing else is said, in milliseconds.
  static let usualInterval: Int64 = 5000

  /// More messages than this are refused.
  private static let most: Int64 = 2_000_000

  init(_ text: String, clock: TestClock) throws(TextProblem) {
    var scanner = TextScanner(text)
    var visits: [Visit] = []
    var total: Int64 = 0
    repeat {
      guard scanner.take(word: "at") else {
        throw TextProblem(
          message: "found '\(scanner.rest())', expected 'at' and when it begins", offset: scanner.position)
      }
      let first = try clock.time(&scanner).lowerBound
      var visit = Visit(at: first, duration: 0, every: Self.usualInterval, isOutside: false, isOpen: false)
      if scanner.take(word: "for") { visit.duration = try scanner.requireDuration("for") }
      if scanner.take(word: "every") { visit.every = max(1, try scanner.requireDuration("every")) }
      var count = 1
      var distance: Int64 = 0
      if let times = try scanner.takeCount() {
        guard scanner.take(word: "each") else {
          throw TextProblem(
            message: "found '\(scanner.rest())', expected 'each' and the time from one to the next",
            offset: scanner.position)
        }
        (count, distance) = (times, try scanner.requireDuration("each"))
      }
      while true {
        if scanner.take(word: "outside") {
          visit.isOutside = true
        } else if scanner.take(word: "open") {
          visit.isOpen = true
        } else {
          break
        }
      }
      let messages = (visit.duration / visit.every + 2) * Int64(count)
      total += messages
      guard total <= Self.most else {
        throw TextProblem(message: "more than \(Self.most) messages", offset: 0)
      }
      for number in 0..<count {
        visit.at = first + Int64(number) * distance
        visits.append(visit)
      }
    } while scanner.take(",")
    scanner.skipBlanks()
    guard scanner.isAtEnd else {
      throw TextProblem(
        message:
          "found '\(scanner.rest())', expected for, every, x… each, outside, open, or ',' and the next event",
        offset: scanner.position)
    }
    self.visits = visits
  }

  /// Every message of every visit.
  /// - Parameter body: milliseconds after the test's start, seconds that it has lasted, marks, quality, the visit's
  ///   number from 1.
  func messages(_ body: (Int64, Double, ReadingMarks, Quality, UInt64) -> Void) {
    for (number, visit) in visits.enumerated() {
      let quality: Quality = visit.isOutside ? .outsideZone : .good
      var passed: Int64 = 0
      while passed < visit.duration || passed == 0 {
        body(
          visit.at + passed, Double(passed) / 1000, passed == 0 ? .begin : [], quality, UInt64(number) + 1)
        passed += visit.every
      }
      if !visit.isOpen {
        body(visit.at + visit.duration, Double(visit.duration) / 1000, .end, quality, UInt64(number) + 1)
      }
    }
  }
}
