/// Times in a rule test: `34min` after its start, `22:45` by the estate's clock, `2026-03-11 22:45`, and spans of them.
import EstateModel
import Foundation

public struct TestClock: Sendable {
  let start: Timestamp
  let timeZone: TimeZone

  /// `22:45`, `34min`, `22:44 .. 22:46`. A time without seconds stands for its whole minute.
  /// - Returns: milliseconds after the start, both ends included.
  func span(_ text: String) throws(TextProblem) -> ClosedRange<Int64> {
    var scanner = TextScanner(text)
    let first = try time(&scanner)
    let last = scanner.take("..") ? try time(&scanner) : first
    scanner.skipBlanks()
    guard scanner.isAtEnd else {
      throw TextProblem(message: "found '\(scanner.rest())' behind the time", offset: scanner.position)
    }
    guard first.lowerBound <= last.upperBound else {
      throw TextProblem(message: "the span ends before it begins", offset: 0)
    }
    return first.lowerBound...last.upperBound
  }

  func time(_ scanner: inout TextScanner) throws(TextProblem) -> ClosedRange<Int64> {
    scanner.skipBlanks()
    let offset = scanner.position
    if let local = localTime(&scanner) {
      let time = local.date ?? firstOccurrence(of: local.secondOfDay)
      guard let time else { throw TextProblem(message: "there is no such time", offset: offset) }
      return span(time - start, hasSeconds: local.hasSeconds)
    }
    guard let duration = try scanner.takeDuration() else {
      throw TextProblem(
        message: "found '\(scanner.rest())', expected a time such as 22:45, 34min or 2026-03-11 22:45",
        offset: offset)
    }
    return span(duration.milliseconds, hasSeconds: duration.hasSeconds)
  }

  private func span(_ time: Int64, hasSeconds: Bool) -> ClosedRange<Int64> {
    hasSeconds ? time...time + 999 : time...time + 59_999
  }

  private struct LocalTime {
    var date: Timestamp?
    var secondOfDay: Int
    var hasSeconds: Bool
  }

  /// `22:45`, `22:45:10`, either after a date; nil, with nothing taken, for anything else.
  private func localTime(_ scanner: inout TextScanner) -> LocalTime? {
    var ahead = scanner
    var day: String?
    let first = ahead.takeWhile { $0.isNumber || $0 == "-" || $0 == ":" || $0 == "T" }
    var text = first
    if first.split(separator: "-").count == 3 {
      day = String(first.prefix(10))
      text = String(first.dropFirst(11))
      if text.isEmpty {
        ahead.skipBlanks()
        text = ahead.takeWhile { $0.isNumber || $0 == ":" }
      }
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
    guard parts.count == 2 || parts.count == 3, (0..<24).contains(parts[0]),
      parts.dropFirst().allSatisfy({ (0..<60).contains($0) })
    else { return nil }
    let second = parts[0] * 3600 + parts[1] * 60 + (parts.count == 3 ? parts[2] : 0)
    var date: Timestamp?
    if let day {
      guard let midnight = Timestamp(rfc3339: day + "T00:00:00Z") else { return nil }
      date = Self.local(midnight, second, timeZone)
    }
    scanner = ahead
    return LocalTime(date: date, secondOfDay: second, hasSeconds: parts.count == 3)
  }

  private func firstOccurrence(of second: Int) -> Timestamp? {
    let local = start + Int64(timeZone.secondsFromGMT(for: start.date)) * 1000
    let midnight = local - (local.milliseconds % 86_400_000 + 86_400_000) % 86_400_000
    for day in 0...1 {
      let time = Self.local(midnight + Int64(day) * 86_400_000, second, timeZone)
      if time >= start { return time }
    }
    return nil
  }

  /// - Parameter midnight: of the local day, as if the zone were GMT.
  private static func local(_ midnight: Timestamp, _ second: Int, _ zone: TimeZone) -> Timestamp {
    let wall = midnight + Int64(second) * 1000
    let guess = wall - Int64(zone.secondsFromGMT(for: wall.date)) * 1000
    return wall - Int64(zone.secondsFromGMT(for: guess.date)) * 1000
  }

  /// A test's start: RFC 3339, or local time such as `2026-03-10 21:00`.
  static func start(_ text: String, in zone: TimeZone) -> Timestamp? {
    if let time = Timestamp(rfc3339: text) { return time }
    let padded = text.split(separator: ":").count == 2 ? text + ":00Z" : text + "Z"
    return Timestamp(rfc3339: padded).map { local($0, 0, zone) }
  }

  /// `22:45:00 (+1h45min)`, with the date where the test lasts longer than a day.
  func text(_ time: Int64, withDate: Bool = false) -> String {
    let whole = Timestamp(milliseconds: time).formatted(in: timeZone)
    let clock = whole.dropFirst(11).prefix(8)
    return (withDate ? whole.prefix(10) + " " : "") + clock + " (\(Self.offset(time - start.milliseconds)))"
  }

  /// `+1h45min`, `-2h`.
  static func offset(_ milliseconds: Int64) -> String {
    (milliseconds < 0 ? "-" : "+") + duration(abs(milliseconds))
  }

  /// `1h45min`, `34min10s`, `0min`.
  public static func duration(_ milliseconds: Int64) -> String {
    var rest = milliseconds
    var text = ""
    for (size, unit) in [(86_400_000, "day"), (3_600_000, "h"), (60_000, "min"), (1000, "s"), (1, "ms")]
      as [(Int64, String)]
    where rest >= size {
      text += "\(rest / size)\(unit)"
      rest %= size
    }
    return text.isEmpty ? "0min" : text
  }
}
