/// Snapshots of the engine, and the replay of what came after one.
import EstateModel
import Foundation
import GRDB
import Store
import Testing

@Suite("Snapshots")
struct SnapshotTests {
  private func commit(_ minutes: Range<Int64>, to store: Store) throws {
    for minute in minutes {
      var batch = Batch(now: Fixture.start + minute * 60_000)
      batch.readings = [Fixture.reading(0, minute: minute, Double(minute))]
      try store.commit(batch)
    }
  }

  @Test("The two newest snapshots are kept, the newest comes first, also after a restart")
  func kept() throws {
    try Fixture.withFolder { folder in
      do {
        let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
        #expect(try store.contents.latestSnapshots().isEmpty)
        try store.saveSnapshot([1], now: Fixture.start)
        try commit(0..<3, to: store)
        try store.saveSnapshot([2, 2], now: Fixture.start + 2 * 60_000)
        try commit(3..<5, to: store)
        try store.saveSnapshot([3, 3, 3], now: Fixture.start + 4 * 60_000)
        try store.close()
      }
      #expect(
        try Store.reader(folder: folder).latestSnapshots() == [
          StoredSnapshot(batch: 5, now: Fixture.start + 4 * 60_000, bytes: [3, 3, 3]),
          StoredSnapshot(batch: 3, now: Fixture.start + 2 * 60_000, bytes: [2, 2]),
        ])
    }
  }

  @Test("A second snapshot after the same batch takes the first one's place")
  func sameBatch() throws {
    try Fixture.withFolder { folder in
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      try commit(0..<1, to: store)
      try store.saveSnapshot([1], now: Fixture.start)
      try store.saveSnapshot([], now: Fixture.start + 1)
      #expect(
        try store.contents.latestSnapshots() == [
          StoredSnapshot(batch: 1, now: Fixture.start + 1, bytes: [])
        ])
    }
  }

  @Test("Replay after a snapshot gives the batches after it and no other")
  func replay() throws {
    try Fixture.withFolder { folder in
      let catalogue = Fixture.catalogue()
      let store = try Store.open(folder: folder, catalogue: catalogue)
      try commit(0..<7, to: store)
      try store.saveSnapshot([0], now: Fixture.start)
      try commit(7..<500, to: store)
      let snapshot = try #require(try store.contents.latestSnapshots().first)
      var values: [Double] = []
      let replayed = try store.contents.replay(afterBatch: snapshot.batch, catalogue: catalogue) {
        now, readings in
        #expect(readings.map(\.time) == [now])
        values += readings.map(\.value)
      }
      #expect(values == (7..<500).map(Double.init))
      #expect(replayed.batches == 493)
      #expect(replayed.readings == 493)
      #expect(
        try store.contents.replay(afterBatch: 500, catalogue: catalogue) { _, _ in }.batches == 0)
    }
  }

  @Test("A snapshot of megabytes comes back byte for byte; a changed one doesn't come back at all")
  func large() throws {
    try Fixture.withFolder { folder in
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      var state: UInt64 = 7
      let bytes = (0..<5_000_003).map { _ -> UInt8 in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
      }
      try store.saveSnapshot([1], now: Fixture.start)
      try commit(0..<1, to: store)
      try store.saveSnapshot(bytes, now: Fixture.start)
      #expect(try store.contents.latestSnapshots().first?.bytes == bytes)
      try store.close()

      let queue = try DatabaseQueue(path: folder.appendingPathComponent(Store.fileName).path)
      try queue.write {
        try $0.execute(
          sql: """
            UPDATE snapshots SET bytes = CAST(substr(bytes, 1, 1000) || x'00' || substr(bytes, 1002) AS BLOB)
            WHERE batch = 1
            """)
      }
      try queue.close()
      // The one before is there for this.
      #expect(try Store.reader(folder: folder).latestSnapshots().map(\.bytes) == [[1]])
    }
  }
}
