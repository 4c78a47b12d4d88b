/// Shelving in the pipeline: kept, without a ticket, across a restart, and announced when it is over.
import EstateModel
import Gateway
import Testing
import Tickets

@Suite("Shelved alarms in the pipeline")
struct PipelineSuppressionTests {
  private static let rule = "sewer-high-level"

  /// Well 1 at 0.27 m in its pipe of 0.30 m: 90 %.
  private func flood(_ stand: Stand, level: Double = 0.27, minutes: Int) {
    stand.flood("luyuan/probe-w01", level: level, minutes: minutes)
  }

  private func shelve(_ stand: Stand, minutes: Int64) throws -> Suppression {
    let order = Suppression.Order(
      .shelved, .init(estate: "luyuan", device: "probe-w01", rule: Self.rule),
      until: stand.now.milliseconds + minutes * 60_000, why: "pump test")
    guard case .suppression(let made) = stand.pipeline.suppress(order, by: "guard", at: stand.moment) else {
      throw GatewayError.unknown("not shelved")
    }
    return made
  }

  private func tickets(_ stand: Stand) throws -> [TicketEvent] {
    try stand.log.ticketEvents().filter { $0.alarm?.rule == Self.rule }
  }

  private func alarms(_ stand: Stand) throws -> [AlarmTransition] {
    try stand.log.store.contents.transitions().filter { $0.rule == Self.rule }
  }

  @Test("It is kept without a ticket, also over a restart; when time is up it gets one with its true onset")
  func whole() throws {
    let stand = try Stand()
    stand.pass(seconds: 5)
    let made = try shelve(stand, minutes: 40)
    flood(stand, minutes: 15)
    #expect(try alarms(stand).map(\.suppressedBy) == [made.id])
    #expect(try tickets(stand).isEmpty)
    try stand.restart()
    stand.pass(seconds: 5)
    flood(stand, minutes: 15)
    #expect(try tickets(stand).isEmpty)
    flood(stand, minutes: 12)
    let opened = try tickets(stand)
    #expect(opened.map(\.kind) == [.opened])
    #expect(opened[0].at == made.until)
    let alarm = try #require(try alarms(stand).first)
    #expect(opened[0].alarm?.onset == alarm.onset)
    #expect(alarm.onset < made.until ?? 0)
    #expect(try alarms(stand).count == 1, "raised once")
    let kept = try stand.log.store.contents.suppressions()
    #expect(kept.map(\.id) == [made.id] && kept[0].ended == made.until && kept[0].by == "guard")
  }

  @Test("One that clears behind it leaves no ticket, and both its steps are kept")
  func cleared() throws {
    let stand = try Stand()
    stand.pass(seconds: 5)
    _ = try shelve(stand, minutes: 120)
    flood(stand, minutes: 15)
    flood(stand, level: 0.05, minutes: 40)
    #expect(try alarms(stand).map(\.kind) == [.raised, .cleared])
    stand.pass(seconds: 7200)
    #expect(try tickets(stand).isEmpty)
  }

  @Test("Ended by hand, it is announced at once; what can't be kept has not happened")
  func ended() throws {
    let stand = try Stand()
    stand.pass(seconds: 5)
    let made = try shelve(stand, minutes: 120)
    flood(stand, minutes: 15)
    stand.log.fails = true
    guard case .refused = stand.pipeline.endSuppression(made.id, by: "guard", at: stand.moment) else {
      Issue.record("not refused")
      return
    }
    stand.log.fails = false
    stand.pass(seconds: 10)
    #expect(try tickets(stand).isEmpty)
    guard case .suppression(let ended) = stand.pipeline.endSuppression(made.id, by: "guard", at: stand.moment)
    else {
      Issue.record("not ended")
      return
    }
    #expect(ended.endedBy == "guard")
    #expect(try tickets(stand).map(\.kind) == [.opened])
    guard case .refused(let reason) = stand.pipeline.endSuppression("S-X", by: "guard", at: stand.moment)
    else {
      Issue.record("not refused")
      return
    }
    #expect(reason.contains("S-X"))
  }

  @Test("A rule that doesn't watch the device can't be shelved there")
  func notWatched() throws {
    let stand = try Stand()
    stand.pass(seconds: 5)
    let order = Suppression.Order(
      .shelved, .init(estate: "luyuan", device: "probe-w01", rule: "elevator-noise-night"),
      until: stand.now.milliseconds + 60_000, why: "x")
    guard case .refused(let reason) = stand.pipeline.suppress(order, by: "guard", at: stand.moment) else {
      Issue.record("not refused")
      return
    }
    #expect(reason == "rule 'elevator-noise-night' does not watch 'luyuan/probe-w01'")
  }
}
