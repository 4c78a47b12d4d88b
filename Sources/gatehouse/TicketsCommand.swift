import ArgumentParser
import EstateModel
import Foundation
import Store
import Tickets

struct TicketsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tickets", abstract: "List tickets, the most urgent first.",
    discussion: """
      EXAMPLE
        gatehouse tickets
        gatehouse tickets --state new --estate luyuan
        gatehouse tickets --all --json
      """)

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  @Flag(help: "Closed ones too.")
  var all = false

  @Option(help: "Only those in this state: \(Ticket.State.allCases.map(\.rawValue).joined(separator: ", ")).")
  var state: Ticket.State?

  @Option(help: "Only those of this estate.")
  var estate: String?

  @Option(help: "Only those of this category.")
  var category: String?

  func run() throws {
    let tickets = try options.reader().tickets().filter { ticket in
      (all || state != nil || ticket.state != .closed) && (state == nil || ticket.state == state)
        && (estate == nil || ticket.estate == estate) && (category == nil || ticket.category == category)
    }.sorted { ($0.priority, $0.opened, $0.id) < ($1.priority, $1.opened, $1.id) }
    if output.json {
      for ticket in tickets { print(try jsonLine(ticket)) }
      return
    }
    guard !tickets.isEmpty else {
      print("no tickets")
      return
    }
    let zone = TimeZone(identifier: "Asia/Shanghai") ?? .gmt
    print(
      Terminal.table(
        ["ticket", "prio", "state", "opened", "where", "responsible", "what"],
        tickets.map { ticket in
          let place = ticket.towards.map { "\(ticket.place)→\($0)" } ?? ticket.place
          return [
            ticket.id, ticket.priority.rawValue, ticket.state.rawValue,
            LocalTime.text(ticket.opened, in: zone),
            "\(ticket.estate)/\(place)", ticket.responsible.title.text(isChinese: Terminal.speaksChinese),
            ticket.title.text(isChinese: Terminal.speaksChinese),
          ]
        }))
  }
}

extension Ticket.State: ExpressibleByArgument {}
