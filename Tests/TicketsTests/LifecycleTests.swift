/// What happens to a ticket: by alarms, and by people.
import EstateModel
import Testing
import Tickets

@Suite("Lifecycle")
struct LifecycleTests {
  /// A book whose one ticket is in a state.
  private func book(in state: Ticket.State) throws -> (TicketBook, String) {
    var book = try Fixture.book()
    _ = book.apply(step(.raised, at: "w10"))
    let id = try book.single().id
    switch state {
    case .new: break
    case .acknowledged: try book.say(.acknowledge(), on: id)
    case .resolved: try book.say(.resolve("pipe cleared"), on: id)
    case .closed:
      try book.say(.resolve("pipe cleared"), on: id)
      try book.say(.close("residents agree"), on: id)
    }
    #expect(book.tickets[id]?.state == state)
    return (book, id)
  }

  static let steps: [TicketCommand.Step] = [
    .acknowledge(), .assign(.role(.sewerContractor)), .comment("on the way"), .resolve("cleared"),
    .reopen("still full"), .close("done"),
  ]

  /// By hand: state, and the names of the actions that are allowed in it.
  static let allowed: [(Ticket.State, Set<Ticket.Action>)] = [
    (.new, [.acknowledge, .assign, .comment, .resolve]),
    (.acknowledged, [.assign, .comment, .resolve]),
    (.resolved, [.comment, .reopen, .close]),
    (.closed, [.comment]),
  ]

  @Test("Each state allows its steps and refuses all others, changing nothing", arguments: allowed)
  func table(state: Ticket.State, allowed: Set<Ticket.Action>) throws {
    for step in Self.steps {
      var (book, id) = try book(in: state)
      let before = book.tickets
      if allowed.contains(step.action) {
        #expect(try book.say(step, on: id).count == 1)
      } else {
        #expect(throws: TicketError.notAllowed(step.action, ticket: id, state: state)) {
          try book.say(step, on: id)
        }
        #expect(book.tickets == before)
      }
    }
  }

  @Test("A refusal says what state the ticket is in and what is allowed")
  func message() {
    let error = TicketError.notAllowed(.close, ticket: "T-1", state: .new)
    #expect(
      error.description
        == "ticket T-1 is new: can't close it, allowed are: acknowledge, assign, comment, resolve"
    )
  }

  @Test("Steps without a word in them are refused")
  func empty() throws {
    for step in [TicketCommand.Step.comment("  "), .resolve(""), .assign(.name(" "))] {
      var (book, id) = try book(in: .new)
      #expect(throws: TicketError.empty(step.action, ticket: id)) { try book.say(step, on: id) }
    }
  }

  @Test("An unknown ticket is named, with the nearest known one")
  func unknown() throws {
    var (book, id) = try book(in: .new)
    let typo = id.dropLast() + "?"
    #expect(throws: TicketError.unknownTicket(String(typo), near: id)) {
      try book.say(.acknowledge(), on: String(typo))
    }
  }

  @Test("Who, when and from where stand on every step")
  func whoAndWhen() throws {
    var (book, id) = try book(in: .new)
    let event = try #require(try book.say(.assign(Assignee("sewer-contractor")), on: id, minute: 7).first)
    #expect(event.by == "grid worker")
    #expect(event.via == .commandLine)
    #expect(event.at == Fixture.start.milliseconds + 7 * 60_000)
    #expect(book.tickets[id]?.responsible.role == .sewerContractor)
    try book.say(.assign(Assignee("Master Plumber Ltd")), on: id)
    #expect(
      book.tickets[id]?.responsible
        == TicketParty(role: nil, title: Title(zh: "Master Plumber Ltd", en: "Master Plumber Ltd")))
  }

  @Test("When all its alarms have cleared a ticket stays open and says since when all is normal")
  func cleared() throws {
    var book = try Fixture.book()
    _ = book.apply(step(.raised, at: "w1"))
    _ = book.apply(step(.raised, at: "w2", minute: 1))
    _ = book.apply(step(.cleared, at: "w1", minute: 20))
    #expect(try book.single().normalSince == nil)
    _ = book.apply(step(.cleared, at: "w2", minute: 30))
    let ticket = try book.single()
    #expect(ticket.state == .new)
    #expect(ticket.normalSince == Fixture.start.milliseconds + 30 * 60_000)
    #expect(book.open.map(\.id) == [ticket.id])
    _ = book.apply(step(.raised, at: "w3", minute: 40))
    #expect(try book.single().normalSince == nil)
  }

  @Test("A resolved ticket whose cause comes back is reopened")
  func reopened() throws {
    var (book, id) = try book(in: .resolved)
    let events = book.apply(step(.raised, at: "w9", minute: 90, onset: 80))
    #expect(events.map(\.kind) == [.reopened])
    #expect(events.first?.alarm?.place == "w9")
    let ticket = try book.single()
    #expect(ticket.id == id)
    #expect(ticket.state == .new)
    #expect(ticket.reopenings == 1)
    #expect(ticket.alarms.count == 2)
  }

  @Test("After a closed ticket the cause opens a new one, with a link to the former")
  func linked() throws {
    var (book, id) = try book(in: .closed)
    let events = book.apply(step(.raised, at: "w9", minute: 90, onset: 80))
    #expect(events.map(\.kind) == [.opened])
    let ticket = try #require(book.open.first)
    #expect(ticket.id != id)
    #expect(ticket.former == id)
    #expect(book.tickets[id]?.state == .closed)
  }

  @Test("A step that comes twice changes nothing", arguments: Ticket.State.allCases)
  func duplicates(state: Ticket.State) throws {
    var (book, _) = try book(in: state)
    let raised = step(.raised, at: "w10")
    let cleared = step(.cleared, at: "w10", minute: 5)
    #expect(book.apply(raised).isEmpty)
    #expect(book.apply(cleared).map(\.kind) == [.cleared])
    let before = book.tickets
    #expect(book.apply(cleared).isEmpty)
    #expect(book.apply(raised).isEmpty)
    #expect(book.tickets == before)
  }

  @Test("The clearing of an alarm that no ticket knows is nothing")
  func strayClearing() throws {
    var book = try Fixture.book()
    #expect(book.apply(step(.cleared, at: "w1")).isEmpty)
    #expect(book.tickets.isEmpty)
  }

  @Test("Open tickets come the most urgent first, then the oldest")
  func order() throws {
    var book = try Fixture.book()
    _ = book.apply(step(.raised, at: "w1", category: "device-maintenance", priority: .p4, minute: 0))
    _ = book.apply(step(.raised, at: "w2", category: "device-maintenance", priority: .p2, minute: 2))
    _ = book.apply(step(.raised, at: "w3", category: "device-maintenance", priority: .p2, minute: 1))
    #expect(book.open.map(\.place) == ["w3", "w2", "w1"])
  }
}
