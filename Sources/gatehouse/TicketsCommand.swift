import ArgumentParser
import EstateModel
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
    var table = TextTable(["ticket", "prio", "state", "opened", "due", "where", "responsible", "what"])
    var clock = LocalClock()
    try reader.list(query, isChinese: Terminal.speaksChinese) { ticket in
      table.add(ticket.id)
      table.add(ticket.priority)
      table.add(ticket.state)
      table.add { clock.write(minute: ticket.opened, to: &$0) }
      table.add {
        $0.append(UInt8(ascii: ticket.isPaused ? "=" : ticket.isOverdue ? "!" : " "))
        if let due = ticket.due { clock.write(minute: due, to: &$0) }
      }
      table.add(ticket.location)
      table.add(ticket.responsible)
      table.add(ticket.title)
    }
    print(table.isEmpty ? "no tickets" : table.text)
  }
}

extension Ticket.State: ExpressibleByArgument {}
extension Priority: ExpressibleByArgument {}
