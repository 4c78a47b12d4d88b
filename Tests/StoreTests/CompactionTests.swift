/// History stays the same while batches become chunks.
import EstateModel
import Foundation
import GRDB
import Store
import Testing

@Suite("Compaction")
struct CompactionTests {
  /// Three hours of two devices, a batch a minute.
  private func fill(_ store: Store, minutes: Range<Int64> = 0..<180) throws {
    for minute in minutes {
      var batch = Batch(now: Fixture.start + minute * 60_000)
      batch.readings = [
        Fixture.reading(0, minute: minute, Double(minute) / 8),
        Fixture.reading(
          2, minute: minute, minute % 7 == 0 ? .nan : 3, quality: minute % 7 == 0 ? .fault : .good),
        Fixture.reading(2, "battery", minute: minute, 57),
      ]
      try store.commit(batch)
    }
  }

  private func compactAll(_ store: Store, until minute: Int64, limit: Int = 20_000) throws {
    var slices = 0
    while try store.compact(until: Fixture.start + minute * 60_000, limit: limit) {
      slices += 1
      try #require(slices < 10_000)
    }
  }

  private func count(_ table: String, in folder: URL) throws -> Int {
    let queue = try DatabaseQueue(path: folder.appendingPathComponent(Store.fileName).path)
    return try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") ?? 0 }
  }

  @Test(
    "Full hours become chunks, one for each signal and hour, and history is the same", arguments: [1, 20_000])
  func same(limit: Int) throws {
    try Fixture.withFolder { folder in
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      try fill(store)
      let levels = try ["w1", "w3"].map { try store.contents.level($0) }
      try compactAll(store, until: 150, limit: limit)
      // 08:00 to 10:30: two full hours of three series.
      #expect(try count("chunks", in: folder) == 6)
      #expect(try count("batches", in: folder) == 60)
      #expect(try count("batch_index", in: folder) == 60)
      for (device, before) in zip(["w1", "w3"], levels) {
        let after = try store.contents.level(device)
        #expect(after.map(\.time) == before.map(\.time))
        #expect(after.map(\.value.bitPattern) == before.map(\.value.bitPattern))
        #expect(after.map(\.quality) == before.map(\.quality))
      }
      let part = try store.contents.history(
        device: "luyuan/w1", signal: "level", since: Fixture.start + 59 * 60_000,
        until: Fixture.start + 122 * 60_000)
      #expect(part.map(\.value) == (59..<122).map { Double($0) / 8 })
      let summary = try store.contents.summary()
      #expect(summary.readings == 540)
      #expect(summary.batches == 180)
      #expect(summary.now == (Fixture.start + 179 * 60_000).milliseconds)
    }
  }

  @Test("A crash after any slice loses no reading and doubles none", arguments: 1...12)
  func crash(slices: Int) throws {
    try Fixture.withFolder { folder in
      var store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      try fill(store)
      let before = try store.contents.level("w1")
      let until = Fixture.start + 180 * 60_000
      // All is read in the first slice, then one chunk is written in each.
      for slice in 0..<slices {
        _ = try store.compact(until: until, limit: slice == 0 ? 100_000 : 1)
        #expect(try store.contents.level("w1") == before)
        #expect(try store.contents.summary().readings == 540)
      }
      // What was in memory is gone; what was written stays.
      try store.close()
      store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      #expect(try store.contents.level("w1") == before)
      try compactAll(store, until: 180)
      #expect(try count("batches", in: folder) == 1)
      #expect(try count("chunks", in: folder) == 9)
      #expect(try store.contents.level("w1") == before)
      #expect(try store.contents.summary().readings == 540)
    }
  }

  @Test("Late readings go into the chunks that are there, and what is there already counts once")
  func late() throws {
    try Fixture.withFolder { folder in
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      try fill(store, minutes: 0..<60)
      try compactAll(store, until: 120)
      var batch = Batch(now: Fixture.start + 70 * 60_000)
      batch.readings = [
        Fixture.reading(0, minute: 10, 99),
        Reading(
          device: DeviceIndex(0),
          signal: batch.readings.first?.signal ?? Signal.named("level") ?? SignalIndex(0),
          time: Fixture.start + 90_000, arrival: batch.now, value: 7),
        Fixture.reading(1, minute: 3, 5),
      ]
      try store.commit(batch)
      try fill(store, minutes: 71..<72)
      let uncompacted = try store.contents.level("w1")
      try compactAll(store, until: 180)
      let level = try store.contents.level("w1")
      #expect(level == uncompacted)
      #expect(level.prefix(4).map(\.value) == [0, 0.125, 7, 0.25])
      #expect(level.map(\.time) == level.map(\.time).sorted())
      // The first one that came counts.
      #expect(level.first { $0.time == Fixture.start + 10 * 60_000 }?.value == 1.25)
      #expect(try store.contents.level("w2").map(\.value) == [5])
      // 180 + 2 new ones + 3 of the batch that stays: the repeated one went.
      #expect(try store.contents.summary().readings == 185)
    }
  }

