/// Clocks: how long they run, who is told, who is asked next.
import EstateModel
import Testing
import Tickets

@Suite("Clocks")
struct ClockTests {
  private func book(
    _ priority: Priority, category: String = "sewer-blockage", at place: String = "w10",
    management: Estate.Management = .none
  ) throws -> (TicketBook, String) {
    var book = try Fixture.book(management: management)
    _ = book.apply(step(.raised, at: place, category: category, priority: priority))
    return (book, try book.single().id)
  }

  /// Opened on Tuesday, 10 March 2026, 08:00: priority, then acknowledge, on site, resolve.
  static let dues: [(Priority, String, String, String)] = [
    (.p1, "03-10 08:15", "03-10 10:00", "03-11 08:00"),
    (.p2, "03-10 10:00", "03-11 08:00", "03-13 08:00"),
    (.p3, "03-10 18:00", "never", "03-16 18:00"),  // 1 and 5 working days
    (.p4, "03-11 18:00", "never", "03-24 18:00"),  // 2 and 11 working days
  ]

  @Test("Each priority has the times of the ladder", arguments: dues)
  func ladder(priority: Priority, acknowledge: String, onSite: String, resolve: String) throws {
    let (book, id) = try book(priority)
    let ticket = try #require(book.tickets[id])
    #expect(local(ticket.clock(.acknowledge)?.due) == acknowledge)
    #expect(local(ticket.clock(.onSite)?.due) == onSite)
    #expect(local(ticket.clock(.resolve)?.due) == resolve)
    #expect(local(ticket.due) == acknowledge)
  }

  @Test("A category's own times go before the ladder's: the guard has five minutes")
  func category() throws {
    let (book, id) = try book(.p3, category: "gate-security", at: "b1")
    #expect(local(book.tickets[id]?.clock(.acknowledge)?.due) == "03-10 08:05")
    #expect(local(book.tickets[id]?.clock(.resolve)?.due) == "03-16 18:00")
  }

