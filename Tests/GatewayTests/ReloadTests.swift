/// Another configuration in a running pipeline: what is kept, what is rebuilt, what ends, and what a death changes.
import EstateModel
import Foundation
import Gateway
import Rules
import Testing
import Tickets

@Suite("Reload in the pipeline")
struct PipelineReloadTests {
  private static let probe = "luyuan/probe-w01"

  private func rule(_ id: String, _ raise: String, _ rest: String = "for: 10min") -> String {
    "- {rule: \(id), on: sewer-level-probe, raise: \"\(raise)\", \(rest), priority: P2, ticket: sewer-blockage}\n"
  }

  /// Runs with these rules only, from the beginning.
  private func stand(_ rules: String) throws -> Stand {
    let stand = try Stand()
    try stand.reload(try stand.rules(rules))
    stand.pass(seconds: 5)
    return stand
  }

  private func steps(_ stand: Stand) -> [String] {
    stand.alarms.map { "\($0.kind.rawValue) \($0.rule) +\(($0.at - Stand.start.milliseconds) / 60_000) min" }
  }

  private func onset(_ transition: AlarmTransition?) -> Int64? {
    transition.map { ($0.onset - Stand.start.milliseconds) / 60_000 }
  }

  @Test("A rule that did not change keeps its running delay and its alarm", arguments: [false, true])
  func unchanged(dies: Bool) throws {
    let stand = try stand(rule("a", "level > 0.2 m") + rule("b", "level > 0.2 m", "for: 40min"))
    stand.flood(Self.probe, level: 0.25, minutes: 15)
    #expect(steps(stand) == ["raised a +10 min"])
    try stand.reload(
      try stand.rules(
        rule("a", "level > 0.2 m", "for: 10min, title: New") + rule("b", "level > 0.2 m", "for: 40min")
          + rule("c", "level > 9 m")))
    if dies { try stand.restart() }
    stand.flood(Self.probe, level: 0.25, minutes: 30)
    #expect(steps(stand) == ["raised a +10 min", "raised b +40 min"])
    stand.flood(Self.probe, level: 0.1, minutes: 3)
    #expect(steps(stand).suffix(2).allSatisfy { $0.hasPrefix("cleared") })
    #expect(try stand.log.ticketEvents().filter { $0.kind == .opened }.count == 1)
  }

  @Test(
    "A changed limit finds the window full and raises within seconds, with its true onset",
    arguments: [false, true])
  func changed(dies: Bool) throws {
    let stand = try stand(rule("a", "mean(level, 5min) > 0.5 m"))
    stand.flood(Self.probe, level: 0.1, minutes: 59)
    stand.flood(Self.probe, level: 0.3, minutes: 30)
    #expect(steps(stand).isEmpty)
    // Three hours were asked of nobody before; half of the last hour and a half lies at 0.3 m.
    let next = try stand.rules(
      rule("a", "mean(level, 5min) > 0.25 m and samples(level, 3h) >= 80", "for: 5min"))
    if dies {
      stand.write(next)
      try stand.restart()
    } else {
      try stand.reload(next)
    }
    stand.publish(Self.probe, "\"level\":0.3")
    stand.pass(seconds: 20)
    let raised = try #require(stand.alarms.first)
    #expect(raised.rule == "a" && raised.at - stand.now.milliseconds > -30_000)
    // 80 readings were there after 80 min; before, the mean was not over the limit: 0.3 m came at 60 min.
    let began = try #require(onset(raised))
    #expect((75...85).contains(began), "\(began)")
  }

  @Test("A changed rule takes its active alarm along, and ends it by its own condition")
  func activeChanged() throws {
    let stand = try stand(rule("a", "level > 0.2 m", "for: 1min"))
    stand.flood(Self.probe, level: 0.25, minutes: 5)
    try stand.reload(try stand.rules(rule("a", "level > 0.24 m", "for: 1min")))
    stand.flood(Self.probe, level: 0.25, minutes: 5)
    #expect(stand.alarms.count == 1)
    try stand.reload(try stand.rules(rule("a", "level > 0.5 m", "for: 1min")))
    stand.publish(Self.probe, "\"level\":0.25")
    stand.pass(seconds: 20)
    #expect(stand.alarms.map(\.kind) == [.raised, .cleared])
    #expect(stand.alarms[1].alarm == stand.alarms[0].alarm)
    #expect(stand.alarms[1].withdrawn == nil, "its own condition ended it")
  }

