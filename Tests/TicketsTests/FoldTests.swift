/// A ticket is the fold of its events, whatever happened to it.
import EstateModel
import Foundation
import Testing
import Tickets

@Suite("Fold")
struct FoldTests {
  private func play(seed: UInt64, steps: Int) throws -> (book: TicketBook, events: [TicketEvent]) {
    var history = try RandomHistory(seed: seed)
    try history.play(steps: steps)
    return (history.book, history.events)
  }

  @Test("Each ticket of a random history equals the fold of its stored events", arguments: UInt64(1)...40)
  func refold(seed: UInt64) throws {
    let (book, events) = try play(seed: seed, steps: 300)
    let stored = try JSONDecoder().decode([TicketEvent].self, from: JSONEncoder().encode(events))
    #expect(stored == events)
    for (id, ticket) in book.tickets {
      #expect(try Ticket(events: stored.filter { $0.ticket == id }) == ticket)
    }
  }

  @Test("The random histories have every kind of step of the lifecycle in them")
  func kinds() throws {
    let lifecycle: Set<TicketEvent.Kind> = [
      .opened, .joined, .cleared, .acknowledged, .arrived, .assigned, .informed, .commented, .resolved,
      .verified, .reopened, .closed, .merged, .absorbed, .cancelled,
    ]
    let found = try Set((UInt64(1)...20).flatMap { try play(seed: $0, steps: 300).events.map(\.kind) })
    #expect(lifecycle.subtracting(found).isEmpty)
  }

  @Test("A restored book goes on as the first one would have", arguments: UInt64(1)...10)
  func restored(seed: UInt64) throws {
    var (book, events) = try play(seed: seed, steps: 200)
    var second = try Fixture.book()
    try second.restore(events)
    #expect(second.tickets == book.tickets)
    #expect(second.open == book.open)
    for well in 1...6 {
      let transition = step(.raised, at: "w\(well)", minute: 50_000, onset: 49_990)
      #expect(second.apply(transition) == book.apply(transition))
      // Known from before the restart: nothing.
      #expect(second.apply(transition).isEmpty)
    }
    #expect(second.tickets == book.tickets)
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
