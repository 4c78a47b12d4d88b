/// What a test expected against what came.
import EstateModel
import Tickets

/// One difference. With both sides it is the same thing, but not as expected.
public struct RuleTestDifference: Hashable, Sendable {
  /// nil: nothing of the kind was expected.
  public var expected: String?
  /// nil: nothing of the kind came.
  public var found: String?
  /// What else there is to say, such as that it must never appear.
  public var remark: String?
}

struct RuleTestComparison {
  private let test: RuleTest
  private let outcome: RuleTestOutcome
  private let isLong: Bool
  private(set) var differences: [RuleTestDifference] = []

  init(_ test: RuleTest, _ outcome: RuleTestOutcome) {
    (self.test, self.outcome) = (test, outcome)
    isLong = test.length > 86_400_000
    compareAlarms()
    compareTickets()
    compareNever()
  }

  private func after(_ time: Int64) -> Int64 { time - test.start.milliseconds }
  private func text(_ time: Int64) -> String { test.clock.text(time, withDate: isLong) }

  private func text(_ span: ClosedRange<Int64>) -> String {
    let first = text(test.start.milliseconds + span.lowerBound)
    let length = span.upperBound - span.lowerBound
    return length < 60_000 ? first : "\(first) .. \(text(test.start.milliseconds + span.upperBound))"
  }

  // MARK: Alarms

  private mutating func compareAlarms() {
    guard let wanted = test.expectation.alarms else { return }
    var found = Array(outcome.alarms.indices)
    var missing: [RuleTestExpectation.Alarm] = []
    for alarm in wanted {
      if let index = found.firstIndex(where: { matches(alarm, outcome.alarms[$0]) }) {
        found.remove(at: index)
      } else {
        missing.append(alarm)
      }
    }
    for alarm in missing {
      // The same rule and device at another time or place is shown beside what was expected.
      let near = found.indices.filter { index in
        let raised = outcome.alarms[found[index]].raised
        return raised.rule == alarm.rule && "\(raised.estate)/\(raised.device)" == alarm.device
      }.min { a, b in distance(alarm, found[a]) < distance(alarm, found[b]) }
      differences.append(
        RuleTestDifference(
          expected: describe(alarm), found: near.map { describe(outcome.alarms[found[$0]]) }, remark: nil))
      if let near { found.remove(at: near) }
    }
    guard !test.expectation.allowsOthers else { return }
    for index in found {
      differences.append(
        RuleTestDifference(expected: nil, found: describe(outcome.alarms[index]), remark: nil))
    }
  }

  private func distance(_ alarm: RuleTestExpectation.Alarm, _ index: Int) -> Int64 {
    abs(after(outcome.alarms[index].raised.at) - alarm.raised.lowerBound)
  }

  private func matches(_ wanted: RuleTestExpectation.Alarm, _ found: RuleTestOutcome.Alarm) -> Bool {
    let raised = found.raised
    let endMatches =
      switch wanted.cleared {
      case .any: true
      case .never: found.cleared == nil
      case .at(let span): found.cleared.map { span.contains(after($0)) } ?? false
      }
    return endMatches && raised.rule == wanted.rule && "\(raised.estate)/\(raised.device)" == wanted.device
      && wanted.raised.contains(after(raised.at))
      && (wanted.onset.map { $0.contains(after(raised.onset)) } ?? true)
      && (wanted.place.map { $0 == raised.place } ?? true)
      && (wanted.towards.map { $0 == raised.towards } ?? true)
      && (wanted.priority.map { $0 == raised.priority } ?? true)
  }

  private func describe(_ alarm: RuleTestExpectation.Alarm) -> String {
    var line = "alarm \(alarm.rule) of \(alarm.device): raised \(text(alarm.raised))"
    switch alarm.cleared {
    case .never: line += ", not cleared"
    case .any: break
    case .at(let span): line += ", cleared \(text(span))"
    }
    if let onset = alarm.onset { line += ", onset \(text(onset))" }
    if let place = alarm.place { line += ", at \(place)" }
    if let towards = alarm.towards { line += ", towards \(towards)" }
    if let priority = alarm.priority { line += ", \(priority.rawValue)" }
    return line
  }

