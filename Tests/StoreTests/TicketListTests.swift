/// Lists of tickets: the same as the tickets themselves, without reading them.
import EstateModel
import Foundation
import GRDB
import Store
import Testing
import Tickets

@Suite("Lists of tickets")
struct TicketListTests {
  /// One open ticket for each device, some of which people have taken steps on.
  private static func fill(_ store: Store, _ count: Int) throws -> TicketBook {
    var book = TicketBook(
      routing: Fixture.book().routing, catalogue: Fixture.catalogue((0..<count).map { "w\($0)" }))
    var batch = Batch(now: Fixture.start)
    for number in 0..<count {
      let step = Fixture.step(
        .raised, at: "w\(number)", minute: Int64(number / 9), category: "device-maintenance",
        priority: Priority.allCases[number % 4])
      batch.transitions.append(step)
      batch.record(book.apply(step), from: book)
      guard number < 60, let ticket = batch.ticketEvents.last?.ticket else { continue }
      let at = Timestamp(milliseconds: step.at)
      let person: TicketCommand.Step =
        switch number % 5 {
        case 0: .acknowledge()
        case 1: .cancel("a test of the probe")
        case 2: .assign(.name("Wang & Sons"))
        case 3: .resolve("battery replaced")
        default: .comment("seen")
        }
      batch.record(
        try book.perform(TicketCommand(person, ticket: ticket, by: "guard", at: at, via: .console)),
        from: book)
      // P1 can't be paused before somebody is there.
      if number % 5 == 0, number % 4 != 0 {
        batch.record(
          try book.perform(
            TicketCommand(
              .pause(.parts, until: nil, note: "ordered"), ticket: ticket, by: "guard", at: at, via: .console)
          ),
          from: book)
      }
    }
    batch.record(book.advance(to: Fixture.start + 3 * 3_600_000), from: book)
    try store.commit(batch)
    return book
  }

  private static var queries: [TicketQuery] {
    var list = [
      TicketQuery(), .open, TicketQuery(states: [.cancelled]), TicketQuery(states: [.cancelled, .resolved]),
      TicketQuery(estate: "luyuan"), TicketQuery(estate: "elsewhere"),
      TicketQuery(category: "sewer-blockage"),
      TicketQuery(party: "Wang & Sons"), TicketQuery(party: "system-integrator"),
    ]
    func add(_ change: (inout TicketQuery) -> Void) {
      var query = TicketQuery.open
      change(&query)
      list.append(query)
    }
    add { $0.priorities = [.p1, .p3] }
    add { $0.isOverdue = true }
    add { $0.isOverdue = false }
    add { $0.isPaused = true }
    add { $0.since = (Fixture.start + 4 * 60_000).milliseconds }
    return list
  }

  /// What a list says of each ticket, in one language.
  private static func listed(_ contents: StoreReader, _ query: TicketQuery, isChinese: Bool = false) throws
    -> [String]
  {
    var lines: [String] = []
    try contents.list(query, isChinese: isChinese) { ticket in
      lines.append(
        "\(ticket.id) \(ticket.priority) \(ticket.state) \(ticket.location) \(ticket.responsible) "
          + "\(ticket.title) \(ticket.opened) \(ticket.due ?? 0) \(ticket.isOverdue) \(ticket.isPaused)")
    }
    return lines
  }

  private static func lines(_ tickets: [Ticket], isChinese: Bool = false) -> [String] {
    tickets.map { ticket in
      let towards = ticket.towards.map { "→\($0)" } ?? ""
      return "\(ticket.id) \(ticket.priority.rawValue) \(ticket.state.rawValue) "
        + "\(ticket.estate)/\(ticket.place)\(towards) \(ticket.responsible.title.text(isChinese: isChinese)) "
        + "\(ticket.title.text(isChinese: isChinese)) \(ticket.opened) \(ticket.due ?? 0) \(ticket.isOverdue) "
        + "\(ticket.isPaused)"
    }
  }

