/// What happens to a ticket: by alarms, and by people.
import EstateModel
import Testing
import Tickets

@Suite("Lifecycle")
struct LifecycleTests {
  /// A book whose one ticket is in a state; that of a wall needs a person to verify it.
  private func book(
    in state: Ticket.State, at place: String = "w10", category: String = "sewer-blockage"
  ) throws -> (TicketBook, String) {
    var book = try Fixture.book()
    _ = book.apply(step(.raised, at: place, category: category))
    let id = try book.single().id
    func settle() throws {
      try book.say(.resolve("pipe cleared"), on: id)
      _ = book.apply(step(.cleared, at: place, category: category, minute: 61))
    }
    func verify() throws {
      if category == "wall-safety" {
        try book.say(.verify("stands"), on: id, by: "sub-district", minute: 62)
      } else {
        book.pass(minute: 61 + 24 * 60)
      }
    }
    switch state {
    case .new: break
    case .acknowledged: try book.say(.acknowledge(), on: id)
    case .onSite: try book.say(.arrive(), on: id)
    case .resolved: try settle()
    case .verified:
      try settle()
      try verify()
    case .reopened:
      try settle()
      try book.say(.reopen("smells again"), on: id, minute: 62)
    case .closed:
      try settle()
      try verify()
      try book.say(.close("residents agree"), on: id, minute: 61 + 24 * 60)
    case .cancelled: try book.say(.cancel("a test"), on: id)
    case .merged:
      _ = book.apply(step(.raised, at: "w11", category: "device-maintenance"))
      let other = try #require(book.open.first { $0.category == "device-maintenance" })
      try book.say(.merge(into: other.id, note: "same cause"), on: id)
    }
    #expect(book.tickets[id]?.state == state)
    return (book, id)
  }

  static let steps: [TicketCommand.Step] = [
    .acknowledge(), .arrive(), .assign(.role(.sewerContractor)), .inform(.role(.police)),
    .comment("on the way"), .resolve("cleared"), .verify("dry"), .reopen("still full"), .close("done"),
    .cancel("a test"), .merge(into: "T-000000-000000", note: ""),
  ]

  /// By hand: state, and the names of the actions that are allowed in it.
  static let allowed: [(Ticket.State, Set<Ticket.Action>)] = [
    (.new, [.acknowledge, .arrive, .assign, .inform, .comment, .resolve, .cancel, .merge]),
    (.reopened, [.acknowledge, .arrive, .assign, .inform, .comment, .resolve, .cancel, .merge]),
    (.acknowledged, [.arrive, .assign, .inform, .comment, .resolve, .cancel, .merge]),
    (.onSite, [.assign, .inform, .comment, .resolve, .cancel, .merge]),
    (.resolved, [.inform, .comment, .verify, .reopen]),
    (.verified, [.inform, .comment, .reopen, .close]),
    (.closed, [.comment]),
    (.merged, [.comment]),
    (.cancelled, [.comment, .reopen]),
  ]

