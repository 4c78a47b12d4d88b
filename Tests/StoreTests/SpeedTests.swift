/// How fast the store is. Times depend on the machine: without GATEHOUSE_STORE_SCALE these tests check only what
/// comes out; with it they print what was measured.
///
///     GATEHOUSE_STORE_SCALE=1 swift test -c release --filter StoreTests.SpeedTests
import EstateModel
import Foundation
import Store
import Testing

@Suite("Speed", .serialized)
struct SpeedTests {
  /// 1: full size. Unset: small, for every run of the tests.
  static let scale = ProcessInfo.processInfo.environment["GATEHOUSE_STORE_SCALE"].flatMap(Double.init)

  static func scaled(_ full: Int, orFor tests: Int) -> Int { scale.map { Int(Double(full) * $0) } ?? tests }

  static func report(_ text: String) { if scale != nil { print("MEASURED \(text)") } }

  static func milliseconds(_ body: () throws -> Void) rethrows -> Double {
    let took = try ContinuousClock().measure(body)
    return Double(took.components.seconds) * 1000 + Double(took.components.attoseconds) / 1e15
  }

  static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

  @Test("Replay of a million readings in batches of 1000")
  func replay() throws {
    try Fixture.withFolder { folder in
      let names = (0..<1000).map { "w\($0)" }
      let catalogue = Fixture.catalogue(names)
      let store = try Store.open(folder: folder, catalogue: catalogue)
      let count = Self.scaled(1_000_000, orFor: 20_000)
      let level = try #require(Signal.named("level"))
      var batch = Batch(now: Fixture.start)
      for first in stride(from: 0, to: count, by: 1000) {
        batch.reset(now: Fixture.start + Int64(first) * 10)
        for number in first..<(first + 1000) {
          let time = Fixture.start + Int64(number) * 10
          batch.readings.append(
            Reading(
              device: DeviceIndex(UInt32(number % 1000)), signal: level, time: time, arrival: time + 40,
              value: Double((number &* 7919) % 4000) / 1000))
        }
        try store.commit(batch)
      }
      var took: [Double] = []
      for _ in 0..<5 {
        var sum = 0.0
        var seen = 0
        took.append(
          try Self.milliseconds {
            _ = try store.contents.replay(afterBatch: 0, catalogue: catalogue) { _, readings in
              for reading in readings { sum += reading.value }
              seen += readings.count
            }
          })
        #expect(seen == count)
      }
      Self.report("replay of \(count) readings: median of five \(Self.median(took)) ms, all \(took)")
    }
  }

  @Test("A snapshot of 20 MB")
  func snapshot() throws {
    try Fixture.withFolder { folder in
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      let bytes = [UInt8](repeating: 0x5a, count: Self.scaled(20_000_000, orFor: 100_000))
      let saved = try (0..<5).map { turn in
        try Self.milliseconds { try store.saveSnapshot(bytes, now: Fixture.start + Int64(turn)) }
      }
      let loaded = try (0..<5).map { _ in
        try Self.milliseconds {
          let newest = try store.contents.latestSnapshots().first
          #expect(newest?.bytes == bytes)
        }
      }
      Self.report("snapshot of \(bytes.count) bytes: saved in \(Self.median(saved)) ms")
      Self.report("snapshot read and compared in \(Self.median(loaded)) ms")
    }
  }
}
