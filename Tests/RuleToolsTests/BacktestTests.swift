/// Stored readings played through other rules.
import Configuration
import EstateModel
import Foundation
import RuleTools
import Rules
import Store
import Testing
import Tickets

/// Three days of Luyuan's wells 5 and 6, a reading each minute, stored with the alarms of the rule that ships.
///
/// Each day well 6 stands at 0.25 m (83 %) from 10:00 to 10:30, well 5 at 0.22 m (73 %) from 11:00 to 11:30; else 0.08 m.
struct StoredDays {
  let context: RuleTestContext
  let start = Timestamp(rfc3339: "2026-04-14T00:00:00+08:00") ?? .distantPast
  static let day: Int64 = 86_400_000
  var end: Timestamp { start + 3 * Self.day }

  init() throws { context = try shippedContext() }

  func rules(_ changes: [(String, String)] = []) throws -> RuleSet {
    var text = """
      - rule: sewer-high-level
        title: {zh: 高水位, en: High}
        on: sewer-level-probe
        raise: level / device.bore >= 80%
        for: 10min
        clear: level / device.bore < 65%
        clear-for: 30min
        priority: P3
        ticket: sewer-blockage
      """
    for (old, new) in changes { text = text.replacingOccurrences(of: old, with: new) }
    let diagnostics = Diagnostics()
    let set = RuleSet(
      documents: [Document(text: text, file: "rules.yaml", diagnostics: diagnostics)].compactMap { $0 },
      calendars: context.calendars, catalogue: context.catalogue, diagnostics: diagnostics)
    try diagnostics.check()
    return set
  }

  func withStore(_ body: (StoreReader) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("gatehouse-backtest-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try Store.open(folder: folder, catalogue: context.catalogue)
    var engine = RuleEngine(rules: try rules(), catalogue: context.catalogue, start: start)
    let wells = ["w05", "w06"].compactMap { context.catalogue.device(path: "luyuan/probe-\($0)") }
    guard wells.count == 2, let level = Signal.named("level") else { throw StoreError.noDatabase("") }
    for hour in 0..<72 {
      var batch = Batch(now: start + Int64(hour + 1) * 3_600_000)
      for minute in 0..<60 {
        let time = start + Int64(hour * 60 + minute) * 60_000
        let isHigh = minute < 30
        let five = hour % 24 == 11 && isHigh ? 0.22 : 0.08
        let six = hour % 24 == 10 && isHigh ? 0.25 : 0.08
        for (well, value) in zip(wells, [five, six]) {
          let reading = Reading(device: well, signal: level, time: time, arrival: time, value: value)
          engine.ingest(reading)
          batch.readings.append(reading)
        }
      }
      engine.advance(to: batch.now)
      batch.transitions = engine.takeTransitions()
      try store.commit(batch)
    }
    try body(store.contents)
    try store.close()
  }

  func report(_ set: RuleSet, _ reader: StoreReader, since: Timestamp) throws -> (
    BacktestReport, Backtest.Played
  ) {
    let backtest = Backtest(rules: set, catalogue: context.catalogue, since: since, until: end + 1)
    let played = try backtest.play(reader)
    let report = BacktestReport(
      would: played.alarms, did: AlarmSpan.spans(try reader.transitions()), rules: set, since: since,
      until: end + 1, routing: context.routing, catalogue: context.catalogue)
    return (report, played)
  }
}

@Suite("Backtest") struct BacktestTests {
  private func clock(_ alarms: [AlarmSpan]) -> [String] {
    alarms.map { alarm in
      let text = Timestamp(milliseconds: alarm.raised.at).formatted(
        in: TimeZone(identifier: "Asia/Shanghai") ?? .gmt)
      return "\(alarm.raised.device) \(text.dropFirst(8).prefix(8))"
    }
  }

  @Test("The rules that raised the alarms would raise them again: nothing is new, nothing gone")
  func same() throws {
    let days = try StoredDays()
    try days.withStore { reader in
      let (report, played) = try days.report(try days.rules(), reader, since: days.start)
      let line = try #require(report.rules.first)
      #expect(report.rules.count == 1)
      #expect(line.would == 3)
      #expect(line.did == 3)
      #expect(line.new.isEmpty && line.gone.isEmpty && line.moved.isEmpty)
      #expect(report.addedTickets.isEmpty && report.sparedTickets.isEmpty)
      #expect(played.readings == 72 * 60 * 2)
      #expect(!played.wasStopped)
    }
  }

  @Test("A lower limit brings the alarms of well 5; the sewer's ticket was open anyway")
  func lower() throws {
    let days = try StoredDays()
    try days.withStore { reader in
      let (report, _) = try days.report(try days.rules([("80%", "70%")]), reader, since: days.start)
      let line = try #require(report.rules.first)
      #expect(line.would == 6)
      #expect(line.did == 3)
      #expect(clock(line.new) == ["probe-w05 14T11:10", "probe-w05 15T11:10", "probe-w05 16T11:10"])
      #expect(line.gone.isEmpty)
      #expect(report.addedTickets.isEmpty)
    }
  }

