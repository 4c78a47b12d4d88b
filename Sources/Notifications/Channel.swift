/// What each way out can do.
import EstateModel
import Foundation
import MQTTSession

/// A channel belongs to one thread, which may wait in it.
public protocol Channel: AnyObject {
  /// Sends one message and tells what became of it. Returns early when the flag is set.
  func send(_ delivery: Delivery, stop: StopFlag) -> SendOutcome
  /// Milliseconds after which `refresh` is called again and again; nil: never.
  var refreshInterval: Int64? { get }
  /// Tells the receiver of all alarms that are active, because it forgets them.
  func refresh(_ active: [AlarmNotice], stop: StopFlag) -> SendOutcome
}

extension Channel {
  public var refreshInterval: Int64? { nil }
  public func refresh(_ active: [AlarmNotice], stop: StopFlag) -> SendOutcome { .sent }
}

/// What channels need to know besides their own settings.
public struct ChannelSurroundings: Sendable {
  public var texts: NoticeTexts
  public var link: String?
  /// First level of the topics.
  public var topicRoot: String
  /// How to reach a party: what the catalogue has as its contact.
  public var contact: @Sendable (_ estate: String, _ role: Role) -> String?
  /// The gateway's own broker.
  public var broker: @Sendable () throws -> MQTTOptions

  public init(
    texts: NoticeTexts = .standard, link: String? = nil, topicRoot: String = "estates",
    contact: @escaping @Sendable (String, Role) -> String? = { _, _ in nil },
    broker: @escaping @Sendable () throws -> MQTTOptions = { MQTTOptions() }
  ) {
    (self.texts, self.link, self.topicRoot) = (texts, link, topicRoot)
    (self.contact, self.broker) = (contact, broker)
  }
}

extension ChannelPlan {
  /// To be called on the thread that will use it.
  public func open(_ surroundings: ChannelSurroundings) -> any Channel {
    let words = NoticeWords(surroundings.texts, language, link: surroundings.link)
    return switch transport {
    case .webhook(let end, let secret): WebhookChannel(end, secret: secret, words: words)
    case .dingTalk(let end, let secret): DingTalkChannel(end, secret: secret, words: words)
    case .weCom(let end): WeComChannel(end, words: words)
    case .feishu(let end, let secret): FeishuChannel(end, secret: secret, words: words)
    case .mail(let plan): MailChannel(plan, words: words, contact: surroundings.contact)
    case .mqtt(let plan):
      MQTTChannel(plan, topicRoot: surroundings.topicRoot, broker: surroundings.broker)
    case .alertmanager(let end, let user, let password):
      AlertmanagerChannel(end, user: user, password: password)
    }
  }
}
