/// What one turn of the pipeline leaves behind: all of it is stored, or nothing.
import EstateModel
import Tickets

public struct Batch: Sendable {
  /// The engine's clock at the end of the batch.
  public var now: Timestamp
  /// The engine's clock when it took in the first reading, where that is not the end of the batch before. The log
  /// gets a row for it, so that a replay moves the clock as it moved.
  public var begun: Timestamp?
  public var readings: ContiguousArray<Reading> = []
  public var events: [EventDetail] = []
  public var transitions: [AlarmTransition] = []
  public var ticketEvents: [TicketEvent] = []
  /// The tickets that these events changed, as they are now.
  public var tickets: [Ticket] = []
  public var problems: [DeviceProblem] = []
  public var deviceStates: [DeviceState] = []
  /// Small facts that a reader of the database needs: which clock runs, say.
  public var facts: [String: String] = [:]
  /// What is to be sent because of all this.
  public var outbox: [OutboxEntry] = []
  /// What became of messages that are in the outbox already.
  public var outboxMarks: [OutboxMark] = []

  public init(now: Timestamp) { self.now = now }

  public var isEmpty: Bool {
    readings.isEmpty && events.isEmpty && transitions.isEmpty && ticketEvents.isEmpty && tickets.isEmpty
      && problems.isEmpty && deviceStates.isEmpty && facts.isEmpty && outbox.isEmpty && outboxMarks.isEmpty
  }

  /// Adds events, and the tickets that they changed as the book has them now.
  public mutating func record(_ events: [TicketEvent], from book: TicketBook) {
    ticketEvents += events
    for id in Set(events.map(\.ticket)).sorted() {
      guard let ticket = book.tickets[id] else { continue }
      if let position = tickets.firstIndex(where: { $0.id == id }) {
        tickets[position] = ticket
      } else {
        tickets.append(ticket)
      }
    }
  }

  /// Ready for the next turn; keeps its memory.
  public mutating func reset(now: Timestamp) {
    self.now = now
    begun = nil
    readings.removeAll(keepingCapacity: true)
    events.removeAll(keepingCapacity: true)
    transitions.removeAll(keepingCapacity: true)
    ticketEvents.removeAll(keepingCapacity: true)
    tickets.removeAll(keepingCapacity: true)
    problems.removeAll(keepingCapacity: true)
    deviceStates.removeAll(keepingCapacity: true)
    facts.removeAll(keepingCapacity: true)
    outbox.removeAll(keepingCapacity: true)
    outboxMarks.removeAll(keepingCapacity: true)
  }
}

/// Input that could not be used, counted.
public struct DeviceProblem: Hashable, Sendable, Codable {
  /// Path of the device, or what stood in its place in the topic.
  public var device: String
  /// One of a few fixed words: `not-json`, `unknown-signal`.
  public var reason: String
  /// The newest example, in a sentence.
  public var detail: String
  public var count: Int
  /// Milliseconds since 1970.
  public var first: Int64
  public var last: Int64

  public init(
    device: String, reason: String, detail: String, count: Int = 1, first: Timestamp, last: Timestamp
  ) {
    (self.device, self.reason, self.detail, self.count) = (device, reason, detail, count)
    (self.first, self.last) = (first.milliseconds, last.milliseconds)
  }
}
