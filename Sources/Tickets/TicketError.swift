/// What the ticket book answers when something can't be done.
import EstateModel

public enum TicketError: Error, Hashable, Sendable, CustomStringConvertible {
  case unknownTicket(String, near: String?)
  case notAllowed(Ticket.Action, ticket: String, state: Ticket.State)
  /// A comment, a resolution or an assignment without a word in it.
  case empty(Ticket.Action, ticket: String)
  /// Others have changed the ticket since the person looked at it.
  case conflict(ticket: String, seen: Int, changes: [TicketEvent], omitted: Int)
  case unknownParty(String, near: String)
  /// The estate has no such party.
  case noSuchParty(Role, estate: String)
  case unknownEstate(String, near: String?)
  case unknownCategory(String, near: String?)
  case unknownPlace(String, estate: String, near: String?)
  /// The command is older than what has happened since.
  case past(ticket: String, newest: Int64)
  /// Anything else that stands against the step, in words.
  case refused(Ticket.Action, ticket: String, reason: String)
  /// Stored events that don't follow from each other.
  case brokenHistory(ticket: String, found: String, expected: String)

  public var description: String {
    func suggestion(_ near: String?) -> String { near.map { "; did you mean '\($0)'?" } ?? "" }
    switch self {
    case .unknownTicket(let id, let near): return "unknown ticket '\(id)'\(suggestion(near))"
    case .notAllowed(let action, let ticket, let state):
      let allowed = state.allowedActions.map(\.rawValue).joined(separator: ", ")
      return "ticket \(ticket) is \(state.rawValue): can't \(action.rawValue) it, allowed are: \(allowed)"
    case .empty(let action, let ticket):
      let missing =
        action == .assign || action == .inform
        ? "a role or a name" : "a note that says what was done or found"
      return "ticket \(ticket): \(action.rawValue) needs \(missing)"
    case .conflict(let ticket, let seen, let changes, let omitted):
      let list = changes.map { event in
        let note = event.note.isEmpty ? "" : ": \(event.note)"
        return "  \(event.sequence) \(event.kind.rawValue) by \(event.by)\(note)"
      }
      let earlier = omitted > 0 ? ["  and \(omitted) before"] : []
      return
        (["ticket \(ticket) has changed since event \(seen); look at it again:"] + earlier + list).joined(
          separator: "\n")
    case .unknownParty(let name, let near): return "unknown party '\(name)'\(suggestion(near))"
    case .noSuchParty(let role, let estate): return "estate \(estate) has no \(role.title.en)"
    case .unknownEstate(let id, let near): return "unknown estate '\(id)'\(suggestion(near))"
    case .unknownCategory(let name, let near): return "unknown category '\(name)'\(suggestion(near))"
    case .unknownPlace(let place, let estate, let near):
      return "estate \(estate) has no place '\(place)'\(suggestion(near))"
    case .past(let ticket, let newest):
      return
        "ticket \(ticket): the step lies in the past; the newest event is of \(Timestamp(milliseconds: newest).formatted())"
    case .refused(let action, let ticket, let reason):
      return "ticket \(ticket): can't \(action.rawValue) it: \(reason)"
    case .brokenHistory(let ticket, let found, let expected):
      return "history of ticket \(ticket): found \(found), expected \(expected)"
    }
  }
}
