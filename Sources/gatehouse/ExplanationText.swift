/// Why a rule is silent or not, for a person's eye.
import EstateModel
import Foundation
import Rules

struct ExplanationText {
  private let explanation: RuleEngine.Explanation

  init(_ explanation: RuleEngine.Explanation) { self.explanation = explanation }

  var text: String {
    let zone = TimeZone(identifier: "Asia/Shanghai") ?? .gmt
    func time(_ timestamp: Timestamp) -> String { LocalTime.text(timestamp.milliseconds, in: zone) }
    let state =
      switch explanation.state {
      case .idle: "idle"
      case .pending(let since): "the condition holds since \(time(since)); the delay runs"
      case .active(let since): Terminal.styled("active since \(time(since))", .red)
      }
    var lines = [
      Terminal.styled("\(explanation.rule) on \(explanation.device)", .bold)
        + "  at \(time(explanation.evaluatedAt))",
      "  state   \(state)", "  raise   \(answer(explanation.raises))",
    ]
    lines += parts(explanation.raiseParts)
    lines.append("  clear   \(answer(explanation.clears))")
    lines += parts(explanation.clearParts)
    if let since = explanation.clearingSince { lines.append("  clearing since \(time(since))") }
    return lines.joined(separator: "\n")
  }

  private func answer(_ value: Bool?) -> String {
    switch value {
    case true?: "yes"
    case false?: "no"
    case nil: "unknown: it neither raises nor clears"
    }
  }

  private func parts(_ evidence: [Evidence]) -> [String] {
    let width = evidence.map { Terminal.width($0.label) }.max() ?? 0
    return evidence.map { part in
      let value = part.value.map { "\(plainNumber($0, digits: 4)) \(part.unit)" } ?? "unknown"
      return "          \(Terminal.fitted(part.label, to: width))  \(value)"
    }
  }
}
