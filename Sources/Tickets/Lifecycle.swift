/// Which step is allowed in which state: the one table that decides.
import EstateModel

extension Ticket {
  public enum State: String, CaseIterable, Sendable, Codable {
    case new, acknowledged, resolved, closed

    /// Somebody still has to act.
    public var isOpen: Bool { self != .closed }
  }

  /// What a person can do to a ticket.
  public enum Action: String, CaseIterable, Sendable, Codable {
    case acknowledge, assign, comment, resolve, reopen, close
  }
}

extension Ticket.State {
  private static let table: [Ticket.State: [Ticket.Action: Ticket.State]] = [
    .new: [.acknowledge: .acknowledged, .assign: .new, .comment: .new, .resolve: .resolved],
    .acknowledged: [.assign: .acknowledged, .comment: .acknowledged, .resolve: .resolved],
    .resolved: [.comment: .resolved, .reopen: .new, .close: .closed],
    .closed: [.comment: .closed],
  ]

  /// The state after an action; nil where the action isn't allowed.
  public func after(_ action: Ticket.Action) -> Ticket.State? { Self.table[self]?[action] }

  /// In a fixed order.
  public var allowedActions: [Ticket.Action] { Ticket.Action.allCases.filter { after($0) != nil } }
}
