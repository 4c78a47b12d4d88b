/// Disks that are full, and databases that are damaged.
import EstateModel
import Foundation
import GRDB
import Store
import Testing

@Suite("Faults", .serialized)
struct FaultTests {
  private func batch(_ minute: Int64, count: Int = 1) -> Batch {
    var batch = Batch(now: Fixture.start + minute * 60_000)
    for number in 0..<count {
      batch.readings.append(
        Reading(
          device: DeviceIndex(0), signal: Signal.named("level") ?? SignalIndex(0),
          time: batch.now + Int64(number), arrival: batch.now, value: .pi * Double(number)))
    }
    return batch
  }

  /// Commits until the disk is full, makes room, commits the same batch again.
  private func fill(_ store: Store, limit: Int64, makeRoom: () throws -> Void) throws {
    var book = Fixture.book()
    var committed: [Int64] = []
    var refused: Batch?
    for minute in Int64(0)..<limit where refused == nil {
      var batch = batch(minute, count: 2000)
      if minute % 5 == 4 {
        let step = Fixture.step(
          .raised, at: "w\(minute % 3 + 1)", minute: minute, category: "device-maintenance")
        batch.transitions = [step]
        batch.record(book.apply(step), from: book)
      }
      batch.facts = ["turn": "\(minute)"]
      do {
        try store.commit(batch)
        committed.append(minute)
      } catch let error as StoreError {
        #expect(error == .diskFull(store.folder.appendingPathComponent(Store.fileName).path))
        #expect(error.isTransient)
        refused = batch
      }
    }
    let batch = try #require(refused, "the disk never was full")
    // Nothing of the refused batch is there; all of the others is.
    for _ in 0..<3 { #expect(throws: StoreError.self) { try store.commit(batch) } }
    #expect(try store.contents.fact("turn") == "\(committed.last ?? -1)")
    #expect(try store.contents.summary().readings == committed.count * 2000)
    #expect(try store.contents.level("w1").count == committed.count * 2000)

    try makeRoom()
    try store.commit(batch)
    #expect(try store.contents.fact("turn") == "\(committed.count)")
    #expect(try store.contents.summary().readings == (committed.count + 1) * 2000)
    #expect(try Set(store.contents.tickets().map(\.id)) == Set(book.tickets.keys))
  }

  @Test("When the database may not grow, a commit fails whole; with room again it works")
  func pageLimit() throws {
    try Fixture.withFolder { folder in
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      try store.limitPages(120)
      try fill(store, limit: 200) { try store.limitPages(nil) }
      try store.close()
      #expect(try Store.reader(folder: folder).summary().batches > 1)
    }
  }

  /// A file system of two megabytes; only the superuser may make one.
  private static func withSmallDisk(_ body: (URL) throws -> Void) throws {
    try Fixture.withFolder { folder in
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try #require(mount("tmpfs", folder.path, "tmpfs", 0, "size=2m") == 0)
      defer { umount2(folder.path, Int32(MNT_DETACH)) }
      try body(folder)
    }
  }

  private static let canMount: Bool = {
    guard getuid() == 0 else { return false }
    return (try? withSmallDisk { _ in }) != nil
  }()

  @Test("On a disk that is really full the same holds", .enabled(if: canMount))
  func smallDisk() throws {
    try Self.withSmallDisk { folder in
      let ballast = folder.appendingPathComponent("ballast").path
      try Data(repeating: 1, count: 600_000).write(to: URL(fileURLWithPath: ballast))
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      try fill(store, limit: 400) { try FileManager.default.removeItem(atPath: ballast) }
      try store.close()
      #expect(try Store.reader(folder: folder).summary().batches > 1)
    }
  }

  @Test("Compaction on a full disk fails, loses nothing, and goes on later")
  func compaction() throws {
    try Fixture.withFolder { folder in
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      for minute in Int64(0)..<180 { try store.commit(batch(minute, count: 100)) }
      let level = try store.contents.level("w1")
      try store.limitPages(1)
      let until = Fixture.start + 180 * 60_000
      var failures = 0
      for _ in 0..<20 {
        do { _ = try store.compact(until: until) } catch let error as StoreError {
          #expect(error.isTransient)
          failures += 1
        }
      }
      #expect(failures > 0)
      #expect(try store.contents.level("w1") == level)
      try store.limitPages(nil)
      while try store.compact(until: until) {}
      #expect(try store.contents.level("w1") == level)
      #expect(try store.contents.summary().readings == 18_000)
    }
  }

  @Test("Which errors may pass by themselves")
  func transient() {
    for error in [
      StoreError.diskFull("f"), .busy("f"), .unreachable("f", detail: "disk I/O error"),
    ] { #expect(error.isTransient) }
    for error in [
      StoreError.corrupted("f", detail: "x"), .locked(folder: "f", pid: 1), .noDatabase("f"),
      .unknownSeries(device: 1, signal: 1), .newerSchema("f", found: 3, expected: 2),
    ] { #expect(!error.isTransient) }
  }
}
