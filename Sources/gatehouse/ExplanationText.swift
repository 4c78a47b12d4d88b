/// Why a rule is silent or not, for a person's eye.
import EstateModel
import Foundation
import RuleTools
import Rules

struct ExplanationText {
  private let explanation: RuleEngine.Explanation
  /// nil: the configuration here doesn't have it, as when the gateway runs with another one.
  private let rule: Rule?
  private let raise: ConditionReview?
  private let clear: ConditionReview?
  private let zone = TimeZone(identifier: "Asia/Shanghai") ?? .gmt

  init(_ explanation: RuleEngine.Explanation, rule: Rule?) {
    self.explanation = explanation
    self.rule = rule
    raise = rule.map { ConditionReview($0.raiseText, evidence: explanation.raiseParts) }
    clear = rule?.clearText.flatMap { text in
      text == "manual" ? nil : ConditionReview(text, evidence: explanation.clearParts)
    }
  }

  private func time(_ timestamp: Timestamp) -> String { LocalTime.text(timestamp.milliseconds, in: zone) }

  var text: String {
    var lines = [
      Terminal.styled("\(explanation.rule) on \(explanation.device)", .bold)
        + "  at \(time(explanation.evaluatedAt))",
      "  state   \(state)", "  raise   \(answer(explanation.raises))",
    ]
    lines += parts(raise, explanation.raiseParts)
    if case .active = explanation.state {
    } else {
      lines += missing(raise, delay: rule?.onDelay ?? 0, name: "for")
    }
    lines.append("  clear   \(clearing)")
    lines += parts(clear, explanation.clearParts)
    if case .active = explanation.state {
      lines += missing(clear, delay: rule?.offDelay ?? 0, name: "clear-for")
    }
    return lines.joined(separator: "\n")
  }

  private var state: String {
    switch explanation.state {
    case .idle: return "idle"
    case .pending(let since):
      let end = rule.map { "; raised at \(time(since + $0.onDelay)) if it goes on" } ?? "; the delay runs"
      return "the condition holds since \(time(since))\(end)"
    case .active(let since):
      let end = explanation.clearingSince.map { begun in
        let end = rule.map { ", cleared at \(time(begun + $0.offDelay)) if it goes on" } ?? ""
        return "; clearing since \(time(begun))\(end)"
      }
      return Terminal.styled("active since \(time(since))", .red) + (end ?? "")
    }
  }

  private var clearing: String {
    if rule?.clearText == "manual" { return "by a person only" }
    let answer = answer(explanation.clears)
    return rule != nil && rule?.clearText == nil
      ? "\(answer) (when the condition to raise no longer holds)" : answer
  }

  private func answer(_ value: Bool?) -> String {
    switch value {
    case true?: "yes"
    case false?: "no"
    case nil: "unknown: it neither raises nor clears"
    }
  }

  /// Each part of a condition with its answer and its present value; without the condition, the values alone.
  private func parts(_ review: ConditionReview?, _ evidence: [Evidence]) -> [String] {
    guard let review else {
      let width = evidence.map { Terminal.width($0.label) }.max() ?? 0
      return evidence.map { part in
        let value = part.value.map { "\(plainNumber($0, digits: 4)) \(part.unit)" } ?? "unknown"
        return "          \(Terminal.fitted(part.label, to: width))  \(value)"
      }
    }
    func label(_ part: ConditionReview.Part) -> String {
      String(repeating: "  ", count: part.depth) + (part.joint ?? part.text)
    }
    let width = review.parts.map { Terminal.width(label($0)) }.max() ?? 0
    return review.parts.map { part in
      let mark =
        switch part.holds {
        case true?: Terminal.styled("yes    ", .green)
        case false?: Terminal.styled("no     ", .yellow)
        case nil: Terminal.styled("unknown", .dim)
        }
      let missing = part.missing.map { "; \($0) needed" } ?? ""
      return "          \(mark)  \(Terminal.fitted(label(part), to: width))  \(part.now ?? "")\(missing)"
    }
  }

  /// What has to change, in a line.
  private func missing(_ review: ConditionReview?, delay: Int64, name: String) -> [String] {
    guard let missing = review?.missing else { return [] }
    let wait = delay > 0 ? "; then \(TestClock.duration(delay)) (\(name))" : ""
    return ["          missing: \(missing)\(wait)"]
  }
}

/// The same for programs: the engine's answer, and both conditions part by part.
struct ExplanationLine: Encodable {
  private let explanation: RuleEngine.Explanation
  private let rule: Rule?

  init(_ explanation: RuleEngine.Explanation, rule: Rule?) {
    (self.explanation, self.rule) = (explanation, rule)
  }

  private enum Key: String, CodingKey { case raiseReview, clearReview }

  func encode(to encoder: any Encoder) throws {
    try explanation.encode(to: encoder)
    guard let rule else { return }
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(
      ConditionReview(rule.raiseText, evidence: explanation.raiseParts).parts, forKey: .raiseReview)
    if let text = rule.clearText, text != "manual" {
      try container.encode(
        ConditionReview(text, evidence: explanation.clearParts).parts, forKey: .clearReview)
    }
  }
}
