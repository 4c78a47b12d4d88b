import ArgumentParser
import EstateModel
import Foundation
import Store

struct RecoverCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recover", abstract: "Bring back what can be read of a damaged database.",
    discussion: """
      EXAMPLE
        gatehouse recover
        gatehouse recover --data /var/lib/gatehouse

      Stop the gateway first. What can be read goes into a new database, tickets first; it is checked and takes the \
      damaged one's place, which stays beside it. The disk must have room for both. Exit status 0: all is there, or \
      all but what is listed; 1: nothing was changed, and why.
      """)

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let folder = try options.dataFolder()
    let report: RecoveryReport
    do {
      report = try Store.recover(folder: folder, label: Self.label(Date()))
    } catch let error as StoreError {
      throw Finding(text: "\(error)")
    }
    if output.json {
      print(try jsonLine(report))
      return
    }
    print(
      Terminal.table(
        ["table", "saved", "lost", ""],
        report.tables.map { table in
          [
            table.name, "\(table.saved)", "\(table.unusable)",
            table.isGuessed ? "found by what rows look like" : "",
          ]
        }))
    for line in Self.remarks(report) { print(line) }
    print("the damaged file is \(report.damagedFile)")
  }

  private static func remarks(_ report: RecoveryReport) -> [String] {
    var lines: [String] = []
    if report.damagedPages > 0 {
      lines.append("\(count(report.damagedPages, "page")) damaged; rows that lay there are lost")
    }
    if report.brokenRows > 0 { lines.append("\(count(report.brokenRows, "row")) partly on such pages") }
    for (ticket, steps) in report.ticketSteps.sorted(by: { $0.key < $1.key }) {
      lines.append("ticket \(ticket): \(count(steps, "step")) lost; its state was taken from what is left")
    }
    if !report.lostTickets.isEmpty {
      lines.append(
        "could not be saved, only late steps are left: \(report.lostTickets.joined(separator: ", "))")
    }
    if report.namelessDevices > 0 {
      lines.append(
        "the names of \(report.namelessDevices) devices are lost; their readings are kept as recovered/NUMBER"
      )
    }
    if let before = report.readingsBefore {
      lines.append("\(report.readings) of \(before) readings are in history")
    } else {
      lines.append("\(report.readings) readings are in history; how many there were isn't known")
    }
    if report.isComplete { lines.append("nothing is lost") }
    return lines
  }

  private static func count(_ number: Int, _ noun: String) -> String {
    number == 1 ? "1 \(noun) is" : "\(number) \(noun)s are"
  }

  /// `20261121T103000Z`.
  private static func label(_ date: Date) -> String {
    Timestamp(date).formatted().prefix(19).filter { $0 != "-" && $0 != ":" } + "Z"
  }
}
