/// `gatehouse ticket …`: what a person does with one ticket.
import ArgumentParser
import EstateModel
import Foundation
import Gateway
import Store
import Tickets

struct TicketCommands: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ticket",
    abstract: "Show a ticket, or take a step on it; each step is kept with who and when.",
    discussion: """
      EXAMPLE
        gatehouse ticket show T-260310-7K2QM4
        gatehouse ticket acknowledge T-260310-7K2QM4 --by guard
        gatehouse ticket assign T-260310-7K2QM4 --to elevator-contractor --by guard
        gatehouse ticket resolve T-260310-7K2QM4 --by 'Li, lift mechanic' --note 'guide rail greased'
      """,
    subcommands: [
      Show.self, Acknowledge.self, Assign.self, Comment.self, Resolve.self, Reopen.self, Close.self,
    ])

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Everything about a ticket, with its history.",
      discussion: "EXAMPLE\n  gatehouse ticket show T-260310-7K2QM4")

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "The ticket's id.") var ticket: String

    private struct Whole: Encodable {
      var ticket: Ticket
      var events: [TicketEvent]
    }

    func run() throws {
      guard let (found, events) = try options.reader().ticket(ticket) else {
        throw Finding(text: "there is no ticket '\(ticket)'; 'gatehouse tickets --all' lists them")
      }
      if output.json {
        print(try jsonLine(Whole(ticket: found, events: events)))
        return
      }
      let zone = TimeZone(identifier: "Asia/Shanghai") ?? .gmt
      let isChinese = Terminal.speaksChinese
      print(TicketLine(found, in: zone, isChinese: isChinese).text)
      for event in events {
        print(
          "  \(LocalTime.text(event.at, in: zone))  \(event.summary)  (\(event.by), \(event.via.rawValue))")
      }
    }
  }

  struct Acknowledge: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Somebody has taken it up.",
      discussion: "EXAMPLE\n  gatehouse ticket acknowledge T-260310-7K2QM4 --by guard")
    @OptionGroup var step: TicketStepOptions
    @Option(help: "A remark.") var note = ""
    func run() throws { try step.perform(.acknowledge(note: note)) }
  }

  struct Assign: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make another party responsible.",
      discussion: "EXAMPLE\n  gatehouse ticket assign T-260310-7K2QM4 --to community --by guard")
    @OptionGroup var step: TicketStepOptions
    @Option(
      help:
        "A person's or firm's name, or a function: \(Role.allCases.map(\.rawValue).joined(separator: ", ")).")
    var to: String
    func run() throws { try step.perform(.assign(Assignee(to))) }
  }

  struct Comment: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Add a remark.",
      discussion:
        "EXAMPLE\n  gatehouse ticket comment T-260310-7K2QM4 'resident of 301 called again' --by guard")
    @OptionGroup var step: TicketStepOptions
    @Argument(help: "The remark.") var text: String
    func run() throws { try step.perform(.comment(text)) }
  }

  struct Resolve: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "The work is done, with what was done.",
      discussion:
        "EXAMPLE\n  gatehouse ticket resolve T-260310-7K2QM4 --note 'pipe w04-w05 flushed' --by contractor")
    @OptionGroup var step: TicketStepOptions
    @Option(help: "What was done.") var note: String
    func run() throws { try step.perform(.resolve(note)) }
  }

  struct Reopen: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "It was not done after all.",
      discussion: "EXAMPLE\n  gatehouse ticket reopen T-260310-7K2QM4 --note 'smells again' --by community")
    @OptionGroup var step: TicketStepOptions
    @Option(help: "What is still wrong.") var note: String
    func run() throws { try step.perform(.reopen(note)) }
  }

  struct Close: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "End it, with the reason.",
      discussion:
        "EXAMPLE\n  gatehouse ticket close T-260310-7K2QM4 --note 'residents content' --by community")
    @OptionGroup var step: TicketStepOptions
    @Option(help: "Why it can be closed.") var note: String
    func run() throws { try step.perform(.close(note)) }
  }
}

/// What every step needs: which ticket, and who does it.
struct TicketStepOptions: ParsableArguments {
  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var output: OutputOptions
  @Argument(help: "The ticket's id.") var ticket: String
  @Option(help: "Who does it: a name or a function.") var by: String

  /// Through the running gateway, or straight on the data folder when none runs.
  func perform(_ action: TicketCommand.Step) throws {
    let folder = try options.dataFolder()
    let events: [TicketEvent]
    if let client = ControlClient(dataFolder: folder) {
      switch try client.ask(.ticket(ticket, action, by: by)) {
      case .ticket(let done): events = done
      case .refused(let reason): throw Finding(text: reason)
      default: throw GatewayError.controlLost
      }
    } else {
      events = try OfflineTickets.perform(action, on: ticket, by: by, configuration: try options.load())
    }
    for event in events {
      print(output.json ? try jsonLine(event) : "\(event.ticket)  \(event.summary)")
    }
  }
}