  @Test(
    "When nobody moves those on the ticket are told twice, then the next of the chain is asked, and the next")
  func silence() throws {
    var (book, _) = try book(.p1)
    let events = book.pass(minute: 125)
    #expect(
      events.map(line) == [
        "03-10 08:07 reminded half-time acknowledge",
        "03-10 08:12 reminded due-soon acknowledge",
        "03-10 08:15 escalated acknowledge → sub-district",
        "03-10 08:45 escalated acknowledge → housing-centre",
        "03-10 09:00 reminded half-time on-site",
        "03-10 09:15 escalated acknowledge → municipal-drainage",
        "03-10 09:36 reminded due-soon on-site",
        "03-10 09:45 escalated acknowledge → 12345",
        "03-10 10:00 escalated on-site → nobody",
      ])
    let ticket = try book.single()
    #expect(ticket.isOverdue)
    #expect(ticket.responsible.role == .community)
    #expect(ticket.supervisor?.role == .hotline12345)
    #expect(ticket.level == 4)
  }

  @Test("From the contractor it goes to the company, the community, the sub-district and 12345")
  func contractor() throws {
    var (book, _) = try book(.p2, category: "elevator-noise", at: "shaft-3", management: .propertyCompany)
    let parties = book.pass(minute: 3 * 24 * 60).compactMap { event -> Role? in
      if case .escalated(let escalation) = event.payload { escalation.party?.role } else { nil }
    }
    #expect(parties == [.propertyCompany, .community, .subDistrict, .hotline12345])
  }

  @Test("What is done in time is neither reminded of nor escalated")
  func inTime() throws {
    var (book, id) = try book(.p1)
    try book.say(.acknowledge(), on: id, minute: 5)
    try book.say(.arrive(), on: id, minute: 50)
    #expect(book.pass(minute: 300).isEmpty)
    let ticket = try book.single()
    #expect(ticket.clock(.acknowledge)?.isOnTime == true)
    #expect(ticket.clock(.onSite)?.isOnTime == true)
    #expect(!ticket.isOverdue)
  }

  @Test("Being late is kept, and the chain rests once somebody has moved")
  func late() throws {
    var (book, id) = try book(.p2)
    #expect(book.pass(minute: 125).last.map(line) == "03-10 10:00 escalated acknowledge → sub-district")
    try book.say(.acknowledge(), on: id, minute: 130)
    #expect(book.tickets[id]?.clock(.acknowledge)?.isOnTime == false)
    #expect(!book.pass(minute: 600).contains { $0.kind == .escalated })
    // The next clock that is missed goes on where the chain was left: on site within 24 h.
    let next = book.pass(minute: 24 * 60).filter { $0.kind == .escalated }
    #expect(next.map(line) == ["03-11 08:00 escalated on-site → housing-centre"])
  }

  @Test("The more urgent ticket has the shorter times from then on, and no longer ones")
  func moreUrgent() throws {
    var (book, id) = try book(.p3)
    try book.say(.acknowledge(), on: id, minute: 30)
    _ = book.apply(step(.raised, at: "w9", priority: .p1, minute: 60))
    var ticket = try book.single()
    #expect(ticket.clock(.acknowledge)?.isRunning == false)
    #expect(local(ticket.clock(.onSite)?.due) == "03-10 11:00")
    #expect(local(ticket.clock(.resolve)?.due) == "03-11 09:00")
    // Less urgent alarms change nothing.
    _ = book.apply(step(.raised, at: "w8", priority: .p2, minute: 70))
    ticket = try book.single()
    #expect(local(ticket.clock(.onSite)?.due) == "03-10 11:00")
  }

  @Test("A time that nearly ran out isn't lengthened by more urgency")
  func notLonger() throws {
    var (book, id) = try book(.p2)
    _ = book.apply(step(.raised, at: "w9", priority: .p1, minute: 115))
    #expect(local(book.tickets[id]?.clock(.acknowledge)?.due) == "03-10 10:00")
  }

  @Test("A pause stops the clocks for its reason, and they go on with what was left")
  func pause() throws {
    var (book, id) = try book(.p3)
    #expect(throws: TicketError.self) {
      try book.say(.pause(.parts, until: nil, note: "rail"), on: id, minute: 60)
    }
    try book.say(.acknowledge(), on: id, minute: 60)
    // Wednesday 10:00; 7 + 1.5 of 35 working hours are used.
    try book.say(.pause(.parts, until: nil, note: "guide rail ordered"), on: id, minute: 26 * 60)
    #expect(book.tickets[id]?.isPaused == true)
    #expect(book.tickets[id]?.due == nil)
    #expect(book.pass(minute: 10 * 24 * 60).isEmpty)
    // Monday, 23 March, 10:00: 26.5 h are left, that is 5.5 h today and three days of 7 h.
    try book.say(.resume(), on: id, minute: (13 * 24 + 2) * 60)
    #expect(local(book.tickets[id]?.clock(.resolve)?.due) == "03-26 18:00")
    #expect(book.pass(minute: 16 * 24 * 60).first?.kind == .reminded)
  }

  @Test("A pause ends by itself, and can't be longer than the priority allows")
  func pauseEnds() throws {
    var (book, id) = try book(.p2)
    try book.say(.acknowledge(), on: id, minute: 1)
    #expect(throws: TicketError.self) {
      try book.say(.pause(.consent, until: time("04-10 08:00"), note: "vote"), on: id, minute: 2)
    }
    try book.say(.pause(.consent, until: time("03-12 08:00"), note: "vote"), on: id, minute: 60)
    #expect(book.pass(minute: 2 * 24 * 60).map(line) == ["03-12 08:00 resumed"])
    // 71 of 72 hours were left.
    #expect(local(book.tickets[id]?.clock(.resolve)?.due) == "03-15 07:00")
  }

  @Test("Danger isn't paused before somebody is there, and danger that comes up ends a pause")
  func pauseAndDanger() throws {
    var (first, id) = try book(.p1)
    try first.say(.acknowledge(), on: id, minute: 1)
    let pause = TicketCommand.Step.pause(.parts, until: nil, note: "posts ordered")
    #expect(throws: TicketError.self) { try first.say(pause, on: id, minute: 2) }
    try first.say(.arrive(), on: id, minute: 30)
    try first.say(pause, on: id, minute: 40)

    var (second, other) = try book(.p3)
    try second.say(.acknowledge(), on: other, minute: 1)
    try second.say(pause, on: other, minute: 2)
    _ = second.apply(step(.raised, at: "w9", priority: .p1, minute: 60))
    #expect(second.tickets[other]?.isPaused == false)
    #expect(local(second.tickets[other]?.due) == "03-10 11:00")
  }

  @Test("It doesn't matter in how many steps time passes, nor whether the gateway was off in between")
  func steps() throws {
    var (atOnce, _) = try book(.p2)
    var (slowly, _) = try book(.p2)
    let events = atOnce.pass(minute: 20_000)
    var slow: [TicketEvent] = []
    for minute in stride(from: Int64(0), through: 20_000, by: 7) { slow += slowly.pass(minute: minute) }
    #expect(slow == events)
    #expect(events.count > 8)

    var first = try Fixture.book()
    let opening = first.apply(step(.raised, at: "w10", priority: .p2))
    var second = try Fixture.book()
    try second.restore(opening + first.pass(minute: 150))
    #expect(second.nextDeadline == first.nextDeadline)
    #expect(second.pass(minute: 20_000) == first.pass(minute: 20_000))
    #expect(second.tickets == first.tickets)
    #expect(second.nextDeadline == nil)
  }

  @Test("A ticket of an older release gets its clocks when time first passes, from then on")
  func oldTicket() throws {
    var old = try Fixture.book()
    var opening = try #require(old.apply(step(.raised, at: "w10", priority: .p2)).first)
    opening.terms = nil
    var book = try Fixture.book()
    try book.restore([opening])
    #expect(book.pass(minute: 600).map(line) == ["03-10 18:00 scheduled"])
    #expect(local(book.tickets[opening.ticket]?.due) == "03-10 20:00")
  }

  @Test("Reminders are no conflict for a person who was about to act")
  func noConflict() throws {
    var (book, id) = try book(.p1)
    let seen = try #require(book.tickets[id]?.sequence)
    book.pass(minute: 10)
    #expect(try book.say(.since(seen, .acknowledge()), on: id, minute: 11).count == 1)
    let early = try #require(book.tickets[id]?.sequence)
    book.pass(minute: 130)
    #expect(throws: TicketError.self) { try book.say(.since(early, .comment("hm")), on: id, minute: 131) }
  }
}
