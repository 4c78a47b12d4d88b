/// A backtest's report for a person's eye, and for programs.
import EstateModel
import Foundation
import RuleTools
import Tickets

struct BacktestText {
  let report: BacktestReport
  let played: Backtest.Played
  let seconds: Double
  let processorSeconds: Double
  let since: Timestamp
  let until: Timestamp
  let longestList: Int
  private let zone = TimeZone(identifier: "Asia/Shanghai") ?? .gmt

  init(
    report: BacktestReport, played: Backtest.Played, seconds: Double, processorSeconds: Double,
    since: Timestamp, until: Timestamp, longestList: Int
  ) {
    (self.report, self.played, self.seconds) = (report, played, seconds)
    (self.since, self.until, self.longestList) = (since, until, longestList)
    self.processorSeconds = processorSeconds
  }

  private func time(_ milliseconds: Int64) -> String { LocalTime.text(milliseconds, in: zone) }

  var text: String {
    var lines = [
      Terminal.table(
        ["rule", "would", "did", "new", "gone", "moved"],
        report.rules.map { line in
          [
            line.rule, "\(line.would)", "\(line.did)", "\(line.new.count)", "\(line.gone.count)",
            "\(line.moved.count)",
          ]
        })
    ]
    for line in report.rules where !line.new.isEmpty || !line.gone.isEmpty || !line.moved.isEmpty {
      lines.append("\n" + Terminal.styled(line.rule, .bold))
      lines += listed(line.new) { Terminal.styled("  new   ", .red) + alarm($0) }
      lines += listed(line.gone) { Terminal.styled("  gone  ", .green) + alarm($0) }
      lines += listed(line.moved) { move in
        let by = move.would.raised.at - move.did.raised.at
        let distance = TestClock.duration(abs(by))
        return "  moved " + alarm(move.would) + ", \(distance) \(by < 0 ? "sooner" : "later")"
      }
    }
    lines.append(
      "\ntickets, as if each were closed after a quiet day: \(report.addedTickets.count) added,"
        + " \(report.sparedTickets.count) spared")
    lines += listed(report.addedTickets) { Terminal.styled("  added   ", .red) + ticket($0) }
    lines += listed(report.sparedTickets) { Terminal.styled("  spared  ", .green) + ticket($0) }
    lines.append("\n" + footer)
    return lines.joined(separator: "\n")
  }

  private var footer: String {
    let rate = Int(Double(played.readings) / max(0.001, seconds))
    var text =
      "\(time(since.milliseconds)) to \(time(until.milliseconds)): \(grouped(played.readings)) readings in"
      + " \(String(format: "%.1f", seconds)) s (\(grouped(rate))/s), \(String(format: "%.1f", processorSeconds)) s of them at work"
    if played.skipped > 0 {
      text += "; \(grouped(played.skipped)) of devices that are no longer known were left out"
    }
    if played.wasStopped { text += "; stopped, what comes later wasn't looked at" }
    return text
  }

  private func listed<Item>(_ items: [Item], _ line: (Item) -> String) -> [String] {
    let shown = items.prefix(max(0, longestList)).map(line)
    return items.count > shown.count ? shown + ["  … and \(items.count - shown.count) more"] : shown
  }

  private func alarm(_ span: AlarmSpan) -> String {
    let end = span.cleared.map { "cleared \(time($0))" } ?? "not cleared"
    return "\(time(span.raised.at))  \(span.device)  \(span.raised.priority.rawValue)  \(end)"
  }

  private func ticket(_ ticket: Ticket) -> String {
    let place = ticket.towards.map { "\(ticket.place)→\($0)" } ?? ticket.place
    return
      "\(time(ticket.opened))  \(ticket.category)  \(ticket.estate)/\(place)  \(ticket.priority.rawValue)"
      + "  \(ticket.alarms.count) alarms  → \(ticket.responsible.title.text(isChinese: Terminal.speaksChinese))"
  }

  // MARK: For programs

  private struct Alarm: Encodable {
    var device: String
    var raised: String
    var cleared: String?
    /// Where the alarm is in both: how much later it would have been raised.
    var laterSeconds: Int64?

    init(_ span: AlarmSpan, later: Int64? = nil) {
      device = span.device
      raised = Timestamp(milliseconds: span.raised.at).formatted()
      cleared = span.cleared.map { Timestamp(milliseconds: $0).formatted() }
      laterSeconds = later.map { $0 / 1000 }
    }
  }

  private struct RuleLine: Encodable {
    var rule: String
    var would: Int
    var did: Int
    var new: [Alarm]
    var gone: [Alarm]
    var moved: [Alarm]
  }

  private struct Summary: Encodable {
    var since: String
    var until: String
    var readings: Int
    var seconds: Double
    var processorSeconds: Double
    var stopped: Bool
    var addedTickets: [Ticket]
    var sparedTickets: [Ticket]
  }

  /// A line for each rule, then one for all.
  func printJSON() throws {
    for line in report.rules {
      print(
        try jsonLine(
          RuleLine(
            rule: line.rule, would: line.would, did: line.did, new: line.new.map { Alarm($0) },
            gone: line.gone.map { Alarm($0) },
            moved: line.moved.map { Alarm($0.would, later: $0.would.raised.at - $0.did.raised.at) })))
    }
    print(
      try jsonLine(
        Summary(
          since: since.formatted(), until: until.formatted(), readings: played.readings, seconds: seconds,
          processorSeconds: processorSeconds,
          stopped: played.wasStopped, addedTickets: report.addedTickets, sparedTickets: report.sparedTickets))
    )
  }
}
