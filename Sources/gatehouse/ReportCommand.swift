/// `gatehouse report …`: reviews to print and to send.
import ArgumentParser
import EstateModel
import Foundation
import Gateway
import Reports
import Store

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Reviews of what happened.", subcommands: [Weekly.self])

  enum Format: String, CaseIterable, ExpressibleByArgument { case html, csv, json }
  enum Language: String, CaseIterable, ExpressibleByArgument { case zh, en }

  struct Weekly: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "weekly",
      abstract:
        "The weekly review: new, open, overdue and closed tickets, times, recurrences, alarm quality.",
      discussion: """
        A page that prints on A4, or a table for a spreadsheet. The week is that of the newest batch unless one is named.

        EXAMPLE
          gatehouse report weekly > review.html
          gatehouse report weekly --week 2026-W16 --estate luyuan --language en > review.html
          gatehouse report weekly --format csv > review.csv
        """)

    @OptionGroup var options: ConfigurationOptions
    @Option(help: "An ISO 8601 week, such as 2026-W16.") var week: String?
    @Option(help: "Only this estate.") var estate: String?
    @Option(help: "html, csv or json.") var format = Format.html
    @Flag(help: "The same as --format json.") var json = false
    @Option(help: "zh or en; default: as the terminal speaks.") var language: Language?

    func run() throws {
      let loaded = try options.load()
      let reader = try options.reader()
      guard let newest = try reader.lastBatchTime() else { throw Finding(text: "nothing is stored yet") }
      let estates = loaded.catalogue.estates
      let chosen = try estate.map { id in
        guard let found = loaded.catalogue.estate(id) else {
          throw Finding(
            text: "unknown estate '\(id)', expected one of \(estates.map(\.id).joined(separator: ", "))")
        }
        return found
      }
      let zone = (chosen ?? estates.first)?.timeZone ?? .gmt
      let span = try week.map { text in
        guard let week = Week(text, in: zone) else {
          throw Finding(
            text: "--week: found '\(text)', expected a week such as \(Week(containing: newest, in: zone))")
        }
        return week
      }
      let report = try WeeklyReport(
        span ?? Week(containing: newest, in: zone), at: newest, estate: chosen,
        events: try reader.ticketEvents(),
        transitions: try reader.transitions(), routing: loaded.routing, catalogue: loaded.catalogue)
      let isChinese = language.map { $0 == .zh } ?? Terminal.speaksChinese
      switch json ? .json : format {
      case .html: print(try WeeklyPage().page(report, isChinese: isChinese))
      case .csv: print(report.csv(isChinese: isChinese), terminator: "")
      case .json: print(try jsonLine(report))
      }
    }
  }
}
