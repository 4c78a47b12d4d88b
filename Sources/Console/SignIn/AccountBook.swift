/// The people and programs that may use the console: one file in the data folder that only its owner can read.
import Foundation
import Synchronization

public struct Account: Hashable, Sendable, Codable {
  public var name: String
  public var access: Access
  public var password: PasswordHash
  public var mustChangePassword: Bool
  /// nil in files of older programs.
  private var disabled: Bool?

  /// Nobody can sign in, and tokens don't work.
  public var isDisabled: Bool {
    get { disabled ?? false }
    set { disabled = newValue }
  }

  init(name: String, access: Access, password: PasswordHash, mustChangePassword: Bool) {
    (self.name, self.access) = (name, access)
    (self.password, self.mustChangePassword) = (password, mustChangePassword)
  }
}

/// A program's key, good for what its scope says until its end.
public struct APIToken: Hashable, Sendable, Codable {
  public var id: String
  /// The account whose name stands on what is done with it.
  public var account: String
  /// At most what the account itself may do.
  public var scope: Access
  public var hash: String
  /// Milliseconds since 1970.
  public var ends: Int64
}

public enum AccountError: Error, Hashable, Sendable, CustomStringConvertible {
  case unknown(String)
  case exists(String)
  case badName(String)
  case passwordLength
  case knownPassword
  case lastAdmin(String)
  case unusable(path: String, reason: String)

  public var description: String {
    switch self {
    case .unknown(let name): "there is no account or token '\(name)'"
    case .exists(let name): "account '\(name)' is there already"
    case .badName(let name):
      "account '\(name)': expected 1 to 40 letters, digits, '-', '_' and '.'"
    case .passwordLength: "expected a password of 12 to 128 characters"
    case .knownPassword:
      "this password is among those that everybody tries, or made of the account's name or very few characters: choose another"
    case .lastAdmin(let name): "'\(name)' is the last admin; make another one first"
    case .unusable(let path, let reason): "\(path): \(reason)"
    }
  }
}

/// Every call sees what other processes have changed meanwhile: `gatehouse user` works beside a running gateway.
public final class AccountBook: Sendable {
  /// In the data folder.
  public static let fileName = "console-accounts.json"

  struct Contents: Codable {
    var accounts: [Account] = []
    var tokens: [APIToken] = []
  }

  private struct Cache {
    var contents = Contents()
    var stamp: FileStamp?
  }

  private let path: String
  private let cache = Mutex(Cache())

  public init(folder: URL) { path = folder.appendingPathComponent(Self.fileName).path }

  public var accounts: [Account] { (try? contents().accounts) ?? [] }
  public var tokens: [APIToken] { (try? contents().tokens) ?? [] }

  public func account(_ name: String) -> Account? { accounts.first { $0.name == name } }

  /// - Parameter password: nil: one is made up, good for the first sign-in only.
  /// - Returns: the password.
  /// - Throws: ``AccountError``
  @discardableResult
  public func add(_ name: String, access: Access, password: String? = nil) throws -> String {
    guard Self.isName(name) else { throw AccountError.badName(name) }
    let given = password ?? Secret.readable()
    try Self.check(given, of: name)
    let hash = try PasswordHash(given)
    try change { contents in
      guard !contents.accounts.contains(where: { $0.name == name }) else { throw AccountError.exists(name) }
      contents.accounts.append(
        Account(name: name, access: access, password: hash, mustChangePassword: password == nil))
    }
    return given
  }

  /// - Parameter password: nil: one is made up, good for the next sign-in only.
  /// - Returns: the password.
  @discardableResult
  public func setPassword(of name: String, to password: String? = nil) throws -> String {
    let given = password ?? Secret.readable()
    try Self.check(given, of: name)
    let hash = try PasswordHash(given)
    try change { contents in
      guard let index = contents.accounts.firstIndex(where: { $0.name == name }) else {
        throw AccountError.unknown(name)
      }
      contents.accounts[index].password = hash
      contents.accounts[index].mustChangePassword = password == nil
    }
    return given
  }