  @Test("A removed rule ends its alarm, saying why, and that proves nothing", arguments: [false, true])
  func removed(dies: Bool) throws {
    let stand = try stand(rule("a", "level > 0.2 m", "for: 1min"))
    stand.flood(Self.probe, level: 0.25, minutes: 5)
    let opened = try #require(try stand.log.ticketEvents().first)
    let next = try stand.rules(rule("b", "level > 9 m"))
    if dies {
      stand.write(next)
      try stand.restart()
    } else {
      try stand.reload(next)
    }
    stand.pass(seconds: 5)
    #expect(stand.alarms.map(\.kind) == [.raised, .cleared])
    #expect(stand.alarms.last?.withdrawn == .ruleRemoved)
    #expect(try stand.log.activeAlarms().isEmpty)
    let end = try #require(try stand.log.ticketEvents().last)
    #expect(end.ticket == opened.ticket && end.kind == .cleared && end.alarm?.withdrawn == .ruleRemoved)
    // Said to be done, it waits for a person: no sensor watches any more.
    let reply = stand.pipeline.perform(
      .resolve(Resolution("flushed")), on: opened.ticket, by: "contractor", at: stand.moment)
    guard case .ticket(let events) = reply else {
      Issue.record("\(reply)")
      return
    }
    #expect(events.first?.kind == .resolved)
    #expect(events.first?.terms?.watch?.blind == ["probe-w01"])
    try stand.restart()
    stand.pass(seconds: 5)
    #expect(stand.alarms.count == 2, "told once")
  }

  @Test(
    "A device that is gone ends its alarms; a new one is heard from its first message; readings keep their devices"
  )
  func devices() throws {
    let stand = try stand(rule("a", "level > 0.2 m", "for: 1min"))
    stand.flood(Self.probe, level: 0.25, minutes: 5)
    let all = stand.configuration
    var fewer = all
    fewer.catalogue = Catalogue(
      estates: all.catalogue.estates,
      devices: all.catalogue.devices.filter { $0.path != Self.probe }.reversed())
    fewer = try stand.rules(rule("a", "level > 0.2 m", "for: 1min"), in: fewer)
    try stand.reload(fewer)
    stand.publish(Self.probe, "\"level\":0.25")
    stand.flood("luyuan/probe-w02", level: 0.07, minutes: 2)
    #expect(stand.alarms.map(\.kind) == [.raised, .cleared])
    #expect(stand.alarms.last?.withdrawn == .deviceRemoved)
    #expect(stand.status.problems == 1, "the device that is gone is unknown now")
    #expect(try stand.history("luyuan/probe-w02", "level") == [0.07, 0.07, 0.07])
    // What the broker delivers again is recognised under its new number.
    stand.publish("luyuan/probe-w02", "\"level\":0.07", ago: 60_000)
    let before = stand.status.duplicates
    try stand.reload(all)
    stand.pass(seconds: 5)
    #expect(stand.status.duplicates == before + 1)
    stand.flood(Self.probe, level: 0.25, minutes: 3)
    #expect(stand.alarms.map(\.kind) == [.raised, .cleared, .raised])
    #expect(try stand.history(Self.probe, "level").count == 10)
    #expect(try stand.log.ticketEvents().filter { $0.kind == .opened }.count == 1, "one cause, one ticket")
  }

  @Test("While nothing can be kept it is refused, and what ran goes on")
  func fullDisk() throws {
    let stand = try stand(rule("a", "level > 0.2 m", "for: 1min"))
    stand.publish(Self.probe, "\"level\":0.25")
    stand.step()
    stand.log.fails = true
    let next = try stand.rules(rule("b", "level > 0.2 m", "for: 1min"))
    #expect(throws: GatewayError.self) { try stand.reload(next) }
    stand.log.fails = false
    stand.flood(Self.probe, level: 0.25, minutes: 5)
    #expect(steps(stand).map { $0.prefix(8) } == ["raised a"])
    #expect(try stand.history(Self.probe, "level").count == 6)
  }

  @Test("A rule that was removed and comes back does not raise again what is over")
  func comesBack() throws {
    let stand = try stand(rule("a", "level > 0.2 m", "for: 1min"))
    stand.flood(Self.probe, level: 0.25, minutes: 5)
    try stand.reload(try stand.rules(rule("b", "level > 9 m")))
    try stand.reload(try stand.rules(rule("a", "level > 0.2 m", "for: 1min")))
    stand.flood(Self.probe, level: 0.25, minutes: 5)
    let alarms = Set(stand.alarms.map(\.alarm))
    #expect(stand.alarms.map(\.kind) == [.raised, .cleared, .raised])
    #expect(alarms.count == 2, "a new alarm with a name of its own")
    #expect(try stand.log.activeAlarms().count == 1)
  }
}
