/// The threads that send, and what they and the pipeline hand to each other.
import Dispatch
import EstateModel
import Foundation
import Logging
import MQTTSession
import Notifications
import Store
import Synchronization

/// Sends what is in the outbox. The pipeline puts messages in by `add` after their commit, and fetches by `takeMarks`
/// what became of them; neither waits.
package final class NoticeDispatch: Sendable {
  /// What became of messages, from the threads to the pipeline.
  private final class Marks: Sendable {
    let list = Mutex<[OutboxMark]>([])
  }

  private let senders: [String: ChannelSender]
  private let marks = Marks()
  private let stored: StoreReader
  /// Seconds that a stop waits for messages on their way.
  private static let farewell = 1.0

  /// - Parameters:
  ///   - stored: another connection to the database.
  ///   - broker: how to reach the gateway's own broker.
  package init(
    _ configuration: LoadedConfiguration, stored: StoreReader, isSimulated: Bool,
    broker: @escaping @Sendable () throws -> MQTTOptions, logger: Logger
  ) throws {
    self.stored = stored
    let (plan, catalogue, marks) = (configuration.notifications, configuration.catalogue, marks)
    let surroundings = ChannelSurroundings(configuration, broker: broker)
    var senders: [String: ChannelSender] = [:]
    for channel in plan.channels {
      var job = ChannelSender.Job(
        channel, retry: plan.retry, surroundings: surroundings, now: { GatewayClock.wall.milliseconds },
        report: { key, state in marks.list.withLock { $0.append(OutboxMark(key, state)) } })
      job.activeAlarms = {
        ((try? stored.announcedAlarms()) ?? []).filter { channel.shows($0.estate, $0.priority) }
          .map { AlarmNotice($0, in: catalogue.estate($0.estate)) }
      }
      // Simulated time says nothing about how late it is.
      if !isSimulated {
        job.isWorthSending = { Self.isWorthSending($0, latest: plan.latest, stored: stored) }
      }
      if let rate = channel.rate {
        job.sent = try stored.sentTimes(of: channel.id, since: GatewayClock.wall - rate.within)
      }
      senders[channel.id] = ChannelSender(job, logger: logger)
    }
    self.senders = senders
  }

  /// What sends, and what the pipeline needs to be heard by it; nothing where there are no channels.
  static func open(
    _ configuration: LoadedConfiguration, _ store: Store, isSimulated: Bool, broker: MQTTOptions,
    logger: Logger
  ) throws -> (dispatch: NoticeDispatch?, outbox: PipelineOutbox?) {
    guard
      let policy = try NoticePolicy(configuration, stored: store.contents, isSimulated: isSimulated)
    else { return (nil, nil) }
    let dispatch = try NoticeDispatch(
      configuration, stored: try Store.reader(folder: configuration.settings.dataFolder),
      isSimulated: isSimulated, broker: { broker }, logger: logger)
    return (dispatch, PipelineOutbox(policy: policy, takeMarks: dispatch.takeMarks, tell: dispatch.add))
  }

  /// Takes up what an earlier life left in the outbox.
  /// - Parameter standing: what is open, for channels that show it.
  package func start(standing: [OutboxEntry]) throws {
    for sender in senders.values { sender.start() }
    add(try stored.outbox([.pending]))
    add(standing)
  }

  package func add(_ entries: [OutboxEntry]) {
    for (id, mine) in Dictionary(grouping: entries.filter { $0.state == .pending }, by: \.channel) {
      guard let sender = senders[id] else {
        let now = GatewayClock.wall.milliseconds
        mark(mine.map { OutboxMark(key: $0.key, state: .dead, done: now, error: "no channel '\(id)'") })
        continue
      }
      let unreadable = mine.filter { $0.content == nil }
      mark(unreadable.map { OutboxMark(key: $0.key, state: .dead, error: "it can't be read") })
      sender.add(mine.compactMap(Delivery.init))
    }
  }

  /// - Returns: why not; nil: it is sent once more.
  package func restart(_ entry: OutboxEntry) -> String? {
    guard let sender = senders[entry.channel] else { return "no channel '\(entry.channel)'" }
    guard var delivery = Delivery(entry) else { return "message \(entry.key) can't be read" }
    (delivery.attempts, delivery.since, delivery.next, delivery.isWanted) = (0, nil, nil, true)
    sender.restart(delivery)
    return nil
  }

  package func hasChannel(_ id: String) -> Bool { senders[id] != nil }

  /// As the database has them: what has been sent counts as waiting until its mark is kept, a second or so later.
  package func figures() throws -> OutboxFigures { try stored.outboxFigures() }

  package func takeMarks() -> [OutboxMark] {
    marks.list.withLock { list in
      defer { list = [] }
      return list
    }
  }

  private func mark(_ new: [OutboxMark]) { marks.list.withLock { $0 += new } }

  /// Lets messages on their way arrive, for a moment. What has not arrived is sent in the next life.
  package func stop() {
    for sender in senders.values { sender.requestStop() }
    let end = DispatchTime.now() + Self.farewell
    for sender in senders.values { _ = sender.wait(until: end) }
  }

  /// What happened long ago is told only while it still is.
  private static func isWorthSending(_ delivery: Delivery, latest: Int64, stored: StoreReader) -> Bool {
    guard case .ticket(let notice) = delivery.notice, notice.occasion != nil, !delivery.isWanted,
      notice.at < GatewayClock.wall.milliseconds - latest
    else { return true }
    return (try? stored.ticket(notice.ticket))?.ticket.state.isOpen ?? true
  }
}

extension ChannelSurroundings {
  package init(_ configuration: LoadedConfiguration, broker: @escaping @Sendable () throws -> MQTTOptions) {
    let catalogue = configuration.catalogue
    self.init(
      texts: configuration.notifications.texts, link: configuration.notifications.link,
      topicRoot: configuration.settings.topicRoot,
      contact: { estate, role in catalogue.estate(estate)?.parties.first { $0.role == role }?.contact },
      broker: broker)
  }
}

extension Delivery {
  fileprivate init?(_ entry: OutboxEntry) {
    guard let notice = entry.content else { return nil }
    self.init(
      key: entry.key, subject: entry.subject, priority: entry.priority, notice: notice,
      attempts: entry.attempts, since: entry.since, next: entry.next)
  }
}

extension OutboxMark {
  fileprivate init(_ key: String, _ state: DeliveryState) {
    switch state {
    case .sent(let at, let attempts): self.init(key: key, state: .sent, attempts: attempts, done: at)
    case .waiting(let attempts, let since, let next, let reason):
      self.init(key: key, state: .pending, attempts: attempts, since: since, next: next, error: reason)
    case .givenUp(let at, let attempts, let since, let reason):
      self.init(key: key, state: .dead, attempts: attempts, since: since, done: at, error: reason)
    }
  }
}
