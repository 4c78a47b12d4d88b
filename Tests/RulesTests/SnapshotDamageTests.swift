/// Damaged snapshots are refused, and crash nothing.
import EstateModel
import Rules
import Testing

@Suite("Damaged snapshots") struct SnapshotDamageTests {
  private let bench = Bench(formsYAML)
  private let start = at("2026-03-10 18:00:00")

  private func engine(seed: UInt64, steps: Int) -> (RuleEngine, Weather) {
    var weather = Weather(bench, seed: seed)
    var engine = bench.engine(from: start)
    for _ in 0..<steps { engine.take(weather.next()) }
    return (engine, weather)
  }

  /// The check sum of the format: FNV-1a over all but the last eight bytes, lowest byte first.
  private func sealed(_ bytes: [UInt8]) -> [UInt8] {
    let body = Array(bytes.dropLast(8))
    let sum = body.withUnsafeBytes { StableHash.of($0) }
    return body + (0..<8).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) }
  }

  @Test("Any byte changed, any length cut: refused, and the engine is as it was")
  func refused() {
    let (written, _) = engine(seed: 3, steps: 3000)
    let bytes = written.snapshot()
    let isSealed = sealed(bytes) == bytes
    #expect(isSealed)
    var (present, weather) = engine(seed: 4, steps: 500)
    let before = present.snapshot()
    for offset in stride(from: 0, to: bytes.count, by: 37) {
      var damaged = bytes
      damaged[offset] ^= UInt8(1) << UInt8.random(in: 0..<8, using: &weather.random)
      #expect(throws: EngineSnapshotError.self) { try present.restore(snapshot: damaged) }
      #expect(throws: EngineSnapshotError.self) { try present.restore(snapshot: Array(bytes.prefix(offset))) }
    }
    #expect(throws: EngineSnapshotError.wrongCheckSum) { try present.restore(snapshot: bytes + [0]) }
    #expect(throws: EngineSnapshotError.notASnapshot) { try present.restore(snapshot: []) }
    var later = bytes
    later[4] = 200
    #expect(throws: EngineSnapshotError.otherVersion(found: 200, expected: bytes[4])) {
      try present.restore(snapshot: sealed(later))
    }
    let isUnchanged = present.snapshot() == before
    #expect(isUnchanged)
  }

  @Test(
    "Bytes that were made up, with a check sum that fits, are refused or harmless",
    arguments: [1, 2, 3, 4] as [UInt64])
  func forged(seed: UInt64) {
    let (written, _) = engine(seed: seed, steps: 1500)
    let bytes = written.snapshot()
    var (present, weather) = engine(seed: 9, steps: 100)
    var refused = 0
    var accepted = 0
    for _ in 0..<400 {
      var forged = bytes
      for _ in 0..<Int.random(in: 1...4, using: &weather.random) {
        let offset = Int.random(in: 5..<(bytes.count - 8), using: &weather.random)
        switch Int.random(in: 0..<4, using: &weather.random) {
        case 0: forged[offset] = UInt8.random(in: 0...255, using: &weather.random)
        case 1: forged[offset] = 0xff
        case 2: forged.remove(at: offset)
        default: forged.insert(contentsOf: [0xff, 0xff, 0xff, 0xff, 0x7f], at: offset)
        }
      }
      var copy = present
      do {
        try copy.restore(snapshot: sealed(forged))
        accepted += 1
        // Whatever it has come to believe, it goes on and can be put away again.
        for _ in 0..<20 { copy.take(weather.next()) }
        _ = copy.takeTransitions()
        _ = copy.explanations
        var again = bench.engine(from: start)
        #expect(throws: Never.self) { try again.restore(snapshot: copy.snapshot()) }
      } catch {
        refused += 1
      }
      present.take(weather.next())
    }
    #expect(refused > 20)
    #expect(refused + accepted == 400)
  }

  @Test("Random bytes of any length are refused")
  func noise() {
    var random = Sequence64(state: 8)
    var engine = bench.engine(from: start)
    for length in 0..<300 {
      let noise = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
      let dressed = sealed(Array("GHES".utf8) + [1] + noise + Array(repeating: 0, count: 8))
      #expect(throws: EngineSnapshotError.self) { try engine.restore(snapshot: noise) }
      #expect(throws: EngineSnapshotError.self) { try engine.restore(snapshot: dressed) }
    }
  }
}
