/// The oldest readings go, tickets stay, and the file stops growing.
import EstateModel
import Foundation
import Store
import Testing

@Suite("Retention")
struct RetentionTests {
  private static let hour: Int64 = 3_600_000

  /// An hour of noise a reading a second, then compaction: some 4 kB.
  private func fill(_ store: Store, hour: Int64, perHour: Int64 = 3600) throws {
    var state = UInt64(hour + 1)
    for part in Int64(0)..<6 {
      let start = Fixture.start + hour * Self.hour + part * 600_000
      var batch = Batch(now: start)
      for second in 0..<(perHour / 6) {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let time = start + second * (3_600_000 / perHour)
        batch.readings.append(
          Reading(
            device: DeviceIndex(0), signal: Signal.named("level") ?? SignalIndex(0), time: time,
            arrival: time,
            value: Double(state >> 33 % 4000) / 1000))
      }
      batch.events = [
        EventDetail(
          device: "luyuan/w1", kind: "person", phase: .begin, id: "\(hour)-\(part)", zones: [], active: true,
          startMilliseconds: start.milliseconds, timeMilliseconds: start.milliseconds)
      ]
      try store.commit(batch)
    }
    while try store.compact(until: Fixture.start + hour * Self.hour) {}
  }

  private func trimAll(_ store: Store, _ retention: Retention, now: Timestamp, limit: Int = 20_000) throws {
    var slices = 0
    while try store.trim(retention, now: now, limit: limit) {
      slices += 1
      try #require(slices < 10_000)
    }
  }

  private func addTicket(to store: Store) throws {
    var book = Fixture.book()
    var batch = Batch(now: Fixture.start)
    batch.transitions = [Fixture.step(.raised, at: "w1")]
    batch.record(book.apply(batch.transitions[0]), from: book)
    try store.commit(batch)
  }

  @Test("Hours older than the time to keep go, tickets and alarms stay", arguments: [1, 20_000])
  func age(limit: Int) throws {
    try Fixture.withFolder { folder in
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      try addTicket(to: store)
      for hour in Int64(0)...48 { try fill(store, hour: hour, perHour: 60) }
      let now = Fixture.start + 48 * Self.hour
      try trimAll(store, Retention(keep: 24 * Self.hour, maximumBytes: .max), now: now, limit: limit)
      let level = try store.contents.level("w1")
      #expect(level.first?.time == Fixture.start + 24 * Self.hour)
      #expect(level.count == 25 * 60)
      #expect(try store.contents.summary().readings == 25 * 60)
      #expect(try store.contents.events().count == 25 * 6)
      #expect(try store.contents.tickets().count == 1)
      #expect(try store.contents.alarms().count == 1)
    }
  }

  @Test("A clock that jumps ahead by years doesn't delete everything")
  func jump() throws {
    try Fixture.withFolder { folder in
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      for hour in Int64(0)..<48 { try fill(store, hour: hour, perHour: 60) }
      try trimAll(
        store, Retention(keep: 24 * Self.hour, maximumBytes: .max), now: Fixture.start + 90_000 * Self.hour)
      #expect(try store.contents.level("w1").first?.time == Fixture.start + 23 * Self.hour)
    }
  }

  @Test("Under a limit of size the oldest go first, and the file stops growing")
  func size() throws {
    try Fixture.withFolder { folder in
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      try addTicket(to: store)
      let limit: Int64 = 600_000
      let path = folder.appendingPathComponent(Store.fileName).path
      var sizes: [Int64] = []
      for hour in Int64(0)..<150 {
        try fill(store, hour: hour)
        try trimAll(
          store, Retention(keep: 400 * 86_400_000, maximumBytes: limit),
          now: Fixture.start + hour * Self.hour)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        sizes.append((attributes[.size] as? NSNumber)?.int64Value ?? 0)
      }
      let level = try store.contents.level("w1")
      let oldest = try #require(level.first)
      // Without a limit it would be twice as much.
      #expect(level.count < 150 * 3600 * 2 / 3)
      #expect(level.count > 150 * 3600 / 6)
      #expect(oldest.time > Fixture.start + 40 * Self.hour)
      #expect(level.last?.time == Fixture.start + 150 * Self.hour - 1000)
      // An hour in batches and the log's last pages come on top.
      #expect(sizes.suffix(50).max() ?? 0 <= limit + 100_000)
      #expect(try store.contents.tickets().count == 1)
      #expect(try store.contents.summary().readings == level.count)

      // A lower limit makes the file smaller.
      try trimAll(
        store, Retention(keep: 400 * 86_400_000, maximumBytes: 300_000), now: Fixture.start + 150 * Self.hour)
      try store.close()
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      #expect(attributes[.size] as? Int ?? 0 <= 300_000)
      #expect(try Store.reader(folder: folder).level("w1").last?.time == level.last?.time)
    }
  }

  @Test("A limit that tickets alone exceed deletes the readings and ends")
  func tiny() throws {
    try Fixture.withFolder { folder in
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      try addTicket(to: store)
      for hour in Int64(0)..<4 { try fill(store, hour: hour, perHour: 60) }
      try trimAll(
        store, Retention(keep: 400 * 86_400_000, maximumBytes: 1), now: Fixture.start + 4 * Self.hour)
      // What is still in batches stays.
      #expect(try store.contents.level("w1").first?.time == Fixture.start + 3 * Self.hour)
      #expect(try store.contents.tickets().count == 1)
    }
  }
}
