/// A group's custom robot in DingTalk (钉钉), secured by signature.
import Foundation

/// Source: DingTalk open platform, custom robots: text messages, signature, error codes.
final class DingTalkChannel: Channel {
  private struct Body: Encodable {
    struct Text: Encodable { var content: String }
    var msgtype = "text"
    var text: Text
  }

  /// The system is busy; too many messages within a minute, or at all.
  private static let busy: Set<Int> = [-1, 130_101, 410_100]

  private let end: HTTPEnd
  private let secret: Secret
  private let words: NoticeWords

  init(_ end: HTTPEnd, secret: Secret, words: NoticeWords) {
    (self.end, self.secret, self.words) = (end, secret, words)
  }

  func send(_ delivery: Delivery, stop: StopFlag) -> SendOutcome {
    let text = words.text(of: delivery.notice)
    do throws(TransferError) {
      // The platform takes 20,000 bytes.
      var post = try HTTPPost(end, body: Body(text: .init(content: text.whole(upTo: 18_000))))
      let now = Int64(Date().timeIntervalSince1970 * 1000)
      post.parameters = [
        ("timestamp", "\(now)"), ("sign", Signature.dingTalk(secret: secret, milliseconds: now)),
      ]
      return post.send(stop: stop) { RobotAnswer.judge($0, busy: Self.busy) }
    } catch {
      return .never(reason: error.reason)
    }
  }
}
