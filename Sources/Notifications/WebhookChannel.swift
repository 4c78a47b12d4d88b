/// Any program that takes JSON by POST.
import EstateModel
import Foundation

/// Sends what is told as JSON, signed. Headers: `Idempotency-Key`, `Gatehouse-Timestamp` (seconds since 1970) and
/// `Gatehouse-Signature` (`v1=` HMAC-SHA256 of `TIMESTAMP.BODY`, hexadecimal).
final class WebhookChannel: Channel {
  private struct Body: Encodable {
    var key: String
    var language: String
    var title: String
    var text: String
    var notice: Notice
    var link: String?
  }

  private let end: HTTPEnd
  private let secret: Secret
  private let words: NoticeWords

  init(_ end: HTTPEnd, secret: Secret, words: NoticeWords) {
    (self.end, self.secret, self.words) = (end, secret, words)
  }

  func send(_ delivery: Delivery, stop: StopFlag) -> SendOutcome {
    let text = words.text(of: delivery.notice)
    do throws(TransferError) {
      var post = try HTTPPost(
        end,
        body: Body(
          key: delivery.key, language: words.language.rawValue, title: text.title, text: text.body,
          notice: delivery.notice, link: words.link(to: delivery.notice)))
      let now = Int64(Date().timeIntervalSince1970)
      post.headers = [
        "Idempotency-Key: \(delivery.key)", "Gatehouse-Timestamp: \(now)",
        "Gatehouse-Signature: \(Signature.webhook(secret: secret, timestamp: now, body: post.body))",
      ]
      return post.send(stop: stop)
    } catch {
      return .never(reason: error.reason)
    }
  }
}
