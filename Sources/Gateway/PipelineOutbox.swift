/// The pipeline's side of the notifications: it decides and keeps, and never waits for anything that is sent.
import EstateModel
import Foundation
import Notifications
import Store
import Tickets

/// What the pipeline is handed where there are channels.
package struct PipelineOutbox {
  var policy: NoticePolicy
  /// What became of messages, as far as it has not been taken yet; they go into the next batch.
  var takeMarks: () -> [OutboxMark]
  /// Told of messages after their commit.
  var tell: ([OutboxEntry]) -> Void

  package init(
    policy: NoticePolicy, takeMarks: @escaping () -> [OutboxMark], tell: @escaping ([OutboxEntry]) -> Void
  ) {
    (self.policy, self.takeMarks, self.tell) = (policy, takeMarks, tell)
  }
}

extension OutboxEntry {
  /// - Returns: nil for a notice that can't be encoded, which none of ours is.
  init?(_ outgoing: OutgoingNotice) {
    guard let json = try? JSONEncoder().encode(outgoing.notice) else { return nil }
    self.init(
      key: outgoing.key, channel: outgoing.channel, estate: outgoing.estate, subject: outgoing.subject,
      notice: outgoing.identifier, priority: outgoing.priority, made: outgoing.made,
      state: outgoing.isHeld ? .held : .pending, json: String(decoding: json, as: UTF8.self))
  }

  /// nil: written by a program that says it otherwise.
  var content: Notice? { try? JSONDecoder().decode(Notice.self, from: Data(json.utf8)) }
}

extension Batch {
  /// Adds what is to be sent because of these events.
  mutating func notify(
    _ events: [TicketEvent], in book: TicketBook, now: Timestamp, by policy: inout NoticePolicy?
  ) {
    outbox += policy?.consider(events, in: book, now: now).compactMap(OutboxEntry.init) ?? []
  }

  /// Adds digests that are due.
  mutating func digest(now: Timestamp, by policy: inout NoticePolicy?) {
    guard let due = policy?.advance(to: now) else { return }
    outbox += due.digests.compactMap(OutboxEntry.init)
    outboxMarks += due.digested.map { OutboxMark(key: $0, state: .digested) }
  }
}

extension NoticePolicy {
  /// As it was when the stored messages were made; nil where nothing is to be sent.
  package init?(_ configuration: LoadedConfiguration, stored: StoreReader, isSimulated: Bool) throws {
    let plan = configuration.notifications
    guard !plan.channels.isEmpty, plan.sendsSimulated || !isSimulated else { return nil }
    self.init(plan, catalogue: configuration.catalogue, routing: configuration.routing)
    let now = try stored.lastBatchTime() ?? .distantPast
    var told: [String: (estate: String, at: Int64)] = [:]
    for entry in try stored.outbox(since: now - plan.flood.within) {
      guard case .ticket(let notice)? = entry.content, notice.occasion != nil else { continue }
      told[entry.notice] = (entry.estate, entry.made)
    }
    let held = try stored.outbox([.held]).compactMap { entry in
      entry.content.map { notice in
        OutgoingNotice(
          key: entry.key, channel: entry.channel, estate: entry.estate, subject: entry.subject,
          identifier: entry.notice, priority: entry.priority, made: entry.made, isHeld: true, notice: notice)
      }
    }
    restore(told: Array(told.values), held: held)
  }
}

extension NoticePolicy {
  /// What stands on retained topics while it is open. Told at each start and not kept: the next start tells it again.
  func standing(_ stored: StoreReader) throws -> [OutboxEntry] {
    standing(tickets: try stored.openTicketsAndEvents(), alarms: try stored.announcedAlarms())
      .compactMap(OutboxEntry.init)
  }
}

extension StoreReader {
  /// Active alarms that nothing suppresses any more.
  func announcedAlarms() throws -> [AlarmTransition] {
    let inForce = Set(try suppressions().filter { $0.ended == nil }.map(\.id))
    return try alarms(activeOnly: true).map(\.raised)
      .filter { alarm in alarm.suppressedBy.map { !inForce.contains($0) } ?? true }
  }
}
