/// `days` and `steady`: counted by hand over made-up days.
import EstateModel
import Rules
import Testing

@Suite("Days and stretches") struct DaysTests {
  private let start = at("2026-03-10 12:00:00")
  private let day = 24 * hour

  private let nights = """
    raise: days(dwell(loitering) >= 120 s and during(night), 7day) >= 3
    clear: days(dwell(loitering) >= 120 s and during(night), 7day) = 0
    """

  /// A visit of so many seconds on the camera, told every 30 s.
  private func visit(
    _ engine: inout RuleEngine, _ bench: Bench, at time: Timestamp, seconds: Int64, id: UInt64
  ) {
    for second in stride(from: 0, through: seconds, by: 30) {
      engine.ingest(
        bench.reading(
          "camera", "loitering", Double(second), at: time + second * 1000,
          marks: second == 0 ? .begin : second == seconds ? .end : [], event: id))
    }
  }

  @Test("Three nights of seven, whatever the visits of one night; a day begins at noon")
  func nightsCount() {
    let bench = Bench(on: "entrance-camera", nights)
    #expect(bench.messages == [])
    var engine = bench.engine(from: start)
    // Twice in the first night, about midnight; too short in the second; by day; then the fourth and the seventh.
    for (number, (hours, seconds)) in [(11, 150), (13, 150), (34, 90), (48, 300), (83, 150), (155, 150)]
      .enumerated()
    {
      visit(
        &engine, bench, at: start + Int64(hours) * hour, seconds: Int64(seconds), id: UInt64(number + 1))
    }
    #expect(log(engine.takeTransitions()) == ["raised r camera 23:02:00"])
    // The last night is that of day 6; at noon seven days later it is out of the window.
    for step in 1...Int64(9 * 24) {
      let time = start + 155 * hour + step * hour
      engine.ingest(bench.reading("camera", "available", 1, at: time))
      engine.advance(to: time)
    }
    #expect(log(engine.takeTransitions()) == ["cleared r camera 12:00:00"])
  }

  @Test("Seven days in which the camera was gone are no quiet days")
  func silence() {
    let bench = Bench(on: "entrance-camera", nights)
    var engine = bench.engine(from: start)
    for night in 0..<Int64(3) {
      visit(&engine, bench, at: start + night * day + 11 * hour, seconds: 150, id: UInt64(night + 1))
    }
    engine.ingest(bench.reading("camera", "available", 0, at: start + 3 * day + (-1)))
    engine.advance(to: start + 12 * day)
    engine.ingest(bench.reading("camera", "available", 1, at: start + 12 * day))
    engine.advance(to: start + 13 * day)
    #expect(log(engine.takeTransitions()).map { $0.prefix(6) } == ["raised"])
  }

  @Test("What is remembered is judged whatever stands before it, and survives a restart")
  func restart() throws {
    let bench = Bench(
      on: "entrance-camera", "raise: tamper and days(dwell(loitering) >= 120 s and during(night), 7day) >= 2")
    #expect(bench.messages == [])
    var engine = bench.engine(from: start)
    visit(&engine, bench, at: start + 11 * hour, seconds: 150, id: 1)
    visit(&engine, bench, at: start + day + 11 * hour, seconds: 150, id: 2)
    let bytes = engine.snapshot()
    var other = bench.engine(from: start + 2 * day)
    try other.restore(snapshot: bytes)
    #expect(other.snapshot() == bytes)
    other.ingest(bench.reading("camera", "tamper", 1, at: start + 2 * day))
    #expect(log(other.takeTransitions()) == ["raised r camera 12:00:00"])
    #expect(other.activeAlarms.first?.evidence.map(\.value) == [1, 2])
  }

  @Test("A stretch ends with a reading outside the band, or with a silence of more than three intervals")
  func steady() throws {
    let bench = Bench(on: "sewer-level-probe", "raise: steady(level, 1 cm) >= 30min")
    #expect(bench.messages == [])
    var engine = bench.engine(from: start)
    func minutes() -> Double? {
      engine.explanation(rule: "r", device: "test/p12")?.raiseParts.first?.value
    }
    #expect(minutes() == nil)
    for step in 0...Int64(20) {
      engine.ingest(bench.reading("p12", "level", step % 2 == 0 ? 0.20 : 0.21, at: start + step * minute))
    }
    // Learned from two minutes late, so that late readings change nothing.
    #expect(minutes() == 18)
    engine.ingest(bench.reading("p12", "level", 0.22, at: start + 21 * minute))
    for step in 22...Int64(25) {
      engine.ingest(bench.reading("p12", "level", 0.22, at: start + step * minute))
    }
    #expect(minutes() == 2)
    for step in 29...Int64(62) {
      engine.ingest(bench.reading("p12", "level", 0.22, at: start + step * minute))
    }
    #expect(minutes() == 31)
    #expect(log(engine.takeTransitions()) == ["raised r p12 13:01:00"])
    var fresh = bench.engine(from: start)
    try fresh.restore(snapshot: engine.snapshot())
    #expect(fresh.snapshot() == engine.snapshot())
  }

  @Test("What can't be remembered is refused")
  func problems() {
    func message(_ keys: String) -> String? {
      Bench(on: "sewer-level-probe", keys).messages.first.flatMap {
        $0.split(separator: "\n").first.map { String($0.dropFirst(11)) }
      }
    }
    #expect(
      message("raise: days(level > 1 m, 36h) > 1")
        == "5:28: expected whole days, at most 60: days(condition, window)")
    #expect(
      message("raise: days(level, 2day) > 1")
        == "5:15: the condition is m, expected yes or no: compare it with a limit")
    #expect(
      message("raise: days(days(level > 1 m, 2day) > 1, 2day) > 1")
        == "5:15: 'days' can't stand inside another condition that is judged by itself")
    #expect(
      message("raise: level > 1 m\nclear: days(level > 1 m, 2day) = 0")
        == "6:15: 'clear' can only ask for days of a condition that 'raise' asks for as well")
    #expect(
      message("raise: steady(level, 3 dB) > 1h")
        == "5:24: found '3 dB', expected a width in m: steady(signal, band)")
  }
}
