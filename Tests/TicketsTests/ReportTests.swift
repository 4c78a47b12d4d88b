/// What people report, and whom it reaches.
import Configuration
import EstateModel
import Testing
import Tickets

@Suite("Reports")
struct ReportTests {
  private static let day: Int64 = 24 * 60

  private func report(
    _ category: String = "neighbour-noise", at place: String = "flat-301", priority: Priority = .p3,
    affected: [String] = [], estate: String = "old-town"
  ) -> TicketCommand.Step {
    .report(
      Report(
        estate: estate, category: category, place: place, priority: priority, note: "chairs at night",
        from: "3-201", channel: .telephone, affected: affected))
  }

  @Test("A report opens a ticket with a party and clocks, or joins the one that there is")
  func opens() throws {
    var book = try Fixture.book()
    let first = try book.say(report(), on: "", minute: 60)
    #expect(first.map(\.kind) == [.opened, .contacted])
    let ticket = try book.single()
    #expect(ticket.responsible.role == .gridWorker)
    #expect(ticket.title.en == "Noise between neighbours")
    #expect(local(ticket.due) == "03-11 09:00")
    #expect(try book.say(report(), on: "", minute: 61).map(\.ticket).allSatisfy { $0 == ticket.id })
  }

  @Test("A report on what an alarm has shown is marked as confirmed by it")
  func confirmed() throws {
    var book = try Fixture.book()
    _ = book.apply(step(.raised, at: "w10"))
    let id = try book.single().id
    try book.say(report("sewer-blockage", at: "w3"), on: "", minute: 5)
    #expect(book.tickets[id]?.contacts.map(\.confirmed) == [true])
    _ = book.apply(step(.cleared, at: "w10", minute: 20))
    try book.say(.contact(from: "1-101", channel: .visit, note: "smells"), on: id, minute: 30)
    #expect(book.tickets[id]?.contacts.map(\.confirmed) == [true, nil])
  }

  @Test(
    "Who names a building joins the open ticket of what lies inside; other places have tickets of their own")
  func inside() throws {
    var book = try Fixture.book()
    _ = book.apply(step(.raised, at: "meters-3", category: "meter-well"))
    let id = try book.single().id
    let joined = try book.say(report("meter-well", at: "b1"), on: "", minute: 5)
    #expect(joined.map(\.ticket) == [id])
    _ = book.apply(step(.raised, at: "shaft-3", category: "elevator-noise", minute: 6))
    let elsewhere = try book.say(report("elevator-noise", at: "u4"), on: "", minute: 7)
    #expect(elsewhere.first?.kind == .opened)
    #expect(book.tickets.count == 3)
  }

  @Test(
    "What alarms showed within half an hour counts, on whichever ticket; and what sensors say who saw nothing"
  )
  func sighting() throws {
    var book = try Fixture.book()
    let alarm = step(.raised, at: "w10")
    _ = book.apply(alarm)
    _ = book.apply(step(.cleared, at: "w10", minute: 20))
    func say(at minute: Int64, noticed: Int64? = nil, devices: [String] = []) throws -> Contact? {
      var report = Report(
        estate: "old-town", category: "sewer-blockage", place: "w3", note: "smells", from: "3-201",
        channel: .open311)
      report.noticed = noticed.map { (Fixture.start + $0 * 60_000).milliseconds }
      report.devices = devices
      try book.say(.report(report), on: "", minute: minute)
      return try book.single().contacts.last
    }
    let soon = try say(at: 45)
    #expect(soon?.confirmed == true)
    #expect(soon?.sighting?.alarms == [alarm.alarm])
    let late = try say(at: 120, devices: ["probe-w3"])
    #expect(late?.confirmed == false)
    #expect(late?.sighting?.devices == ["probe-w3"])
    #expect(try say(at: 121)?.confirmed == nil)
    #expect(try say(at: 122, noticed: 10, devices: ["probe-w3"])?.confirmed == true)
    // A probe that is itself out of order has seen nothing.
    _ = book.apply(step(.raised, "silent", at: "w3", category: "device-maintenance", minute: 123))
    var blind = Report(
      estate: "old-town", category: "sewer-blockage", place: "w3", note: "smells", from: "3-201",
      channel: .open311)
    blind.devices = ["probe-w3"]
    let events = try book.say(.report(blind), on: "", minute: 200)
    let ticket = try #require(events.first.flatMap { book.tickets[$0.ticket] })
    #expect(ticket.contacts.last?.confirmed == nil)
  }

