/// Reading `notifications.yaml`.
import Configuration
import EstateModel
import Foundation

extension NotificationPlan {
  /// - Parameters:
  ///   - folder: relative paths start here, and `notifications/` in it may hold texts.
  ///   - estates: the ids that there are.
  public init(document: Document, folder: URL, estates: [String], diagnostics: Diagnostics) {
    self.init()
    // Foundation resolves a relative path against the folder above when the base doesn't end in a slash.
    let folder = URL(fileURLWithPath: folder.path, isDirectory: true)
    texts = NoticeTexts(folder: folder.appendingPathComponent("notifications"), diagnostics)
    if case .null = document.root.content { return }
    guard let fields = Fields(document.root, of: "notifications", diagnostics: diagnostics) else { return }
    defer { fields.finish() }
    let language = fields.optionalChoice("language", as: ChannelPlan.Language.self)
    sendsSimulated = fields.optional("simulated-runs")?.boolean(diagnostics) ?? false
    link = fields.optionalText("link")
    latest = fields.optional("latest")?.duration(diagnostics) ?? latest
    if let node = fields.optional("flood") { flood = FloodRule(node, diagnostics) }
    if let node = fields.optional("retry") { retry = Retry(node, diagnostics) }
    for node in fields.list("channels") {
      var reader = ChannelReader(folder: folder, estates: estates, diagnostics: diagnostics)
      guard let channel = reader.read(node, language: language ?? .zh) else { continue }
      if self[channel.id] != nil {
        diagnostics.error("channel '\(channel.id)' stands twice", at: node.location)
      } else {
        channels.append(channel)
      }
    }
  }
}

extension FloodRule {
  init(_ node: Node, _ diagnostics: Diagnostics) {
    self.init()
    guard let fields = Fields(node, of: "flood", diagnostics: diagnostics) else { return }
    defer { fields.finish() }
    moreThan = fields.optional("more-than")?.integer(diagnostics) ?? moreThan
    until = fields.optional("until")?.integer(diagnostics) ?? until
    within = fields.optional("within")?.duration(diagnostics) ?? within
    if moreThan < 1 || until < 1 || until > moreThan {
      diagnostics.error(
        "found more-than \(moreThan) and until \(until), expected 1 <= until <= more-than", at: node.location)
    }
  }
}

extension Retry {
  init(_ node: Node, _ diagnostics: Diagnostics) {
    self.init()
    guard let fields = Fields(node, of: "retry", diagnostics: diagnostics) else { return }
    defer { fields.finish() }
    first = fields.optional("first")?.duration(diagnostics) ?? first
    longest = fields.optional("longest")?.duration(diagnostics) ?? longest
    giveUpAfter = fields.optional("give-up-after")?.duration(diagnostics) ?? giveUpAfter
    if first < 100 || longest < first {
      diagnostics.error(
        "found first \(first) ms and longest \(longest) ms, expected 100 ms <= first <= longest",
        at: node.location)
    }
  }
}

/// Reads one channel.
private struct ChannelReader {
  enum Kind: String, CaseIterable {
    case webhook
    case dingTalk = "dingtalk"
    case weCom = "wecom"
    case feishu, mail, mqtt, alertmanager
  }

  let folder: URL
  let estates: [String]
  let diagnostics: Diagnostics

  mutating func read(_ node: Node, language: ChannelPlan.Language) -> ChannelPlan? {
    guard let fields = Fields(node, of: "a channel", diagnostics: diagnostics) else { return nil }
    guard let id = fields.text("id"), let kind = fields.choice("kind", as: Kind.self) else { return nil }
    defer { fields.finish() }
    if id.isEmpty || !id.utf8.allSatisfy({ isPlain($0) }) {
      diagnostics.error(
        "found '\(id)', expected letters, digits, '-' and '_'", at: fields.keyLocation("id"))
    }
    guard let transport = transport(kind, fields) else {
      // What else is wrong is said when this is mended.
      _ = fields.remaining()
      return nil
    }
    var channel = ChannelPlan(id: id, transport: transport)
    channel.language = fields.optionalChoice("language", as: ChannelPlan.Language.self) ?? language
    channel.atLeast = fields.optionalChoice("at-least", as: Priority.self) ?? .p4
    if fields.optional("estates") != nil { channel.estates = readEstates(fields) }
    if let node = fields.optional("rate") { channel.rate = rate(node) }
    if !transport.mirrorsAlarms {
      if fields.optional("parties") != nil {
        channel.parties = Set(fields.list("parties").compactMap { $0.choice(Role.self, diagnostics) })
      }
      if fields.optional("events") != nil {
        channel.occasions = Set(fields.list("events").compactMap { $0.choice(Occasion.self, diagnostics) })
      }
    }
    return channel
  }

  private func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  private func readEstates(_ fields: Fields) -> Set<String> {
    Set(
      fields.list("estates").compactMap { node in
        guard let name = node.text(diagnostics) else { return nil }
        if !estates.contains(name) {
          diagnostics.error(
            "unknown estate '\(name)'\(suggestion(for: name, in: estates))", at: node.location)
        }
        return name
      })
  }

