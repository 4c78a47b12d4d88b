/// Visits, councils, consents and inspections: what must be right before they are kept.
import EstateModel

extension TicketBook {
  func check(_ visit: Visit, on ticket: Ticket, at: Timestamp) throws(TicketError) {
    func refused(_ reason: String) -> TicketError { .refused(.visit, ticket: ticket.id, reason: reason) }
    if visit.attendees.isEmpty { throw refused("nobody came") }
    if visit.end < visit.start { throw refused("it ended before it began") }
    if visit.end > at.milliseconds + TicketCommand.tolerance { throw refused("it lies in the future") }
  }

  func check(_ council: Council, on ticket: Ticket, at: Timestamp) throws(TicketError) {
    func refused(_ reason: String) -> TicketError { .refused(.council, ticket: ticket.id, reason: reason) }
    let parties = Set(council.parties).count
    if parties < max(2, council.quorum) {
      throw refused("\(parties) came, and \(max(2, council.quorum)) must for it to count")
    }
    if !council.outcome.contains(where: { !$0.isWhitespace }) { throw .empty(.council, ticket: ticket.id) }
    for item in council.items where item.due <= at.milliseconds {
      throw refused("'\(item.what)' is due in the past")
    }
  }

  func numbered(_ proposal: Proposal, on ticket: Ticket, at: Timestamp) throws(TicketError) -> Proposal {
    if let deadline = proposal.deadline, deadline <= at.milliseconds {
      throw .refused(.propose, ticket: ticket.id, reason: "its deadline lies in the past")
    }
    var proposal = proposal
    proposal.number = ticket.proposals.count + 1
    (proposal.consents, proposal.decision) = ([], nil)
    return proposal
  }

  func check(_ consent: Proposal.Consent, on ticket: Ticket, at: Timestamp) throws(TicketError) {
    func refused(_ reason: String) -> TicketError { .refused(.consent, ticket: ticket.id, reason: reason) }
    guard let proposal = ticket.proposals.first(where: { $0.number == consent.proposal }) else {
      throw refused("there is no proposal \(consent.proposal)")
    }
    if let decision = proposal.decision {
      throw refused("proposal \(proposal.number) is \(decision.outcome.rawValue)")
    }
    guard proposal.households.contains(where: { $0.id == consent.household }) else {
      throw refused("household '\(consent.household)' is not part of proposal \(proposal.number)")
    }
    if consent.on > at.milliseconds + TicketCommand.tolerance { throw refused("its date lies in the future") }
  }

  /// - Parameter isOver: nobody votes any more.
  /// - Returns: nil while votes that are still out can count.
  func decision(on number: Int, of ticket: Ticket, isOver: Bool) -> Proposal.Decision? {
    guard let proposal = ticket.proposals.first(where: { $0.number == number }), proposal.decision == nil,
      let outcome = proposal.outcome(isOver: isOver)
    else { return nil }
    return Proposal.Decision(proposal: number, outcome: outcome, tally: proposal.tally)
  }

  func check(_ inspection: Inspection, on ticket: Ticket) throws(TicketError) {
    func refused(_ reason: String) -> TicketError { .refused(.inspect, ticket: ticket.id, reason: reason) }
    if ticket.campaign == nil { throw refused("it is no campaign") }
    guard catalogue.estate(ticket.estate)?.place(inspection.place) != nil else {
      throw refused("estate \(ticket.estate) has no place '\(inspection.place)'")
    }
    if !inspection.finding.contains(where: { !$0.isWhitespace }) { throw .empty(.inspect, ticket: ticket.id) }
  }

  /// What a campaign still lacks, in words; nil: every building was looked at, and every plan carried out.
  public func lacking(in campaign: Ticket) -> String? {
    guard campaign.campaign != nil else { return nil }
    let links = PlaceLinks(estate: catalogue.estate(campaign.estate))
    let covered = Set(campaign.inspections.flatMap { links.enclosing($0.place) })
    let missed = campaign.toInspect.filter { !covered.contains($0) }
    if !missed.isEmpty { return "not looked at yet: \(missed.joined(separator: ", "))" }
    let undone = campaign.inspections.filter { !$0.isDone }.map { $0.household ?? $0.place }
    return undone.isEmpty ? nil : "not done yet: \(undone.joined(separator: ", "))"
  }
}

/// A campaign over all its estates.
public struct CampaignSummary: Hashable, Sendable, Codable {
  /// An estate's ticket.
  public struct Part: Hashable, Sendable, Codable {
    public var ticket: String
    public var estate: String
    public var state: Ticket.State
    /// What it still lacks, in words; nil: nothing.
    public var lacking: String?
  }

  public var campaign: String
  public var estates = 0
  /// Buildings, and those of them where somebody has looked.
  public var places = 0
  public var covered = 0
  /// By plan.
  public var inspections: [String: Int] = [:]
  public var done = 0
  /// By estate.
  public var parts: [Part] = []
}

extension TicketBook {
  /// - Returns: nil when there is no such campaign.
  public func campaign(_ name: String) -> CampaignSummary? {
    let parts = tickets.values.filter { $0.campaign == name && $0.state != .cancelled }
    guard !parts.isEmpty else { return nil }
    var summary = CampaignSummary(campaign: name)
    for part in parts.sorted(by: { ($0.estate, $0.id) < ($1.estate, $1.id) }) {
      let links = PlaceLinks(estate: catalogue.estate(part.estate))
      let covered = Set(part.inspections.flatMap { links.enclosing($0.place) })
      summary.estates += 1
      summary.parts.append(
        CampaignSummary.Part(
          ticket: part.id, estate: part.estate, state: part.state, lacking: lacking(in: part)))
      summary.places += part.toInspect.count
      summary.covered += part.toInspect.count { covered.contains($0) }
      summary.done += part.inspections.count(where: \.isDone)
      for inspection in part.inspections { summary.inspections[inspection.plan.rawValue, default: 0] += 1 }
    }
    return summary
  }
}
