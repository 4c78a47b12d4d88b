/// Mail against a real SMTP server.
import EstateModel
import Foundation
import Notifications
import Testing

@Suite("Mail", .serialized)
struct MailTests {
  private func plan(_ server: MailServer) -> MailPlan {
    var plan = MailPlan(host: "localhost", from: "gatehouse@example.cn")
    plan.port = server.port
    plan.caFile = server.certificate
    (plan.user, plan.password) = ("gatehouse", Secret("geheim"))
    plan.to = ["office@example.cn"]
    plan.timeout = 10
    return plan
  }

  private func send(_ plan: MailPlan, _ notice: Notice = sampleNotice()) -> SendOutcome {
    ChannelPlan(id: "office", transport: .mail(plan)).open(
      ChannelSurroundings(contact: { estate, role in
        estate == "luyuan" && role == .community ? "电话 0352-1234567，mailto:community@example.cn" : nil
      })
    ).send(delivery(notice), stop: StopFlag())
  }

  @Test("Goes out encrypted and signed in, readable in Chinese, under a name that stays")
  func sent() throws {
    let server = try MailServer()
    #expect(send(plan(server)) == .sent)
    let mail = try #require(server.mails.first)
    #expect(mail.tls)
    #expect(mail.user == "gatehouse")
    #expect(mail.from.contains("<gatehouse@example.cn>"))
    #expect(mail.to.count == 1)
    #expect(mail.message.contains("Message-ID: <T-260310-7K2QM4.1.office@example.cn>"))
    // Read by Python's mail library.
    let text = Data(mail.message.utf8).base64EncodedString()
    let read = try python(
      "(lambda m:m['subject']+'|'+m.get_content())(__import__('email').message_from_bytes(base64.b64decode('\(text)'),policy=__import__('email.policy').policy.default))",
      server.folder)
    #expect(read.hasPrefix("【P2 新工单】鹿苑小区 3号井：井内水位过高|"))
    #expect(read.contains("负责：绿园社区"))
  }

  @Test("Those who are told get it where the catalogue has an address of theirs")
  func contacts() throws {
    let server = try MailServer()
    var plan = plan(server)
    plan.usesContacts = true
    #expect(send(plan) == .sent)
    #expect(server.mails.first?.to.count == 2)
    #expect(server.mails.first?.to.last?.contains("<community@example.cn>") == true)
    #expect(server.mails.first?.message.contains("community@example.cn") == false, "others need not see it")
    plan.to = []
    #expect(send(plan, .test(at: 0)) == .never(reason: "nobody who is told has a mail address"))
  }

  @Test("A server without STARTTLS gets nothing, and an unknown certificate neither")
  func encryption() throws {
    let plain = try MailServer(offersTLS: false)
    if case .sent = send(plan(plain)) { Issue.record("it went out unencrypted") }
    #expect(plain.mails.isEmpty)
    let server = try MailServer()
    var stranger = plan(server)
    stranger.caFile = nil
    if case .sent = send(stranger) { Issue.record("the certificate was not checked") }
    #expect(server.mails.isEmpty)
  }

  @Test(
    "One bad address doesn't keep it from the others; a server's 4xx means later, its 5xx never",
    arguments: [
      (["refused@example.cn", "office@example.cn"], "sent"), (["busy@example.cn"], "later"),
      (["refused@example.cn"], "never"),
    ])
  func refusals(addresses: [String], expected: String) throws {
    let server = try MailServer()
    var plan = plan(server)
    plan.to = addresses
    let outcome = send(plan)
    let found =
      switch outcome {
      case .sent: "sent"
      case .later: "later"
      case .never: "never"
      }
    #expect(found == expected, "\(outcome)")
  }

  @Test("What people write can't become a header or end the message")
  func injection() throws {
    let server = try MailServer()
    var notice = sampleNotice()
    if case .ticket(var ticket) = notice {
      ticket.title = Title(zh: "满\r\nBcc: evil@example.cn", en: "x")
      ticket.note = "\r\n.\r\nMAIL FROM:<evil@example.cn>"
      notice = .ticket(ticket)
    }
    #expect(send(plan(server), notice) == .sent)
    let mail = try #require(server.mails.first)
    #expect(server.mails.count == 1)
    #expect(!mail.message.contains("evil"))
    #expect(mail.message.split(separator: "\r\n").allSatisfy { $0.utf8.count <= 998 })
  }
}
