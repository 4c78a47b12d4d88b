/// A disk that can't keep anything for a while.
import EstateModel
import Gateway
import Testing
import Tickets

@Suite("When nothing can be kept")
struct CommitFailureTests {
  @Test("Nothing is read, acknowledged or told, status says why, and it goes on by itself")
  func failing() throws {
    let stand = try Stand()
    stand.pass(seconds: 5)
    stand.flood(minutes: 1)
    let before = stand.link.acknowledged
    #expect(before == 2)
    stand.log.fails = true
    // The third minute's reading would raise the alarm.
    stand.flood(minutes: 1)
    stand.pass(seconds: 20)
    #expect(stand.link.acknowledged == before)
    #expect(stand.alarms.isEmpty)
    #expect(stand.status.commitFailure?.contains("disk is full") == true)
    #expect(stand.status.failingSince != nil)
    #expect(!stand.pipeline.isReading)
    let read = stand.status.messages
    stand.publish("luyuan/probe-w01", "\"level\":0.1")
    stand.pass(seconds: 20)
    #expect(stand.status.messages == read)

    stand.log.fails = false
    stand.pass(seconds: 10)
    #expect(stand.status.commitFailure == nil)
    #expect(stand.link.queue.isEmpty)
    #expect(stand.alarms.map(\.rule) == ["meter-well-flooded"])
    #expect(try stand.history("luyuan/probe-w01", "level") == [0.1])
  }

  @Test("It is logged at once, then once a minute, and tried with pauses of at most five seconds")
  func logging() throws {
    let stand = try Stand()
    stand.pass(seconds: 5)
    stand.log.fails = true
    stand.publish("luyuan/probe-w01", "\"level\":0.1")
    stand.pass(seconds: 185)
    #expect(stand.collected.matching("can't be kept").count == 1)
    #expect(stand.collected.matching("no batch could be kept").count == 3)
    stand.log.fails = false
    stand.pass(seconds: 5.5)
    #expect(stand.collected.matching("can be kept again").count == 1)
  }

  @Test("A ticket command is answered after its commit; refused, it has not happened")
  func command() throws {
    let stand = try Stand()
    stand.pass(seconds: 5)
    stand.flood(minutes: 3)
    let ticket = try #require(stand.log.ticketEvents().first?.ticket)
    let told = stand.told.count

    stand.log.fails = true
    let refused = stand.pipeline.perform(
      .acknowledge(), on: ticket, by: "guard", at: stand.moment)
    guard case .refused(let reason) = refused else {
      Issue.record("\(refused)")
      return
    }
    #expect(reason.contains("disk is full"))
    #expect(stand.told.count == told)
    let again = stand.pipeline.perform(.comment("x"), on: ticket, by: "guard", at: stand.moment)
    guard case .refused = again else {
      Issue.record("\(again)")
      return
    }

    stand.log.fails = false
    stand.pass(seconds: 10)
    #expect(try stand.log.ticketEvents().allSatisfy { $0.kind != .acknowledged })
    let reply = stand.pipeline.perform(.acknowledge(), on: ticket, by: "guard", at: stand.moment)
    guard case .ticket(let events) = reply else {
      Issue.record("\(reply)")
      return
    }
    #expect(events.map(\.kind) == [.acknowledged])
    #expect(try stand.log.ticketEvents().last == events.last)
    try stand.restart()
    let state = try stand.log.store.contents.ticket(ticket)?.ticket.state
    #expect(state == .acknowledged)
  }

  @Test(
    "A stop keeps and acknowledges what was read; with a disk that fails it acknowledges nothing and says so")
  func stop() throws {
    let stand = try Stand()
    stand.pass(seconds: 5)
    for second in 0..<300 { stand.publish("luyuan/probe-w01", "\"level\":0.1", ago: Int64(second) * 1000) }
    stand.step()
    #expect(stand.link.acknowledged == 0)
    stand.log.fails = true
    #expect(!stand.pipeline.finish(at: stand.moment))
    #expect(stand.link.acknowledged == 0)
    #expect(stand.status.commitFailure != nil)
    stand.log.fails = false
    #expect(stand.pipeline.finish(at: stand.moment))
    #expect(stand.link.acknowledged == 300)
    #expect(try stand.history("luyuan/probe-w01", "level").count == 300)
  }

  @Test("A long pause of the disk makes no device look silent")
  func noSilence() throws {
    let stand = try Stand()
    stand.pass(seconds: 5)
    // All of these report every minute or faster.
    let devices = stand.configuration.catalogue.devices.map(\.path)
    for minute in 0..<30 {
      for device in devices { stand.publish(device, "\"battery\":90") }
      if minute == 8 { stand.log.fails = true }
      if minute == 22 { stand.log.fails = false }
      stand.pass(seconds: 60)
    }
    #expect(stand.alarms.isEmpty, "\(stand.alarms.map(\.rule))")
    #expect(try stand.history("luyuan/probe-w01", "battery").count == 30)
  }
}
