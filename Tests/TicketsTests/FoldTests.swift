/// A ticket is the fold of its events, whatever happened to it.
import EstateModel
import Foundation
import Testing
import Tickets

/// Reproducible choices. Source: Steele, Lea, Flood: SplitMix64.
private struct Choices: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

@Suite("Fold")
struct FoldTests {
  /// Some hundred alarms and commands, allowed or not.
  private func play(seed: UInt64, steps: Int) throws -> (book: TicketBook, events: [TicketEvent]) {
    var choices = Choices(state: seed)
    var book = try Fixture.book()
    var events: [TicketEvent] = []
    for minute in 0..<Int64(steps) {
      if Bool.random(using: &choices) {
        let well = Int.random(in: 1...4, using: &choices)
        let category = ["sewer-blockage", "device-maintenance"].randomElement(using: &choices) ?? ""
        events += book.apply(
          step(
            Bool.random(using: &choices) ? .raised : .cleared, at: "w\(well)",
            towards: Bool.random(using: &choices) ? "w\(well + 1)" : nil, category: category,
            priority: Priority.allCases.randomElement(using: &choices) ?? .p4, minute: minute,
            onset: minute - Int64.random(in: 0...6, using: &choices)))
      } else if let id = book.tickets.keys.sorted().randomElement(using: &choices),
        let command = LifecycleTests.steps.randomElement(using: &choices)
      {
        do { events += try book.say(command, on: id, minute: minute) } catch is TicketError {}
      }
    }
    return (book, events)
  }

  @Test("Each ticket of a random history equals the fold of its stored events", arguments: UInt64(1)...40)
  func refold(seed: UInt64) throws {
    let (book, events) = try play(seed: seed, steps: 300)
    // Every kind of event must occur, or the test says less than it seems to.
    if seed == 1 { #expect(Set(events.map(\.kind)) == Set(TicketEvent.Kind.allCases)) }
    let stored = try JSONDecoder().decode([TicketEvent].self, from: JSONEncoder().encode(events))
    #expect(stored == events)
    for (id, ticket) in book.tickets {
      #expect(try Ticket(events: stored.filter { $0.ticket == id }) == ticket)
    }
  }

  @Test("A restored book goes on as the first one would have", arguments: UInt64(1)...10)
  func restored(seed: UInt64) throws {
    var (book, events) = try play(seed: seed, steps: 200)
    var second = try Fixture.book()
    try second.restore(events)
    #expect(second.tickets == book.tickets)
    #expect(second.open == book.open)
    for well in 1...6 {
      let transition = step(.raised, at: "w\(well)", minute: 500, onset: 490)
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
