/// What people tell the ticket book, and what it answers when that can't be done.
import EstateModel

/// Who is to take a ticket over.
public enum Assignee: Hashable, Sendable, Codable {
  case role(Role)
  case name(String)

  /// A role by its name (`grid-worker`), else a person's or firm's name as it stands.
  public init(_ text: String) { self = Role(rawValue: text).map(Assignee.role) ?? .name(text) }
}

public struct TicketCommand: Hashable, Sendable {
  public enum Step: Hashable, Sendable, Codable {
    case acknowledge(note: String = "")
    case assign(Assignee)
    case comment(String)
    /// What was done; it can't be empty.
    case resolve(String)
    case reopen(String)
    case close(String)

    public var action: Ticket.Action {
      switch self {
      case .acknowledge: .acknowledge
      case .assign: .assign
      case .comment: .comment
      case .resolve: .resolve
      case .reopen: .reopen
      case .close: .close
      }
    }
  }

  public var ticket: String
  public var step: Step
  /// Who says so.
  public var by: String
  public var at: Timestamp
  public var via: TicketEvent.Source

  public init(_ step: Step, ticket: String, by: String, at: Timestamp, via: TicketEvent.Source) {
    (self.ticket, self.step, self.by, self.at, self.via) = (ticket, step, by, at, via)
  }
}

public enum TicketError: Error, Hashable, Sendable, CustomStringConvertible {
  case unknownTicket(String, near: String?)
  case notAllowed(Ticket.Action, ticket: String, state: Ticket.State)
  /// A comment, a resolution or an assignment without a word in it.
  case empty(Ticket.Action, ticket: String)
  /// Stored events that don't follow from each other.
  case brokenHistory(ticket: String, found: String, expected: String)

  public var description: String {
    switch self {
    case .unknownTicket(let id, let near):
      return "unknown ticket '\(id)'" + (near.map { "; did you mean '\($0)'?" } ?? "")
    case .notAllowed(let action, let ticket, let state):
      let allowed = state.allowedActions.map(\.rawValue).joined(separator: ", ")
      return "ticket \(ticket) is \(state.rawValue): can't \(action.rawValue) it, allowed are: \(allowed)"
    case .empty(let action, let ticket):
      let missing = action == .assign ? "a role or a name" : "a note that says what was done or found"
      return "ticket \(ticket): \(action.rawValue) needs \(missing)"
    case .brokenHistory(let ticket, let found, let expected):
      return "history of ticket \(ticket): found \(found), expected \(expected)"
    }
  }
}