  @Test("What the list says of a ticket is what the ticket says, whatever is asked for")
  func same() throws {
    try Fixture.withFolder { folder in
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      let book = try Self.fill(store, 90)
      for query in Self.queries {
        let expected = book.tickets(query)
        for isChinese in [false, true] {
          #expect(
            try Self.listed(store.contents, query, isChinese: isChinese)
              == Self.lines(expected, isChinese: isChinese), "\(query)")
        }
        #expect(try store.contents.tickets(query) == expected)
        let lines = try store.contents.ticketLines(query)
        #expect(try lines.map { try JSONDecoder().decode(Ticket.self, from: Data($0.utf8)) } == expected)
      }
      for change in [\TicketQuery.isOverdue, \TicketQuery.isPaused] {
        var query = TicketQuery.open
        query[keyPath: change] = true
        #expect(try !Self.listed(store.contents, query).isEmpty)
      }
      #expect(try store.contents.summary().tickets["cancelled"] == 12)
      let counts = try store.contents.openTicketCounts()
      #expect(counts.map(\.open).reduce(0, +) == 78)
    }
  }

  @Test("Page after page gives the whole list, open and ended ones mixed")
  func pages() throws {
    try Fixture.withFolder { folder in
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      let book = try Self.fill(store, 90)
      var seen: [String] = []
      var last: (priority: Priority, opened: Int64, id: String)?
      while true {
        let page = try store.contents.tickets(TicketQuery(), after: last, limit: 7)
        guard let end = page.last else { break }
        seen += page.map(\.id)
        last = (end.priority, end.opened, end.id)
      }
      #expect(seen == book.ids(TicketQuery()))
    }
  }

  @Test("An estate that suffers from a ticket finds it among its own")
  func affected() throws {
    try Fixture.withFolder { folder in
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      let near = Estate(
        id: "near", title: Title(zh: "邻", en: "Near"), community: Title(zh: "区", en: "community"),
        subDistrict: Title(zh: "街", en: "sub"), district: Title(zh: "区", en: "district"), management: .none,
        timeZone: .gmt, places: [Place(id: "gate", kind: .gate, title: Title(zh: "门", en: "Gate"))])
      let catalogue = Fixture.catalogue()
      var book = TicketBook(
        routing: Fixture.book().routing,
        catalogue: Catalogue(estates: catalogue.estates + [near], devices: catalogue.devices))
      let report = Report(
        estate: "luyuan", category: "sewer-blockage", place: "w1", note: "it smells", from: "near 1-2",
        channel: .telephone, affected: ["near"])
      var batch = Batch(now: Fixture.start)
      batch.record(
        try book.perform(
          TicketCommand(.report(report), ticket: "", by: "community", at: Fixture.start, via: .commandLine)),
        from: book)
      try store.commit(batch)
      for estate in ["luyuan", "near"] {
        #expect(
          try Self.listed(store.contents, TicketQuery(estate: estate)) == Self.lines(book.tickets(.open)))
      }
      #expect(try Self.listed(store.contents, TicketQuery(estate: "nea")).isEmpty)
    }
  }

  @Test("A database of version 3 gets the list of the tickets that it has; one that can't be read stays out")
  func fromVersion3() throws {
    try Fixture.withFolder { folder in
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      let book = try Self.fill(store, 30)
      try store.close()
      let damaged = try #require(book.ids(.open).first)
      let queue = try DatabaseQueue(path: folder.appendingPathComponent(Store.fileName).path)
      try queue.write { database in
        try database.execute(
          sql: """
            DROP TABLE ticket_list;
            CREATE INDEX tickets_by_state ON tickets (state, priority, opened);
            CREATE INDEX tickets_by_estate ON tickets (estate, state);
            DELETE FROM grdb_migrations WHERE identifier = '4';
            """)
        try database.execute(sql: "UPDATE tickets SET json = '{' WHERE id = ?", arguments: [damaged])
      }
      try queue.close()
      let migrated = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      let expected = book.tickets(TicketQuery()).filter { $0.id != damaged }
      #expect(try Self.listed(migrated.contents, TicketQuery()) == Self.lines(expected))
      try migrated.close()
    }
  }

  @Test("A list of thousands costs a fraction of reading the tickets")
  func speed() throws {
    try Fixture.withFolder { folder in
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      let count = SpeedTests.scaled(10_000, orFor: 2000)
      _ = try Self.fill(store, count)
      var filtered = TicketQuery.open
      (filtered.party, filtered.isOverdue) = ("system-integrator", true)
      func median(_ body: () throws -> Int) rethrows -> Double {
        SpeedTests.median(
          try (0..<5).map { _ in
            try SpeedTests.milliseconds {
              let found = try body()
              #expect(found > 0)
            }
          })
      }
      func listed(_ query: TicketQuery) throws -> Int {
        var count = 0
        try store.contents.list(query, isChinese: false) { _ in count += 1 }
        return count
      }
      let list = try median { try listed(.open) }
      let filter = try median { try listed(filtered) }
      let page = try median { try store.contents.tickets(filtered, limit: 100).count }
      let whole = try median { try store.contents.tickets(.open).count }
      SpeedTests.report(
        "\(count) open tickets: list \(list) ms, filter \(filter) ms, page of 100 whole ones \(page) ms, "
          + "all whole \(whole) ms")
      #expect(list * 4 < whole)
      #expect(filter * 4 < whole)
      #expect(page * 4 < whole)
    }
  }
}
