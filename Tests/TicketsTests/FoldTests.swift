/// A ticket is the fold of its events, whatever happened to it, and nothing that happens leaves it in a wrong state.
import EstateModel
import Foundation
import Testing
import Tickets

@Suite("Fold")
struct FoldTests {
  private func play(seed: UInt64, steps: Int) throws -> RandomHistory {
    var history = try RandomHistory(seed: seed)
    try history.play(steps: steps)
    return history
  }

  @Test("Each ticket of a random history equals the fold of its stored events", arguments: UInt64(1)...60)
  func refold(seed: UInt64) throws {
    let history = try play(seed: seed, steps: 400)
    let stored = try JSONDecoder().decode([TicketEvent].self, from: JSONEncoder().encode(history.events))
    #expect(stored == history.events)
    let byTicket = Dictionary(grouping: stored, by: \.ticket)
    #expect(byTicket.count == history.book.tickets.count)
    #expect(history.book.openCount == history.book.open.count)
    for (id, ticket) in history.book.tickets {
      #expect(try Ticket(events: byTicket[id] ?? []) == ticket)
      let kept = try JSONDecoder().decode(Ticket.self, from: JSONEncoder().encode(ticket))
      #expect(kept == ticket)
    }
  }

  @Test("The random histories have every kind of step in them")
  func kinds() throws {
    let found = try Set((UInt64(1)...60).flatMap { try play(seed: $0, steps: 400).events.map(\.kind) })
    #expect(Set(TicketEvent.Kind.allCases).subtracting(found) == [.scheduled])
  }

  /// By hand: what each kind of event may lead from and to; kinds that aren't named change no state.
  static let moves: [TicketEvent.Kind: (from: Set<Ticket.State>, to: Ticket.State)] = [
    .acknowledged: ([.new, .reopened], .acknowledged),
    .arrived: ([.new, .reopened, .acknowledged], .onSite),
    .resolved: ([.new, .reopened, .acknowledged, .onSite], .resolved),
    .verified: ([.resolved], .verified),
    .reopened: ([.resolved, .verified, .cancelled], .reopened),
    .closed: ([.verified], .closed),
    .merged: ([.new, .reopened, .acknowledged, .onSite], .merged),
    .cancelled: ([.new, .reopened, .acknowledged, .onSite], .cancelled),
  ]

  @Test(
    "No step leads where the lifecycle has no way, and no ticket is ever nobody's", arguments: UInt64(1)...60)
  func legal(seed: UInt64) throws {
    let history = try play(seed: seed, steps: 400)
    for events in Dictionary(grouping: history.events, by: \.ticket).values {
      let opening = try #require(events.first)
      var ticket = try Ticket(opening: opening)
      #expect(ticket.state == .new)
      #expect(!ticket.clocks.isEmpty)
      for event in events.dropFirst() {
        let before = ticket
        try ticket.apply(event)
        if let move = Self.moves[event.kind] {
          #expect(move.from.contains(before.state) && ticket.state == move.to)
        } else {
          #expect(ticket.state == before.state)
        }
        #expect(!ticket.responsible.title.en.isEmpty && !ticket.responsible.title.zh.isEmpty)
        #expect(ticket.priority <= before.priority)
        if ticket.isPaused { #expect(ticket.state == .acknowledged || ticket.state == .onSite) }
        if !ticket.isOpen { #expect(!ticket.clocks.contains { $0.isRunning }) }
        if ticket.state.isWorking { #expect(ticket.clock(.resolve)?.isRunning == true) }
        if ticket.state == .resolved { #expect(ticket.watch != nil || ticket.clock(.followUp) != nil) }
        #expect(ticket.level ?? 0 <= 7)
      }
    }
  }

  @Test("Every alarm that is active is on exactly one ticket that isn't merged", arguments: UInt64(1)...20)
  func alarms(seed: UInt64) throws {
    let history = try play(seed: seed, steps: 400)
    let kept = history.book.tickets.values.filter { $0.state != .merged }
    let alarms = kept.flatMap { $0.alarms.map(\.facts.alarm) }
    #expect(Set(alarms).count == alarms.count)
    #expect(Set(alarms) == Set(history.events.compactMap { $0.alarm?.alarm }))
  }

  @Test("A restored book goes on as the first one would have", arguments: UInt64(1)...30)
  func restored(seed: UInt64) throws {
    var history = try play(seed: seed, steps: 300)
    var copy = history
    copy.book = try TicketBook(
      routing: Fixture.routing(), catalogue: Catalogue(estates: Fixture.estates(seed: seed)))
    try copy.book.restore(history.events)
    #expect(copy.book.tickets == history.book.tickets)
    #expect(copy.book.nextDeadline == history.book.nextDeadline)
    try history.play(steps: 200)
    try copy.play(steps: 200)
    #expect(copy.events == history.events)
    #expect(copy.book.tickets == history.book.tickets)
  }

  @Test("In how many steps time passes makes no difference", arguments: UInt64(1)...20)
  func slices(seed: UInt64) throws {
    let history = try play(seed: seed, steps: 200)
    var (atOnce, slowly) = (history.book, history.book)
    let events = atOnce.pass(minute: history.minute + 60 * 1440)
    var slow: [TicketEvent] = []
    for minute in stride(from: history.minute, through: history.minute + 60 * 1440, by: 97) {
      slow += slowly.pass(minute: minute)
    }
    slow += slowly.pass(minute: history.minute + 60 * 1440)
    #expect(slow == events)
    #expect(slowly.tickets == atOnce.tickets)
  }

  @Test("Events that don't follow from each other are refused")
  func broken() throws {
    var book = try Fixture.book()
    let opening = try #require(book.apply(step(.raised, at: "w1")).first)
    let second = try #require(book.apply(step(.raised, at: "w2")).first)
    let third = try #require(book.apply(step(.raised, at: "w3")).first)
    for history in [[], [second], [opening, third], [opening, opening], [opening, second, second]] {
      #expect(throws: TicketError.self) { try Ticket(events: history) }
    }
    #expect(try Ticket(events: [opening, second, third]) == book.single())
  }
}
