/// Which step is allowed in which state: the one table that decides.
import EstateModel

extension Ticket {
  public enum State: String, CaseIterable, Sendable, Codable {
    case new
    /// Somebody has taken it up.
    case acknowledged
    /// Somebody is there.
    case onSite = "on-site"
    /// The work is said to be done; sensors and people watch whether it is.
    case resolved
    /// The signal stayed normal, or a person other than the one who did the work has looked.
    case verified
    /// It was not done after all.
    case reopened
    case closed
    /// Goes on as another ticket.
    case merged
    /// There was nothing to do.
    case cancelled

    /// Somebody still has to act.
    public var isOpen: Bool {
      switch self {
      case .closed, .merged, .cancelled: false
      case .new, .acknowledged, .onSite, .resolved, .verified, .reopened: true
      }
    }

    /// The work isn't done yet.
    public var isWorking: Bool { isOpen && self != .resolved && self != .verified }
  }

  /// What a person can do to a ticket.
  public enum Action: String, CaseIterable, Sendable, Codable {
    case acknowledge, arrive, assign, inform, comment, pause, resume, contact, visit, council, propose,
      consent
    case inspect, resolve, verify, reopen, close, merge, cancel
    /// Opens a ticket, or adds to the one that there is already.
    case report
  }
}

extension Ticket.State {
  private typealias Steps = [Ticket.Action: Ticket.State]

  /// Steps that add to a ticket and leave its state alone.
  private static func records(_ state: Ticket.State) -> Steps {
    let actions: [Ticket.Action] = [.inform, .comment, .contact, .visit, .council, .propose, .consent]
    return Dictionary(uniqueKeysWithValues: actions.map { ($0, state) })
  }

  /// Of a ticket on which work is still to be done.
  private static func work(_ state: Ticket.State) -> Steps {
    records(state).merging(
      [
        .assign: state, .inspect: state, .arrive: .onSite, .resolve: .resolved, .merge: .merged,
        .cancel: .cancelled,
      ]) { $1 }
  }

  /// From `resolved` no step leads to `closed`: what was done is looked at first.
  private static let table: [Ticket.State: Steps] = [
    .new: work(.new).merging([.acknowledge: .acknowledged]) { $1 },
    .reopened: work(.reopened).merging([.acknowledge: .acknowledged]) { $1 },
    .acknowledged: work(.acknowledged).merging([.pause: .acknowledged, .resume: .acknowledged]) { $1 },
    .onSite: {
      var steps = work(.onSite).merging([.pause: .onSite, .resume: .onSite]) { $1 }
      steps[.arrive] = nil
      return steps
    }(),
    .resolved: records(.resolved).merging([.verify: .verified, .reopen: .reopened]) { $1 },
    .verified: records(.verified).merging([.reopen: .reopened, .close: .closed]) { $1 },
    .closed: [.comment: .closed],
    .merged: [.comment: .merged],
    .cancelled: [.comment: .cancelled, .reopen: .reopened],
  ]

  /// The state after an action; nil where the action isn't allowed.
  public func after(_ action: Ticket.Action) -> Ticket.State? { Self.table[self]?[action] }

  /// In a fixed order.
  public var allowedActions: [Ticket.Action] { Ticket.Action.allCases.filter { after($0) != nil } }
}
