/// The weekly review as tables for a spreadsheet (RFC 4180): one list of rows, each with the name of its table.
import EstateModel
import Foundation
import Tickets

extension WeeklyReport {
  /// Begins with a byte order mark, without which spreadsheets take Chinese for something else.
  public func csv(isChinese: Bool) -> String {
    func text(_ title: Title) -> String { title.text(isChinese: isChinese) }
    func time(_ milliseconds: Int64?) -> String { milliseconds.map { LocalText.time($0, in: zone) } ?? "" }
    func hours(_ span: Int64) -> String { String(format: "%.2f", Double(span) / 3_600_000) }
    var rows: [[String]] = [
      ["table", "name", "value", "opened", "closed", "open", "overdue", "in time", "met", "due"]
    ]
    func figures(
      _ table: String, _ name: String, _ figures: Figures, _ inTime: String = "", _ met: String = ""
    ) {
      rows.append([
        table, name, "", "\(figures.opened)", "\(figures.closed)", "\(figures.open)", "\(figures.overdue)",
        inTime, met, "",
      ])
    }
    figures("week", week, self.figures)
    for party in parties {
      figures("party", text(party.title), party.figures, "\(party.inTime)", "\(party.met)")
    }
    for span in spans {
      rows.append([
        "median hours", span.clock.rawValue, hours(span.median), "", "", "", "", "\(span.inTime)",
        "\(span.count)", "",
      ])
      rows.append([
        "worst hours", span.clock.rawValue, hours(span.worst), "", "", "", "", "", "", span.worstTicket,
      ])
    }
    for line in open {
      rows.append([
        "open ticket", line.ticket,
        "\(line.priority.rawValue) \(text(line.title)), \(text(line.estate)) \(text(line.place)), \(text(line.party))",
        time(line.opened), "", "", line.isOverdue ? "1" : "0", "", "", time(line.due),
      ])
    }
    for recurrence in recurrences {
      for occurrence in recurrence.occurrences {
        rows.append([
          "recurrence", recurrence.line.ticket, occurrence.done, time(occurrence.onset), "", "", "", "", "",
          "",
        ])
      }
    }
    for device in silent {
      rows.append([
        "out of order", device.device, text(device.what), time(device.since), "", "", "", "", "", "",
      ])
    }
    for day in days {
      rows.append([
        "day", LocalText.day(day.start, in: zone), "\(day.alarms.reduce(0, +))", "\(day.opened)",
        "\(day.closed)", "", "", "", "", "",
      ])
    }
    return "\u{FEFF}" + rows.map { $0.map(Self.quoted).joined(separator: ",") + "\r\n" }.joined()
  }

  /// A leading sign would make a spreadsheet compute: it gets an apostrophe.
  private static func quoted(_ field: String) -> String {
    let safe = field.first.map { "=+-@\t".contains($0) } == true ? "'" + field : field
    guard safe.contains(where: { ",\"\r\n".contains($0) }) else { return safe }
    return "\"" + safe.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }
}

enum LocalText {
  /// `2026-03-10 22:45`
  static func time(_ milliseconds: Int64, in zone: TimeZone) -> String {
    String(Timestamp(milliseconds: milliseconds).localText(in: zone).prefix(16))
  }

  /// `2026-03-10`
  static func day(_ milliseconds: Int64, in zone: TimeZone) -> String {
    String(time(milliseconds, in: zone).prefix(10))
  }
}
