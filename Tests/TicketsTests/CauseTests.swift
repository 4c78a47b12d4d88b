/// One cause, one ticket: what joins, what doesn't, and where the trouble is said to be.
import EstateModel
import Foundation
import Testing
import Tickets

@Suite("Causes")
struct CauseTests {
  @Test("Twelve wells of one sewer make one ticket, as urgent as the most urgent of them")
  func chain() throws {
    var book = try Fixture.book()
    var events: [TicketEvent] = []
    for well in 1...12 {
      let priority: Priority = well == 7 ? .p1 : .p3
      events += book.apply(step(.raised, at: "w\(well)", priority: priority, minute: Int64(well)))
    }
    let ticket = try book.single()
    #expect(ticket.alarms.count == 12)
    #expect(ticket.priority == .p1)
    #expect(events.map(\.kind) == [.opened] + Array(repeating: .joined, count: 11))
    #expect(events.map(\.sequence) == Array(1...12))
  }

  @Test("Thousands of alarms on one ticket cost in proportion to their number")
  func many() throws {
    func seconds(_ count: Int) throws -> Double {
      var book = try Fixture.book()
      var began = timespec()
      var ended = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &began)
      for number in 0..<count {
        var alarm = step(.raised, at: "w3", minute: Int64(number / 10))
        alarm.alarm = "A-\(number)"
        _ = book.apply(alarm)
      }
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ended)
      #expect(try book.single().alarms.count == count)
      return Double(ended.tv_sec - began.tv_sec) + Double(ended.tv_nsec - began.tv_nsec) / 1e9
    }
    _ = try seconds(500)
    let (few, many) = (try seconds(1000), try seconds(8000))
    // Eight times as many; with a copy of the list for each alarm it was sixty times as much.
    #expect(many < few * 24, "1,000: \(few) s, 8,000: \(many) s")
  }

  @Test("Priority rises and never falls back")
  func priorityOnlyRises() throws {
    var book = try Fixture.book()
    var seen: [Priority] = []
    for (well, priority) in [Priority.p3, .p2, .p4, .p1, .p3].enumerated() {
      _ = book.apply(step(.raised, at: "w\(well + 1)", priority: priority))
      seen.append(try book.single().priority)
    }
    #expect(seen == [.p3, .p2, .p2, .p1, .p1])
  }

  @Test("Other sewers, estates and categories have tickets of their own")
  func apart() throws {
    var book = try Fixture.book()
    _ = book.apply(step(.raised, at: "w1"))
    _ = book.apply(step(.raised, at: "w1", estate: "new-town"))
    _ = book.apply(step(.raised, "silent", at: "w1", category: "device-maintenance"))
    #expect(book.tickets.count == 3)
  }

  /// (category, first place, second place, tickets)
  static let groups: [(String, String, String, Int)] = [
    ("elevator-noise", "flat-301", "shaft-3", 1),  // both in unit 3
    ("elevator-noise", "shaft-3", "shaft-4", 2),
    ("meter-well", "meters-3", "meters-4", 1),  // both in building 1
    ("works-noise", "east-wall", "flat-301", 1),
    ("device-maintenance", "w1", "w2", 2),
    ("wall-safety", "east-wall", "w2", 2),
  ]

  @Test("What belongs together is the category's choice", arguments: groups)
  func together(category: String, first: String, second: String, count: Int) throws {
    var book = try Fixture.book()
    _ = book.apply(step(.raised, at: first, category: category))
    _ = book.apply(step(.raised, at: second, category: category, minute: 1))
    #expect(book.tickets.count == count)
  }

  @Test("The blockage lies below the lowest full well, in whatever order the wells fill")
  func lowestWell() throws {
    for order in [[10, 9, 8], [8, 9, 10], [9, 10, 8]] {
      var book = try Fixture.book()
      for (minute, well) in order.enumerated() {
        _ = book.apply(step(.raised, at: "w\(well)", minute: Int64(minute)))
      }
      #expect(try book.single().location == Location(place: "w10", towards: "w11"))
    }
  }

  @Test("An alarm that has seen both ends of the pipe outranks any that has seen one")
  func pair() throws {
    var book = try Fixture.book()
    _ = book.apply(step(.raised, "sewer-full", at: "w4", priority: .p1))
    _ = book.apply(step(.raised, "blocked-between", at: "w3", towards: "w4", minute: 1))
    _ = book.apply(step(.raised, "sewer-full", at: "w2", minute: 2))
    let ticket = try book.single()
    #expect(ticket.location == Location(place: "w3", towards: "w4"))
    #expect(ticket.title.en == "blocked-between")
  }

  @Test("A pair of wells is told along the flow, even when the rule ran on the lower one")
  func pairAgainstTheFlow() throws {
    var book = try Fixture.book()
    _ = book.apply(step(.raised, "blocked-between", at: "w11", towards: "w10"))
    #expect(try book.single().location == Location(place: "w10", towards: "w11"))
  }

  @Test("Elsewhere the first alarm's place stands, and the title is that of the most urgent")
  func firstPlace() throws {
    var book = try Fixture.book()
    _ = book.apply(step(.raised, "noise-night", at: "flat-301", category: "elevator-noise", priority: .p3))
    _ = book.apply(step(.raised, "noise-peaks", at: "shaft-3", category: "elevator-noise", priority: .p2))
    let ticket = try book.single()
    #expect(ticket.place == "flat-301")
    #expect(ticket.title.en == "noise-peaks")
  }

  @Test("A ticket's id has the onset's date in the estate's time zone")
  func identifier() throws {
    var book = try Fixture.book()
    // 16:30 UTC is half past midnight of the next day in Shanghai.
    let onset = try #require(Timestamp(rfc3339: "2026-03-09T16:30:00Z"))
    var transition = step(.raised, at: "w1")
    transition.onset = onset.milliseconds
    _ = book.apply(transition)
    let id = try book.single().id
    #expect(id.hasPrefix("T-260310-"))
    #expect(id.count == 15)

    var again = try Fixture.book()
    _ = again.apply(transition)
    #expect(try again.single().id == id)
  }
}
