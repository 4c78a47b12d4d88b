/// What the pipeline talks to: where messages come from, and where batches are kept.
import EstateModel
import MQTTSession
import Store
import Tickets

/// A link to a broker whose acknowledgements wait for the owner's word. ``MQTTSession`` is one.
///
/// Everything is at the grain of a batch, apart from `onMessage`. One thread owns it.
package protocol MessageLink: AnyObject {
  /// Called for each message during `read(upTo:)`. Its bytes are valid only during the call.
  var onMessage: ((Message) -> Void)? { get set }
  /// Asked before each packet; false ends `read(upTo:)`.
  var wantsMore: (() -> Bool)? { get set }
  var linkState: LinkState { get }
  /// Links that ended so far. What was read before the latest end can't be acknowledged any more: the broker
  /// delivers it again.
  var linksLost: Int { get }
  /// Whether the broker had kept the session when the link came up: nothing is missing then.
  var isSessionKept: Bool { get }
  var subscriptions: [Subscription] { get }

  @discardableResult
  func read(upTo limit: Int) -> Int
  /// Releases the acknowledgements of everything read so far.
  /// - Returns: false when a part of them could not be written yet.
  @discardableResult
  func flush() -> Bool
  /// Reconnects when it is time, and keeps the link alive. May release acknowledgements.
  func maintain()
  /// Releases what is held, and says goodbye.
  func disconnect()
}

extension MQTTSession: MessageLink {
  package func maintain() { maintain(now: .now) }
}

/// Where batches are kept, and what a restart reads. ``Store`` is one.
package protocol BatchLog: AnyObject {
  /// Keeps all of a batch, durably, or nothing of it.
  func commit(_ batch: Batch) throws

  /// The engine's clock at the end of the newest batch; nil before the first.
  func lastBatchTime() throws -> Timestamp?
  /// A small fact that a batch held; nil when none did.
  func fact(_ key: String) throws -> String?
  func ticketEvents() throws -> [TicketEvent]
  /// As they were raised.
  func activeAlarms() throws -> [AlarmTransition]
  func deviceStates() throws -> [DeviceState]
  /// Batches in the order of their commits, each with the clock at its end.
  /// - Returns: readings handed out.
  func replay(
    since: Timestamp, catalogue: Catalogue,
    body: (_ now: Timestamp, _ readings: ContiguousArray<Reading>) throws -> Void
  ) throws -> Int
}

extension Store: BatchLog {
  package func lastBatchTime() throws -> Timestamp? { try contents.lastBatchTime() }
  package func fact(_ key: String) throws -> String? { try contents.fact(key) }
  package func ticketEvents() throws -> [TicketEvent] { try contents.ticketEvents() }
  package func activeAlarms() throws -> [AlarmTransition] {
    try contents.alarms(activeOnly: true).map(\.raised)
  }
  package func deviceStates() throws -> [DeviceState] { try contents.deviceStates() }
  package func replay(
    since: Timestamp, catalogue: Catalogue,
    body: (_ now: Timestamp, _ readings: ContiguousArray<Reading>) throws -> Void
  ) throws -> Int {
    try contents.replay(since: since, catalogue: catalogue, body: body).readings
  }
}
