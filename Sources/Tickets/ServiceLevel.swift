/// How soon what must happen: the ladder by priority, and what a category has of its own.
import EstateModel

/// The terms of one priority; nil: not set here.
public struct ServiceLevel: Hashable, Sendable {
  public var acknowledge: Term?
  /// nil in the whole ladder: nobody has to be there by a time.
  public var onSite: Term?
  public var resolve: Term?
  /// After the work a person looks, asks and closes.
  public var followUp: Term?
  /// While a clock is missed, the next of the chain is asked after another such while.
  public var escalateEvery: Term?
  /// So long may the clocks stand still.
  public var pause: Term?

  public init(
    acknowledge: Term? = nil, onSite: Term? = nil, resolve: Term? = nil, followUp: Term? = nil,
    escalateEvery: Term? = nil, pause: Term? = nil
  ) {
    (self.acknowledge, self.onSite, self.resolve) = (acknowledge, onSite, resolve)
    (self.followUp, self.escalateEvery, self.pause) = (followUp, escalateEvery, pause)
  }

  /// What this level sets, and for the rest what the other one does.
  public func over(_ other: ServiceLevel) -> ServiceLevel {
    ServiceLevel(
      acknowledge: acknowledge ?? other.acknowledge, onSite: onSite ?? other.onSite,
      resolve: resolve ?? other.resolve, followUp: followUp ?? other.followUp,
      escalateEvery: escalateEvery ?? other.escalateEvery, pause: pause ?? other.pause)
  }

  public func term(_ kind: ServiceClock.Kind) -> Term? {
    switch kind {
    case .acknowledge: acknowledge
    case .onSite: onSite
    case .resolve: resolve
    case .followUp: followUp
    }
  }
}

/// The ladder that all categories share.
public struct ServiceLevels: Hashable, Sendable {
  public var levels: [Priority: ServiceLevel]
  /// Shares of a term at which somebody is told that it runs out.
  public var remindAt: Double
  public var warnAt: Double

  public init(levels: [Priority: ServiceLevel], remindAt: Double = 0.5, warnAt: Double = 0.8) {
    (self.levels, self.remindAt, self.warnAt) = (levels, remindAt, warnAt)
  }

  /// Where no file says anything else: P1 and P2 by the calendar, P3 and P4 in working time.
  public static let standard = ServiceLevels(levels: [
    .p1: ServiceLevel(
      acknowledge: minutes(15), onSite: hours(2), resolve: hours(24), followUp: hours(24),
      escalateEvery: minutes(30), pause: hours(7 * 24)),
    .p2: ServiceLevel(
      acknowledge: hours(2), onSite: hours(24), resolve: hours(72), followUp: .workingDays(2),
      escalateEvery: hours(4), pause: hours(14 * 24)),
    .p3: ServiceLevel(
      acknowledge: .workingDays(1), resolve: .workingDays(5), followUp: .workingDays(3),
      escalateEvery: .workingDays(1), pause: hours(30 * 24)),
    .p4: ServiceLevel(
      acknowledge: .workingDays(2), resolve: .workingDays(11), followUp: .workingDays(5),
      escalateEvery: .workingDays(2), pause: hours(30 * 24)),
  ])

  private static func minutes(_ count: Int64) -> Term { .calendar(count * 60_000) }
  private static func hours(_ count: Int64) -> Term { .calendar(count * 3_600_000) }
}

/// How it is found out whether the work has helped.
public enum Verification: Hashable, Sendable {
  /// The alarms stay clear for so long; those still active may take so long to clear. Milliseconds.
  case sensor(quiet: Int64, settle: Int64)
  /// No sensor can tell: somebody looks.
  case person
}
