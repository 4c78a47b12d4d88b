/// Reading `notifications.yaml`.
import Configuration
import EstateModel
import Foundation
import Notifications
import Testing

@Suite("Notification plan")
struct PlanTests {
  private func read(_ yaml: String, in folder: Folder) throws -> (NotificationPlan, Diagnostics) {
    let diagnostics = Diagnostics()
    let document = try #require(
      Document(text: yaml, file: "notifications.yaml", diagnostics: diagnostics))
    let plan = NotificationPlan(
      document: document, folder: folder.url, estates: ["luyuan", "xintai"], diagnostics: diagnostics)
    return (plan, diagnostics)
  }

  @Test("The file that ships is right, and sends nothing to anybody")
  func shipped() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let diagnostics = Diagnostics()
    let file = root.appendingPathComponent("config/notifications.yaml")
    let document = try #require(
      Document(contentsOf: file, name: "notifications.yaml", diagnostics: diagnostics))
    let plan = NotificationPlan(
      document: document, folder: root.appendingPathComponent("config"), estates: [], diagnostics: diagnostics
    )
    #expect(diagnostics.problems.isEmpty, "\(diagnostics.sorted())")
    #expect(plan.channels.isEmpty)
    #expect(!plan.sendsSimulated)
    // As the document says, and as ISA-18.2 does.
    #expect(plan.flood.moreThan == 10 && plan.flood.until == 5 && plan.flood.within == 600_000)
  }

  @Test("Its examples are right, too, once their secrets are there")
  func examples() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let folder = try Folder()
    try FileManager.default.createDirectory(
      at: folder.url.appendingPathComponent("secrets"), withIntermediateDirectories: true)
    for name in ["dingtalk-url", "wecom-url", "feishu-url"] {
      try folder.write("https://robot.example.cn/\(name)\n", to: "secrets/\(name)")
    }
    for name in ["dingtalk-secret", "mail-password", "dispatch"] {
      try folder.write("geheim\n", to: "secrets/\(name)")
    }
    setenv("FEISHU_SECRET", "geheim", 1)
    let text = try String(
      contentsOf: root.appendingPathComponent("config/notifications.yaml"), encoding: .utf8)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      // Examples begin in the first column, without a blank before what they say.
      line.hasPrefix("#  ") ? String(line.dropFirst()) : String(line)
    }
    let diagnostics = Diagnostics()
    let document = try #require(
      Document(text: lines.joined(separator: "\n"), file: "n.yaml", diagnostics: diagnostics))
    let plan = NotificationPlan(
      document: document, folder: folder.url, estates: ["luyuan", "fenghuayuan"], diagnostics: diagnostics)
    #expect(diagnostics.problems.isEmpty, "\(diagnostics.sorted())")
    #expect(plan.channels.count == 7)
    #expect(plan["property-dingtalk"]?.parties == [.propertyCompany, .guardPost])
    #expect(plan["property-dingtalk"]?.atLeast == .p3)
    #expect(plan["dispatch-centre"]?.estates == ["luyuan", "fenghuayuan"])
    #expect(plan["office-mail"]?.occasions == [.opened, .escalated, .closed])
  }

  @Test(
    "Mistakes are said with what was found and expected",
    arguments: [
      ("channels: [{id: a, kind: pigeon}]", "found 'pigeon', expected one of webhook, dingtalk"),
      ("channels: [{id: a, kind: wecm, url: x}]", "did you mean 'wecom'?"),
      ("channels: [{kind: mqtt}]", "'id' is missing"),
      ("channels: [{id: a b, kind: mqtt}]", "expected letters, digits, '-' and '_'"),
      ("channels: [{id: a, kind: mqtt}, {id: a, kind: mqtt}]", "channel 'a' stands twice"),
      (
        "channels: [{id: a, kind: wecom, url: 'https://x.cn/key'}]",
        "a secret doesn't stand in a configuration"
      ),
      ("channels: [{id: a, kind: wecom, url: {file: nowhere}}]", "secret file 'nowhere' can't be read"),
      ("channels: [{id: a, kind: wecom, url: {env: NO_SUCH_NAME}}]", "'NO_SUCH_NAME' is not set"),
      ("channels: [{id: a, kind: wecom, url: {file: a, env: b}}]", "expected one of 'file' and 'env'"),
      ("channels: [{id: a, kind: webhook, url: 'https://x.cn'}]", "'secret' is missing"),
      (
        "channels: [{id: a, kind: webhook, url: 'ftp://x.cn', secret: {file: good}}]",
        "expected an address that begins with https:// or http://"
      ),
      (
        "channels: [{id: a, kind: mqtt, parties: [guard]}]", "unknown key 'parties'"
      ),
      ("channels: [{id: a, kind: mqtt, estates: [luyan]}]", "unknown estate 'luyan'; did you mean 'luyuan'?"),
      ("channels: [{id: a, kind: wecom, url: {file: good}, events: [open]}]", "found 'open'"),
      ("channels: [{id: a, kind: wecom, url: {file: good}, parties: [gard]}]", "did you mean 'guard'?"),
      (
        "channels: [{id: a, kind: mail, host: h, from: nobody, to: [x@y.cn]}]",
        "found 'nobody', expected a mail"
      ),
      ("channels: [{id: a, kind: mail, host: h, from: x@y.cn}]", "expected addresses in 'to'"),
      ("channels: [{id: a, kind: mqtt, rate: {messages: 0}}]", "found 0, expected 1 or more"),
      ("flood: {more-than: 3, until: 5}", "expected 1 <= until <= more-than"),
      ("retry: {first: 1 h, longest: 1 min}", "expected 100 ms <= first <= longest"),
      ("chanels: []", "did you mean 'channels'?"),
    ])
  func mistakes(yaml: String, expected: String) throws {
    let folder = try Folder()
    try folder.write("https://x.cn/key\n", to: "good")
    let (_, diagnostics) = try read(yaml, in: folder)
    #expect(diagnostics.errors.contains { $0.message.contains(expected) }, "\(diagnostics.sorted())")
  }

  @Test("A secret that everybody can read is warned of, and so is http to another machine")
  func warnings() throws {
    let folder = try Folder()
    try folder.write("http://robot.example.cn/key\n", to: "open", mode: 0o644)
    let (plan, diagnostics) = try read("channels: [{id: a, kind: wecom, url: {file: open}}]", in: folder)
    #expect(plan.channels.count == 1)
    #expect(!diagnostics.hasErrors)
    #expect(diagnostics.warnings.count == 2)
    #expect(diagnostics.warnings.contains { $0.message.contains("chmod o-rwx") })
    #expect(diagnostics.warnings.contains { $0.message.contains("unencrypted") })
  }

  @Test("A folder's texts take the place of those that are built in; a broken one is said")
  func texts() throws {
    let folder = try Folder()
    let texts = folder.url.appendingPathComponent("notifications")
    try FileManager.default.createDirectory(at: texts, withIntermediateDirectories: true)
    try folder.write("{{ticket}} & <{{estate}}>", to: "notifications/ticket.en.mustache")
    let (plan, diagnostics) = try read("channels: []", in: folder)
    #expect(diagnostics.problems.isEmpty)
    let receiver = try Receiver()
    var channel = ChannelPlan(
      id: "a", transport: .webhook(receiver.end("/ok"), secret: Secret("s")))
    channel.language = .en
    #expect(
      channel.open(ChannelSurroundings(texts: plan.texts)).send(delivery(), stop: StopFlag()) == .sent)
    let text = try #require(receiver.requests.first?.object()["text"] as? String)
    #expect(text.hasSuffix(" & <Luyuan>"))

    try folder.write("{{#open}}", to: "notifications/digest.zh.mustache")
    try folder.write("", to: "notifications/tiket.zh.mustache")
    let (_, broken) = try read("channels: []", in: folder)
    #expect(broken.errors.count == 2)
    #expect(broken.errors.contains { $0.message.contains("did you mean 'ticket.zh'?") })
  }
}

