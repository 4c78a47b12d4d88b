/// The pipeline's side of what is sent: in the events' own transaction, and never in its way.
import EstateModel
import Gateway
import Notifications
import Store
import Testing
import Tickets

@Suite("Outbox of the pipeline")
struct OutboxTests {
  private static let office = ChannelPlan(
    id: "office", transport: .weCom(HTTPEnd(Secret("http://127.0.0.1:9/"))))

  /// A meter well that floods: P1.
  private func flooded() throws -> Stand {
    let stand = try Stand(channel: Self.office)
    stand.pass(seconds: 5)
    stand.flood(minutes: 3)
    return stand
  }

  @Test("An alarm's ticket and its message are kept together, and handed over after that")
  func together() throws {
    let stand = try flooded()
    let event = try #require(stand.log.ticketEvents().first)
    let stored = try stand.log.store.contents.outbox()
    #expect(stored.map(\.key) == ["\(event.ticket)/1/office"])
    #expect(stored.first?.state == .pending)
    #expect(stand.posted.map(\.key) == stored.map(\.key))
  }

  @Test("Without channels nothing is kept to be sent")
  func none() throws {
    let stand = try Stand()
    stand.pass(seconds: 5)
    stand.flood(minutes: 3)
    #expect(stand.alarms.count == 1)
    #expect(try stand.log.store.contents.outbox().isEmpty)
  }

  @Test("Simulated estates are told to nobody, unless somebody wants that")
  func simulated() throws {
    let stand = try Stand(channel: Self.office)
    let contents = stand.log.store.contents
    var configuration = stand.configuration
    #expect(try NoticePolicy(configuration, stored: contents, isSimulated: true) == nil)
    configuration.notifications.sendsSimulated = true
    #expect(try NoticePolicy(configuration, stored: contents, isSimulated: true) != nil)
  }

  @Test("What became of a message is kept within a second or so")
  func marks() throws {
    let stand = try flooded()
    let key = try #require(stand.posted.first?.key)
    stand.marks = [OutboxMark(key: key, state: .sent, attempts: 1, done: 42)]
    stand.pass(seconds: 2)
    #expect(try stand.log.store.contents.outbox().map(\.state) == [.sent])
    #expect(try stand.log.store.contents.outbox().first?.done == 42)
    #expect(try stand.pipeline.rehearseRestart(at: stand.moment) == [])
  }

  @Test("While nothing can be kept nothing is handed over; then both, once")
  func failing() throws {
    let stand = try Stand(channel: Self.office)
    stand.pass(seconds: 5)
    stand.flood(minutes: 1)
    stand.log.fails = true
    // The third minute's reading would raise the alarm.
    stand.flood(minutes: 1)
    stand.pass(seconds: 20)
    #expect(stand.posted.isEmpty)
    stand.log.fails = false
    stand.pass(seconds: 10)
    #expect(stand.posted.count == 1)
    #expect(try stand.log.store.contents.outbox().count == 1)
  }

  @Test("A step of a person that can't be kept is told to nobody")
  func refused() throws {
    let stand = try flooded()
    let ticket = try #require(stand.log.ticketEvents().first?.ticket)
    stand.log.fails = true
    let reply = stand.pipeline.perform(.cancel("an exercise"), on: ticket, by: "guard", at: stand.moment)
    guard case .refused = reply else {
      Issue.record("\(reply)")
      return
    }
    stand.log.fails = false
    stand.pass(seconds: 10)
    #expect(stand.posted.count == 1)
    _ = stand.pipeline.perform(.cancel("an exercise"), on: ticket, by: "guard", at: stand.moment)
    #expect(stand.posted.map(\.key) == ["\(ticket)/1/office", "\(ticket)/2/office"])
  }

  @Test("After a crash the same message has the same key, and is kept once")
  func crash() throws {
    let stand = try flooded()
    let before = try stand.log.store.contents.outbox()
    try stand.restart()
    stand.pass(seconds: 60)
    #expect(try stand.log.store.contents.outbox().map(\.key) == before.map(\.key))
  }

  @Test("What is shelved is told when it is announced, and shown then")
  func shelved() throws {
    let stand = try Stand(channel: ChannelPlan(id: "broker", transport: .mqtt(MQTTPlan())))
    stand.pass(seconds: 5)
    let order = Suppression.Order(
      .shelved, .init(estate: "luyuan", device: "probe-w01", rule: "sewer-high-level"),
      until: stand.now.milliseconds + 40 * 60_000, why: "pump test")
    let reply = stand.pipeline.suppress(order, by: "guard", at: stand.moment)
    guard case .suppression = reply else { throw GatewayError.unknown("\(reply)") }
    // 0.27 m in a pipe of 0.30 m: 90 %.
    stand.flood("luyuan/probe-w01", level: 0.27, minutes: 30)
    let kept = try stand.log.store.contents.transitions().filter { $0.rule == "sewer-high-level" }
    let alarm = try #require(kept.first).alarm
    #expect(!stand.posted.contains { $0.subject == alarm })
    stand.flood("luyuan/probe-w01", level: 0.27, minutes: 12)
    #expect(stand.posted.filter { $0.subject == alarm }.map(\.notice) == ["\(alarm)/raised"])
  }

  @Test("A message that was given up begins anew when somebody wants it sent once more")
  func resend() throws {
    let stand = try flooded()
    let key = try #require(stand.posted.first?.key)
    stand.marks = [OutboxMark(key: key, state: .dead, attempts: 9, error: "answered 404")]
    stand.pass(seconds: 2)
    let dead = try #require(try stand.log.store.contents.outbox([.dead]).first)
    let reply = stand.pipeline.resend(dead, at: stand.moment)
    guard case .resent(key) = reply else {
      Issue.record("\(reply)")
      return
    }
    let entry = try #require(try stand.log.store.contents.outbox().first)
    #expect(entry.state == .pending)
    #expect(entry.attempts == 0)
    #expect(entry.error.isEmpty)
  }
}
