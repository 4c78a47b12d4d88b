/// How far a ticket's clocks have run. Due times are worked out once, when a clock starts, and stand on the event.
import EstateModel

/// One of the times within which something must happen. Times are milliseconds since 1970.
public struct ServiceClock: Hashable, Sendable, Codable {
  public enum Kind: String, CaseIterable, Sendable, Codable {
    case acknowledge
    case onSite = "on-site"
    case resolve
    /// A person looks whether it is really done, and closes the ticket.
    case followUp = "follow-up"
  }

  public enum Stage: String, CaseIterable, Sendable, Codable { case running, reminded, warned, missed }

  public var kind: Kind
  public var started: Int64
  public var remind: Int64
  public var warn: Int64
  public var due: Int64
  /// As the configuration says it: `5 working days`.
  public var term: String
  /// It counts only the hours in which offices work.
  public var isWorking: Bool
  public var stage: Stage = .running
  /// When it was done, in time or not.
  public var met: Int64?

  public var isRunning: Bool { met == nil }
  /// nil while it runs.
  public var isOnTime: Bool? { met.map { $0 <= due } }

  /// When something is to be said about it next; nil once it is met or missed.
  var nextStage: (at: Int64, stage: Stage)? {
    guard isRunning else { return nil }
    return switch stage {
    case .running: (remind, .reminded)
    case .reminded: (warn, .warned)
    case .warned: (due, .missed)
    case .missed: nil
    }
  }
}

/// After `resolved`: the signal must stay normal for so long.
public struct Watch: Hashable, Sendable, Codable {
  /// Milliseconds since 1970; from then on, or from the last clearing if that is later.
  public var from: Int64
  /// Milliseconds.
  public var quiet: Int64
  /// So long may alarms that are still active take to clear, milliseconds.
  public var settle: Int64
  /// Devices that don't report: as long as there are any, nothing is proven.
  @Listed public var blind: [String]

  init(from: Int64, quiet: Int64, settle: Int64, blind: [String]) {
    (self.from, self.quiet, self.settle, self.blind) = (from, quiet, settle, blind)
  }
}

/// What an event settles for the time to come; nil: as before.
public struct Terms: Hashable, Sendable, Codable {
  public var clocks: [ServiceClock]?
  public var watch: Watch?
  /// Milliseconds after `verified`; nobody has to close it.
  public var closeAfter: Int64?

  public init(clocks: [ServiceClock]? = nil, watch: Watch? = nil, closeAfter: Int64? = nil) {
    (self.clocks, self.watch, self.closeAfter) = (clocks, watch, closeAfter)
  }

  var isEmpty: Bool { clocks == nil && watch == nil && closeAfter == nil }
}

/// Said to those who are on the ticket; nothing else changes.
public struct Reminder: Hashable, Sendable, Codable {
  public enum Reason: String, CaseIterable, Sendable, Codable {
    /// Half of a clock's time is over.
    case halfTime = "half-time"
    /// Most of it.
    case dueSoon = "due-soon"
    /// The alarms cleared before anyone came: somebody is to look all the same.
    case look
    /// No sensor can tell whether it is done: somebody is to look.
    case followUp = "follow-up"
    /// The watch can't prove anything, because devices don't report.
    case blind
    /// Something that a council decided is due.
    case item
  }

  public var reason: Reason
  public var clock: ServiceClock.Kind?
  public var due: Int64?
  public var text: String?

  init(_ reason: Reason, clock: ServiceClock.Kind? = nil, due: Int64? = nil, text: String? = nil) {
    (self.reason, self.clock, self.due, self.text) = (reason, clock, due, text)
  }
}

/// A clock was missed, or still is after another while: the next of the chain is asked.
public struct Escalation: Hashable, Sendable, Codable {
  public var clock: ServiceClock.Kind
  public var due: Int64
  /// Position in the chain, from 1.
  public var level: Int
  /// nil: the chain is at its end.
  public var party: TicketParty?
  /// When the one after is asked if nothing happens.
  public var next: Int64?
}
