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
      new → acknowledged → on-site → resolved → verified → closed. Whoever resolved a ticket doesn't verify it, and where \
      sensors can tell they verify it by themselves.

      EXAMPLE
        gatehouse ticket show T-260310-7K2QM4
        gatehouse ticket acknowledge T-260310-7K2QM4 --by guard
        gatehouse ticket assign T-260310-7K2QM4 --to elevator-contractor --by guard
        gatehouse ticket resolve T-260310-7K2QM4 --by 'lift mechanic' --note 'guide rail greased' --measure adjusted
        gatehouse ticket close T-260310-7K2QM4 --by community --note 'residents content'
      """,
    subcommands: [
      TicketShow.self, TicketPrint.self, TicketOpen.self, Acknowledge.self, Arrive.self, Assign.self,
      Inform.self, Comment.self, TicketPause.self, Resume.self, TicketContact.self, TicketResolve.self,
      Verify.self, Reopen.self, Close.self, Merge.self, Cancel.self, TicketVisit.self, TicketCouncil.self,
      TicketPropose.self, TicketConsent.self, TicketInspect.self,
    ])

  struct Acknowledge: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "acknowledge", abstract: "Somebody has taken it up.",
      discussion: "EXAMPLE\n  gatehouse ticket acknowledge T-260310-7K2QM4 --by guard")
    @OptionGroup var step: TicketStepOptions
    @Option(help: "A remark.") var note = ""
    func run() throws { try step.perform(.acknowledge(note: note)) }
  }

  struct Arrive: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "arrive", abstract: "Somebody is there.",
      discussion: "EXAMPLE\n  gatehouse ticket arrive T-260310-7K2QM4 --by 'sewer cleaner'")
    @OptionGroup var step: TicketStepOptions
    @Option(help: "A remark.") var note = ""
    func run() throws { try step.perform(.arrive(note: note)) }
  }

  struct Assign: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "assign", abstract: "Make another party responsible.",
      discussion: "EXAMPLE\n  gatehouse ticket assign T-260310-7K2QM4 --to community --by guard")
    @OptionGroup var step: TicketStepOptions
    @Option(
      help:
        "A person's or firm's name, or a function: \(Role.allCases.map(\.rawValue).joined(separator: ", ")).")
    var to: String
    func run() throws { try step.perform(.assign(Assignee(to))) }
  }

  struct Inform: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "inform", abstract: "Add a party that is to know of it.",
      discussion: "EXAMPLE\n  gatehouse ticket inform T-260310-7K2QM4 --party police --by community")
    @OptionGroup var step: TicketStepOptions
    @Option(help: "A name or a function.") var party: String
    func run() throws { try step.perform(.inform(Assignee(party))) }
  }

  struct Comment: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "comment", abstract: "Add a remark.",
      discussion:
        "EXAMPLE\n  gatehouse ticket comment T-260310-7K2QM4 'resident of 301 called again' --by guard")
    @OptionGroup var step: TicketStepOptions
    @Argument(help: "The remark.") var text: String
    func run() throws { try step.perform(.comment(text)) }
  }

  struct Resume: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "resume", abstract: "Let the clocks go on, with what was left of them.",
      discussion: "EXAMPLE\n  gatehouse ticket resume T-260310-7K2QM4 --by community --note 'parts are here'")
    @OptionGroup var step: TicketStepOptions
    @Option(help: "A remark.") var note = ""
    func run() throws { try step.perform(.resume(note: note)) }
  }

  struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "verify", abstract: "Somebody else has looked and asked: it is done.",
      discussion:
        "EXAMPLE\n  gatehouse ticket verify T-260310-7K2QM4 --note 'wall stands, asked 1-101' --by sub-district"
    )
    @OptionGroup var step: TicketStepOptions
    @Option(help: "What was seen and heard.") var note: String
    func run() throws { try step.perform(.verify(note)) }
  }

  struct Reopen: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "reopen", abstract: "It was not done after all.",
      discussion: "EXAMPLE\n  gatehouse ticket reopen T-260310-7K2QM4 --note 'smells again' --by community")
    @OptionGroup var step: TicketStepOptions
    @Option(help: "What is still wrong.") var note: String
    func run() throws { try step.perform(.reopen(note)) }
  }

  struct Close: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "close", abstract: "End it, once it is verified.",
      discussion:
        "EXAMPLE\n  gatehouse ticket close T-260310-7K2QM4 --note 'residents content' --by community")
    @OptionGroup var step: TicketStepOptions
    @Option(help: "Why it can be closed.") var note: String
    func run() throws { try step.perform(.close(note)) }
  }

  struct Merge: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "merge", abstract: "Go on with another ticket of the estate, which takes its alarms.",
      discussion: "EXAMPLE\n  gatehouse ticket merge T-260310-7K2QM4 --into T-260310-9XWR3D --by community")
    @OptionGroup var step: TicketStepOptions
    @Option(help: "The ticket as which it goes on.") var into: String
    @Option(help: "Why.") var note = ""
    func run() throws { try step.perform(.merge(into: into, note: note)) }
  }

  struct Cancel: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "cancel", abstract: "End it because there was nothing to do.",
      discussion:
        "EXAMPLE\n  gatehouse ticket cancel T-260310-7K2QM4 --note 'probe was being tested' --by guard")
    @OptionGroup var step: TicketStepOptions
    @Option(help: "Why there was nothing to do.") var note: String
    func run() throws { try step.perform(.cancel(note)) }
  }
}

/// What every step needs: which ticket, and who does it.
struct TicketStepOptions: ParsableArguments {
  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var output: OutputOptions
  @Argument(help: "The ticket's id.") var ticket: String
  @Option(help: "Who does it: a name or a function.") var by: String
  @Option(help: "Number of the last event that you saw: refused if others have changed the ticket since.")
  var seen: Int?

  func perform(_ action: TicketCommand.Step) throws {
    try TicketSteps.perform(
      seen.map { .since($0, action) } ?? action, on: ticket, by: by, options: options, output: output)
  }
}

enum TicketSteps {
  /// Through the running gateway, or straight on the data folder when none runs.
  static func perform(
    _ step: TicketCommand.Step, on ticket: String, by: String, options: ConfigurationOptions,
    output: OutputOptions
  ) throws {
    let folder = try options.dataFolder()
    let events: [TicketEvent]
    if let client = ControlClient(dataFolder: folder) {
      switch try client.ask(.ticket(ticket, step, by: by)) {
      case .ticket(let done): events = done
      case .refused(let reason): throw Finding(text: reason)
      default: throw GatewayError.controlLost
      }
    } else {
      do {
        events = try OfflineTickets.perform(
          step, on: ticket, by: by, configuration: try options.load(sends: true))
      } catch let error as TicketError {
        throw Finding(text: "\(error)")
      }
    }
    for event in events {
      print(output.json ? try jsonLine(event) : "\(event.ticket)  \(event.summary)")
    }
  }
}
