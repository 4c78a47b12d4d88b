/// The weekly review as a page that prints on A4, in one language.
import EstateModel
import Foundation
import Mustache
import RuleTools
import Tickets

/// Its templates are read once.
public struct WeeklyPage: Sendable {
  private let templates: MustacheLibrary
  private let style: String

  public init() throws {
    let folder = Bundle.module.bundleURL.appendingPathComponent("Resources")
    func text(_ name: String) throws -> String {
      try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    }
    templates = MustacheLibrary(templates: [
      "body": try MustacheTemplate(string: try text("weekly.mustache")),
      "page": try MustacheTemplate(string: try text("page.mustache")),
    ])
    style = try text("weekly.css")
  }

  /// A file of its own, with its styles in it.
  public func page(_ report: WeeklyReport, isChinese: Bool) -> String {
    let words = ReportWords(isChinese: isChinese)
    let values: [String: Any] = [
      "lang": isChinese ? "zh-CN" : "en", "title": "\(words["title"]) \(report.week)", "style": style,
      "body": body(report, isChinese: isChinese),
    ]
    return templates.render(values, withTemplate: "page") ?? ""
  }

  /// What stands between the page's head and foot.
  public func body(_ report: WeeklyReport, isChinese: Bool) -> String {
    templates.render(values(report, ReportWords(isChinese: isChinese)), withTemplate: "body") ?? ""
  }

  private func values(_ report: WeeklyReport, _ words: ReportWords) -> [String: Any] {
    let zone = report.zone
    func text(_ title: Title) -> String { title.text(isChinese: words.isChinese) }
    func time(_ milliseconds: Int64?) -> String { milliseconds.map { LocalText.time($0, in: zone) } ?? "–" }
    let lastDay = LocalText.day(report.until - 1, in: zone)
    func line(_ line: WeeklyReport.Line) -> [String: Any] {
      [
        "ticket": line.ticket, "priority": line.priority.rawValue,
        "state": words["state.\(line.state.rawValue)"],
        "title": text(line.title), "where": "\(text(line.estate)) · \(text(line.place))",
        "party": text(line.party),
        "opened": time(line.opened), "due": time(line.due), "overdue": line.isOverdue,
      ]
    }
    let quality = report.quality
    var values: [String: Any] = [
      "w": words.all, "week": report.week, "estate": report.estate.map(text) ?? words["all-estates"],
      "from": LocalText.day(report.from, in: zone), "to": lastDay,
      "figures": [
        ("opened", report.figures.opened), ("closed", report.figures.closed), ("open", report.figures.open),
        ("overdue", report.figures.overdue), ("reopened", report.figures.reopened),
        ("escalated", report.figures.escalated),
      ].map { key, value -> [String: Any] in
        ["name": words[key], "value": value, "bad": key == "overdue" && value > 0]
      },
      "parties": report.parties.map { party -> [String: Any] in
        [
          "name": text(party.title), "opened": party.figures.opened, "closed": party.figures.closed,
          "open": party.figures.open, "overdue": party.figures.overdue,
          "inTime": party.met == 0 ? "–" : "\(party.inTime) / \(party.met)", "bad": party.figures.overdue > 0,
        ]
      },
      "hasParties": !report.parties.isEmpty,
      "spans": report.spans.map { span -> [String: Any] in
        [
          "name": words["clock.\(span.clock.rawValue)"], "median": words.span(span.median),
          "worst": words.span(span.worst), "ticket": span.worstTicket,
          "inTime": "\(span.inTime) / \(span.count)",
        ]
      },
      "hasSpans": !report.spans.isEmpty,
      "open": report.open.prefix(Self.mostLines).map(line), "hasOpen": !report.open.isEmpty,
      "recurrences": report.recurrences.map { recurrence -> [String: Any] in
        var values = line(recurrence.line)
        values["occurrences"] = Self.occurrences(recurrence.occurrences, zone, words)
        return values
      },
      "hasRecurrences": !report.recurrences.isEmpty,
      "silent": report.silent.map { device -> [String: Any] in
        [
          "device": device.device, "title": text(device.title), "what": text(device.what),
          "since": time(device.since),
        ]
      },
      "hasSilent": !report.silent.isEmpty,
      "quality": [
        ("alarms", "\(quality.count)"), ("per-hour", String(format: "%.2f", quality.perHour)),
        ("most", "\(quality.mostInTenMinutes)"), ("floods", "\(quality.floods)"),
        ("chattering", "\(quality.chattering.count)"), ("stale", "\(quality.stale.count)"),
      ].map { key, value -> [String: Any] in ["name": words["quality.\(key)"], "value": value] },
      "frequent": quality.mostFrequent.prefix(5).map { source -> [String: Any] in
        ["rule": source.rule, "device": source.device, "count": source.count]
      },
      "hasFrequent": !quality.mostFrequent.isEmpty,
      "alarmsPlot": DayPlot.alarms(report.days, zone, words),
      "ticketsPlot": DayPlot.tickets(report.days, zone, words),
    ]
    if report.open.count > Self.mostLines { values["more"] = report.open.count - Self.mostLines }
    return values
  }

  private static let mostLines = 100

  private static func occurrences(_ occurrences: [Occurrence], _ zone: TimeZone, _ words: ReportWords)
    -> [[String: Any]]
  {
    var earlier: Int64?
    return occurrences.map { occurrence in
      defer { earlier = occurrence.onset }
      return [
        "date": LocalText.day(occurrence.onset, in: zone), "done": occurrence.done,
        "after": earlier.map { words.span(occurrence.onset - $0) } ?? "–",
      ]
    }
  }
}
