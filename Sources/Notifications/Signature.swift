/// Signatures by which receivers know who sent a message.
import Crypto
import Foundation

package enum Signature {
  static func sha256(key: String, message: [UInt8]) -> [UInt8] {
    let key = SymmetricKey(data: Data(key.utf8))
    return Array(HMAC<SHA256>.authenticationCode(for: message, using: key))
  }

  /// `v1=` and, in hexadecimal, the HMAC of `TIMESTAMP.BODY`.
  package static func webhook(secret: Secret, timestamp: Int64, body: [UInt8]) -> String {
    let code = sha256(key: secret.reveal(), message: Array("\(timestamp).".utf8) + body)
    let digits = Array("0123456789abcdef")
    return "v1=" + String(code.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }

  /// The secret is the key, `TIMESTAMP\nSECRET` the text; milliseconds. Source: DingTalk, security settings of custom
  /// robots.
  package static func dingTalk(secret: Secret, milliseconds: Int64) -> String {
    let code = sha256(key: secret.reveal(), message: Array("\(milliseconds)\n\(secret.reveal())".utf8))
    return Data(code).base64EncodedString()
  }

  /// `TIMESTAMP\nSECRET` is the key, and the text is empty; seconds. Source: Feishu, security settings of custom bots.
  package static func feishu(secret: Secret, seconds: Int64) -> String {
    Data(sha256(key: "\(seconds)\n\(secret.reveal())", message: [])).base64EncodedString()
  }
}
