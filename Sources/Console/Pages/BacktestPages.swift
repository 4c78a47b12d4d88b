/// Trying a rule with other numbers, from the form on its page to what would have been.
import EstateModel
import Foundation
import Gateway
import HTTPTypes
import Hummingbird
import RuleTools
import Store
import Tickets

extension PageRoutes {
  private static let longestList = 50

  /// As a rule file has it: `90s`, `20min`, `2h`.
  private static func delay(_ milliseconds: Int64) -> String {
    let seconds = plainNumber(Double(milliseconds) / 1000)
    guard milliseconds % 60_000 == 0 else { return "\(seconds)s" }
    guard milliseconds > 0, milliseconds % 3_600_000 == 0 else { return "\(milliseconds / 60_000)min" }
    return "\(milliseconds / 3_600_000)h"
  }

  /// The rule's conditions with a field for each number in them, and its delays.
  /// - Parameter filled: what was typed before, by field.
  func trialForm(_ rule: Rule, _ filled: [String: String]) -> [String: Any] {
    func pieces(_ key: RuleTrial.Key, _ text: String) -> [[String: Any]] {
      var index = 0
      return ConditionNumbers(text).pieces.map { piece in
        switch piece {
        case .text(let text): return ["text": text]
        case .number(let number):
          let name = "\(key.rawValue).\(index)"
          index += 1
          let value = filled[name] ?? number
          return ["name": name, "value": value, "present": number, "size": max(4, value.count + 1)]
        }
      }
    }
    func delay(_ key: RuleTrial.Key, _ milliseconds: Int64) -> [String: Any] {
      ["name": key.rawValue, "value": filled[key.rawValue] ?? Self.delay(milliseconds)]
    }
    var values: [String: Any] = [
      "raise": pieces(.raise, rule.raiseText), "for": delay(.onDelay, rule.onDelay),
      "days": filled["days"] ?? "\(BacktestOrder.usualDays)", "mostDays": BacktestOrder.mostDays,
    ]
    if rule.clearText != "manual" {
      values["hasClearing"] = true
      values["clear-for"] = delay(.offDelay, rule.offDelay)
      values["hasCondition"] = rule.clearText != nil
      if let text = rule.clearText { values["clear"] = pieces(.clear, text) }
    }
    return values
  }

  @Sendable func tryRule(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let id = try context.name("rule")
    let speech = pages.speech(context.preferences)
    guard let rule = api.configuration.rules.rules.first(where: { $0.id == id }) else {
      throw Problem.notFound("there is no rule '\(id)'")
    }
    do {
      let order = BacktestOrder(
        rule: id, days: context.form["days"].flatMap(Int.init) ?? 0,
        changes: try changes(rule, context.form, speech))
      let job = try await api.backtest(order, by: try context.signedIn().account)
      return .seeOther("/backtests/\(job.id)")
    } catch let problem as Problem
      where [.unprocessableContent, .tooManyRequests, .conflict].contains(problem.status)
    {
      let message =
        problem.status == .tooManyRequests
        ? speech("try.too-many") : "\(speech("ticket.refused")) \(problem.detail)"
      return try await rulePage(request, context, message: message, filled: context.form)
    }
  }

  /// What of the form differs from the rule.
  private func changes(_ rule: Rule, _ form: [String: String], _ speech: Speech) throws -> [RuleTrial.Key:
    String]
  {
    var changes: [RuleTrial.Key: String] = [:]
    func quantity(_ text: String) throws -> String {
      let text = text.trimmingCharacters(in: .whitespaces)
      guard text.count <= 20, Quantity(text) != nil else {
        throw Problem(.unprocessableContent, "'\(text.prefix(20))': \(speech("try.expected"))")
      }
      return text
    }
    for (key, text) in [(RuleTrial.Key.raise, rule.raiseText), (.clear, rule.clearText ?? "")] {
      let condition = ConditionNumbers(text)
      let numbers = try condition.numbers.indices.map { index in
        try form["\(key.rawValue).\(index)"].map(quantity)
      }
      if zip(numbers, condition.numbers).contains(where: { $0 != nil && $0 != $1 }) {
        changes[key] = condition.text(with: numbers)
      }
    }
    for (key, present) in [(RuleTrial.Key.onDelay, rule.onDelay), (.offDelay, rule.offDelay)] {
      guard let text = try form[key.rawValue].map(quantity), let delay = Quantity(text) else { continue }
      if text != Self.delay(present), delay.base * 1000 != Double(present) { changes[key] = text }
    }
    guard !changes.isEmpty else { throw Problem(.unprocessableContent, speech("try.unchanged")) }
    return changes
  }

