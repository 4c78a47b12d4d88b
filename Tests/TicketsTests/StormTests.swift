/// Many alarms at once.
import EstateModel
import Testing
import Tickets

@Suite("Storms")
struct StormTests {
  @Test("A hundred devices that fall silent together make one ticket with a list")
  func powerCut() throws {
    var book = try Fixture.book()
    var events: [TicketEvent] = []
    for number in 0..<100 {
      var transition = step(.raised, "device-silent", at: "w1", category: "device-maintenance", priority: .p4)
      transition.device = "probe-\(number)"
      transition.alarm = "A-\(number)"
      transition.at += Int64(number) * 1000
      events += book.apply(transition)
    }
    let open = book.open
    #expect(open.count == 1)
    #expect(open.first?.alarms.count == 100)
    #expect(open.first?.responsible.role == .community)
    #expect(open.first?.title.en == "Device out of order")
    // The four that came before it was known to be a storm went along.
    #expect(events.count { $0.kind == .merged } == 4)
    #expect(book.tickets.count == 5)

    var second = try Fixture.book()
    try second.restore(events)
    #expect(second.tickets == book.tickets)
    var back = step(
      .cleared, "device-silent", at: "w1", category: "device-maintenance", priority: .p4, minute: 5)
    (back.device, back.alarm) = ("probe-1", "A-1")
    #expect(second.apply(back).map(\.ticket) == book.apply(back).map(\.ticket))
    #expect(book.open.first?.activeAlarms.count == 99)
  }

  @Test("Devices that fall silent one by one have tickets of their own")
  func oneByOne() throws {
    var book = try Fixture.book()
    for number in 1...8 {
      _ = book.apply(
        step(
          .raised, "device-silent", at: "w\(number)", category: "device-maintenance", priority: .p4,
          minute: Int64(number) * 10))
    }
    #expect(book.open.count == 8)
  }

  @Test("Of one estate at most ten new tickets a minute, the rest in a digest, and P1 always on its own")
  func limit() throws {
    var book = try Fixture.book()
    for number in 0..<25 {
      var transition = step(
        .raised, "crack", at: "east-wall", category: "wall-safety", priority: number % 5 == 4 ? .p1 : .p3)
      transition.place = "wall-\(number)"
      transition.alarm = "A-\(number)"
      transition.at += Int64(number) * 1000
      _ = book.apply(transition)
    }
    let digest = try #require(book.open.first { $0.category == "digest" })
    #expect(book.open.count { $0.priority == .p1 } == 5)
    #expect(book.open.count { $0.category == "wall-safety" && $0.priority == .p3 } == 10)
    #expect(digest.alarms.count == 10)
    #expect(digest.responsible.role == .community)
    // Other estates are not held back, and a minute later neither is this one.
    _ = book.apply(
      step(.raised, "crack", at: "other", category: "wall-safety", minute: 0, estate: "new-town"))
    _ = book.apply(step(.raised, "crack", at: "late", category: "wall-safety", minute: 2))
    #expect(book.open.count { $0.category == "wall-safety" && $0.priority == .p3 } == 12)
  }

  @Test("An alarm in the digest that becomes dangerous gets a ticket of its own")
  func danger() throws {
    var book = try Fixture.book()
    for number in 0..<12 {
      _ = book.apply(step(.raised, "crack", at: "wall-\(number)", category: "wall-safety"))
    }
    #expect(book.open.first { $0.category == "digest" }?.alarms.count == 2)
    _ = book.apply(step(.raised, "fall", at: "wall-11", category: "wall-safety", priority: .p1))
    #expect(book.open.first?.priority == .p1)
    #expect(book.open.first?.place == "wall-11")
  }

  @Test("Without a storm rule the alarms of one cause are one ticket all the same")
  func cause() throws {
    var book = try Fixture.book()
    for well in 1...12 { _ = book.apply(step(.raised, at: "w\(well)", priority: .p2)) }
    #expect(try book.single().alarms.count == 12)
  }
}
