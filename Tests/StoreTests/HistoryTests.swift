/// Readings come back to where they belong, also when the catalogue has changed.
import EstateModel
import Foundation
import Store
import Testing

@Suite("History and replay")
struct HistoryTests {
  @Test("A reading delivered twice is in history once, as it came first")
  func once() throws {
    try Fixture.withFolder { folder in
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      var batch = Batch(now: Fixture.start)
      batch.readings = [Fixture.reading(0, minute: 9, 4), Fixture.reading(0, minute: 1, 0.5)]
      try store.commit(batch)
      // The second batch lies before the first in event time.
      batch.readings = [Fixture.reading(0, minute: 1, 0.75), Fixture.reading(0, minute: 1, 5)]
      try store.commit(batch)
      #expect(try store.contents.level("w1").map(\.value) == [0.5, 4])
    }
  }

  @Test("History has its start and not its end, and only the series that was asked for")
  func range() throws {
    try Fixture.withFolder { folder in
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      for minute in Int64(0)..<10 {
        var batch = Batch(now: Fixture.start)
        batch.readings = [
          Fixture.reading(0, minute: minute, Double(minute)), Fixture.reading(1, minute: minute, 99),
          Fixture.reading(0, "battery", minute: minute, 57),
        ]
        try store.commit(batch)
      }
      let points = try store.contents.history(
        device: "luyuan/w1", signal: "level", since: Fixture.start + 3 * 60_000,
        until: Fixture.start + 6 * 60_000)
      #expect(points.map(\.value) == [3, 4, 5])
      #expect(
        try store.contents.history(
          device: "luyuan/nobody", signal: "level", since: .distantPast, until: .distantFuture
        ).isEmpty)
    }
  }

  @Test("Devices keep their readings when the catalogue's order changes, gains and loses devices")
  func renumbering() throws {
    try Fixture.withFolder { folder in
      let first = try Store.open(folder: folder, catalogue: Fixture.catalogue(["w1", "w2", "w3"]))
      var batch = Batch(now: Fixture.start)
      batch.readings = [Fixture.reading(0, minute: 1, 1), Fixture.reading(2, minute: 1, 3)]
      try first.commit(batch)
      try first.close()

      let catalogue = Fixture.catalogue(["w9", "w3", "w2"])
      let second = try Store.open(folder: folder, catalogue: catalogue)
      var next = Batch(now: Fixture.start + 60_000)
      next.readings = [Fixture.reading(0, minute: 2, 9), Fixture.reading(1, minute: 2, 33)]
      try second.commit(next)
      #expect(try second.contents.level("w1").map(\.value) == [1])
      #expect(try second.contents.level("w3").map(\.value) == [3, 33])
      #expect(try second.contents.level("w9").map(\.value) == [9])

      var seen: [(Timestamp, [Reading])] = []
      let replayed = try second.contents.replay(since: .distantPast, catalogue: catalogue) { now, readings in
        seen.append((now, Array(readings)))
      }
      #expect(replayed.batches == 2)
      #expect(replayed.readings == 3)
      #expect(replayed.skipped == 1)
      #expect(seen.map(\.0) == [batch.now, next.now])
      // w3 stands in second place now.
      #expect(seen.first?.1 == [Fixture.reading(1, minute: 1, 3)])
      #expect(seen.last?.1 == Array(next.readings))
    }
  }

  @Test("A reload takes up new devices without a restart")
  func reload() throws {
    try Fixture.withFolder { folder in
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue(["w1"]))
      try store.use(Fixture.catalogue(["w0", "w1"]))
      var batch = Batch(now: Fixture.start)
      batch.readings = [Fixture.reading(0, minute: 1, 0.5), Fixture.reading(1, minute: 1, 1.5)]
      try store.commit(batch)
      #expect(try store.contents.level("w0").map(\.value) == [0.5])
      #expect(try store.contents.level("w1").map(\.value) == [1.5])
    }
  }

  @Test("A replay gives every batch in its order, from the clock time asked for, and may use the store")
  func order() throws {
    try Fixture.withFolder { folder in
      let catalogue = Fixture.catalogue()
      let store = try Store.open(folder: folder, catalogue: catalogue)
      // More than one page of rows; some turns of the clock without a reading.
      for minute in Int64(0)..<200 {
        var batch = Batch(now: Fixture.start + minute * 60_000)
        if minute % 3 == 0 { batch.readings = [Fixture.reading(1, minute: minute, Double(minute))] }
        batch.facts = ["turn": "\(minute)"]
        try store.commit(batch)
      }
      var clock: [Int64] = []
      var values: [Double] = []
      let replayed = try store.contents.replay(since: Fixture.start + 50 * 60_000, catalogue: catalogue) {
        now, readings in
        clock.append((now - Fixture.start) / 60_000)
        values += readings.map(\.value)
        let turn = try store.contents.fact("turn")
        #expect(turn == "199")
      }
      #expect(clock == Array(50..<200))
      #expect(values == (50..<200).filter { $0 % 3 == 0 }.map(Double.init))
      #expect(replayed.batches == 150)
      #expect(replayed.skipped == 0)
    }
  }

  @Test("Readings of all devices come in order of time, each once, out of chunks and batches")
  func readings() throws {
    try Fixture.withFolder { folder in
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      for minute in Int64(0)..<150 {
        var batch = Batch(now: Fixture.start + minute * 60_000)
        batch.readings = [
          Fixture.reading(2, minute: minute, 3), Fixture.reading(0, minute: minute, Double(minute)),
          Fixture.reading(0, "battery", minute: minute, .nan, quality: .fault),
        ]
        // A late one, and one that comes again.
        if minute == 100 {
          batch.readings += [Fixture.reading(1, minute: 7, 7), Fixture.reading(0, minute: 99, 1)]
        }
        try store.commit(batch)
      }
      func all(_ device: String? = nil, _ signal: String? = nil, _ since: Int64 = 0, _ until: Int64 = 1000)
        throws
        -> [NamedReading]
      {
        var found: [NamedReading] = []
        try store.contents.readings(
          device: device, signal: signal, since: Fixture.start + since * 60_000,
          until: Fixture.start + until * 60_000
        ) { found.append($0) }
        return found
      }
      for isCompacted in [false, true] {
        if isCompacted { while try store.compact(until: Fixture.start + 130 * 60_000) {} }
        let readings = try all()
        #expect(readings.count == 451)
        #expect(readings.map(\.time) == readings.map(\.time).sorted())
        #expect(readings.filter { $0.device == "luyuan/w2" }.map(\.value) == [7])
        #expect(try all("luyuan/w1", "level").map(\.value) == (0..<150).map(Double.init))
        #expect(try all("luyuan/w1").count == 300)
        #expect(try all(nil, "battery").allSatisfy { $0.value.isNaN && $0.quality == .fault })
        #expect(try all("luyuan/w1", "level", 55, 65).map(\.value) == (55..<65).map(Double.init))
        #expect(try all("luyuan/w9").isEmpty)
        #expect(try all(nil, nil, 10, 10).isEmpty)
      }
    }
  }
}