  private func rate(_ node: Node) -> RateLimit? {
    guard let fields = Fields(node, of: "rate", diagnostics: diagnostics) else { return nil }
    defer { fields.finish() }
    let messages = fields.required("messages")?.integer(diagnostics) ?? 1
    let within = fields.optional("within")?.duration(diagnostics) ?? 60_000
    if messages < 1 { diagnostics.error("found \(messages), expected 1 or more", at: node.location) }
    return RateLimit(messages: max(1, messages), within: within)
  }

  private func transport(_ kind: Kind, _ fields: Fields) -> Transport? {
    let secrets = SecretReader(folder: folder, diagnostics: diagnostics)
    switch kind {
    case .webhook:
      let secret = fields.required("secret").flatMap(secrets.read)
      guard let end = end(fields, secrets, holdsToken: false), let secret else { return nil }
      return .webhook(end, secret: secret)
    case .dingTalk:
      let secret = fields.required("secret").flatMap(secrets.read)
      guard let end = end(fields, secrets, holdsToken: true), let secret else { return nil }
      return .dingTalk(end, secret: secret)
    case .weCom: return end(fields, secrets, holdsToken: true).map(Transport.weCom)
    case .feishu:
      let secret = fields.optional("secret").flatMap(secrets.read)
      return end(fields, secrets, holdsToken: true).map { .feishu($0, secret: secret) }
    case .alertmanager:
      let (user, password) = (fields.optionalText("user"), fields.optional("password").flatMap(secrets.read))
      return end(fields, secrets, holdsToken: false).map { .alertmanager($0, user: user, password: password) }
    case .mail: return mail(fields, secrets).map(Transport.mail)
    case .mqtt:
      var plan = MQTTPlan()
      plan.url = fields.optionalText("broker")
      if let url = plan.url, !(url.hasPrefix("mqtt://") || url.hasPrefix("mqtts://")) {
        diagnostics.error(
          "found '\(url)', expected mqtt://host:port or mqtts://host:port", at: fields.keyLocation("broker"))
      }
      plan.password = fields.optional("password").flatMap(secrets.read)
      plan.caFile = path(fields, "ca-file")
      plan.timeout = seconds(fields, plan.timeout)
      return .mqtt(plan)
    }
  }

  private func end(_ fields: Fields, _ secrets: SecretReader, holdsToken: Bool) -> HTTPEnd? {
    let caFile = path(fields, "ca-file")
    let timeout = seconds(fields, 15)
    guard let node = fields.required("url") else { return nil }
    var url: Secret?
    if !holdsToken, case .scalar(let text) = node.content {
      url = Secret(text)
    } else {
      url = secrets.read(node)
    }
    guard let url else { return nil }
    let scheme = URLComponents(string: url.reveal())?.scheme
    if scheme != "https", scheme != "http" || URLComponents(string: url.reveal())?.host == nil {
      diagnostics.error("expected an address that begins with https:// or http://", at: node.location)
    } else if scheme == "http", URLComponents(string: url.reveal()).map({ !Self.isHere($0.host) }) ?? true {
      diagnostics.warning("messages go over the network unencrypted: http", at: node.location)
    }
    return HTTPEnd(url, caFile: caFile, timeout: timeout)
  }

  private static func isHere(_ host: String?) -> Bool {
    host == "localhost" || host == "[::1]" || host?.hasPrefix("127.") == true
  }

  private func mail(_ fields: Fields, _ secrets: SecretReader) -> MailPlan? {
    let (host, from) = (fields.text("host"), fields.text("from"))
    guard let host, let from else { return nil }
    var plan = MailPlan(host: host, from: from)
    plan.port = fields.optional("port")?.integer(diagnostics) ?? plan.port
    plan.user = fields.optionalText("user")
    plan.password = fields.optional("password").flatMap(secrets.read)
    plan.to = fields.list("to").compactMap { $0.text(diagnostics) }
    plan.usesContacts = fields.optional("contacts")?.boolean(diagnostics) ?? false
    plan.caFile = path(fields, "ca-file")
    plan.timeout = seconds(fields, plan.timeout)
    for address in plan.to + [from] where MailAddress(address) == nil {
      diagnostics.error("found '\(address)', expected a mail address", at: fields.location)
    }
    if plan.to.isEmpty, !plan.usesContacts {
      diagnostics.error("expected addresses in 'to', or 'contacts: true'", at: fields.location)
    }
    return plan
  }

  private func seconds(_ fields: Fields, _ standard: Int) -> Int {
    guard let node = fields.optional("timeout"), let time = node.duration(diagnostics) else {
      return standard
    }
    if !(1000...120_000).contains(time) {
      diagnostics.error("found \(time) ms, expected 1 s to 120 s", at: node.location)
    }
    return Int(max(1, time / 1000))
  }

  private func path(_ fields: Fields, _ key: String) -> String? {
    guard let text = fields.optionalText(key) else { return nil }
    let path = URL(fileURLWithPath: text, relativeTo: folder).standardizedFileURL.path
    if !FileManager.default.isReadableFile(atPath: path) {
      diagnostics.error("'\(text)' can't be read", at: fields.keyLocation(key))
    }
    return path
  }
}
