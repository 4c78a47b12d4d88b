/// Decides which event becomes a message, on which channels. No I/O, no clock: it is asked inside the pipeline.
import EstateModel
import Tickets

/// A message for one channel.
public struct OutgoingNotice: Hashable, Sendable {
  /// `T-260310-7K2QM4/3/office`: a function of the event and the channel.
  public var key: String
  public var channel: String
  public var estate: String
  /// The ticket or alarm.
  public var subject: String
  /// The same on all channels.
  public var identifier: String
  public var priority: Priority
  /// Milliseconds since 1970.
  public var made: Int64
  /// It waits for a digest.
  public var isHeld = false
  public var notice: Notice

  public init(
    key: String, channel: String, estate: String, subject: String, identifier: String, priority: Priority,
    made: Int64, isHeld: Bool = false, notice: Notice
  ) {
    (self.key, self.channel, self.estate, self.subject) = (key, channel, estate, subject)
    (self.identifier, self.priority, self.made) = (identifier, priority, made)
    (self.isHeld, self.notice) = (isHeld, notice)
  }
}

/// What to send because of events of tickets and alarms.
///
///     var policy = NoticePolicy(plan, catalogue: catalogue, routing: routing)
///     let messages = policy.consider(events, in: book, now: now)
///     let (digests, digested) = policy.advance(to: now)
public struct NoticePolicy: Sendable {
  private var plan: NotificationPlan
  private var catalogue: Catalogue
  private var routing: Routing
  private var gates: [String: FloodGate] = [:]
  /// By estate, in the order in which they came.
  private var held: [String: [OutgoingNotice]] = [:]
  /// When something held is to be looked at again; nil: nothing is held.
  private var nextLook: Int64?

  public init(_ plan: NotificationPlan, catalogue: Catalogue, routing: Routing) {
    (self.plan, self.catalogue, self.routing) = (plan, catalogue, routing)
  }

  /// Goes on by another plan. What is held stays held.
  public mutating func use(_ plan: NotificationPlan, catalogue: Catalogue, routing: Routing) {
    (self.plan, self.catalogue, self.routing) = (plan, catalogue, routing)
  }

  /// Takes up where an earlier life stopped.
  /// - Parameters:
  ///   - told: estates and times of the messages of the last ``FloodRule/within``, each once.
  ///   - held: what waits for its digest.
  public mutating func restore(told: [(estate: String, at: Int64)], held: [OutgoingNotice]) {
    for (estate, at) in told.sorted(by: { $0.at < $1.at }) {
      _ = gates[estate, default: FloodGate()].count(at: at, plan.flood)
    }
    for outgoing in held { self.held[outgoing.estate, default: []].append(outgoing) }
    if !held.isEmpty { nextLook = .min }
  }

  /// - Parameter now: the gateway's time. What happened long before and is over is told to nobody.
  public mutating func consider(_ events: [TicketEvent], in book: TicketBook, now: Timestamp)
    -> [OutgoingNotice]
  {
    var outgoing: [OutgoingNotice] = []
    for event in events {
      guard let ticket = book.tickets[event.ticket] else { continue }
      outgoing += tell(event, on: ticket, now: now)
    }
    // Of a ticket that several events changed, its last state is shown, once.
    for event in events where !plan.ticketMirrors.isEmpty {
      guard let ticket = book.tickets[event.ticket], event.sequence == ticket.sequence else { continue }
      outgoing += mirror(event, of: ticket)
    }
    return outgoing
  }

  /// What is open already, for the channels that show it until it is closed: one that is new has never heard of it.
  public func standing(
    tickets: [(ticket: Ticket, event: TicketEvent)], alarms: [AlarmTransition]
  ) -> [OutgoingNotice] {
    let shown = Set(plan.ticketMirrors.map(\.id))
    guard !shown.isEmpty else { return [] }
    return tickets.flatMap { mirror($0.event, of: $0.ticket) }
      + alarms.flatMap { consider($0) }.filter { shown.contains($0.channel) }
  }

  /// What shows alarms as they are.
  public func consider(_ transition: AlarmTransition) -> [OutgoingNotice] {
    guard !plan.alarmMirrors.isEmpty else { return [] }
    let notice = AlarmNotice(transition, in: catalogue.estate(transition.estate))
    let identifier = "\(transition.alarm)/\(transition.kind.rawValue)"
    return plan.alarmMirrors.filter { $0.shows(transition.estate, transition.priority) }.map { channel in
      OutgoingNotice(
        key: "\(identifier)/\(channel.id)", channel: channel.id, estate: transition.estate,
        subject: transition.alarm, identifier: identifier, priority: transition.priority,
        made: transition.at, notice: .alarm(notice))
    }
  }