  @Test("Each state allows its steps and refuses all others, changing nothing", arguments: allowed)
  func table(state: Ticket.State, allowed: Set<Ticket.Action>) throws {
    for step in Self.steps {
      var (book, id) = try book(in: state, at: "east-wall", category: "wall-safety")
      let before = book.tickets
      if step.action == .merge, allowed.contains(.merge) {
        #expect(throws: TicketError.unknownTicket("T-000000-000000", near: nil)) {
          try book.say(step, on: id, by: "community", minute: 1600)
        }
      } else if allowed.contains(step.action) {
        #expect(try book.say(step, on: id, by: "community", minute: 1600).count == 1)
      } else {
        #expect(throws: TicketError.notAllowed(step.action, ticket: id, state: state)) {
          try book.say(step, on: id, by: "community", minute: 1600)
        }
        #expect(book.tickets == before)
      }
    }
  }

  @Test("No step leads past the supervision: only verified tickets are closed, only resolved ones verified")
  func supervision() {
    for state in Ticket.State.allCases {
      #expect((state.after(.close) != nil) == (state == .verified))
      #expect((state.after(.verify) != nil) == (state == .resolved))
    }
  }

  @Test("Who did the work doesn't verify it, and nobody does while an alarm is active")
  func verifier() throws {
    var book = try Fixture.book()
    _ = book.apply(step(.raised, at: "east-wall", category: "wall-safety"))
    let id = try book.single().id
    try book.say(.resolve("posts set"), on: id, by: "contractor")
    #expect(throws: TicketError.self) { try book.say(.verify("fine"), on: id, by: "community") }
    _ = book.apply(step(.cleared, at: "east-wall", category: "wall-safety", minute: 61))
    #expect(throws: TicketError.self) { try book.say(.verify("fine"), on: id, by: "contractor", minute: 62) }
    #expect(book.tickets[id]?.state == .resolved)
    try book.say(.verify("fine"), on: id, by: "community", minute: 62)
    #expect(book.tickets[id]?.state == .verified)
  }

  @Test("A refusal says what state the ticket is in and what is allowed")
  func message() {
    let error = TicketError.notAllowed(.close, ticket: "T-1", state: .closed)
    #expect(error.description == "ticket T-1 is closed: can't close it, allowed are: comment")
  }

  @Test("The second of two people is told what the first one did, and changes nothing")
  func conflict() throws {
    var (book, id) = try book(in: .new)
    let seen = try #require(book.tickets[id]?.sequence)
    try book.say(.since(seen, .acknowledge(note: "on my way")), on: id, by: "guard")
    let before = book.tickets
    let error = #expect(throws: TicketError.self) {
      try book.say(.since(seen, .assign(.role(.police))), on: id, by: "community")
    }
    guard case .conflict(id, seen, let changes, 0) = error else {
      Issue.record("found \(String(describing: error))")
      return
    }
    #expect(changes.map(\.kind) == [.acknowledged])
    #expect(changes.first?.by == "guard")
    #expect(error?.description.contains("acknowledged by guard: on my way") == true)
    #expect(book.tickets == before)
    try book.say(.since(seen + 1, .assign(.role(.police))), on: id, by: "community")
    #expect(book.tickets[id]?.responsible.role == .police)
  }

  @Test("A conflict after a restart says the same as before it")
  func conflictAfterRestart() throws {
    var first = try Fixture.book()
    var events = first.apply(step(.raised, at: "w10"))
    let id = try first.single().id
    for number in 1...20 { events += try first.say(.comment("call \(number)"), on: id) }
    var second = try Fixture.book()
    try second.restore(events)
    for seen in [1, 5, 15, 20] {
      let one = #expect(throws: TicketError.self) { try first.say(.since(seen, .acknowledge()), on: id) }
      let other = #expect(throws: TicketError.self) { try second.say(.since(seen, .acknowledge()), on: id) }
      #expect(one == other)
    }
  }

  @Test("A step that is older than what has happened is refused, but clocks may differ by minutes")
  func past() throws {
    var (book, id) = try book(in: .acknowledged)
    #expect(throws: TicketError.past(ticket: id, newest: Fixture.start.milliseconds + 60 * 60_000)) {
      try book.say(.comment("late"), on: id, minute: 54)
    }
    #expect(try book.say(.comment("nearly"), on: id, minute: 56).count == 1)
  }

  @Test("A merged ticket's alarms go along, and so does whatever comes of its cause later")
  func merged() throws {
    var book = try Fixture.book()
    _ = book.apply(step(.raised, at: "w10", priority: .p2))
    let sewer = try book.single().id
    _ = book.apply(step(.raised, at: "meters-3", category: "meter-well"))
    let meters = try #require(book.open.first { $0.category == "meter-well" }?.id)
    let events = try book.say(.merge(into: meters, note: "one blockage"), on: sewer)
    #expect(events.map(\.kind) == [.merged, .absorbed])
    #expect(events.map(\.ticket) == [sewer, meters])
    #expect(book.tickets[sewer]?.mergedInto == meters)
    #expect(book.tickets[meters]?.priority == .p2)
    #expect(book.tickets[meters]?.alarms.map(\.facts.place) == ["meters-3", "w10"])
    #expect(book.open.map(\.id) == [meters])
    #expect(book.apply(step(.cleared, at: "w10", minute: 70)).map(\.ticket) == [meters])
    #expect(book.apply(step(.raised, at: "w9", minute: 71)).map(\.ticket) == [meters])
    for wrong in [meters, sewer] {
      #expect(throws: TicketError.self) { try book.say(.merge(into: wrong, note: ""), on: meters) }
    }
  }

  @Test("A mistyped function is asked about, and a company that the estate doesn't have is refused")
  func parties() throws {
    var (book, id) = try book(in: .new)
    #expect(throws: TicketError.unknownParty("comunity", near: "community")) {
      try book.say(.assign(Assignee("comunity")), on: id)
    }
    #expect(throws: TicketError.noSuchParty(.propertyCompany, estate: "old-town")) {
      try book.say(.assign(.role(.propertyCompany)), on: id)
    }
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

  @Test("A resolved ticket whose cause comes back is reopened, naming what came back")
  func reopened() throws {
    var (book, id) = try book(in: .resolved)
    let events = book.apply(step(.raised, at: "w9", minute: 90, onset: 80))
    #expect(events.map(\.kind) == [.reopened])
    #expect(events.first?.alarm?.place == "w9")
    let ticket = try book.single()
    #expect(ticket.id == id)
    #expect(ticket.state == .reopened)
    #expect(ticket.reopenings == 1)
    #expect(ticket.alarms.count == 2)
  }

  @Test(
    "After a ticket that is done with the cause opens a new one, with a link to the former",
    arguments: [Ticket.State.verified, .closed, .cancelled])
  func linked(state: Ticket.State) throws {
    var (book, id) = try book(in: state)
    let events = book.apply(step(.raised, at: "w9", minute: 90, onset: 80))
    #expect(events.map(\.kind) == [.opened])
    let ticket = try #require(book.open.first { $0.id != id })
    #expect(ticket.former == id)
    #expect(book.tickets[id]?.state == state)
  }

  @Test("A step that comes twice changes nothing", arguments: Ticket.State.allCases)
  func duplicates(state: Ticket.State) throws {
    var (book, _) = try book(in: state)
    _ = book.apply(step(.cleared, at: "w10", minute: 65))
    let before = book.tickets
    #expect(book.apply(step(.cleared, at: "w10", minute: 65)).isEmpty)
    #expect(book.apply(step(.raised, at: "w10")).isEmpty)
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
