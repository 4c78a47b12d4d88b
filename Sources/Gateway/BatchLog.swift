/// Where the pipeline's batches are kept.
import EstateModel
import Store
import Tickets

/// Keeps batches, and tells a restart what was. ``Store`` is one.
package protocol BatchLog: AnyObject {
  /// Keeps all of a batch, durably, or nothing of it.
  func commit(_ batch: Batch) throws

  /// Keeps the engine's state as it is after the newest batch, in the place of older ones.
  /// - Parameter now: the engine's clock.
  func saveSnapshot(_ bytes: [UInt8], now: Timestamp) throws
  /// Does a small part of what makes old batches smaller, and removes what is older or more than it may be. Safe only
  /// when a snapshot is kept.
  /// - Parameter now: the engine's clock.
  /// - Returns: whether more is left to do.
  func tidy(_ retention: Retention, now: Timestamp) throws -> Bool

  /// From now on readings carry the numbers of another catalogue.
  func use(_ catalogue: Catalogue) throws
  /// The engine's clock at the end of the newest batch; nil before the first.
  func lastBatchTime() throws -> Timestamp?
  /// A small fact that a batch held; nil when none did.
  func fact(_ key: String) throws -> String?
  func ticketEvents() throws -> [TicketEvent]
  /// As they were raised.
  func activeAlarms() throws -> [AlarmTransition]
  /// Those that have not ended.
  func suppressions() throws -> [Suppression]
  /// Announced alarms as they were raised, in that order.
  func raised(since: Timestamp) throws -> [AlarmTransition]
  func deviceStates() throws -> [DeviceState]
  /// Readable ones, the newest first.
  func snapshots() throws -> [StoredSnapshot]
  /// Batches in the order of their commits, each with the clock at its end.
  /// - Parameter end: the last batch that is handed out; `.max`: all of them.
  /// - Returns: readings handed out.
  func replay(
    since: Timestamp, through end: Int64, catalogue: Catalogue,
    body: (_ now: Timestamp, _ readings: ContiguousArray<Reading>) throws -> Void
  ) throws -> Int
  /// The same after the batch of a snapshot.
  func replay(
    afterBatch: Int64, catalogue: Catalogue,
    body: (_ now: Timestamp, _ readings: ContiguousArray<Reading>) throws -> Void
  ) throws -> Int
}

extension Store: BatchLog {
  package func tidy(_ retention: Retention, now: Timestamp) throws -> Bool {
    if try compact(until: now) { return true }
    return try trim(retention, now: now)
  }

  package func lastBatchTime() throws -> Timestamp? { try contents.lastBatchTime() }
  package func fact(_ key: String) throws -> String? { try contents.fact(key) }
  package func ticketEvents() throws -> [TicketEvent] { try contents.ticketEvents() }
  package func activeAlarms() throws -> [AlarmTransition] {
    try contents.alarms(activeOnly: true).map(\.raised)
  }
  package func suppressions() throws -> [Suppression] {
    try contents.suppressions().filter { $0.ended == nil }
  }
  package func raised(since: Timestamp) throws -> [AlarmTransition] {
    try contents.transitions(since: since).filter { $0.kind == .raised && $0.suppressedBy == nil }
  }
  package func deviceStates() throws -> [DeviceState] { try contents.deviceStates() }
  package func snapshots() throws -> [StoredSnapshot] { try contents.latestSnapshots() }
  package func replay(
    since: Timestamp, through end: Int64, catalogue: Catalogue,
    body: (_ now: Timestamp, _ readings: ContiguousArray<Reading>) throws -> Void
  ) throws -> Int {
    try contents.replay(since: since, through: end, catalogue: catalogue, body: body).readings
  }
  package func replay(
    afterBatch batch: Int64, catalogue: Catalogue,
    body: (_ now: Timestamp, _ readings: ContiguousArray<Reading>) throws -> Void
  ) throws -> Int {
    try contents.replay(afterBatch: batch, catalogue: catalogue, body: body).readings
  }
}