  @Test(
    "The second contact without an answer within 14 days makes it more urgent, once, and tells the community")
  func unanswered() throws {
    var book = try Fixture.book(management: .propertyCompany)
    _ = book.apply(step(.raised, at: "shaft-3", category: "elevator-noise"))
    let id = try book.single().id
    let call = TicketCommand.Step.contact(from: "3-301", channel: .telephone, note: "still loud")
    #expect(try book.say(call, on: id, minute: 60).map(\.kind) == [.contacted])
    book.pass(minute: 13 * Self.day)
    let second = try book.say(call, on: id, minute: 13 * Self.day)
    #expect(second.map(\.kind) == [.contacted, .prioritised])
    var ticket = try book.single()
    #expect(ticket.priority == .p2)
    #expect(ticket.others.compactMap(\.role).contains(.community))
    #expect(local(ticket.clock(.acknowledge)?.due) == "03-23 10:00")
    try book.say(call, on: id, minute: 13 * Self.day + 5)
    ticket = try book.single()
    #expect(ticket.priority == .p2)
    #expect(ticket.contacts.count == 3)
  }

  @Test("Contacts that lie further apart, and patrols, make nothing more urgent")
  func rare() throws {
    var book = try Fixture.book()
    _ = book.apply(step(.raised, at: "east-wall", category: "wall-safety"))
    let id = try book.single().id
    try book.say(.contact(from: "1-101", channel: .telephone, note: "crack"), on: id, minute: 1)
    try book.say(.contact(from: "grid worker", channel: .patrol, note: "crack"), on: id, minute: 2)
    book.pass(minute: 15 * Self.day)
    try book.say(.contact(from: "1-101", channel: .telephone, note: "crack"), on: id, minute: 15 * Self.day)
    #expect(book.tickets[id]?.priority == .p3)
  }

  @Test("A resident who reports it again before it is closed reopens it")
  func disagrees() throws {
    var book = try Fixture.book()
    try book.say(report(), on: "", minute: 1)
    let id = try book.single().id
    try book.say(.resolve("mats laid"), on: id, minute: 60)
    #expect(try book.say(report(), on: "", minute: 70).map(\.kind) == [.reopened, .contacted, .prioritised])
    #expect(book.tickets[id]?.state == .reopened)
  }

  @Test("The source's party answers for it, and the common community stands between the estates")
  func twoEstates() throws {
    var book = try Fixture.book(management: .propertyCompany)
    try book.say(report("fire-lane", at: "b1", affected: ["new-town"]), on: "", minute: 60)
    let ticket = try book.single()
    #expect(ticket.estate == "old-town")
    #expect(ticket.affected == ["new-town"])
    #expect(ticket.responsible.role == .propertyCompany)
    #expect(ticket.others.compactMap(\.role) == [.community])
  }

  @Test(
    "A report that joins a ticket brings the estate that suffers, and the arbiter, once; its number stays with it"
  )
  func joinsFromNextDoor() throws {
    var book = try Fixture.book(management: .propertyCompany)
    try book.say(report("fire-lane", at: "b1"), on: "", minute: 60)
    let id = try book.single().id
    #expect(try book.single().others.isEmpty)
    var next = Report(
      estate: "old-town", category: "fire-lane", place: "b1", note: "carts in the way",
      from: "new-town 2-101",
      channel: .hotline12345)
    (next.affected, next.reference) = (["new-town", "old-town"], "12345-88")
    #expect(try book.say(.report(next), on: "", minute: 70).map(\.kind) == [.contacted, .prioritised])
    var ticket = try book.single()
    #expect(ticket.affected == ["new-town"])
    #expect(ticket.reference == "12345-88")
    #expect(ticket.contacts.map(\.affected) == [[], ["new-town"]])
    // Two contacts had called the community already.
    #expect(ticket.others.compactMap(\.role) == [.community])
    next.reference = "12345-99"
    #expect(try book.say(.report(next), on: "", minute: 80).map(\.kind) == [.contacted])
    ticket = try book.single()
    #expect(ticket.id == id)
    #expect(ticket.reference == "12345-88")
    #expect(ticket.contacts.last?.reference == "12345-99")
  }

