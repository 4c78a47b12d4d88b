/// Logs that survive the process: one in memory, one on a real database; both can fail.
import EstateModel
import Foundation
import Gateway
import Store
import Tickets

/// What makes two readings the same.
struct ReadingKey: Hashable, Comparable, CustomStringConvertible {
  var device: UInt32
  var signal: UInt16
  var time: Int64
  var event: UInt64
  var phase: UInt8

  init(_ reading: Reading) {
    (device, signal, time) = (reading.device.raw, reading.signal.raw, reading.time.milliseconds)
    (event, phase) = (reading.event, reading.marks.intersection([.begin, .end]).rawValue)
  }

  static func < (a: ReadingKey, b: ReadingKey) -> Bool {
    (a.time, a.device, a.signal, a.event, a.phase) < (b.time, b.device, b.signal, b.event, b.phase)
  }

  var description: String { "device \(device) signal \(signal) at \(time) event \(event) phase \(phase)" }
}

/// What is on the disk, whatever becomes of the process.
final class Disk {
  /// Nil: batches are kept in memory only.
  let folder: URL?
  fileprivate var batches: [Batch] = []
  private(set) var kept: [ReadingKey: Int] = [:]
  fileprivate var snapshots: [StoredSnapshot] = []
  private(set) var transitions: Set<String> = []
  private(set) var ticketEvents: Set<String> = []
  /// Messages by key, as they stand.
  private(set) var outbox: [String: OutboxEntry] = [:]

  init(folder: URL?) { self.folder = folder }

  /// A bit of the newest snapshot turns over.
  func damageSnapshot(_ chance: inout Chance) {
    guard var newest = snapshots.first, !newest.bytes.isEmpty else { return }
    newest.bytes[chance.integer(0...(newest.bytes.count - 1))] ^= 4
    snapshots[0] = newest
  }

  fileprivate func note(_ batch: Batch) {
    batches.append(batch)
    for reading in batch.readings { kept[ReadingKey(reading), default: 0] += 1 }
    for transition in batch.transitions { transitions.insert("\(transition.alarm) \(transition.kind)") }
    for entry in batch.outbox where outbox[entry.key] == nil { outbox[entry.key] = entry }
    for mark in batch.outboxMarks { outbox[mark.key] = outbox[mark.key]?.marked(mark) }
    for event in batch.ticketEvents { ticketEvents.insert("\(event.ticket) \(event.sequence) \(event.note)") }
  }
}

/// The process is gone in the middle of a call.
struct Died: Error {}

/// One process's way to the disk.
final class SimulatedLog: BatchLog {
  private let disk: Disk
  private let fate: Fate
  private let store: Store?

  init(_ disk: Disk, fate: Fate, catalogue: Catalogue) throws {
    (self.disk, self.fate) = (disk, fate)
    store = try disk.folder.map { try Store.open(folder: $0, catalogue: catalogue) }
  }

  func close() throws { try store?.close() }

  func commit(_ batch: Batch) throws {
    if fate.dies(at: .beforeCommit) { throw Died() }
    if fate.diskFails { throw StoreError.diskFull("simulated") }
    try store?.commit(batch)
    disk.note(batch)
    if fate.dies(at: .afterCommit) { throw Died() }
  }

  func saveSnapshot(_ bytes: [UInt8], now: Timestamp) throws {
    if fate.dies(at: .beforeSnapshot) { throw Died() }
    if fate.diskFails { throw StoreError.diskFull("simulated") }
    if let store {
      try store.saveSnapshot(bytes, now: now)
    } else {
      disk.snapshots.insert(StoredSnapshot(batch: Int64(disk.batches.count), now: now, bytes: bytes), at: 0)
      disk.snapshots = Array(disk.snapshots.prefix(2))
    }
    if fate.dies(at: .afterSnapshot) { throw Died() }
  }

  func tidy(_ retention: Retention, now: Timestamp) throws -> Bool {
    if fate.dies(at: .tidy) { throw Died() }
    if fate.diskFails { throw StoreError.diskFull("simulated") }
    return try store?.compact(until: now, limit: 100) ?? false
  }

  func snapshots() throws -> [StoredSnapshot] { try store?.snapshots() ?? disk.snapshots }

  /// Nights are played with one catalogue.
  func use(_ catalogue: Catalogue) throws {
    if fate.diskFails { throw StoreError.diskFull("simulated") }
    try store?.use(catalogue)
  }

