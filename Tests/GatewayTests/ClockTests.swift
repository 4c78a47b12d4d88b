/// Clocks that step, clocks that are simulated, and readings that come a little after their time.
import EstateModel
import Gateway
import Testing

@Suite("The gateway's time")
struct ClockTests {
  private let start = Timestamp(milliseconds: 1_773_122_400_000)

  private func moment(_ seconds: Int64, off: Int64 = 0) -> Moment {
    Moment(monotonic: 5000 + seconds * 1000, wall: start + seconds * 1000 + off)
  }

  @Test(
    "A step of the wall is not followed before it has lasted for ten minutes",
    arguments: [3_600_000, -3_600_000])
  func step(_ by: Int64) {
    var clock = GatewayClock(.wall)
    #expect(clock.observe(moment(0)) == nil)
    #expect(clock.observe(moment(10, off: by)) == .noticed(by: by))
    #expect(clock.now == start + 10_000)
    #expect(clock.observe(moment(609, off: by)) == nil)
    #expect(clock.now == start + 609_000)
    #expect(clock.observe(moment(610, off: by)) == .followed(by: by))
    #expect(clock.now == start + 610_000 + by)
  }

  @Test("A step that is undone changes nothing", arguments: [3_600_000, -3_600_000])
  func undone(_ by: Int64) {
    var clock = GatewayClock(.wall)
    _ = clock.observe(moment(0))
    _ = clock.observe(moment(10, off: by))
    #expect(clock.observe(moment(300)) == .undone)
    #expect(clock.now == start + 300_000)
    #expect(clock.observe(moment(900)) == nil)
  }

  @Test("Small corrections are followed at once, and never backward")
  func corrections() {
    var clock = GatewayClock(.wall)
    _ = clock.observe(moment(0))
    #expect(clock.observe(moment(1, off: 800)) == nil)
    #expect(clock.now == start + 1800)
    #expect(clock.observe(moment(2, off: -100)) == nil)
    #expect(clock.now == start + 1900)
    #expect(clock.observe(moment(2, off: -700)) == nil)
    #expect(clock.now == start + 1900)
  }

  @Test("A clock that was never set is set at once")
  func neverSet() {
    var clock = GatewayClock(.wall)
    _ = clock.observe(Moment(monotonic: 0, wall: Timestamp(milliseconds: 60_000)))
    #expect(clock.observe(Moment(monotonic: 1000, wall: start)) == .followed(by: start.milliseconds - 61_000))
    #expect(clock.now == start)
  }

  @Test(
    "Delays and silence run on while the wall is wrong for some minutes", arguments: [3_600_000, -3_600_000])
  func pipeline(_ by: Int64) throws {
    let stand = try Stand()
    stand.pass(seconds: 5)
    let devices = stand.configuration.catalogue.devices.map(\.path)
    var flooded: Timestamp?
    for minute in 0..<20 {
      if minute == 5 { stand.clockError = by }
      if minute == 12 { stand.clockError = 0 }
      if minute == 6 { flooded = stand.now }
      for device in devices where device != "luyuan/probe-mw-u3" { stand.publish(device, "\"battery\":90") }
      stand.publish("luyuan/probe-mw-u3", "\"level\":\(minute < 6 ? 0 : 0.1)")
      stand.pass(seconds: 60)
    }
    #expect(stand.alarms.map(\.rule) == ["meter-well-flooded"])
    #expect(stand.alarms.first?.onset == flooded?.milliseconds)
    #expect(stand.alarms.first.map { $0.at - $0.onset } == 120_000)
    #expect(stand.status.clockSteps == 1)
    #expect(stand.collected.matching("clock stepped").count == 1)
  }

  @Test("A step that lasts is followed, and raises nothing by itself", arguments: [3_600_000, -3_600_000])
  func followed(_ by: Int64) throws {
    let stand = try Stand()
    stand.pass(seconds: 5)
    let devices = stand.configuration.catalogue.devices.map(\.path)
    for minute in 0..<60 {
      if minute == 10 { stand.clockError = by }
      // The devices' clocks are set with the gateway's.
      let ago = minute >= 20 ? -by : 0
      for device in devices { stand.publish(device, "\"battery\":90", ago: ago) }
      stand.pass(seconds: 60)
    }
    #expect(stand.alarms.isEmpty, "\(stand.alarms.map { "\($0.rule) \($0.device)" })")
    #expect(stand.collected.matching("follows the system's clock").count == 1)
    #expect(stand.status.now == (stand.now + by).milliseconds)
    // After the step rules work as before.
    for minute in 0..<4 {
      stand.publish("luyuan/probe-mw-u3", "\"level\":0.1", ago: -by)
      for device in devices where minute >= 0 { stand.publish(device, "\"battery\":90", ago: -by) }
      stand.pass(seconds: 60)
    }
    #expect(stand.alarms.map(\.rule) == ["meter-well-flooded"])
  }

  @Test("A reading that comes within two seconds is judged at its own time")
  func grace() throws {
    let stand = try Stand()
    // 20 s past the minute is a point of the engine's grid: the clock passes it before the reading comes.
    stand.pass(seconds: 19.5)
    let event = stand.now
    stand.pass(seconds: 1.5)
    stand.publish("luyuan/probe-mw-u3", "\"level\":0.1", ago: 1500)
    stand.pass(seconds: 60)
    stand.publish("luyuan/probe-mw-u3", "\"level\":0.1")
    stand.pass(seconds: 60)
    stand.publish("luyuan/probe-mw-u3", "\"level\":0.1")
    stand.pass(seconds: 10)
    #expect(stand.alarms.map(\.onset) == [event.milliseconds])
  }

  @Test("Under a simulated clock, what is delivered again before the next word of the clock is kept")
  func simulatedRestart() throws {
    let stand = try Stand(clock: .simulation)
    stand.link.publish("simulation/clock", "{\"now\":\(stand.now.milliseconds)}")
    stand.publish("luyuan/probe-w01", "\"level\":0.1")
    stand.pass(seconds: 3)
    #expect(stand.link.queue.isEmpty)
    stand.publish("luyuan/probe-w01", "\"level\":0.2")
    stand.step()
    try stand.restart()
    stand.pass(seconds: 3)
    #expect(stand.link.queue.isEmpty)
    #expect(try stand.history("luyuan/probe-w01", "level") == [0.1, 0.2])
  }
}
