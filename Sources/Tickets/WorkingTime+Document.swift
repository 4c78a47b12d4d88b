/// Reads `working-time:` and terms such as `2 working days` from `config/routing.yaml`.
import Configuration
import EstateModel

extension WorkingTime {
  /// - Parameter calendars: those that `calendar:` may name.
  init?(_ node: Node, calendars: [String: EstateCalendar], _ diagnostics: Diagnostics) {
    guard let fields = Fields(node, of: "working-time", diagnostics: diagnostics) else { return nil }
    let own = DaySelection(fields, diagnostics)
    let hasOwn = fields.keys.contains("days")
    var days = hasOwn ? own : nil
    if let node = fields.optional("calendar"), let name = node.text(diagnostics) {
      days = calendars[name]?.days
      if hasOwn || days == nil {
        diagnostics.error(
          hasOwn
            ? "'days' and 'calendar' exclude each other"
            : "no calendar '\(name)' with days\(suggestion(for: name, in: calendars.keys.sorted()))",
          at: node.location)
      }
    } else if !hasOwn {
      diagnostics.error("working-time names no days", at: fields.keyLocation("days"))
    }
    let hours = fields.list("hours").compactMap { Self.hours($0, diagnostics) }
    fields.finish()
    if hours.isEmpty { diagnostics.error("working-time names no hours", at: fields.keyLocation("hours")) }
    for (first, second) in zip(hours, hours.dropFirst()) where first.upperBound > second.lowerBound {
      diagnostics.error("hours overlap, or stand in the wrong order", at: fields.keyLocation("hours"))
    }
    guard let days, !hours.isEmpty else { return nil }
    self.init(weekdays: days.weekdays, hours: hours, holidays: days.holidays, workdays: days.workdays)
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
