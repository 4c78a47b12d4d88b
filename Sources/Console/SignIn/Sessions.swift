/// Who is signed in. Sessions survive a restart of the gateway, so that open pages go on.
import Foundation
import Synchronization

public final class Sessions: Sendable {
  /// In the data folder.
  public static let fileName = "console-sessions.json"
  /// Milliseconds without a request after which a session ends, and its longest life.
  public static let idle: Int64 = 12 * 3_600_000
  public static let longest: Int64 = 30 * 86_400_000
  /// A last use is written down at most this often.
  private static let writing: Int64 = 600_000
  private static let mostPerAccount = 50

  struct Session: Codable {
    var account: String
    var began: Int64
    var used: Int64
    /// Of the password that it began with: a new password ends the sessions of the old one.
    var key: Data
  }

  private let path: String
  /// By the hash of the cookie.
  private let sessions: Mutex<[String: Session]>

  public init(folder: URL) {
    path = folder.appendingPathComponent(Self.fileName).path
    // A damaged file costs nothing but a sign-in.
    sessions = Mutex((try? PrivateFile.read([String: Session].self, at: path)) ?? [:])
  }

  /// - Parameter now: milliseconds since 1970.
  /// - Returns: the cookie's value; only its hash is kept.
  func begin(_ account: Account, now: Int64) -> String {
    let secret = Secret.random()
    sessions.withLock { sessions in
      sessions = sessions.filter { Self.isAlive($0.value, now) }
      let own = sessions.filter { $0.value.account == account.name }.sorted { $0.value.used < $1.value.used }
      for old in own.prefix(max(0, own.count - Self.mostPerAccount + 1)) { sessions[old.key] = nil }
      sessions[Secret.hash(secret)] = Session(
        account: account.name, began: now, used: now, key: account.password.key)
      save(sessions)
    }
    return secret
  }

  /// - Returns: nil when the session is unknown or over.
  func account(of secret: String, in book: AccountBook, now: Int64) -> Account? {
    let hash = Secret.hash(secret)
    return sessions.withLock { sessions in
      guard let session = sessions[hash], Self.isAlive(session, now),
        let account = book.account(session.account),
        account.password.key == session.key, !account.isDisabled
      else { return nil }
      if now - session.used > Self.writing {
        sessions[hash]?.used = now
        save(sessions)
      }
      return account
    }
  }

  func end(_ secret: String) {
    sessions.withLock { sessions in
      if sessions.removeValue(forKey: Secret.hash(secret)) != nil { save(sessions) }
    }
  }

  private static func isAlive(_ session: Session, _ now: Int64) -> Bool {
    now - session.used < idle && now - session.began < longest
  }

  private func save(_ sessions: [String: Session]) { try? PrivateFile.write(sessions, to: path) }
}