  @Test("Where an alarm opened the ticket, the first report from next door calls the arbiter")
  func callsArbiter() throws {
    var book = try Fixture.book(management: .propertyCompany)
    _ = book.apply(step(.raised, at: "b1", category: "fire-lane"))
    let events = try book.say(report("fire-lane", at: "b1", affected: ["new-town"]), on: "", minute: 60)
    #expect(events.map(\.kind) == [.contacted, .informed])
    #expect(try book.single().others.compactMap(\.role) == [.community])
  }

  @Test("What a merged ticket said of other estates and of its number goes along")
  func mergedFromNextDoor() throws {
    var book = try Fixture.book(management: .propertyCompany)
    _ = book.apply(step(.raised, at: "east-wall", category: "wall-safety"))
    let target = try book.single().id
    var other = Report(
      estate: "old-town", category: "gate-security", place: "b1", note: "open", from: "1-101", channel: .visit
    )
    (other.affected, other.reference) = (["new-town"], "12345-1")
    let merged = try #require(try book.say(.report(other), on: "", minute: 5).first?.ticket)
    try book.say(.merge(into: target, note: "the same"), on: merged, minute: 6)
    #expect(book.tickets[target]?.affected == ["new-town"])
    #expect(book.tickets[target]?.reference == "12345-1")
  }

  @Test("What the gateway itself reports is no resident who asks in vain")
  func ownReports() throws {
    var book = try Fixture.book()
    _ = book.apply(step(.raised, at: "w3", category: "device-maintenance"))
    let id = try book.single().id
    for minute in [Int64(10), 20, 30] {
      try book.say(
        .contact(from: SuppressionList.gatehouse, channel: .message, note: "the alarm chatters"), on: id,
        minute: minute)
    }
    #expect(book.tickets[id]?.raisedByContacts == nil)
  }

  @Test("Nothing is done by nobody, and nothing comes from nowhere", arguments: ["", "  "])
  func nobody(name: String) throws {
    var book = try Fixture.book()
    _ = book.apply(step(.raised, at: "w3"))
    let id = try book.single().id
    let before = book.tickets
    for (step, ticket) in [(TicketCommand.Step.acknowledge(note: ""), id), (report(), "")] {
      let command = TicketCommand(step, ticket: ticket, by: name, at: Fixture.start, via: .commandLine)
      let error = #expect(throws: TicketError.self) { try book.perform(command) }
      #expect(error?.description.hasSuffix("it isn't said who does it") == true)
    }
    let unsaid = Report(
      estate: "old-town", category: "sewer-blockage", place: "w3", note: "smells", from: name,
      channel: .telephone)
    for (step, ticket) in [
      (TicketCommand.Step.contact(from: name, channel: .telephone, note: "smells"), id),
      (.report(unsaid), ""),
    ] {
      let error = #expect(throws: TicketError.self) { try book.say(step, on: ticket, minute: 1) }
      #expect(error?.description.hasSuffix("it isn't said from whom it comes") == true)
    }
    #expect(book.tickets == before)
  }

  @Test("What isn't known is named with what it may have been")
  func unknown() throws {
    var book = try Fixture.book()
    let wrong: [(TicketCommand.Step, TicketError)] = [
      (report(estate: "old-twon"), .unknownEstate("old-twon", near: "old-town")),
      (report(affected: ["nowhere"]), .unknownEstate("nowhere", near: nil)),
      (report("fire-lain"), .unknownCategory("fire-lain", near: "fire-lane")),
      (report(at: "flat-30l"), .unknownPlace("flat-30l", estate: "old-town", near: "flat-301")),
    ]
    for (step, expected) in wrong {
      #expect(throws: expected) { try book.say(step, on: "") }
    }
    #expect(book.tickets.isEmpty)
  }

  @Test("At most five besides the responsible one are informed")
  func informed() throws {
    var book = try Fixture.book()
    try book.say(report(), on: "", minute: 1)
    let id = try book.single().id
    for role in [Role.community, .police, .fire, .residents] {
      try book.say(.inform(.role(role)), on: id, minute: 2)
    }
    #expect(book.tickets[id]?.others.count == 5)
    #expect(throws: TicketError.self) { try book.say(.inform(.role(.subDistrict)), on: id, minute: 3) }
    #expect(throws: TicketError.self) { try book.say(.inform(.role(.gridWorker)), on: id, minute: 3) }
  }
}
