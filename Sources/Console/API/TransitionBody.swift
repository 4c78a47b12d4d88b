/// A step on a ticket as the API and the forms of the ticket page tell it.
import EstateModel
import Foundation
import Tickets

/// `{"step": "resolve", "note": "pipe flushed", "measure": "cleaned"}`; further members belong to single steps.
struct TransitionBody: Decodable {
  struct VisitBody: Decodable {
    var attendees: [String]
    var start: String
    var end: String
  }

  struct CouncilBody: Decodable {
    struct Item: Decodable {
      var what: String
      var who: String
      var due: String
    }
    var parties: [String]
    var claims: [Council.Claim]?
    var items: [Item]?
    var quorum: Int?
  }

  struct ProposalBody: Decodable {
    struct Household: Decodable {
      var id: String
      var area: Int64?
      var share: Int64?
    }
    var text: String
    var amount: Int64
    var division: Proposal.Division
    var households: [Household]
    var rule: ConsentRule.Kind
    var deadline: String?
  }

  struct ConsentBody: Decodable {
    var proposal: Int?
    var household: String
    var vote: Proposal.Vote
    var on: String?
  }

  struct InspectionBody: Decodable {
    var place: String
    var household: String?
    var plan: Inspection.Plan?
    var done: Bool?
  }

  var step: Ticket.Action
  var note: String?
  /// Whom a ticket is assigned to or made known to, or the ticket as which it goes on.
  var to: String?
  var reason: Pause.Reason?
  var until: String?
  var from: String?
  var channel: Contact.Channel?
  var measure: Resolution.Measure?
  var cause: String?
  var items: [Resolution.Item]?
  var visit: VisitBody?
  var council: CouncilBody?
  var proposal: ProposalBody?
  var consent: ConsentBody?
  var inspection: InspectionBody?

  static let longestNote = 4000

  /// - Throws: ``Problem`` 400 for what is no such object.
  static func read(_ text: String) throws -> TransitionBody {
    do { return try JSONDecoder().decode(Self.self, from: Data(text.utf8)) } catch let error as DecodingError
    {
      throw Problem(.badRequest, Self.explanation(error))
    } catch { throw Problem(.badRequest, "expected a JSON object") }
  }

  /// - Parameter now: when it is said, milliseconds since 1970.
  /// - Throws: ``Problem`` 422 for what is missing or makes no sense.
  func command(now: Int64) throws -> TicketCommand.Step {
    let note = note ?? ""
    guard note.count <= Self.longestNote, [to, from, cause].allSatisfy({ ($0 ?? "").count <= 400 }) else {
      throw Problem(.unprocessableContent, "a note has at most \(Self.longestNote) characters, a name 400")
    }
    switch step {
    case .acknowledge: return .acknowledge(note: note)
    case .arrive: return .arrive(note: note)
    case .assign: return .assign(Assignee(try filled(to, "'to': a role or a name")))
    case .inform: return .inform(Assignee(try filled(to, "'to': a role or a name")))
    case .comment: return .comment(try filled(note, "a note"))
    case .pause:
      let reason = try given(reason, "'reason': \(Self.list(Pause.Reason.self))")
      return .pause(reason, until: try until.map { try time($0, "until") }, note: note)
    case .resume: return .resume(note: note)
    case .contact:
      return .contact(
        from: try filled(from, "'from': a flat or a function"), channel: channel ?? .telephone,
        note: try filled(note, "a note that says what was asked"))
    case .resolve:
      return .resolve(
        Resolution(
          try filled(note, "a note that says what was done"), measure: measure ?? .other,
          cause: cause.flatMap { $0.isEmpty ? nil : $0 }, items: items ?? []))
    case .verify: return .verify(try filled(note, "a note that says what was seen"))
    case .reopen: return .reopen(try filled(note, "a note that says what is still wrong"))
    case .close: return .close(note)
    case .merge: return .merge(into: try filled(to, "'to': the ticket as which it goes on"), note: note)
    case .cancel: return .cancel(try filled(note, "a note that says why there is nothing to do"))
    case .visit, .council, .propose, .consent, .inspect: return try record(note, now: now)
    case .report: throw Problem(.unprocessableContent, "a report opens a ticket: it is no step on one")
    }
  }