@Suite("Texts")
struct TextTests {
  /// What a webhook says of a notice.
  private func text(_ notice: Notice, _ language: ChannelPlan.Language) throws -> (
    title: String, text: String
  ) {
    let receiver = try Receiver()
    var channel = ChannelPlan(id: "a", transport: .webhook(receiver.end("/ok"), secret: Secret("s")))
    channel.language = language
    #expect(channel.open(ChannelSurroundings()).send(delivery(notice), stop: StopFlag()) == .sent)
    let body = try #require(receiver.requests.first).object()
    return (body["title"] as? String ?? "", body["text"] as? String ?? "")
  }

  @Test("A new ticket in both languages: where, what, when by the estate's clock, who")
  func ticket() throws {
    let notice = sampleNotice()
    guard case .ticket(let ticket) = notice else { throw Failure("no ticket") }
    // P2: to be acknowledged within two hours of 22:45.
    let chinese = try text(notice, .zh)
    #expect(chinese.title == "【P2 新工单】鹿苑小区 3号井：井内水位过高")
    #expect(
      chinese.text == """
        【P2 新工单】井内水位过高
        地点：鹿苑小区 3号井
        类别：下水道堵塞
        时间：2026-03-10 22:45
        负责：绿园社区；协同：楼栋长、清污人员
        期限：2026-03-11 00:45
        工单：\(ticket.ticket)（待响应）
        """)
    let english = try text(notice, .en)
    #expect(
      english.text == """
        [P2 new] well nearly full
        Where: Luyuan, well 3
        Category: blocked sewer
        When: 2026-03-10 22:45
        Responsible: Lüyuan community; with building head, sewer contractor
        Due: 2026-03-11 00:45
        Ticket: \(ticket.ticket) (new)
        """)
  }

  @Test("An escalation says who is asked now and what was missed")
  func escalation() throws {
    var town = Town([.teller()])
    town.alarm(at: "w3", .p1)
    let told = town.wait(until: 15).compactMap(\.ticketNotice)
    let escalated = try #require(told.first { $0.occasion == .escalated })
    #expect(try text(.ticket(escalated), .zh).text.contains("现请处理：街道（响应已超时）"))
    #expect(
      try text(.ticket(escalated), .en).text.contains("Now asked: sub-district (acknowledgement missed)"))
  }

  @Test("A digest lists what it holds")
  func digest() throws {
    var town = Town([.teller()])
    for number in 1...40 { town.alarm(at: "w\(number)", minute: 1) }
    let digest = try #require(town.wait(until: 12).first { $0.digest != nil })
    let chinese = try text(digest.notice, .zh)
    #expect(chinese.title == "【汇总】鹿苑小区：30条消息")
    #expect(chinese.text.contains("· 2026-03-10 22:46 P3 新工单 11号井：井内水位过高（T-260310-"))
    #expect(chinese.text.split(separator: "\n").count == 31)
    #expect(try text(digest.notice, .en).text.contains("- 2026-03-10 22:46 P3 new well 40: well nearly full"))
  }
}
