/// Alarms as ISA-18.2 knows them: a condition that needs a response, and its way from raised to cleared.

/// A value that a rule looked at when it decided.
public struct Evidence: Hashable, Sendable, Codable {
  /// The part of the condition as it is written: `leq(laeq, 15min)`.
  public var label: String
  /// nil: unknown at that moment.
  public var value: Double?
  public var unit: String

  public init(label: String, value: Double?, unit: String) {
    (self.label, self.value, self.unit) = (label, value, unit)
  }
}

/// Why an alarm ended although nothing was measured that ends it: nobody watches any more.
public enum Withdrawal: String, Hashable, Sendable, Codable {
  case ruleRemoved = "rule-removed"
  case deviceRemoved = "device-removed"
  /// The rule no longer runs on devices of this kind.
  case notWatched = "not-watched"
}

/// One step of one alarm.
public struct AlarmTransition: Hashable, Sendable, Codable {
  public enum Kind: String, Sendable, Codable { case raised, cleared }

  public var kind: Kind
  /// A function of rule, subject and onset: the same incident has the same id whenever it is worked out.
  public var alarm: String
  public var rule: String
  public var title: Title
  public var estate: String
  /// The device's id within its estate.
  public var device: String
  public var place: String
  public var priority: Priority
  /// The ticket category.
  public var category: String
  /// Milliseconds since 1970: when the condition began to hold.
  public var onset: Int64
  /// Milliseconds since 1970, event time: when this step happened.
  public var at: Int64
  /// The neighbouring place that the rule points at: the blocked pipe runs from `place` to here.
  public var towards: String?
  public var evidence: [Evidence]
  /// The shelving or maintenance behind which it was raised; nil: it was announced.
  public var suppressedBy: String?
  /// Of an end by which nothing is proved; nil: what was measured ended it, or a person did.
  public var withdrawn: Withdrawal?

  public init(
    kind: Kind, alarm: String, rule: String, title: Title, estate: String, device: String, place: String,
    priority: Priority, category: String, onset: Timestamp, at: Timestamp, towards: String? = nil,
    evidence: [Evidence] = []
  ) {
    (self.kind, self.alarm, self.rule, self.title) = (kind, alarm, rule, title)
    (self.estate, self.device, self.place) = (estate, device, place)
    (self.priority, self.category, self.towards, self.evidence) = (priority, category, towards, evidence)
    (self.onset, self.at) = (onset.milliseconds, at.milliseconds)
  }

  /// The end of this alarm, because nobody watches any more.
  public func ended(because withdrawal: Withdrawal, at time: Timestamp) -> AlarmTransition {
    var end = self
    (end.kind, end.at, end.withdrawn) = (.cleared, max(at, time.milliseconds), withdrawal)
    (end.evidence, end.suppressedBy) = ([], nil)
    return end
  }

  public static func identifier(rule: String, device: String, onset: Timestamp) -> String {
    var hash = StableHash()
    hash.add(rule)
    hash.add(device)
    hash.add(onset.milliseconds)
    return "A-" + hash.text(length: 10)
  }
}
