/// Steps on a ticket that say more than a note: opening, pausing, contacts, resolution.
import ArgumentParser
import EstateModel
import Foundation
import Gateway
import Tickets

struct TicketOpen: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "open",
    abstract: "Report what a person has seen: opens a ticket, or joins the one there is.",
    discussion: """
      A campaign opens a ticket on which every building of the estate must be inspected; its place may be left out.

      EXAMPLE
        gatehouse ticket open --estate luyuan --category sewer-blockage --place w04 --from 1-101 \\
          --note 'smells in the stairwell' --by community
        gatehouse ticket open --estate luyuan --category campaign --campaign heaters-2026 --from community \\
          --note 'roof heaters before the wind season' --by community
      """)

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var output: OutputOptions
  @Option(help: "Estate in which the cause lies.") var estate: String
  @Option(help: "Category, as in routing.yaml.") var category: String
  @Option(help: "The place's id.") var place = ""
  @Option(help: "P1 (danger now) to P4.") var priority = Priority.p3
  @Option(help: "Title instead of the category's.") var title: String?
  @Option(help: "What was seen or heard.") var note: String
  @Option(help: "From where: a flat, a building or a function; no names.") var from: String
  @Option(help: "How it came: \(Contact.Channel.allCases.map(\.rawValue).joined(separator: ", ")).")
  var channel = Contact.Channel.telephone
  @Option(help: "Another estate that suffers from it.") var affected: [String] = []
  @Option(help: "The number that an office gave it, such as a 12345 order.") var reference: String?
  @Option(help: "Name of a campaign over estates.") var campaign: String?
  @Option(help: "Who enters it: a name or a function.") var by: String

  func run() throws {
    let report = Report(
      estate: estate, category: category, place: place, priority: priority,
      title: title.map { Title(zh: $0, en: $0) }, note: note, from: from, channel: channel,
      affected: affected, reference: reference, campaign: campaign)
    try TicketSteps.perform(.report(report), on: "", by: by, options: options, output: output)
  }
}

struct TicketPause: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause",
    abstract: "Stop the clocks, with a reason; they go on by themselves when time is up.",
    discussion: """
      EXAMPLE
        gatehouse ticket pause T-260310-7K2QM4 --reason parts --note 'guide rail ordered' --by contractor
        gatehouse ticket pause T-260310-7K2QM4 --reason consent --until '2026-03-14 18:00' --note 'vote' --by community
      """)

  @OptionGroup var step: TicketStepOptions
  @Option(help: "What is waited for: \(Pause.Reason.allCases.map(\.rawValue).joined(separator: ", ")).")
  var reason: Pause.Reason
  @Option(help: "At most until then; default: as long as the priority allows.") var until: MomentArgument?
  @Option(help: "What exactly.") var note: String

  func run() throws { try step.perform(.pause(reason, until: until?.timestamp, note: note)) }
}

struct TicketContact: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "contact", abstract: "A resident asked about it; asking twice in vain makes it more urgent.",
    discussion: "EXAMPLE\n  gatehouse ticket contact T-260310-7K2QM4 'still loud' --from 3-301 --by guard")

  @OptionGroup var step: TicketStepOptions
  @Argument(help: "What was said.") var text: String
  @Option(help: "From where: a flat, a building or a function; no names.") var from: String
  @Option(help: "How it came: \(Contact.Channel.allCases.map(\.rawValue).joined(separator: ", ")).")
  var channel = Contact.Channel.telephone

  func run() throws { try step.perform(.contact(from: from, channel: channel, note: text)) }
}

struct TicketResolve: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resolve",
    abstract: "The work is done, with what was done; then it is watched whether it helped.",
    discussion: """
      EXAMPLE
        gatehouse ticket resolve T-260310-7K2QM4 --note 'pipe w10-w11 flushed' --measure cleaned \\
          --count well=10 --count septic-tank=1 --by contractor
        gatehouse ticket resolve T-201004-9XWR3D --note '40 m laid anew' --measure rebuilt \\
          --cause 'the pipe ran uphill' --by sub-district
      """)

  @OptionGroup var step: TicketStepOptions
  @Option(help: "What was done.") var note: String
  @Option(help: "In a word: \(Resolution.Measure.allCases.map(\.rawValue).joined(separator: ", ")).")
  var measure = Resolution.Measure.other
  @Option(help: "Why it happened, if that was found; a root-cause ticket needs it.") var cause: String?
  @Option(help: "How many of what, such as well=10.") var count: [CountArgument] = []

  func run() throws {
    try step.perform(
      .resolve(Resolution(note, measure: measure, cause: cause, items: count.map(\.item))))
  }
}

struct TicketInspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "What a campaign found at a place or household, and what is to be done.",
    discussion: """
      EXAMPLE
        gatehouse ticket inspect T-260310-7K2QM4 --place building-1 --household 1-601 --finding 'bracket rusted' \\
          --plan assisted --by 'grid worker'
        gatehouse ticket inspect T-260310-7K2QM4 --place building-1 --household 1-601 --finding 'bracket replaced' \\
          --plan assisted --done --by 'grid worker'
      """)

  @OptionGroup var step: TicketStepOptions
  @Option(help: "The place's id.") var place: String
  @Option(help: "The household.") var household: String?
  @Option(help: "What was found.") var finding: String
  @Option(help: "Who sees to it: \(Inspection.Plan.allCases.map(\.rawValue).joined(separator: ", ")).")
  var plan = Inspection.Plan.nothing
  @Flag(help: "It has been seen to.") var done = false

  func run() throws {
    try step.perform(
      .inspect(
        Inspection(place: place, household: household, finding: finding, plan: plan, isDone: done)))
  }
}
