/// The quality of alarms for a person's eye.
import EstateModel
import Foundation
import RuleTools

struct QualityText {
  let quality: AlarmQuality
  let advice: [RuleAdvice]
  /// Whether stored readings were played for better values.
  let wasPlayed: Bool
  private let zone = TimeZone(identifier: "Asia/Shanghai") ?? .gmt

  init(quality: AlarmQuality, advice: [RuleAdvice], wasPlayed: Bool) {
    (self.quality, self.advice, self.wasPlayed) = (quality, advice, wasPlayed)
  }

  private func time(_ milliseconds: Int64) -> String { LocalTime.text(milliseconds, in: zone) }

  var text: String {
    var lines = [
      Terminal.styled("alarms from \(time(quality.since)) to \(time(quality.until))", .bold),
      "  raised                \(quality.count)",
      "  an hour               \(plainNumber(quality.perHour, digits: 2)), at most \(quality.mostInAnHour)",
      "  most in ten minutes   \(quality.mostInTenMinutes)"
        + (quality.mostInTenMinutesAt.map { ", from \(time($0))" } ?? ""),
      "  floods                \(quality.floods)"
        + (quality.floods > 0 ? ", \(TestClock.duration(quality.floodTime / 1000 * 1000)) in all" : ""),
      "  chattering            \(quality.chattering.count)", "  stale                 \(quality.stale.count)",
      "  priorities            "
        + quality.priorities.map {
          "\($0.priority.rawValue) \($0.count) (\(plainNumber($0.share * 100, digits: 0)) %)"
        }.joined(separator: "  "),
    ]
    if quality.gatehouses.count > 1 {
      lines.append("")
      lines.append(
        Terminal.table(
          ["gatehouse", "alarms", "an hour", "most in ten minutes"],
          quality.gatehouses.map {
            [$0.estate, "\($0.count)", plainNumber($0.perHour, digits: 2), "\($0.mostInTenMinutes)"]
          }))
    }
    if !quality.mostFrequent.isEmpty {
      lines.append("")
      lines.append(
        Terminal.table(
          ["most frequent", "device", "alarms", "share", "lasted", "chattered"],
          quality.mostFrequent.map { source in
            let share = Double(source.count) / Double(max(1, quality.count)) * 100
            return [
              source.rule, source.device, "\(source.count)", "\(plainNumber(share, digits: 1)) %",
              source.medianDuration.map { TestClock.duration($0 / 1000 * 1000) } ?? "-",
              source.chatterings == 0 ? "-" : "\(source.chatterings) times",
            ]
          }))
    }
    for stale in quality.stale.prefix(10) {
      let end = stale.cleared.map { "until \(time($0))" } ?? "still active"
      lines.append("stale  \(stale.rule)  \(stale.device)  since \(time(stale.raised)), \(end)")
    }
    if quality.stale.count > 10 { lines.append("stale  … and \(quality.stale.count - 10) more") }
    if !advice.isEmpty { lines.append("") }
    lines += advice.flatMap(words)
    return lines.joined(separator: "\n")
  }

  private func words(_ advice: RuleAdvice) -> [String] {
    let faults = advice.faults.map(\.rawValue).joined(separator: ", ")
    var lines = [Terminal.styled(advice.rule, .bold) + "  \(faults); \(advice.count) alarms"]
    for remedy in advice.remedies {
      let place =
        switch remedy.change.kind {
        case .onDelay: "for: \(remedy.change.value)"
        case .offDelay: "clear-for: \(remedy.change.value)"
        case .clear: "clear: \(remedy.change.value)"
        }
      lines.append("  \(place)  would have left \(remedy.left) of \(advice.count)")
    }
    if advice.remedies.isEmpty {
      lines.append(
        wasPlayed
          ? "  no delay or deadband that was tried would have halved them; look at the limit and at the device"
          : "  raise the deadband or the delay")
    }
    return lines
  }
}
