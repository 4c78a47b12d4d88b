/// Events and tickets as the first release stored them.
import EstateModel
import Foundation
import Testing
import Tickets

@Suite("Stored events")
struct StoredEventsTests {
  /// One ticket's history, written by version 0.1.0.
  static let history = #"""
    {"alarm":{"alarm":"A-W4NM72BPMA","device":"probe-w10","onset":1773100800000,"place":"w10","priority":"P3","rule":"sewer-full","title":{"en":"sewer-full","zh":"sewer-full"}},"at":1773100800000,"by":"sewer-full","kind":"opened","opening":{"category":"sewer-blockage","cause":"sewer:main","estate":"old-town","location":{"place":"w10","towards":"w11"},"others":[{"role":"building-head","title":{"en":"building head","zh":"楼栋长"}},{"role":"sewer-contractor","title":{"en":"sewer contractor","zh":"清污人员"}}],"responsible":{"role":"community","title":{"en":"Luyuan community","zh":"绿园社区"}}},"seq":1,"ticket":"T-260310-W4NM72","via":"rule"}
    {"alarm":{"alarm":"A-Y3K8D74F3F","device":"probe-w3","onset":1773100800000,"place":"w3","priority":"P1","rule":"blocked-between","title":{"en":"blocked-between","zh":"blocked-between"},"towards":"w4"},"at":1773100860000,"by":"blocked-between","kind":"joined","revision":{"location":{"place":"w3","towards":"w4"},"others":[],"title":{"en":"blocked-between","zh":"blocked-between"}},"seq":2,"ticket":"T-260310-W4NM72","via":"rule"}
    {"at":1773100920000,"by":"grid worker","kind":"acknowledged","note":"seen","seq":3,"ticket":"T-260310-W4NM72","via":"cli"}
    {"at":1773100980000,"by":"grid worker","kind":"assigned","party":{"role":"sewer-contractor","title":{"en":"sewer contractor","zh":"清污人员"}},"seq":4,"ticket":"T-260310-W4NM72","via":"cli"}
    {"at":1773100980000,"by":"grid worker","kind":"assigned","party":{"title":{"en":"Master Plumber Ltd","zh":"Master Plumber Ltd"}},"seq":5,"ticket":"T-260310-W4NM72","via":"cli"}
    {"at":1773101040000,"by":"grid worker","kind":"commented","note":"on the way","seq":6,"ticket":"T-260310-W4NM72","via":"cli"}
    {"alarm":{"alarm":"A-W4NM72BPMA","device":"probe-w10","onset":1773100800000,"place":"w10","priority":"P3","rule":"sewer-full","title":{"en":"sewer-full","zh":"sewer-full"}},"at":1773101100000,"by":"sewer-full","kind":"cleared","seq":7,"ticket":"T-260310-W4NM72","via":"rule"}
    {"at":1773101160000,"by":"grid worker","kind":"resolved","note":"cleared","seq":8,"ticket":"T-260310-W4NM72","via":"cli"}
    {"alarm":{"alarm":"A-Z4WXX57RBH","device":"probe-w9","onset":1773101160000,"place":"w9","priority":"P3","rule":"sewer-full","title":{"en":"sewer-full","zh":"sewer-full"}},"at":1773101220000,"by":"sewer-full","kind":"reopened","seq":9,"ticket":"T-260310-W4NM72","via":"rule"}
    {"at":1773101280000,"by":"grid worker","kind":"resolved","note":"cleared again","seq":10,"ticket":"T-260310-W4NM72","via":"cli"}
    {"at":1773101340000,"by":"grid worker","kind":"reopened","note":"smells","seq":11,"ticket":"T-260310-W4NM72","via":"cli"}
    {"at":1773101400000,"by":"grid worker","kind":"resolved","note":"flushed","seq":12,"ticket":"T-260310-W4NM72","via":"cli"}
    {"at":1773101460000,"by":"grid worker","kind":"closed","note":"residents agree","seq":13,"ticket":"T-260310-W4NM72","via":"cli"}
    """#

  /// The same ticket as it stood in its table.
  static let ticket = #"""
    {"alarms":[{"cleared":1773101100000,"facts":{"alarm":"A-W4NM72BPMA","device":"probe-w10","onset":1773100800000,"place":"w10","priority":"P3","rule":"sewer-full","title":{"en":"sewer-full","zh":"sewer-full"}},"raised":1773100800000},{"facts":{"alarm":"A-Y3K8D74F3F","device":"probe-w3","onset":1773100800000,"place":"w3","priority":"P1","rule":"blocked-between","title":{"en":"blocked-between","zh":"blocked-between"},"towards":"w4"},"raised":1773100860000},{"facts":{"alarm":"A-Z4WXX57RBH","device":"probe-w9","onset":1773101160000,"place":"w9","priority":"P3","rule":"sewer-full","title":{"en":"sewer-full","zh":"sewer-full"}},"raised":1773101220000}],"category":"sewer-blockage","cause":"sewer:main","closed":1773101460000,"estate":"old-town","id":"T-260310-W4NM72","onset":1773100800000,"opened":1773100800000,"others":[{"role":"building-head","title":{"en":"building head","zh":"楼栋长"}},{"role":"sewer-contractor","title":{"en":"sewer contractor","zh":"清污人员"}}],"place":"w3","priority":"P1","reopenings":2,"resolved":1773101400000,"responsible":{"title":{"en":"Master Plumber Ltd","zh":"Master Plumber Ltd"}},"sequence":13,"state":"closed","title":{"en":"blocked-between","zh":"blocked-between"},"towards":"w4","updated":1773101460000}
    """#

  private func events() throws -> [TicketEvent] {
    try Self.history.split(separator: "\n").map {
      try JSONDecoder().decode(TicketEvent.self, from: Data($0.utf8))
    }
  }

  @Test("Events of version 0.1.0 still decode, and fold to the ticket that they were")
  func oldEvents() throws {
    let events = try events()
    #expect(events.count == 13)
    let ticket = try Ticket(events: events)
    #expect(ticket.state == .closed)
    #expect(ticket.reopenings == 2)
    #expect(ticket.alarms.map(\.facts.place) == ["w10", "w3", "w9"])
    #expect(ticket.alarms.map(\.isActive) == [false, true, true])
    #expect(ticket.resolution?.note == "flushed")
    #expect(ticket.responsible.title.en == "Master Plumber Ltd")
    #expect(events.map(\.note).filter { !$0.isEmpty }.count == 7)
  }

  @Test("A ticket of version 0.1.0 still decodes")
  func oldTicket() throws {
    let stored = try JSONDecoder().decode(Ticket.self, from: Data(Self.ticket.utf8))
    #expect(stored.state == .closed)
    #expect(stored.closed == 1_773_101_460_000)
    #expect(stored.clocks.isEmpty)
    #expect(stored.visits.isEmpty)
    let folded = try Ticket(events: try events())
    #expect(stored.alarms == folded.alarms)
    #expect(stored.priority == folded.priority)
  }

  @Test("Whatever state an old ticket is in, time leads out of it", arguments: [1, 3, 8, 9, 12])
  func timeGoesOn(count: Int) throws {
    var book = try Fixture.book()
    try book.restore(try events().prefix(count))
    let made = book.pass(minute: 600)
    #expect(made.map(\.kind) == [.scheduled])
    #expect(book.nextDeadline != nil)
  }

  @Test("A book takes up old events and goes on with them")
  func restored() throws {
    var book = try Fixture.book()
    try book.restore(try events())
    #expect(book.open.isEmpty)
    #expect(book.apply(step(.cleared, at: "w9", minute: 30, onset: 6)).map(\.kind) == [.cleared])
    #expect(book.apply(step(.raised, at: "w1", minute: 40, onset: 35)).map(\.kind) == [.opened])
    #expect(book.open.first?.former == "T-260310-W4NM72")
  }
}