  @Test("A higher limit loses them, and spares the ticket")
  func higher() throws {
    let days = try StoredDays()
    try days.withStore { reader in
      let (report, _) = try days.report(try days.rules([("80%", "90%")]), reader, since: days.start)
      let line = try #require(report.rules.first)
      #expect(line.would == 0)
      #expect(clock(line.gone) == ["probe-w06 14T10:10", "probe-w06 15T10:10", "probe-w06 16T10:10"])
      // A day lies between the alarms: 10:10 to 11:00, and again the next day at 10:10. That is one ticket.
      #expect(report.sparedTickets.map(\.category) == ["sewer-blockage"])
      #expect(report.sparedTickets.map(\.alarms.count) == [3])
      #expect(report.addedTickets.isEmpty)
    }
  }

  @Test("A longer delay tells them later")
  func later() throws {
    let days = try StoredDays()
    try days.withStore { reader in
      let (report, _) = try days.report(
        try days.rules([("for: 10min", "for: 15min")]), reader, since: days.start)
      let line = try #require(report.rules.first)
      #expect(line.new.isEmpty && line.gone.isEmpty)
      #expect(line.moved.map { $0.would.raised.at - $0.did.raised.at } == [300_000, 300_000, 300_000])
    }
  }

  @Test("Only what was raised since the given time counts")
  func since() throws {
    let days = try StoredDays()
    try days.withStore { reader in
      let (report, played) = try days.report(
        try days.rules([("80%", "70%")]), reader, since: days.start + StoredDays.day)
      let line = try #require(report.rules.first)
      #expect(line.would == 4)
      #expect(line.did == 2)
      #expect(line.new.count == 2)
      #expect(played.readings < 72 * 60 * 2)
    }
  }

  @Test("Stopped half-way, it tells what it has")
  func stop() throws {
    let days = try StoredDays()
    try days.withStore { reader in
      let backtest = Backtest(
        rules: try days.rules(), catalogue: days.context.catalogue, since: days.start, until: days.end + 1)
      let half = days.start + 36 * 3_600_000
      let played = try backtest.play(reader) { now, _ in now < half }
      #expect(played.wasStopped)
      #expect(played.reached == half)
      #expect(clock(played.alarms) == ["probe-w06 14T10:10", "probe-w06 15T10:10"])
    }
  }

  @Test("A ticket counts as closed after a quiet day; what comes later is another")
  func episodes() throws {
    let days = try StoredDays()
    let day = StoredDays.day
    func alarm(_ from: Int64, _ to: Int64?) -> AlarmSpan {
      AlarmSpan(
        raised: AlarmTransition(
          kind: .raised, alarm: "A-\(from)", rule: "sewer-high-level", title: Title(zh: "高", en: "High"),
          estate: "luyuan", device: "probe-w06", place: "w06", priority: .p3, category: "sewer-blockage",
          onset: days.start + from, at: days.start + from),
        cleared: to.map { (days.start + $0).milliseconds })
    }
    let hour: Int64 = 3_600_000
    let report = BacktestReport(
      would: [
        alarm(0, hour), alarm(day, day + hour), alarm(2 * day + 2 * hour, nil),
      ], did: [alarm(2 * day + 3 * hour, nil)], rules: try days.rules(), since: days.start, until: days.end,
      routing: days.context.routing, catalogue: days.context.catalogue)
    // The second alarm comes 23 h after the first has cleared, the third 25 h after the second.
    #expect(report.addedTickets.map(\.alarms.count) == [2])
    #expect(report.sparedTickets.isEmpty)
  }

  @Test("Many short alarms within a long one are gone but for one")
  func merged() throws {
    let days = try StoredDays()
    let set = try days.rules()
    func alarm(_ from: Int64, _ to: Int64?) -> AlarmSpan {
      AlarmSpan(
        raised: AlarmTransition(
          kind: .raised, alarm: "A-\(from)", rule: "sewer-high-level", title: Title(zh: "高", en: "High"),
          estate: "luyuan", device: "probe-w06", place: "w06", priority: .p3, category: "sewer-blockage",
          onset: days.start + from * 60_000, at: days.start + from * 60_000),
        cleared: to.map { (days.start + $0 * 60_000).milliseconds })
    }
    let report = BacktestReport(
      would: [alarm(10, 60)], did: [alarm(10, 20), alarm(30, 40), alarm(50, 60), alarm(90, nil)], rules: set,
      since: days.start, until: days.end, routing: days.context.routing, catalogue: days.context.catalogue)
    let line = try #require(report.rules.first)
    #expect(line.would == 1)
    #expect(line.did == 4)
    #expect(line.gone.map(\.raised.alarm) == ["A-30", "A-50", "A-90"])
    #expect(line.new.isEmpty && line.moved.isEmpty)
  }
}
