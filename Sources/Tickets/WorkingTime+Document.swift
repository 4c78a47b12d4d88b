/// Reads `working-time:` and terms such as `2 working days` from `config/routing.yaml`.
import Configuration
import EstateModel

extension WorkingTime {
  private enum Weekday: String, CaseIterable { case mon, tue, wed, thu, fri, sat, sun }

  init?(_ node: Node, _ diagnostics: Diagnostics) {
    guard let fields = Fields(node, of: "working-time", diagnostics: diagnostics) else { return nil }
    let days = fields.list("days").compactMap { $0.choice(Weekday.self, diagnostics) }
    let hours = fields.list("hours").compactMap { Self.hours($0, diagnostics) }
    let holidays = fields.list("holidays").flatMap { Self.days($0, diagnostics) }
    let workdays = fields.list("working-days").flatMap { Self.days($0, diagnostics) }
    fields.finish()
    if days.isEmpty { diagnostics.error("working-time names no days", at: fields.keyLocation("days")) }
    if hours.isEmpty { diagnostics.error("working-time names no hours", at: fields.keyLocation("hours")) }
    for (first, second) in zip(hours, hours.dropFirst()) where first.upperBound > second.lowerBound {
      diagnostics.error("hours overlap, or stand in the wrong order", at: fields.keyLocation("hours"))
    }
    guard !days.isEmpty, !hours.isEmpty else { return nil }
    self.init(
      weekdays: Set(days.compactMap { Weekday.allCases.firstIndex(of: $0) }), hours: hours,
      holidays: Set(holidays).subtracting(workdays), workdays: Set(workdays))
  }

  private static func hours(_ node: Node, _ diagnostics: Diagnostics) -> Range<Int>? {
    guard let text = node.text(diagnostics) else { return nil }
    let ends = text.split(separator: "-").map { part -> Int? in
      let numbers = part.split(separator: ":").map { Int($0) }
      guard numbers.count == 2, let hour = numbers[0], let minute = numbers[1], 0...24 ~= hour,
        0..<60 ~= minute, hour * 60 + minute <= 1440
      else { return nil }
      return hour * 60 + minute
    }
    guard ends.count == 2, let start = ends[0], let end = ends[1], start < end else {
      diagnostics.error("found '\(text)', expected hours of one day such as 08:30-12:00", at: node.location)
      return nil
    }
    return start..<end
  }

  /// `2026-02-15`, or `2026-02-15..2026-02-23`; the longest stretch is a year.
  private static func days(_ node: Node, _ diagnostics: Diagnostics) -> [Int] {
    guard let text = node.text(diagnostics) else { return [] }
    let ends = text.replacing("..", with: " ").split(separator: " ").map { part in
      part.count == 10
        ? Timestamp(rfc3339: "\(part)T00:00:00Z").map { Int($0.milliseconds / 86_400_000) } : nil
    }
    guard 1...2 ~= ends.count, let first = ends[0], let last = ends[ends.count - 1], first <= last,
      last - first < 366
    else {
      diagnostics.error(
        "found '\(text)', expected a date such as 2026-05-01, or two as in 2026-05-01..2026-05-05",
        at: node.location)
      return []
    }
    return Array(first...last)
  }
}

extension Node {
  /// `15 min`, `3 day`, `4 working h`, `2 working days`.
  func term(_ diagnostics: Diagnostics) -> Term? {
    guard let text = text(diagnostics) else { return nil }
    let words = text.split(separator: " ").map(String.init)
    func expected() {
      diagnostics.error(
        "found '\(text)', expected a time such as '15 min', '3 day' or '2 working days'", at: location)
    }
    if words.count == 3, words[1] == "working" {
      if words[2].hasPrefix("day"), let days = Int(words[0]), 1...400 ~= days { return .workingDays(days) }
      if let quantity = Quantity("\(words[0]) \(words[2])"), quantity.unit.dimension == .time,
        quantity.base >= 60, quantity.base <= 4000 * 3600
      {
        return .working(Int64((quantity.base * 1000).rounded()))
      }
      expected()
      return nil
    }
    let singular = text.hasSuffix(" days") ? String(text.dropLast()) : text
    guard let quantity = Quantity(singular), quantity.unit.dimension == .time, quantity.base >= 60,
      quantity.base <= 400 * 86_400
    else {
      expected()
      return nil
    }
    return .calendar(Int64((quantity.base * 1000).rounded()))
  }

  /// Calendar time in milliseconds: `90 min`, `3 days`.
  func span(_ diagnostics: Diagnostics) -> Int64? {
    guard let term = term(diagnostics) else { return nil }
    if case .calendar(let milliseconds) = term { return milliseconds }
    diagnostics.error("found \(term), expected calendar time such as '90 min' or '3 days'", at: location)
    return nil
  }
}
