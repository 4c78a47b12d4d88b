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

  /// `GATEHOUSE_STORE_LINES` names the output of `estatesim play ordinary-day --dry-run --speed max`.
  @Test(
    "The simulator's readings take at most four bytes each in chunks",
    .enabled(if: ProcessInfo.processInfo.environment["GATEHOUSE_STORE_LINES"] != nil),
    arguments: [false, true])
  func simulated(withJitter: Bool) throws {
    let file = try #require(ProcessInfo.processInfo.environment["GATEHOUSE_STORE_LINES"])
    let lines = try SimulatorLines(contentsOf: file)
    try Fixture.withFolder { folder in
      let store = try Store.open(folder: folder, catalogue: lines.catalogue)
      var jitter: UInt64 = 1
      var batch = Batch(now: .distantPast)
      for turn in lines.turns {
        batch.reset(now: turn.now)
        batch.readings = turn.readings
        if withJitter {
          for index in batch.readings.indices {
            jitter = jitter &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            batch.readings[index].arrival = batch.readings[index].time + Int64(20 + jitter >> 33 % 100)
          }
        }
        try store.commit(batch)
      }
      let before = try store.sizes()
      var worst = 0.0
      var slices = 0
      let took = try Self.milliseconds {
        var isLeft = true
        while isLeft {
          worst = max(worst, try Self.milliseconds { isLeft = try store.compact(until: .distantFuture) })
          slices += 1
        }
      }
      let after = try store.sizes()
      let readings = Double(try store.contents.summary().readings)
      let name = withJitter ? "delays of 20 to 119 ms" : "the simulation's clock"
      Self.report(
        """
        \(Int(readings)) simulated readings, \(name): batches \(Double(before.batches) / readings) B a reading, \
        chunks \(Double(after.chunks) / readings) B; \(slices) slices in \(took) ms, the longest \(worst) ms
        """)
      #expect(Double(after.chunks) / readings <= 4)
    }
  }

  @Test("24 hours of one signal, among 1000 devices that report every ten seconds")
  func day() throws {
    try Fixture.withFolder { folder in
      let devices = Self.scaled(1000, orFor: 20)
      let catalogue = Fixture.catalogue((0..<devices).map { "w\($0)" })
      let store = try Store.open(folder: folder, catalogue: catalogue)
      let level = try #require(Signal.named("level"))
      var batch = Batch(now: Fixture.start)
      var (worst, total) = (0.0, 0.0)
      var noise: UInt64 = 1
      let hours = Self.scaled(24, orFor: 2)
      let start = Fixture.start
      // A batch a second, as in a gateway that waits for a second before it commits. The engine's snapshots leave
      // the last hour, and what is no full hour, in batches: 119 minutes here, the worst case.
      let seconds = (hours + 1) * 3600 + 3540
      for second in 0..<seconds {
        // The first day in batches of a minute, only to have it written sooner.
        let isShort = second >= hours * 3600 && Self.scale != nil
        if isShort || second % 60 == 0 { batch.reset(now: start + Int64(second) * 1000) }
        for device in stride(from: second % 10, to: devices, by: 10) {
          let time = start + Int64(second) * 1000
          noise = noise &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          let value = Double(800 + noise >> 33 % 23) / 1000
          batch.readings.append(
            Reading(
              device: DeviceIndex(UInt32(device)), signal: level, time: time + Int64(device % 700),
              arrival: time + 740, value: value))
        }
        if isShort || second % 60 == 59 { try store.commit(batch) }
        if second % 3600 == 0, second <= hours * 3600 {
          var isLeft = true
          while isLeft {
            let took = try Self.milliseconds {
              isLeft = try store.compact(until: start + Int64(second) * 1000)
            }
            (worst, total) = (max(worst, took), total + took)
          }
        }
      }
      let until = start + Int64(seconds) * 1000
      var took: [Double] = []
      for device in 0..<5 {
        took.append(
          try Self.milliseconds {
            let points = try store.contents.history(
              device: "luyuan/w\(device)", signal: "level", since: until - Int64(hours) * 3_600_000,
              until: until)
            #expect(points.count == hours * 360)
          })
      }
      let sizes = try store.sizes()
      Self.report(
        """
        \(devices) devices: \(hours) h of one signal, median of five \(Self.median(took)) ms, all \(took); compaction \
        \(total / Double(hours)) ms an hour, longest slice \(worst) ms; chunks \(sizes.chunks) B
        """)
    }
  }
}
