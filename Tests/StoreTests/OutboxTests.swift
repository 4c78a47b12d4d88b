/// Messages from the transaction that made them to their end.
import EstateModel
import Foundation
import Store
import Testing

@Suite("Outbox")
struct OutboxTests {
  private func entry(_ key: String, channel: String = "office", made: Timestamp = Fixture.start)
    -> OutboxEntry
  {
    OutboxEntry(
      key: key, channel: channel, estate: "luyuan", subject: "T-260310-7K2QM4", notice: "T-260310-7K2QM4/1",
      priority: .p2, made: made.milliseconds, json: "{}")
  }

  private func withStore(_ body: (Store, URL) throws -> Void) throws {
    try Fixture.withFolder { folder in
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      try body(store, folder)
      try store.close()
    }
  }

  @Test("A message is stored once, however often its batch comes, and keeps what became of it")
  func once() throws {
    try withStore { store, folder in
      var batch = Batch(now: Fixture.start)
      batch.outbox = [entry("a"), entry("b")]
      try store.commit(batch)
      var marks = Batch(now: Fixture.start)
      marks.outboxMarks = [
        OutboxMark(key: "a", state: .sent, attempts: 2, since: 1, done: 5),
        OutboxMark(key: "b", state: .pending, attempts: 1, since: 2, next: 9, error: "answered 500"),
      ]
      try store.commit(marks)
      try store.commit(batch)
      let stored = try Store.reader(folder: folder).outbox()
      #expect(stored.map(\.key) == ["a", "b"])
      #expect(stored.map(\.state) == [.sent, .pending])
      #expect(stored.map(\.attempts) == [2, 1])
      #expect(stored.map(\.next) == [nil, 9])
      #expect(stored.map(\.error) == ["", "answered 500"])
      #expect(try store.contents.outbox([.pending]).map(\.key) == ["b"])
      #expect(try store.contents.sentTimes(of: "office", since: Timestamp(milliseconds: 4)) == [5])
      #expect(try store.contents.sentTimes(of: "office", since: Timestamp(milliseconds: 5)).isEmpty)
      #expect(try store.contents.outboxEntry(stored[1].id ?? 0)?.key == "b")
      #expect(try store.contents.outboxEntry(4711) == nil)
    }
  }

  @Test("At a glance: what waits, also for a digest, since when, and what was given up")
  func figures() throws {
    try withStore { store, _ in
      #expect(try store.contents.outboxFigures() == OutboxFigures())
      var batch = Batch(now: Fixture.start)
      batch.outbox = (1...5).map { entry("m\($0)", made: Fixture.start + Int64($0) * 1000) }
      batch.outboxMarks = [
        OutboxMark(key: "m1", state: .sent), OutboxMark(key: "m2", state: .dead),
        OutboxMark(key: "m4", state: .held),
      ]
      try store.commit(batch)
      let figures = try store.contents.outboxFigures()
      #expect(figures.waiting == 3)
      #expect(figures.oldest == (Fixture.start + 3000).milliseconds)
      #expect(figures.dead == 1)
    }
  }

  @Test("A batch that fails leaves no message behind")
  func atomic() throws {
    try withStore { store, _ in
      var batch = Batch(now: Fixture.start)
      batch.outbox = [entry("a")]
      // No catalogue has this device: the batch can't be stored.
      batch.readings = [
        Reading(
          device: DeviceIndex(4711), signal: try #require(Signal.named("level")), time: Fixture.start,
          arrival: Fixture.start, value: 1)
      ]
      #expect(throws: StoreError.self) { try store.commit(batch) }
      #expect(try store.contents.outbox().isEmpty)
    }
  }

  @Test("What was sent goes after thirty days; what was given up stays")
  func retention() throws {
    try withStore { store, _ in
      var batch = Batch(now: Fixture.start)
      batch.outbox = [entry("sent"), entry("dead"), entry("held")]
      batch.outboxMarks = [
        OutboxMark(key: "sent", state: .sent), OutboxMark(key: "dead", state: .dead),
        OutboxMark(key: "held", state: .digested),
      ]
      try store.commit(batch)
      var later = Batch(now: Fixture.start)
      later.outbox = [entry("new", made: Fixture.start + 31 * 86_400_000)]
      try store.commit(later)
      #expect(try store.contents.outbox().map(\.key) == ["dead", "new"])
    }
  }
}
