/// A group's robot in WeCom (企业微信). Its address is its secret.
import Foundation

/// Source: WeCom developer centre, group robots: text messages, limits, global error codes.
final class WeComChannel: Channel {
  private struct Body: Encodable {
    struct Text: Encodable { var content: String }
    var msgtype = "text"
    var text: Text
  }

  /// The system is busy; the interface is called too often, or too often at once.
  private static let busy: Set<Int> = [-1, 45_009, 45_033]

  private let end: HTTPEnd
  private let words: NoticeWords

  init(_ end: HTTPEnd, words: NoticeWords) { (self.end, self.words) = (end, words) }

  func send(_ delivery: Delivery, stop: StopFlag) -> SendOutcome {
    do throws(TransferError) {
      // The platform takes 2048 bytes of text.
      let text = words.text(of: delivery.notice).whole(upTo: 2048)
      return try HTTPPost(end, body: Body(text: .init(content: text)))
        .send(stop: stop) { RobotAnswer.judge($0, busy: Self.busy) }
    } catch {
      return .never(reason: error.reason)
    }
  }
}