  /// What people do around a ticket.
  private func record(_ note: String, now: Int64) throws -> TicketCommand.Step {
    switch step {
    case .visit:
      let visit = try given(visit, "'visit' with 'attendees', 'start' and 'end'")
      return .visit(
        Visit(
          attendees: visit.attendees, start: try time(visit.start, "visit.start"),
          end: try time(visit.end, "visit.end"), note: note))
    case .council:
      let council = try given(council, "'council' with 'parties'")
      let items = try (council.items ?? []).map {
        Council.Item($0.what, who: $0.who, due: try time($0.due, "council.items.due"))
      }
      return .council(
        Council(
          parties: council.parties, claims: council.claims ?? [],
          outcome: try filled(note, "a note that says what came out"), items: items,
          quorum: council.quorum ?? 3))
    case .propose:
      let body = try given(proposal, "'proposal' with 'text', 'amount', 'division', 'households' and 'rule'")
      return .propose(try proposal(body))
    case .consent:
      let consent = try given(consent, "'consent' with 'household' and 'vote'")
      let on = try consent.on.map { try time($0, "consent.on") } ?? Timestamp(milliseconds: now)
      return .consent(
        Proposal.Consent(
          proposal: consent.proposal ?? 1, household: consent.household, vote: consent.vote, on: on))
    default:
      let inspection = try given(inspection, "'inspection' with 'place'")
      return .inspect(
        Inspection(
          place: inspection.place, household: inspection.household,
          finding: try filled(note, "a note that says what was found"), plan: inspection.plan ?? .nothing,
          isDone: inspection.done ?? false))
    }
  }

  private func proposal(_ body: ProposalBody) throws -> Proposal {
    let rule: ConsentRule =
      switch body.rule {
      case .unanimous: .unanimous
      case .civilCode278: .civilCode278
      case .civilCode278Special: .civilCode278Special
      case .custom:
        throw Problem(.unprocessableContent, "a custom rule of consent is set by the command line")
      }
    do {
      return try Proposal(
        body.text, amount: body.amount, division: body.division,
        households: body.households.map {
          Proposal.Household($0.id, area: $0.area ?? 0, share: $0.share ?? 0)
        },
        rule: rule, deadline: try body.deadline.map { try time($0, "proposal.deadline") })
    } catch let error as ProposalError { throw Problem(.unprocessableContent, "proposal: \(error)") }
  }

  private func filled(_ text: String?, _ what: String) throws -> String {
    guard let text, text.contains(where: { !$0.isWhitespace }) else {
      throw Problem(.unprocessableContent, "\(step.rawValue) needs \(what)")
    }
    return text
  }

  private func given<Value>(_ value: Value?, _ what: String) throws -> Value {
    guard let value else { throw Problem(.unprocessableContent, "\(step.rawValue) needs \(what)") }
    return value
  }

  private func time(_ text: String, _ key: String) throws -> Timestamp {
    guard let time = Timestamp(rfc3339: text) else {
      throw Problem(
        .unprocessableContent, "'\(key)': found '\(text)', expected a time such as 2026-03-10T22:45:00+08:00")
    }
    return time
  }

  private static func list<Choice: RawRepresentable & CaseIterable>(_ type: Choice.Type) -> String
  where Choice.RawValue == String { type.allCases.map(\.rawValue).joined(separator: ", ") }

  private static func explanation(_ error: DecodingError) -> String {
    func path(_ context: DecodingError.Context) -> String {
      context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    }
    switch error {
    case .keyNotFound(let key, let context):
      let outer = path(context)
      return "'\(outer.isEmpty ? key.stringValue : "\(outer).\(key.stringValue)")' is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      let place = path(context)
      if place == "step" { return "'step': expected one of \(list(Ticket.Action.self))" }
      return place.isEmpty ? "expected a JSON object" : "'\(place)' has a value that doesn't fit"
    @unknown default: return "expected a JSON object"
    }
  }
}
