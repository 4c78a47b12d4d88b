import ArgumentParser
import EstateModel
import Foundation
import Store
import Tickets

struct TicketsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tickets", abstract: "List tickets, the most urgent first.",
    discussion: """
      Those on which nobody has to act any more are left out. '!' marks a time that has run out, '=' a pause.

      EXAMPLE
        gatehouse tickets
        gatehouse tickets --state new --state reopened --estate luyuan
        gatehouse tickets --overdue --party community
        gatehouse tickets --all --json
      """)

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  @Flag(help: "Closed, merged and cancelled ones too.")
  var all = false

  @Option(help: "Only those in this state: \(Ticket.State.allCases.map(\.rawValue).joined(separator: ", ")).")
  var state: [Ticket.State] = []

  @Option(help: "Only those of this priority: \(Priority.allCases.map(\.rawValue).joined(separator: ", ")).")
  var priority: [Priority] = []

  @Option(help: "Only those of this estate, or from which it suffers.")
  var estate: String?

  @Option(help: "Only those of this category.")
  var category: String?

  @Option(help: "Only those for which this party answers: a function or a name.")
  var party: String?

  @Flag(help: "Only those on which a time has run out.")
  var overdue = false

  @Flag(help: "Only those whose clocks stand still.")
  var paused = false

  private var query: TicketQuery {
    var query = all ? TicketQuery() : TicketQuery.open
    if !state.isEmpty { query.states = Set(state) }
    if !priority.isEmpty { query.priorities = Set(priority) }
    (query.estate, query.category, query.party) = (estate, category, party)
    if overdue { query.isOverdue = true }
    if paused { query.isPaused = true }
    return query
  }

  func run() throws {
    let reader = try options.reader()
    if output.json {
      // Stored as it is printed.
      for line in try reader.ticketLines(query) { print(line) }
      return
    }
    let tickets = try reader.list(query)
    guard !tickets.isEmpty else {
      print("no tickets")
      return
    }
    var clock = LocalClock()
    let isChinese = Terminal.speaksChinese
    print(
      Terminal.table(
        ["ticket", "prio", "state", "opened", "due", "where", "responsible", "what"],
        tickets.map { ticket in
          let place = ticket.towards.map { "\(ticket.place)→\($0)" } ?? ticket.place
          let mark = ticket.isPaused ? "=" : ticket.isOverdue ? "!" : " "
          return [
            ticket.id, ticket.priority.rawValue, ticket.state.rawValue, clock.minute(ticket.opened),
            mark + (ticket.due.map { clock.minute($0) } ?? ""), "\(ticket.estate)/\(place)",
            ticket.responsible.title.text(isChinese: isChinese), ticket.title.text(isChinese: isChinese),
          ]
        }))
  }
}

extension Ticket.State: ExpressibleByArgument {}
extension Priority: ExpressibleByArgument {}
