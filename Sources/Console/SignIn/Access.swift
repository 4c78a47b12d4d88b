/// What somebody who has signed in may do.

/// Each level may do all that the one before may.
public enum Access: String, CaseIterable, Comparable, Sendable, Codable {
  /// Hands in what residents report, and sees nothing.
  case reporter
  /// Looks.
  case viewer
  /// Takes steps on tickets.
  case `operator`
  /// Configures.
  case admin

  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

  public static func < (a: Access, b: Access) -> Bool { a.rank < b.rank }
}

/// Who sent a request.
public struct Identity: Hashable, Sendable {
  public enum Proof: Hashable, Sendable {
    /// A session's cookie; forms and changing requests carry the token as well.
    case session(csrf: String)
    case token
  }

  public var account: String
  public var access: Access
  public var proof: Proof
  /// The password was set by somebody else: it must be replaced before anything else is done.
  public var mustChangePassword = false
}
