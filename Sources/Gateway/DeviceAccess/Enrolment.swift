/// What the embedded broker knows of one device: how it proves who it is, and where it may publish.

public struct Enrolment: Codable, Hashable, Sendable {
  public enum Proof: Codable, Hashable, Sendable {
    /// mosquitto's hash of it.
    case password(hash: String)
    /// Of our own authority.
    case certificate(serial: String)
  }

  /// The name by which the broker knows it: the device's path, or a bridge's name.
  public var name: String
  /// It may publish there, and nowhere else. It may read nothing.
  public var topics: [String]
  public var proof: Proof
  /// Milliseconds since 1970.
  public var since: Int64

  /// Fit for a line of mosquitto's files and for a certificate's common name.
  public static func isName(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count) && !["gatehouse", "simulator"].contains(text)
      && text.utf8.allSatisfy { byte in
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
          || [45, 46, 47, 95].contains(byte)
      }
  }

  /// A filter that starts with a name: nobody gets `#`, `+/…` or `$SYS/…`.
  public static func isTopic(_ text: String) -> Bool {
    let levels = text.split(separator: "/", omittingEmptySubsequences: false)
    guard let first = levels.first, !first.isEmpty, !first.contains(where: { "+#$".contains($0) }),
      text.utf8.count <= 512, !text.contains(where: { $0.isNewline || $0.isWhitespace })
    else { return false }
    for (number, level) in levels.enumerated() where level.contains(where: { "+#".contains($0) }) {
      guard level == "+" || level == "#" && number == levels.count - 1 else { return false }
    }
    return first != "simulation"
  }
}