  @Test("Batches that a kept snapshot's replay needs stay, and the newest one always")
  func snapshots() throws {
    try Fixture.withFolder { folder in
      let catalogue = Fixture.catalogue()
      let store = try Store.open(folder: folder, catalogue: catalogue)
      try fill(store, minutes: 0..<20)
      try store.saveSnapshot([1], now: Fixture.start)
      try fill(store, minutes: 20..<40)
      try compactAll(store, until: 180)
      #expect(try count("batches", in: folder) == 20)
      try store.saveSnapshot([2], now: Fixture.start)
      try compactAll(store, until: 180)
      // The older of the two still stands for the case that the newer can't be read.
      #expect(try count("batches", in: folder) == 20)
      let oldest = try #require(try store.contents.latestSnapshots().last)
      var minutes: [Int64] = []
      _ = try store.contents.replay(afterBatch: oldest.batch, catalogue: catalogue) { now, _ in
        minutes.append((now - Fixture.start) / 60_000)
      }
      #expect(minutes == Array(20..<40))
      try fill(store, minutes: 40..<50)
      try store.saveSnapshot([3], now: Fixture.start)
      try compactAll(store, until: 180)
      #expect(try count("batches", in: folder) == 10)
      try store.saveSnapshot([4], now: Fixture.start)
      try fill(store, minutes: 50..<51)
      try store.saveSnapshot([5], now: Fixture.start)
      try compactAll(store, until: 180)
      #expect(try count("batches", in: folder) == 1)
      #expect(try store.contents.lastBatchTime() == Fixture.start + 50 * 60_000)
    }
  }

  @Test("A replay from a time gives compacted readings as well, in the order of their times")
  func replay() throws {
    try Fixture.withFolder { folder in
      let catalogue = Fixture.catalogue()
      let store = try Store.open(folder: folder, catalogue: catalogue)
      try fill(store)
      try compactAll(store, until: 150)
      var readings: [Reading] = []
      var clock: [Timestamp] = []
      let since = Fixture.start + 30 * 60_000
      let replayed = try store.contents.replay(since: since, catalogue: catalogue) {
        clock.append($0)
        readings += $1
      }
      #expect(readings.count == 450)
      #expect(replayed.readings == 450)
      #expect(readings.map(\.time) == readings.map(\.time).sorted())
      #expect(clock == clock.sorted())
      #expect(clock.last == Fixture.start + 179 * 60_000)
      // As it was committed, with arrival and all.
      #expect(readings.first { $0.device.raw == 0 } == Fixture.reading(0, minute: 30, 30.0 / 8))
    }
  }

  @Test("A batch that can't be read stays, and doesn't keep the others from their chunks")
  func damaged() throws {
    try Fixture.withFolder { folder in
      let path = folder.appendingPathComponent(Store.fileName).path
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      try fill(store)
      let queue = try DatabaseQueue(path: path)
      try queue.write { try $0.execute(sql: "UPDATE batches SET readings = x'01ffffffffffff' WHERE id = 5") }
      try queue.close()
      try compactAll(store, until: 180)
      #expect(try count("batches", in: folder) == 2)
      #expect(try count("chunks", in: folder) == 9)
    }
  }

  @Test("Events of the same millisecond are all kept")
  func events() throws {
    try Fixture.withFolder { folder in
      let catalogue = Fixture.catalogue()
      let store = try Store.open(folder: folder, catalogue: catalogue)
      let knock = try #require(Signal.named("knock"))
      func event(_ id: UInt64, _ marks: ReadingMarks) -> Reading {
        Reading(
          device: DeviceIndex(0), signal: knock, time: Fixture.start, arrival: Fixture.start, value: 0,
          marks: marks, event: id)
      }
      var batch = Batch(now: Fixture.start)
      batch.readings = [event(1, .begin), event(1, .end), event(2, .begin), event(1, [.begin, .duplicate])]
      try store.commit(batch)
      try fill(store, minutes: 70..<71)
      try compactAll(store, until: 120)
      var readings: [Reading] = []
      _ = try store.contents.replay(since: .distantPast, catalogue: catalogue) { readings += $1 }
      #expect(readings.prefix(3) == [event(1, .begin), event(1, .end), event(2, .begin)])
      #expect(readings.count == 6)
    }
  }
}
