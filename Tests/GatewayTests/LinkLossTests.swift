/// A link that is lost while acknowledgements are held, and what comes again.
import EstateModel
import Gateway
import Testing

@Suite("When the link is lost")
struct LinkLossTests {
  @Test("What was read and not acknowledged comes again, is recognised, and is kept once")
  func redelivery() throws {
    let stand = try Stand()
    stand.pass(seconds: 5)
    for number in 0..<10 {
      stand.publish("luyuan/probe-w01", "\"level\":0.\(number)1", ago: 20_000 - Int64(number))
    }
    stand.step()
    #expect(stand.status.messages == 10)
    #expect(stand.link.acknowledged == 0)
    stand.link.lose()
    stand.pass(seconds: 5)
    #expect(stand.link.acknowledged == 10)
    #expect(stand.status.messages == 20)
    #expect(stand.status.duplicates == 10)
    #expect(try stand.history("luyuan/probe-w01", "level").count == 10)
    #expect(try stand.log.store.contents.summary().readings == 10)
  }

  @Test("The new link's messages are acknowledged after their own commit, not by what the old one held")
  func newLink() throws {
    let stand = try Stand()
    stand.pass(seconds: 5)
    stand.publish("luyuan/probe-w01", "\"level\":0.1")
    stand.step()
    stand.link.lose()
    stand.log.fails = true
    stand.pass(seconds: 3)
    // Connected again, but the batch can't be kept: nothing may be acknowledged.
    stand.publish("luyuan/probe-w02", "\"level\":0.2")
    stand.pass(seconds: 3)
    #expect(stand.link.acknowledged == 0)
    stand.log.fails = false
    stand.pass(seconds: 10)
    #expect(stand.link.acknowledged == 2)
    #expect(try stand.log.store.contents.summary().readings == 2)
  }

  @Test(
    "A link that takes only a part of the acknowledgements is not read until the rest is out, or it is lost")
  func partialRelease() throws {
    let stand = try Stand()
    stand.pass(seconds: 5)
    for number in 0..<5 { stand.publish("luyuan/probe-w01", "\"level\":0.1", ago: Int64(number)) }
    stand.link.writable = 2
    stand.step()
    stand.pass(seconds: 1)
    #expect(stand.link.acknowledged == 2)
    #expect(!stand.pipeline.isReading)
    stand.link.lose()
    stand.link.writable = nil
    stand.pass(seconds: 3)
    #expect(stand.pipeline.isReading)
    #expect(stand.link.acknowledged == 5)
    #expect(try stand.log.store.contents.summary().readings == 5)
  }

  @Test("A camera's event that is delivered again is kept once and counted")
  func event() throws {
    let stand = try Stand()
    stand.pass(seconds: 5)
    let now = stand.now.milliseconds
    let text =
      "{\"ts\":\(now),\"event\":\"loitering\",\"phase\":\"begin\",\"id\":\"v1\",\"start\":\(now),\"zones\":[\"gate\"]}"
    for _ in 0..<3 { stand.link.publish("estates/yiheyuan/cam-gate/event", text) }
    // Another visit at the same moment is another event.
    stand.link.publish("estates/yiheyuan/cam-gate/event", text.replacing("v1", with: "v2"))
    stand.pass(seconds: 3)
    #expect(stand.status.duplicates == 2)
    #expect(try stand.log.store.contents.events().map(\.id) == ["v1", "v2"])
    #expect(try stand.log.store.contents.summary().readings == 2)
  }

  @Test("What comes again after a restart is recognised from the log")
  func afterRestart() throws {
    let stand = try Stand()
    stand.pass(seconds: 5)
    for number in 0..<10 { stand.publish("luyuan/probe-w01", "\"level\":0.1", ago: Int64(number)) }
    stand.link.writable = 0
    stand.step()
    stand.pass(seconds: 2)
    #expect(try stand.log.store.contents.summary().readings == 10)
    #expect(stand.link.acknowledged == 0)
    stand.link.writable = nil
    try stand.restart()
    stand.pass(seconds: 5)
    #expect(stand.link.acknowledged == 10)
    #expect(stand.status.duplicates == 10)
    #expect(try stand.log.store.contents.summary().readings == 10)
  }

  @Test("Silence while the link is down raises nothing; the backlog raises what it shows, with its own times")
  func hourAway() throws {
    let stand = try Stand()
    stand.pass(seconds: 5)
    let devices = stand.configuration.catalogue.devices.map(\.path)
    var flooded: Timestamp?
    for minute in 0..<90 {
      for device in devices where device != "luyuan/probe-mw-u3" { stand.publish(device, "\"battery\":90") }
      if minute == 30 { flooded = stand.now }
      stand.publish("luyuan/probe-mw-u3", "\"level\":\(minute < 30 ? 0 : 0.1)")
      if minute == 10 {
        stand.link.isReachable = false
        stand.link.lose()
      }
      if minute == 70 { stand.link.isReachable = true }
      stand.pass(seconds: 60)
      if minute == 69 { #expect(!stand.status.isCaughtUp) }
    }
    #expect(stand.status.isCaughtUp)
    #expect(stand.alarms.map(\.rule) == ["meter-well-flooded"])
    #expect(stand.alarms.first?.onset == flooded?.milliseconds)
  }

  @Test("A session that the broker forgot leaves a hole, which is no silence")
  func forgottenSession() throws {
    let stand = try Stand()
    let devices = stand.configuration.catalogue.devices.map(\.path)
    for minute in 0..<40 {
      if minute == 10 {
        stand.link.isReachable = false
        stand.link.lose()
      }
      if minute == 30 {
        stand.link.isReachable = true
        stand.link.isSessionKept = false
      }
      if !(10..<30).contains(minute) { for device in devices { stand.publish(device, "\"battery\":90") } }
      stand.pass(seconds: 60)
    }
    #expect(stand.alarms.isEmpty, "\(stand.alarms.map { "\($0.rule) \($0.device)" })")
  }
}
