/// Visits, councils, proposals and votes.
import ArgumentParser
import EstateModel
import Foundation
import Gateway
import Tickets

struct TicketVisit: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "visit", abstract: "A joint visit: who came, from when to when.",
    discussion: """
      EXAMPLE
        gatehouse ticket visit T-260310-7K2QM4 --attendee community --attendee 'property company' \\
          --start '2026-03-11 09:00' --end '2026-03-11 11:05' --note 'listened in the bedroom' --by community
      """)

  @OptionGroup var step: TicketStepOptions
  @Option(help: "Who came; once for each.") var attendee: [String]
  @Option(help: "When it began.") var start: MomentArgument
  @Option(help: "When it ended.") var end: MomentArgument
  @Option(help: "What came of it.") var note: String

  func run() throws {
    try step.perform(
      .visit(Visit(attendees: attendee, start: start.timestamp, end: end.timestamp, note: note)))
  }
}

struct TicketCouncil: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "council", abstract: "Several parties at one table: claims, outcome, and what is due.",
    discussion: """
      EXAMPLE
        gatehouse ticket council T-260310-7K2QM4 --party community --party residents --party 'property company' \\
          --claim 'residents: visitors block the garage' --outcome 'visitors leave a number' \\
          --item 'put up the notice; property company; 2026-03-20' --by community
      """)

  @OptionGroup var step: TicketStepOptions
  @Option(help: "Who came; once for each.") var party: [String]
  @Option(help: "'party: what it wants'.") var claim: [String] = []
  @Option(help: "What was agreed.") var outcome: String
  @Option(help: "'what; who; by when'.") var item: [String] = []
  @Option(help: "So many parties must have come.") var quorum = 3

  func run() throws {
    let claims = try claim.map { text in
      let parts = text.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
      guard parts.count == 2 else {
        throw ValidationError("found '\(text)', expected 'party: what it wants'")
      }
      return Council.Claim(parts[0], parts[1])
    }
    let items = try item.map { text in
      let parts = text.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
      guard parts.count == 3, let due = MomentArgument(argument: parts[2]) else {
        throw ValidationError("found '\(text)', expected 'what; who; 2026-03-20'")
      }
      return Council.Item(parts[0], who: parts[1], due: due.timestamp)
    }
    try step.perform(
      .council(Council(parties: party, claims: claims, outcome: outcome, items: items, quorum: quorum)))
  }
}

struct TicketPropose: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "propose",
    abstract: "Ask the owners to agree to work and its cost, with shares to the cent.",
    discussion: """
      The file has a household a line: id, area in m², and with --division given its share in yuan.

      EXAMPLE
        gatehouse ticket propose T-260414-7K2QM4 --text 'clean ten wells and the tank' --amount 3600.00 \\
          --division equal --rule unanimous --households building-1.csv --by 'building head'
      """)

  @OptionGroup var step: TicketStepOptions
  @Option(help: "What is to be done.") var text: String
  @Option(help: "What it costs, in yuan.") var amount: AmountArgument
  @Option(help: "How it is shared: \(Proposal.Division.allCases.map(\.rawValue).joined(separator: ", ")).")
  var division = Proposal.Division.equal
  @Option(help: "unanimous, civil-code-278, civil-code-278-special, or quorum,majority such as 2/3,1/2.")
  var rule: RuleArgument
  @Option(help: ArgumentHelp("The households.", valueName: "file")) var households: String
  @Option(help: "Votes count until then; default: until all have voted.") var until: MomentArgument?

  func run() throws {
    let list = try HouseholdFile.read(households)
    do {
      let proposal = try Proposal(
        text, amount: amount.cents, division: division, households: list, rule: rule.rule,
        deadline: until?.timestamp)
      try step.perform(.propose(proposal))
    } catch let error as ProposalError {
      throw Finding(text: "\(error)")
    }
  }
}

struct TicketConsent: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "consent", abstract: "A household's vote on a proposal, with its date.",
    discussion: """
      EXAMPLE
        gatehouse ticket consent T-260414-7K2QM4 --household 1-301 --vote agree --on 2026-04-15 --by 'building head'
      """)

  @OptionGroup var step: TicketStepOptions
  @Option(help: "Number of the proposal on this ticket.") var proposal = 1
  @Option(help: "The household, as in the proposal.") var household: String
  @Option(help: "\(Proposal.Vote.allCases.map(\.rawValue).joined(separator: ", ")).") var vote: Proposal.Vote
  @Option(help: "When it said so.") var on: MomentArgument

  func run() throws {
    try step.perform(
      .consent(
        Proposal.Consent(proposal: proposal, household: household, vote: vote, on: on.timestamp)))
  }
}
