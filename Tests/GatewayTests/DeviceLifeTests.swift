/// What the gateway knows of a device's life, also after a restart.
import EstateModel
import Foundation
import Gateway
import Store
import Testing

@Suite("The life of a device")
struct DeviceLifeTests {
  private let stand: Stand
  private let probe: Device

  init() throws {
    stand = try Stand()
    probe = try #require(
      stand.configuration.catalogue.devices.first {
        $0.kind == .sewerLevelProbe && $0.address != nil && $0.estate == "luyuan"
      })
    stand.pass(seconds: 2)
  }

  private func uplink(_ counter: Int, session: String = "01", ago: Int64 = 0) {
    let time = (stand.now - ago).formatted()
    stand.link.publish(
      "application/1/device/\(probe.address ?? "")/event/up",
      """
      {"time":"\(time)","deviceInfo":{"devEui":"\(probe.address ?? "")"},"devAddr":"\(session)","fCnt":\(counter),
       "rxInfo":[{"rssi":-101,"snr":-3.5}],"object":{"depth":12,"battery":80}}
      """)
  }

  private func overview() throws -> DeviceOverview {
    let state = try stand.log.store.contents.deviceStates().first { $0.device == probe.path }
    return DeviceOverview(probe, state, now: stand.now)
  }

  @Test("Radio, gaps, repeats, joins and the clock are counted, kept, and go on after a restart")
  func radio() throws {
    stand.link.publish("application/1/device/\(probe.address ?? "")/event/join", #"{"devAddr":"01"}"#)
    for counter in [1, 2, 2, 5, 4] {
      uplink(counter, ago: -20_000)
      stand.pass(seconds: 10)
    }
    stand.pass(seconds: 10)
    var seen = try overview()
    #expect(seen.presence == .online)
    #expect(seen.rssi == -101 && seen.snr == -3.5)
    #expect(seen.joins == 1)
    #expect(seen.messages == 5, "the join, and four of the five")
    #expect(seen.repeats == 1)
    #expect(seen.missed == 1, "number 3")
    #expect(seen.disordered == 1)
    #expect(seen.battery == 80)
    let offset = try #require(seen.clockOffset)
    #expect(abs(offset - 20_000) < 1000)
    #expect(!seen.hasWrongClock)
    try stand.restart()
    stand.pass(seconds: 5)
    uplink(5)
    uplink(8)
    stand.pass(seconds: 10)
    seen = try overview()
    #expect(seen.repeats == 2)
    #expect(seen.missed == 3, "3, 6 and 7")
    #expect(stand.status.missedFrames == 2)
  }

  @Test("Alarms that come all the time leave room for what is known of the devices")
  func alarmsAllTheTime() throws {
    let rule = """
      - rule: up-and-down
        title: Up and down
        on: sewer-level-probe
        raise: level > 0.2 m
        priority: P3
        ticket: sewer-blockage
        source: test

      """
    try stand.reload(try stand.rules(rule))
    for half in 0..<40 {
      stand.publish("luyuan/probe-w02", "\"level\":\(half.isMultiple(of: 2) ? 0.3 : 0.1)")
      stand.publish("luyuan/probe-w03", "\"level\":0.1")
      stand.pass(seconds: 0.5)
    }
    #expect(stand.alarms.count == 40, "a commit of its own for each")
    let states = try stand.log.store.contents.deviceStates()
    let seen = try #require(states.first { $0.device == "luyuan/probe-w03" }?.lastSeen)
    #expect(stand.now.milliseconds - seen <= 5000)
  }

  @Test("A message that comes an hour late is counted, and the clock is not taken for wrong")
  func late() throws {
    for counter in 1...4 {
      uplink(counter)
      stand.pass(seconds: 60)
    }
    uplink(5, ago: 3_600_000)
    stand.pass(seconds: 10)
    #expect(stand.status.late == 1)
    let seen = try overview()
    #expect(seen.late == 1)
    #expect(abs(try #require(seen.clockOffset)) < 2000)
  }

  @Test("Three intervals without a word are silence; a last will is more")
  func presence() throws {
    uplink(1)
    stand.pass(seconds: 5)
    #expect(try overview().presence == .online)
    stand.pass(seconds: Double(probe.reportInterval) / 1000 * 3 + 10)
    #expect(try overview().presence == .silent)
    stand.link.publish("estates/\(probe.path)/status", "offline")
    stand.pass(seconds: 5)
    #expect(try overview().presence == .offline)
    stand.link.publish("estates/\(probe.path)/status", "online")
    stand.pass(seconds: 5)
    let seen = try overview()
    #expect(seen.presence == .online)
    #expect(seen.linkSince != nil)
  }

  @Test("Who sends and is not known is kept with a suggestion and without faces, over a restart")
  func unclaimed() throws {
    stand.link.publish(
      "application/1/device/24e124ffff00aa01/event/up",
      """
      {"deviceInfo":{"devEui":"24e124ffff00aa01","deviceProfileName":"EM500-SWL"},"fCnt":1,
       "object":{"depth":12,"battery":80}}
      """)
    stand.link.publish(
      "frigate/events",
      #"{"type":"new","after":{"id":"1.5-a","camera":"back_door","label":"person","sub_label":["Zhang San",0.9],"recognized_license_plate":"晋B12345","start_time":1773122400.5,"frame_time":1773122400.5}}"#
    )
    stand.pass(seconds: 40)
    try stand.restart()
    stand.pass(seconds: 5)
    #expect(stand.status.unclaimed == 2)
    let reader = stand.log.store.contents
    let found = try reader.unclaimedDevices(besides: stand.configuration.catalogue)
    #expect(Set(found.map(\.name)) == ["24e124ffff00aa01", "back_door"])
    let kept = found.compactMap(\.payload).joined()
    #expect(kept.contains("24e124ffff00aa01"))
    #expect(!kept.contains("Zhang San") && !kept.contains("B12345"))
    let probe = try #require(found.first { $0.name == "24e124ffff00aa01" })
    let entry = CatalogueSuggestion(stand.configuration).entry(for: probe)
    #expect(entry.contains("kind: sewer-level-probe"))
    #expect(entry.contains(#"address: "24e124ffff00aa01""#))
    #expect(entry.contains(#"model: "EM500-SWL""#))
    let camera = try #require(found.first { $0.name == "back_door" })
    #expect(CatalogueSuggestion(stand.configuration).entry(for: camera).contains("kind: entrance-camera"))
  }

  @Test("A stream of invented names fills 200 places, and no more")
  func bounded() throws {
    for number in 0..<1000 {
      stand.link.publish("estates/luyuan/nobody-\(number)/reading", #"{"level":1}"#)
    }
    stand.pass(seconds: 40)
    #expect(stand.status.unclaimed == 200)
    #expect(
      try stand.log.store.contents.unclaimedDevices(besides: stand.configuration.catalogue).count == 200)
  }

  @Test("A Sparkplug node is asked for its metrics once a minute, however often it must be")
  func rebirths() throws {
    // DDATA with number 9 and alias 5 = 190.0, without any birth: protobuf by hand.
    let payload: [UInt8] = [0x12, 11, 0x10, 5, 0x69, 0, 0, 0, 0, 0, 0xC0, 0x67, 0x40, 0x18, 9]
    let text = String(decoding: payload.map { $0 < 0x80 ? $0 : 0x41 }, as: UTF8.self)
    let topic = "spBv1.0/luyuan/DDATA/box/\(probe.address ?? "")"
    stand.link.publish(topic, text)
    stand.pass(seconds: 1)
    #expect(stand.pipeline.takeRebirths() == ["luyuan/box"])
    stand.link.publish(topic, text)
    stand.pass(seconds: 30)
    #expect(stand.pipeline.takeRebirths().isEmpty)
    stand.pass(seconds: 31)
    stand.link.publish(topic, text)
    stand.pass(seconds: 1)
    #expect(stand.pipeline.takeRebirths() == ["luyuan/box"])
    #expect(stand.status.rebirthsAsked == 2)
  }
}
