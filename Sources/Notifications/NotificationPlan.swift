/// What `config/notifications.yaml` says: which channels there are, what goes to each of them, and how.
import Configuration
import EstateModel
import Foundation

public struct NotificationPlan: Sendable {
  public var channels: [ChannelPlan] = []
  public var flood = FloodRule()
  /// An event that is older, in milliseconds, is told only while it still means something.
  public var latest: Int64 = 30 * 60_000
  public var retry = Retry()
  /// Messages about simulated estates are sent as well. They could be taken for real.
  public var sendsSimulated = false
  /// Where a ticket can be looked at; `{ticket}` stands for its number.
  public var link: String?
  public var texts = NoticeTexts.standard

  /// No channels: nothing is sent and nothing is kept to be sent.
  public init() {}

  public subscript(id: String) -> ChannelPlan? { channels.first { $0.id == id } }

  var tellers: [ChannelPlan] {
    channels.filter { !$0.transport.mirrorsTickets && !$0.transport.mirrorsAlarms }
  }
  var ticketMirrors: [ChannelPlan] { channels.filter(\.transport.mirrorsTickets) }
  var alarmMirrors: [ChannelPlan] { channels.filter(\.transport.mirrorsAlarms) }
}

/// One way out.
public struct ChannelPlan: Sendable {
  public enum Language: String, CaseIterable, Sendable { case zh, en }

  public var id: String
  public var transport: Transport
  public var language = Language.zh
  /// Told when one of these is to be told; nil: whoever it is.
  public var parties: Set<Role>?
  /// And those that are more urgent.
  public var atLeast = Priority.p4
  public var occasions = Occasion.standard
  /// nil: all.
  public var estates: Set<String>?
  /// nil: as many as there are.
  public var rate: RateLimit?

  public init(id: String, transport: Transport) {
    (self.id, self.transport) = (id, transport)
    rate = transport.usualRate
  }

  /// Whether what happened is told here. Danger now is told whatever `atLeast` and `occasions` leave out.
  func tells(_ notice: TicketNotice) -> Bool {
    guard let occasion = notice.occasion else { return false }
    let isDanger = notice.priority == .p1 && Occasion.always.contains(occasion)
    guard isDanger || notice.priority <= atLeast && occasions.contains(occasion) else { return false }
    guard estates?.contains(notice.estate) != false else { return false }
    guard let parties else { return true }
    return notice.recipients.contains { $0.role.map(parties.contains) ?? false }
  }

  public func shows(_ estate: String, _ priority: Priority) -> Bool {
    estates?.contains(estate) != false && priority <= atLeast
  }
}

/// At most so many messages within a while.
public struct RateLimit: Hashable, Sendable {
  public var messages: Int
  /// Milliseconds.
  public var within: Int64

  public init(messages: Int, within: Int64 = 60_000) { (self.messages, self.within) = (messages, within) }
}

/// How a channel reaches whom it is for.
public enum Transport: Sendable {
  case webhook(HTTPEnd, secret: Secret)
  case dingTalk(HTTPEnd, secret: Secret)
  case weCom(HTTPEnd)
  case feishu(HTTPEnd, secret: Secret?)
  case mail(MailPlan)
  case mqtt(MQTTPlan)
  case alertmanager(HTTPEnd, user: String?, password: Secret?)

  /// Shows tickets as they are, each change of them; the others tell what happened.
  var mirrorsTickets: Bool { if case .mqtt = self { true } else { false } }
  var mirrorsAlarms: Bool {
    switch self {
    case .mqtt, .alertmanager: true
    default: false
    }
  }

  /// Robots of DingTalk and WeCom take 20 messages a minute, Feishu's 100. Source: their documentation.
  var usualRate: RateLimit? {
    switch self {
    case .dingTalk, .weCom: RateLimit(messages: 20)
    case .feishu: RateLimit(messages: 100)
    case .webhook, .mail: RateLimit(messages: 60)
    case .mqtt, .alertmanager: nil
    }
  }
}

/// Where an HTTP channel goes.
public struct HTTPEnd: Sendable {
  /// It may hold a token: never printed.
  public var url: Secret
  /// nil: the system's certificates.
  public var caFile: String?
  /// Seconds for one attempt, from the first packet to the last.
  public var timeout: Int

  public init(_ url: Secret, caFile: String? = nil, timeout: Int = 15) {
    (self.url, self.caFile, self.timeout) = (url, caFile, timeout)
  }
}

public struct MailPlan: Sendable {
  public var host: String
  public var port = 587
  public var user: String?
  public var password: Secret?
  public var from: String
  /// Always; besides them the contacts of those who are told, where `usesContacts`.
  public var to: [String] = []
  public var usesContacts = false
  public var caFile: String?
  public var timeout = 30

  public init(host: String, from: String) { (self.host, self.from) = (host, from) }
}

public struct MQTTPlan: Sendable {
  /// nil: the gateway's own broker.
  public var url: String?
  public var password: Secret?
  public var caFile: String?
  public var timeout = 10

  public init() {}
}

/// What nobody is to read in a log. The text comes out by `reveal()` and by nothing else.
public struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  private let text: String

  public init(_ text: String) { self.text = text }

  public func reveal() -> String { text }
  public var description: String { "(secret)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
