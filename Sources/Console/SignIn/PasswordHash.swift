/// Passwords as they are kept: scrypt with a salt of their own.
import Crypto
import Foundation
import _CryptoExtras

public struct PasswordHash: Hashable, Sendable, Codable {
  /// Cost: memory is 128 · rounds · blockSize bytes, 32 MiB.
  static let rounds = 32_768
  static let blockSize = 8
  static let parallelism = 1

  var salt: Data
  var key: Data
  var rounds: Int
  var blockSize: Int
  var parallelism: Int

  /// Takes about a tenth of a second: that is its purpose.
  public init(_ password: String) throws {
    salt = Data((0..<16).map { _ in UInt8.random(in: .min ... .max) })
    (rounds, blockSize, parallelism) = (Self.rounds, Self.blockSize, Self.parallelism)
    key = try Self.key(password, salt: salt, rounds: rounds, blockSize: blockSize, parallelism: parallelism)
  }

  public func matches(_ password: String) -> Bool {
    guard
      let other = try? Self.key(
        password, salt: salt, rounds: rounds, blockSize: blockSize, parallelism: parallelism)
    else { return false }
    return isSame(key, other)
  }

  private static func key(_ password: String, salt: Data, rounds: Int, blockSize: Int, parallelism: Int)
    throws
    -> Data
  {
    // The same password typed on another system may be composed differently.
    let bytes = Data(password.precomposedStringWithCompatibilityMapping.utf8)
    return try KDF.Scrypt.deriveKey(
      from: bytes, salt: salt, outputByteCount: 32, rounds: rounds, blockSize: blockSize,
      parallelism: parallelism, maxMemory: 256 * rounds * blockSize
    ).withUnsafeBytes { Data($0) }
  }
}

/// Compares without telling by its duration where the two differ.
func isSame(_ a: Data, _ b: Data) -> Bool {
  guard a.count == b.count else { return false }
  return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
}

/// Secrets that a person or a program carries, and what is kept of them.
enum Secret {
  /// - Returns: so many random bytes in base64url.
  static func random(bytes: Int = 32) -> String {
    text(Data((0..<bytes).map { _ in UInt8.random(in: .min ... .max) }))
  }

  /// A password that can be read aloud: four groups of five letters and digits, 100 bits.
  static func readable() -> String {
    let digits = Array("23456789abcdefghjkmnpqrstuvwxyz")
    return (0..<4).map { _ in String((0..<5).compactMap { _ in digits.randomElement() }) }
      .joined(separator: "-")
  }

  /// Long random secrets need no slow hash.
  static func hash(_ secret: String) -> String { text(Data(SHA256.hash(data: Data(secret.utf8)))) }

  /// The token that forms of a session carry; it doesn't lead back to the session.
  static func csrf(of session: String) -> String { hash("form " + session) }

  private static func text(_ data: Data) -> String {
    data.base64EncodedString().replacingOccurrences(of: "+", with: "-")
      .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
  }
}
