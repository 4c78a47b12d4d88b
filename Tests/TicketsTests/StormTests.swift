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

  @Test(
    "Rain that fills every sewer is one ticket with a list; the wells of one sewer are no storm; danger stands alone"
  )
  func rain() throws {
    // Six sewers of two wells each.
    var town = Fixture.estate()
    for index in town.places.indices where town.places[index].kind == .well {
      town.places[index].sewer = "sewer-\(index / 2)"
      town.places[index].downstream = index % 2 == 0 ? "w\(index + 2)" : nil
    }
    var book = TicketBook(routing: try Fixture.routing(), catalogue: Catalogue(estates: [town]))
    for minute in [Int64(0), 1, 2, 3, 4, 5] {
      for well in ["w1", "w2"] {
        var again = step(.raised, "sewer-full-\(minute)", at: well, minute: minute)
        again.alarm += "-\(minute)"
        _ = book.apply(again)
      }
    }
    #expect(try book.single().alarms.count == 12)
    for sewer in 1..<4 {
      _ = book.apply(step(.raised, at: "w\(2 * sewer + 1)", minute: 10 + Int64(sewer)))
    }
    #expect(book.open.count == 4)
    let fifth = book.apply(step(.raised, at: "w9", minute: 20))
    #expect(fifth.first?.kind == .opened)
    #expect(book.open.count == 1)
    let storm = try #require(book.open.first)
    #expect(storm.isCollection)
    #expect(storm.category == "sewer-blockage")
    #expect(storm.alarms.count == 16)
    #expect(book.apply(step(.raised, at: "w11", minute: 30)).map(\.ticket) == [storm.id])
    // Danger has a ticket of its own.
    let danger = book.apply(step(.raised, "overflow", at: "w12", priority: .p1, minute: 31))
    #expect(danger.first?.kind == .opened)
  }

  @Test("Without a storm rule the alarms of one cause are one ticket all the same")
  func cause() throws {
    var book = try Fixture.book()
    for well in 1...12 { _ = book.apply(step(.raised, at: "w\(well)", priority: .p2)) }
    #expect(try book.single().alarms.count == 12)
  }
}
