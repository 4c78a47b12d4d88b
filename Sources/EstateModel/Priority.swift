/// How soon somebody must act. The clocks of a ticket come from it.
public enum Priority: String, CaseIterable, Sendable, Comparable, Codable {
  /// Danger now.
  case p1 = "P1"
  case p2 = "P2"
  case p3 = "P3"
  case p4 = "P4"

  /// The more urgent priority is the smaller one.
  public static func < (a: Priority, b: Priority) -> Bool { a.rawValue < b.rawValue }
}
