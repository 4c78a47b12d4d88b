/// Asking for tickets, also when there are many.
import EstateModel
import Testing
import Tickets

@Suite("Queries")
struct QueryTests {
  private static func book(_ count: Int) throws -> TicketBook {
    // Each alarm has a ticket, however many there are.
    let calm = try Fixture.routing().categories.map { category in
      var category = category
      category.storm = nil
      return category
    }
    var book = TicketBook(
      routing: Routing(categories: calm), catalogue: Catalogue(estates: Fixture.estates(.none)))
    let categories = ["sewer-blockage", "wall-safety", "meter-well", "fire-lane"]
    for number in 0..<count {
      var transition = step(
        .raised, at: "spot-\(number)", category: categories[number % 4],
        priority: Priority.allCases[number % 3 + 1], minute: Int64(number / 10),
        estate: number % 5 == 0 ? "new-town" : "old-town")
      transition.alarm = "A-\(number)"
      _ = book.apply(transition)
    }
    return book
  }

  @Test("Each condition leaves out what doesn't meet it, and what is left is in order")
  func conditions() throws {
    var book = try Self.book(60)
    let all = book.tickets(.open)
    #expect(all.count == 60)
    var query = TicketQuery.open
    query.estate = "new-town"
    #expect(book.tickets(query).map(\.id) == all.filter { $0.estate == "new-town" }.map(\.id))
    query.category = "fire-lane"
    #expect(book.tickets(query).count == 3)
    query.priorities = [.p3]
    #expect(book.tickets(query).allSatisfy { $0.priority == .p3 })
    #expect(book.ids(query) == book.tickets(query).map(\.id))

    var party = TicketQuery()
    party.party = "绿园社区"
    #expect(book.tickets(party).allSatisfy { $0.responsible.role == .community })
    party.party = "grid-worker"
    #expect(book.tickets(party).allSatisfy { $0.category == "fire-lane" })

    let first = try #require(all.first)
    try book.say(.acknowledge(), on: first.id, minute: 5000)
    var state = TicketQuery()
    state.states = [.acknowledged]
    #expect(book.tickets(state).map(\.id) == [first.id])
    book.pass(minute: 300)
    var late = TicketQuery.open
    late.isOverdue = true
    #expect(!book.tickets(late).isEmpty)
    #expect(book.tickets(late).allSatisfy { $0.isOverdue })
  }

  @Test("10,000 open tickets are listed and filtered in less than 50 ms")
  func many() throws {
    let book = try Self.book(10_000)
    #expect(book.tickets(.open).count == 10_000)
    var filtered = TicketQuery.open
    filtered.estate = "old-town"
    filtered.category = "wall-safety"
    let clock = ContinuousClock()
    func median(_ body: () -> Void) -> Duration {
      (0..<5).map { _ in clock.measure(body) }.sorted()[2]
    }
    let list = median { _ = book.tickets(.open) }
    let filter = median { _ = book.tickets(filtered) }
    print("10,000 open tickets: list \(list), filter \(filter)")
    // A debug build is several times slower than what users run; the limit is for that.
    #if DEBUG
      let limit = Duration.seconds(2)
    #else
      let limit = Duration.milliseconds(50)
    #endif
    #expect(list < limit)
    #expect(filter < limit)
  }
}