  /// The account's tokens go with it.
  public func remove(_ name: String) throws {
    try changeAccount(name) { contents, index in
      contents.accounts.remove(at: index)
      contents.tokens.removeAll { $0.account == name }
    }
  }

  /// Its tokens may do no more than the account itself from now on.
  public func setAccess(of name: String, to access: Access) throws {
    try changeAccount(name) { contents, index in contents.accounts[index].access = access }
  }

  /// Ends or gives back everything that the account may do; its tokens are kept.
  public func setDisabled(_ isDisabled: Bool, of name: String) throws {
    try changeAccount(name) { contents, index in contents.accounts[index].isDisabled = isDisabled }
  }

  /// - Throws: ``AccountError/lastAdmin(_:)`` when nobody could configure any more.
  private func changeAccount(_ name: String, _ body: (inout Contents, Int) -> Void) throws {
    try change { contents in
      guard let index = contents.accounts.firstIndex(where: { $0.name == name }) else {
        throw AccountError.unknown(name)
      }
      body(&contents, index)
      guard contents.accounts.contains(where: { $0.access == .admin && !$0.isDisabled }) else {
        throw AccountError.lastAdmin(name)
      }
    }
  }

  /// - Returns: the token; only its hash is kept.
  public func addToken(account name: String, scope: Access, ends: Int64) throws -> (
    id: String, secret: String
  ) {
    let secret = "gh_" + Secret.random()
    let id = String(Secret.hash(secret).prefix(8))
    try change { contents in
      guard let account = contents.accounts.first(where: { $0.name == name }) else {
        throw AccountError.unknown(name)
      }
      contents.tokens.append(
        APIToken(
          id: id, account: name, scope: min(scope, account.access), hash: Secret.hash(secret), ends: ends))
    }
    return (id, secret)
  }

  public func removeToken(_ id: String) throws {
    try change { contents in
      guard contents.tokens.contains(where: { $0.id == id }) else { throw AccountError.unknown(id) }
      contents.tokens.removeAll { $0.id == id }
    }
  }

  /// - Parameter now: milliseconds since 1970.
  func identity(token secret: String, now: Int64) -> Identity? {
    let hash = Data(Secret.hash(secret).utf8)
    guard let found = try? contents(),
      let token = found.tokens.first(where: { isSame(Data($0.hash.utf8), hash) }), token.ends > now,
      let account = found.accounts.first(where: { $0.name == token.account }), !account.isDisabled
    else { return nil }
    return Identity(account: account.name, access: min(token.scope, account.access), proof: .token)
  }

  /// - Throws: ``AccountError``: it is too short or too long, or what everybody tries first.
  static func check(_ password: String, of name: String) throws {
    guard (12...128).contains(password.count) else { throw AccountError.passwordLength }
    let folded = password.lowercased()
    let known = try Resources.text("known-passwords.txt").split(separator: "\n")
    // What is left without the names that anybody would try.
    let rest = [name.lowercased(), "gatehouse", "password"].reduce(folded) { $0.replacing($1, with: "") }
    guard !known.contains(folded[...]), Set(folded).count > 4, rest.count > 5 else {
      throw AccountError.knownPassword
    }
  }

  private static func isName(_ name: String) -> Bool {
    (1...40).contains(name.count)
      && name.unicodeScalars.allSatisfy {
        $0.properties.isAlphabetic || "0123456789-_.".unicodeScalars.contains($0)
      }
  }

  private func contents() throws -> Contents {
    let stamp = FileStamp(path)
    return try cache.withLock { cache in
      guard let stamp else { return Contents() }
      if cache.stamp == stamp { return cache.contents }
      cache.contents = try PrivateFile.read(Contents.self, at: path) ?? Contents()
      cache.stamp = stamp
      return cache.contents
    }
  }

  private func change(_ body: (inout Contents) throws -> Void) throws {
    try PrivateFile.locked(path) {
      var contents = try PrivateFile.read(Contents.self, at: path) ?? Contents()
      try body(&contents)
      try PrivateFile.write(contents, to: path)
    }
    cache.withLock { $0.stamp = nil }
  }
}
