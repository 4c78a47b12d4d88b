/// A group's custom bot in Feishu (飞书), secured by signature where it has a secret.
import Foundation

/// Source: Feishu open platform, custom bots: text messages, signature, limits.
final class FeishuChannel: Channel {
  private struct Body: Encodable {
    struct Content: Encodable { var text: String }
    /// Seconds since 1970.
    var timestamp: String?
    var sign: String?
    var kind = "text"
    var content: Content

    enum CodingKeys: String, CodingKey {
      case timestamp, sign, content
      case kind = "msg_type"
    }
  }

  /// Too many messages within a second or a minute.
  private static let busy: Set<Int> = [11_232, 11_247, 99_991_400]

  private let end: HTTPEnd
  private let secret: Secret?
  private let words: NoticeWords

  init(_ end: HTTPEnd, secret: Secret?, words: NoticeWords) {
    (self.end, self.secret, self.words) = (end, secret, words)
  }

  func send(_ delivery: Delivery, stop: StopFlag) -> SendOutcome {
    // The text may hold tags, such as one that calls everybody: what people wrote must not.
    let text = words.text(of: delivery.notice).whole(upTo: 18_000)
      .replacingOccurrences(of: "<", with: "&lt;").replacingOccurrences(of: ">", with: "&gt;")
    do throws(TransferError) {
      var body = Body(content: .init(text: text))
      if let secret {
        let now = Int64(Date().timeIntervalSince1970)
        (body.timestamp, body.sign) = ("\(now)", Signature.feishu(secret: secret, seconds: now))
      }
      return try HTTPPost(end, body: body).send(stop: stop) { RobotAnswer.judge($0, busy: Self.busy) }
    } catch {
      return .never(reason: error.reason)
    }
  }
}