  private func describe(_ alarm: RuleTestOutcome.Alarm) -> String {
    let raised = alarm.raised
    var line = "alarm \(raised.rule) of \(raised.estate)/\(raised.device): raised \(text(raised.at))"
    line += alarm.cleared.map { ", cleared \(text($0))" } ?? ", not cleared"
    line += ", onset \(text(raised.onset)), at \(raised.place)"
    if let towards = raised.towards { line += ", towards \(towards)" }
    return line + ", \(raised.priority.rawValue)"
  }

  // MARK: Tickets

  private mutating func compareTickets() {
    guard let wanted = test.expectation.tickets else { return }
    var found = outcome.tickets
    var missing: [RuleTestExpectation.Ticket] = []
    for ticket in wanted {
      if let index = found.firstIndex(where: { matches(ticket, $0) }) {
        found.remove(at: index)
      } else {
        missing.append(ticket)
      }
    }
    for ticket in missing {
      let near = found.firstIndex { $0.category == ticket.category }
      differences.append(
        RuleTestDifference(expected: describe(ticket), found: near.map { describe(found[$0]) }, remark: nil))
      if let near { found.remove(at: near) }
    }
    guard !test.expectation.allowsOthers else { return }
    for ticket in found {
      differences.append(RuleTestDifference(expected: nil, found: describe(ticket), remark: nil))
    }
  }

  private func matches(_ wanted: RuleTestExpectation.Ticket, _ found: Ticket) -> Bool {
    found.category == wanted.category && wanted.opened.contains(after(found.opened))
      && (wanted.estate.map { $0 == found.estate } ?? true)
      && (wanted.place.map { $0 == found.place } ?? true)
      && (wanted.towards.map { $0 == found.towards } ?? true)
      && (wanted.party.map { $0 == found.responsible.role } ?? true)
      && (wanted.with.map { Set($0) == Set(found.others.compactMap(\.role)) } ?? true)
      && (wanted.priority.map { $0 == found.priority } ?? true)
      && (wanted.alarms.map { $0 == found.alarms.count } ?? true)
  }

  private func describe(_ ticket: RuleTestExpectation.Ticket) -> String {
    var line = "ticket \(ticket.category): opened \(text(ticket.opened))"
    if let estate = ticket.estate { line += ", in \(estate)" }
    if let place = ticket.place { line += ", at \(place)" }
    if let towards = ticket.towards { line += ", towards \(towards)" }
    if let party = ticket.party { line += ", to \(party.rawValue)" }
    if let with = ticket.with { line += ", with \(with.map(\.rawValue).joined(separator: ", "))" }
    if let priority = ticket.priority { line += ", \(priority.rawValue)" }
    if let alarms = ticket.alarms { line += ", \(alarms) alarms" }
    return line
  }

  private func describe(_ ticket: Ticket) -> String {
    var line =
      "ticket \(ticket.category): opened \(text(ticket.opened)), in \(ticket.estate), at \(ticket.place)"
    if let towards = ticket.towards { line += ", towards \(towards)" }
    line += ", to \(ticket.responsible.role?.rawValue ?? ticket.responsible.title.en)"
    let others = ticket.others.map { $0.role?.rawValue ?? $0.title.en }
    if !others.isEmpty { line += ", with \(others.joined(separator: ", "))" }
    return line + ", \(ticket.priority.rawValue), \(ticket.alarms.count) alarms"
  }

  // MARK: Never

  private mutating func compareNever() {
    for never in test.expectation.never {
      let shown = outcome.alarms.filter { alarm in
        let raised = alarm.raised
        return (never.rule.map { $0 == raised.rule } ?? true)
          && (never.category.map { $0 == raised.category } ?? true)
          && (never.device.map { $0 == "\(raised.estate)/\(raised.device)" } ?? true)
      }
      for alarm in shown {
        let known = differences.firstIndex { $0.found == describe(alarm) && $0.expected == nil }
        let remark = "must never appear (\(never.location))"
        if let known {
          differences[known].remark = remark
        } else {
          differences.append(RuleTestDifference(expected: nil, found: describe(alarm), remark: remark))
        }
      }
    }
  }
}
