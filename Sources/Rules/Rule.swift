/// One checked rule: what it watches, when it raises and clears, and whom it concerns.
import Configuration
import EstateModel

public struct Rule: Sendable {
  /// Which neighbour's side of the subject the alarm points at.
  public enum Towards: String, CaseIterable, Sendable { case upstream, downstream }

  enum Clearing: Sendable {
    /// As soon as the condition to raise is known not to hold.
    case notRaise
    /// Never by itself.
    case manual
    case condition(Plan)
  }

  public let id: String
  public let title: Title
  /// The kinds of device that it runs on, once for each device.
  public let kinds: [DeviceKind]
  public let priority: Priority
  /// The ticket category.
  public let category: String
  /// Standard or practice behind its numbers.
  public let source: String?
  /// The condition as it is written.
  public let raiseText: String
  /// nil: as soon as the condition to raise no longer holds. `manual`: never by itself.
  public let clearText: String?
  /// How long the condition has to hold before the alarm is raised, in milliseconds.
  public let onDelay: Int64
  /// The same for clearing.
  public let offDelay: Int64
  /// The longest stretch of unknown that a running delay survives, in milliseconds; nil: three report intervals.
  public let gap: Int64?
  public let towards: Towards?
  /// Rules whose alarm in the same estate keeps this one from raising.
  public let inhibitedBy: [String]
  public let location: SourceLocation

  let raise: Plan
  let clearing: Clearing

  /// The longest stretch of readings that it looks at, in milliseconds.
  public var longestWindow: Int64 {
    plans.map(\.reach).max() ?? 0
  }
}
