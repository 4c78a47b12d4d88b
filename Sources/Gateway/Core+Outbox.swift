/// Events of tickets on their way into the batch, and with them what is to be sent because of them.
import EstateModel
import Notifications
import Store
import Tickets

extension Core {
  /// Takes down events that the book has made.
  mutating func record(_ events: [TicketEvent]) {
    guard !events.isEmpty else { return }
    batch.record(events, from: book)
    batch.notify(events, in: book, now: engine.clock, by: &policy)
  }

  /// Takes down what became of messages.
  mutating func add(_ marks: [OutboxMark]) { batch.outboxMarks += marks }

  /// For what shows alarms as they are.
  mutating func show(_ transition: AlarmTransition) {
    guard let policy else { return }
    batch.outbox += policy.consider(transition).compactMap(OutboxEntry.init)
  }
}