  private mutating func tell(_ event: TicketEvent, on ticket: Ticket, now: Timestamp) -> [OutgoingNotice] {
    guard let telling = event.telling(on: ticket), !isStale(event, on: ticket, now: now) else { return [] }
    let notice = TicketNotice(
      event, on: ticket, occasion: telling.occasion, recipients: telling.recipients,
      estate: catalogue.estate(ticket.estate), category: routing.category(ticket.category))
    let channels = plan.tellers.filter { $0.tells(notice) }
    guard !channels.isEmpty else { return [] }
    var isFlood = gates[ticket.estate, default: FloodGate()].count(at: event.at, plan.flood)
    if ticket.priority == .p1 { isFlood = false }
    let outgoing = channels.map { channel in
      OutgoingNotice(
        key: "\(notice.identifier)/\(channel.id)", channel: channel.id, estate: ticket.estate,
        subject: ticket.id, identifier: notice.identifier, priority: ticket.priority, made: event.at,
        isHeld: isFlood, notice: .ticket(notice))
    }
    if isFlood {
      if held[ticket.estate, default: []].isEmpty {
        nextLook = min(nextLook ?? .max, event.at + plan.flood.within)
      }
      held[ticket.estate, default: []] += outgoing
      if let end = gates[ticket.estate]?.end(plan.flood) { nextLook = min(nextLook ?? .max, end) }
    }
    return outgoing
  }

  /// An event that lies long back is told only while it still means something.
  private func isStale(_ event: TicketEvent, on ticket: Ticket, now: Timestamp) -> Bool {
    guard event.at < now.milliseconds - plan.latest else { return false }
    switch event.kind {
    case .opened, .joined, .reopened: return !ticket.state.isWorking || ticket.hasEnded
    case .escalated, .prioritised, .assigned, .informed: return !ticket.state.isWorking
    // A later one says it better.
    case .reminded: return true
    default: return true
    }
  }

  private func mirror(_ event: TicketEvent, of ticket: Ticket) -> [OutgoingNotice] {
    let channels = plan.ticketMirrors.filter { $0.shows(ticket.estate, ticket.priority) }
    guard !channels.isEmpty else { return [] }
    let notice = TicketNotice(
      event, on: ticket, occasion: nil, recipients: [], estate: catalogue.estate(ticket.estate),
      category: routing.category(ticket.category))
    return channels.map { channel in
      OutgoingNotice(
        key: "\(notice.identifier)/\(channel.id)", channel: channel.id, estate: ticket.estate,
        subject: ticket.id, identifier: notice.identifier, priority: ticket.priority, made: event.at,
        notice: .ticket(notice))
    }
  }
}

extension Ticket {
  /// Alarms made it, and all of them have cleared.
  fileprivate var hasEnded: Bool { !alarms.isEmpty && activeAlarms.isEmpty }
}

// MARK: Digests

extension NoticePolicy {
  /// Lets time pass.
  /// - Returns: digests that are due, and the keys of the messages that they hold.
  public mutating func advance(to now: Timestamp) -> (digests: [OutgoingNotice], digested: [String]) {
    guard let look = nextLook, look <= now.milliseconds else { return ([], []) }
    var (digests, digested): ([OutgoingNotice], [String]) = ([], [])
    nextLook = nil
    for (estate, waiting) in held.sorted(by: { $0.key < $1.key }) {
      gates[estate]?.pass(to: now.milliseconds, plan.flood)
      let oldest = waiting.map(\.made).min() ?? .max
      if gates[estate]?.isFlooding == true, oldest + plan.flood.within > now.milliseconds {
        let end = gates[estate]?.end(plan.flood) ?? .max
        nextLook = min(nextLook ?? .max, oldest + plan.flood.within, end)
        continue
      }
      digests += self.digests(of: waiting, in: estate, now: now)
      digested += waiting.map(\.key)
      held[estate] = nil
    }
    return (digests, digested)
  }

  private func digests(of waiting: [OutgoingNotice], in estate: String, now: Timestamp) -> [OutgoingNotice] {
    let byChannel = Dictionary(grouping: waiting, by: \.channel)
    return byChannel.sorted { $0.key < $1.key }.compactMap { channel, messages in
      guard let first = messages.first else { return nil }
      let notices = messages.compactMap { message -> TicketNotice? in
        if case .ticket(let notice) = message.notice { notice } else { nil }
      }
      let place = catalogue.estate(estate)
      let digest = DigestNotice(
        estate: estate, estateTitle: place?.title ?? Title(zh: estate, en: estate),
        timeZone: (place?.timeZone ?? .gmt).identifier,
        listed: Array(notices.prefix(DigestNotice.mostListed)), count: notices.count, at: now.milliseconds)
      let identifier = "digest/\(first.identifier)"
      return OutgoingNotice(
        key: "\(identifier)/\(channel)", channel: channel, estate: estate, subject: "digest",
        identifier: identifier, priority: messages.map(\.priority).min() ?? .p4, made: now.milliseconds,
        notice: .digest(digest))
    }
  }
}