  func lastBatchTime() throws -> Timestamp? {
    if let store { return try store.lastBatchTime() }
    return disk.batches.last?.now
  }

  func fact(_ key: String) throws -> String? {
    if let store { return try store.fact(key) }
    return disk.batches.last { $0.facts[key] != nil }?.facts[key]
  }

  func ticketEvents() throws -> [TicketEvent] {
    if let store { return try store.ticketEvents() }
    var seen: Set<String> = []
    return disk.batches.flatMap(\.ticketEvents).filter { seen.insert("\($0.ticket) \($0.sequence)").inserted }
  }

  /// Messages in the order of their making.
  func outbox() throws -> [OutboxEntry] {
    if let store { return try store.contents.outbox() }
    return disk.outbox.values.sorted { ($0.made, $0.key) < ($1.made, $1.key) }
  }

  func suppressions() throws -> [Suppression] {
    if let store { return try store.suppressions() }
    var known: [String: Suppression] = [:]
    for batch in disk.batches {
      for (key, value) in batch.facts where key.hasPrefix("suppression:") {
        known[key] = try JSONDecoder().decode(Suppression.self, from: Data(value.utf8))
      }
    }
    return known.values.filter { $0.ended == nil }
  }

  func raised(since: Timestamp) throws -> [AlarmTransition] {
    if let store { return try store.raised(since: since) }
    var seen: Set<String> = []
    return disk.batches.flatMap(\.transitions).filter {
      $0.kind == .raised && $0.suppressedBy == nil && $0.at >= since.milliseconds
        && seen.insert($0.alarm).inserted
    }
  }

  func activeAlarms() throws -> [AlarmTransition] {
    if let store { return try store.activeAlarms() }
    let all = disk.batches.flatMap(\.transitions)
    let cleared = Set(all.filter { $0.kind == .cleared }.map(\.alarm))
    var seen: Set<String> = []
    return all.filter { $0.kind == .raised && !cleared.contains($0.alarm) && seen.insert($0.alarm).inserted }
  }

  /// All steps of alarms, in the order of their commits.
  func transitions() throws -> [AlarmTransition] {
    if let store { return try store.contents.transitions() }
    var seen: Set<String> = []
    return disk.batches.flatMap(\.transitions).filter { seen.insert("\($0.alarm) \($0.kind)").inserted }
  }

  func deviceStates() throws -> [DeviceState] {
    if let store { return try store.deviceStates() }
    var newest: [String: DeviceState] = [:]
    for state in disk.batches.flatMap(\.deviceStates) { newest[state.device] = state }
    return newest.values.sorted { $0.device < $1.device }
  }

  func replay(
    since: Timestamp, through end: Int64, catalogue: Catalogue,
    body: (_ now: Timestamp, _ readings: ContiguousArray<Reading>) throws -> Void
  ) throws -> Int {
    if let store { return try store.replay(since: since, through: end, catalogue: catalogue, body: body) }
    var readings = 0
    for batch in disk.batches.prefix(Int(clamping: end)) where batch.now >= since {
      if let begun = batch.begun, begun >= since { try body(begun, []) }
      try body(batch.now, batch.readings)
      readings += batch.readings.count
    }
    return readings
  }

  func replay(
    afterBatch: Int64, catalogue: Catalogue,
    body: (_ now: Timestamp, _ readings: ContiguousArray<Reading>) throws -> Void
  ) throws -> Int {
    if let store { return try store.replay(afterBatch: afterBatch, catalogue: catalogue, body: body) }
    var readings = 0
    for batch in disk.batches.dropFirst(Int(afterBatch)) {
      if let begun = batch.begun { try body(begun, []) }
      try body(batch.now, batch.readings)
      readings += batch.readings.count
    }
    return readings
  }

  /// Readings that a real database has more or less often than it was told; none in memory.
  func discrepancies(_ catalogue: Catalogue) throws -> [ReadingKey] {
    guard let store else { return [] }
    var found: [ReadingKey: Int] = [:]
    _ = try store.replay(since: .distantPast, through: .max, catalogue: catalogue) {
      _, readings in
      for reading in readings { found[ReadingKey(reading), default: 0] += 1 }
    }
    return Set(found.keys).union(disk.kept.keys).filter { found[$0] != disk.kept[$0] }.sorted()
  }
}