  func backtestLine(_ job: BacktestJob, _ view: View) -> [String: Any] {
    let rule = api.configuration.rules.rules.first { $0.id == job.rule }
    let changes: [String] = job.changes.sorted { $0.key.rawValue < $1.key.rawValue }
      .map { "\($0.key.rawValue): \($0.value)" }
    return [
      "id": job.id, "title": rule.map { view.speech($0.title) } ?? job.rule, "rule": job.rule,
      "state": job.state.rawValue, "stateText": view.speech("try.\(job.state.rawValue)"),
      "percent": Int(job.progress * 100), "by": job.by,
      "changes": changes.joined(separator: " · "),
    ]
  }

  @Sendable func backtestPage(_ request: Request, _ context: ConsoleContext) throws -> Response {
    let job = try api.knownBacktest(context)
    let view = view(context.preferences)
    let speech = view.speech
    var values = backtestLine(job, view)
    values["isOver"] = job.isOver
    values["days"] = job.days
    values["readings"] = "\(job.readings)"
    if let reason = job.reason { values["reason"] = reason }
    if let rule = api.configuration.rules.rules.first(where: { $0.id == job.rule }) {
      values["table"] = RuleTrial.Key.allCases.compactMap { key -> [String: Any]? in
        guard let tried = job.changes[key] else { return nil }
        let present: String =
          switch key {
          case .raise: rule.raiseText
          case .clear: rule.clearText ?? speech("rules.not-raise")
          case .onDelay: Self.delay(rule.onDelay)
          case .offDelay: Self.delay(rule.offDelay)
          }
        return ["name": speech("try.key.\(key.rawValue)"), "present": present, "tried": tried]
      }
    }
    if let outcome = job.outcome { values["result"] = result(outcome, view) }
    if !job.isOver, let csrf = actingForm(context) { (values["canAct"], values["csrf"]) = (true, csrf) }
    return pages.page(
      pages.part("backtest", values, context.preferences), title: speech("try.title"), section: "rules",
      request: request, context: context,
      attributes: liveAttributes(speech, position: nil, every: job.isOver ? nil : 1))
  }

  private func result(_ outcome: BacktestOutcome, _ view: View) -> [String: Any] {
    let report = outcome.report
    let line = report.rules.first
    func list(_ tickets: [Ticket]) -> [[String: Any]] {
      tickets.prefix(Self.longestList).map { ticket in
        [
          "opened": LocalTime.text(ticket.opened, in: view.zone(ticket.estate)),
          "title": view.speech(ticket.title), "priority": ticket.priority.rawValue,
          "estate": view.estate(ticket.estate),
          "place": view.location(ticket.place, ticket.towards, in: ticket.estate),
          "party": view.speech(ticket.responsible.title), "alarms": ticket.alarms.count,
        ]
      }
    }
    let zone = catalogue.estates.first?.timeZone ?? .gmt
    return [
      "span": "\(LocalTime.text(outcome.since, in: zone)) – \(LocalTime.text(outcome.until, in: zone))",
      "ticketsPresent": report.didTickets, "ticketsTried": report.wouldTickets,
      "alarmsPresent": line?.did ?? 0, "alarmsTried": line?.would ?? 0, "moved": line?.moved.count ?? 0,
      "added": list(report.addedTickets), "spared": list(report.sparedTickets),
      "addedCount": report.addedTickets.count, "sparedCount": report.sparedTickets.count,
      "hasAdded": !report.addedTickets.isEmpty, "hasSpared": !report.sparedTickets.isEmpty,
    ]
  }

  @Sendable func endBacktest(_ request: Request, _ context: ConsoleContext) throws -> Response {
    let job = try api.knownBacktest(context)
    if !job.isOver { _ = api.backtests.remove(job.id) }
    api.audit.note("backtest-removed", by: try context.signedIn().account, about: job.id)
    return .seeOther("/backtests/\(job.id)")
  }
}
