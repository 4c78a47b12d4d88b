/// Batches on a real disk: whole or not at all, and once.
import EstateModel
import Foundation
import Store
import Testing
import Tickets

@Suite("Commit")
struct CommitTests {
  @Test("What was committed is there after the database was closed and opened again")
  func reopen() throws {
    try Fixture.withFolder { folder in
      var book = Fixture.book()
      var batch = Batch(now: Fixture.start + 600_000)
      batch.readings = [
        Fixture.reading(1, minute: 2, 0.5), Fixture.reading(1, minute: 1, 0.25),
        Fixture.reading(1, minute: 3, .nan, quality: .fault), Fixture.reading(0, minute: 1, 9),
      ]
      let raised = Fixture.step(.raised, at: "w2", minute: 3)
      batch.transitions = [raised]
      batch.record(book.apply(raised), from: book)
      batch.events = [
        EventDetail(
          device: "luyuan/w1", kind: "loitering", phase: .begin, id: "e1", zones: ["gate"], active: true,
          startMilliseconds: 1, timeMilliseconds: 2)
      ]
      batch.problems = [
        DeviceProblem(
          device: "luyuan/w3", reason: "not-json", detail: "found '{'", count: 2, first: Fixture.start,
          last: Fixture.start)
      ]
      batch.deviceStates = [
        DeviceState(
          device: "luyuan/w2", lastSeen: Fixture.start, online: true,
          values: ["level": .init(value: .nan, time: Fixture.start)])
      ]
      batch.facts = ["clock": "simulation"]
      do {
        let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
        try store.commit(batch)
        try store.close()
      }

      let reader = try Store.reader(folder: folder)
      let points = try reader.level("w2")
      #expect(points.map(\.time) == [1, 2, 3].map { Fixture.start + $0 * 60_000 })
      #expect(points.map(\.value).prefix(2) == [0.25, 0.5])
      #expect(points.last?.quality == .fault)
      #expect(points.last?.value.isNaN == true)
      let ticket = try #require(book.tickets.values.first)
      #expect(try reader.tickets() == [ticket])
      let stored = try #require(try reader.ticket(ticket.id))
      #expect(try Ticket(events: stored.events) == ticket)
      #expect(try reader.alarms(activeOnly: true).map(\.raised.alarm) == [raised.alarm])
      #expect(try reader.transitions().first?.evidence.first == raised.evidence.first)
      #expect(try reader.events() == batch.events)
      #expect(try reader.problems() == batch.problems)
      #expect(try reader.deviceStates() == batch.deviceStates)
      #expect(try reader.fact("clock") == "simulation")
      let summary = try reader.summary()
      #expect(summary.readings == 4)
      #expect(summary.activeAlarms == 1)
      #expect(summary.tickets == ["new": 1])
      #expect(summary.now == batch.now.milliseconds)
    }
  }

  @Test("A batch that comes again changes no alarm and no ticket, and each reading counts once")
  func again() throws {
    try Fixture.withFolder { folder in
      var book = Fixture.book()
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      var batch = Batch(now: Fixture.start)
      batch.readings = [Fixture.reading(0, minute: 1, 0.5)]
      batch.transitions = [Fixture.step(.raised, at: "w1"), Fixture.step(.cleared, at: "w1", minute: 9)]
      for transition in batch.transitions { batch.record(book.apply(transition), from: book) }
      try store.commit(batch)
      let events = try store.contents.ticketEvents()
      let alarms = try store.contents.alarms()
      try store.commit(batch)
      #expect(events.map(\.kind) == [.opened, .cleared, .reminded])
      #expect(alarms.first?.cleared == (Fixture.start + 9 * 60_000).milliseconds)
      #expect(try store.contents.ticketEvents() == events)
      #expect(try store.contents.alarms().map(\.cleared) == alarms.map(\.cleared))
      #expect(try store.contents.transitions().map(\.kind) == [.raised, .cleared])
      #expect(try store.contents.level("w1").count == 1)
    }
  }

  @Test("A whole batch that comes again, with all that can be in it, leaves what is seen as it was")
  func wholeAgain() throws {
    try Fixture.withFolder { folder in
      var book = Fixture.book()
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      var batch = Batch(now: Fixture.start)
      batch.readings = [
        Fixture.reading(0, minute: 1, 0.5), Fixture.reading(1, minute: 1, .nan, quality: .fault),
      ]
      batch.transitions = [Fixture.step(.raised, at: "w1"), Fixture.step(.cleared, at: "w1", minute: 9)]
      for transition in batch.transitions { batch.record(book.apply(transition), from: book) }
      // Begin and end of one event, and another's beginning, in the same millisecond.
      batch.events = [(EventDetail.Phase.begin, "e1"), (.end, "e1"), (.begin, "e2")].map {
        EventDetail(
          device: "luyuan/w1", kind: "loitering", phase: $0.0, id: $0.1, zones: ["gate"], active: true,
          startMilliseconds: Fixture.start.milliseconds, timeMilliseconds: Fixture.start.milliseconds)
      }
      batch.deviceStates = [DeviceState(device: "luyuan/w1", lastSeen: Fixture.start, online: true)]
      batch.facts = ["clock": "simulation"]
      func seen() throws -> [String] {
        let reader = store.contents
        var summary = try reader.summary()
        // Batches are the log: they are counted as they come.
        (summary.batches, summary.readings) = (0, 0)
        return [
          "\(try reader.tickets())", "\(try reader.ticketEvents())", "\(try reader.alarms())",
          "\(try reader.transitions())", "\(try reader.events())", "\(try reader.deviceStates())",
          "\(try reader.level("w1"))", "\(try reader.level("w2"))", "\(try reader.fact("clock") ?? "")",
          "\(summary)",
        ]
      }
      try store.commit(batch)
      let first = try seen()
      try store.commit(batch)
      try store.commit(batch)
      #expect(try seen() == first)
      #expect(try store.contents.events() == batch.events)
      #expect(try store.contents.summary().readings == 6)
      batch = Batch(now: Fixture.start + 2 * 3_600_000)
      batch.facts = ["clock": "simulation"]
      try store.commit(batch)
      while try store.compact(until: batch.now) {}
      // In chunks each is once.
      #expect(try store.contents.summary().readings == 2)
      #expect(try Array(seen().dropLast()) == Array(first.dropLast()))
    }
  }

  @Test("An older batch that comes again doesn't set a ticket back")
  func noStepBack() throws {
    try Fixture.withFolder { folder in
      var book = Fixture.book()
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      let batches = [Fixture.step(.raised, at: "w1"), Fixture.step(.cleared, at: "w1", minute: 9)].map {
        step in
        var batch = Batch(now: Fixture.start)
        batch.transitions = [step]
        batch.record(book.apply(step), from: book)
        return batch
      }
      for batch in batches + batches.prefix(1) { try store.commit(batch) }
      #expect(try store.contents.tickets().map(\.sequence) == [3])
      #expect(try store.contents.alarms(activeOnly: true).isEmpty)
    }
  }

  @Test("A batch that can't be stored leaves nothing behind")
  func nothingHalf() throws {
    try Fixture.withFolder { folder in
      var book = Fixture.book()
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      var batch = Batch(now: Fixture.start)
      batch.readings = [Fixture.reading(0, minute: 1, 0.5)]
      batch.transitions = [Fixture.step(.raised, at: "w1")]
      batch.problems = [
        DeviceProblem(device: "x", reason: "not-json", detail: "", first: Fixture.start, last: Fixture.start)
      ]
      // Events without their ticket: refused by the database after the readings went in.
      batch.ticketEvents = book.apply(batch.transitions[0])
      #expect(throws: StoreError.self) { try store.commit(batch) }
      let summary = try store.contents.summary()
      #expect(summary.batches == 0)
      #expect(summary.alarms == 0)
      #expect(try store.contents.problems().isEmpty)
      // The store goes on.
      batch.ticketEvents = []
      try store.commit(batch)
      #expect(try store.contents.level("w1").count == 1)
    }
  }

  @Test("A reading of no known device is refused, not mixed up with another's")
  func unknownSeries() throws {
    try Fixture.withFolder { folder in
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      var batch = Batch(now: Fixture.start)
      batch.readings = [Fixture.reading(DeviceIndex.none.raw, minute: 1, 0.5)]
      #expect(throws: StoreError.unknownSeries(device: .max, signal: batch.readings[0].signal.raw)) {
        try store.commit(batch)
      }
    }
  }

  @Test("Problems of one kind are counted together")
  func problems() throws {
    try Fixture.withFolder { folder in
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      for minute in [Int64(5), 2, 9] {
        var batch = Batch(now: Fixture.start)
        let at = Fixture.start + minute * 60_000
        batch.problems = [
          DeviceProblem(device: "w", reason: "not-json", detail: "\(minute)", count: 3, first: at, last: at)
        ]
        try store.commit(batch)
      }
      let problem = try #require(try store.contents.problems(device: "w").first)
      #expect(problem.count == 9)
      #expect(problem.first == (Fixture.start + 2 * 60_000).milliseconds)
      #expect(problem.last == (Fixture.start + 9 * 60_000).milliseconds)
      #expect(problem.detail == "9")
      #expect(try store.contents.problems(device: "other").isEmpty)
    }
  }

  @Test("Tickets are found by state, estate, category and party")
  func filters() throws {
    try Fixture.withFolder { folder in
      var book = Fixture.book()
      let store = try Store.open(folder: folder, catalogue: Fixture.catalogue())
      var batch = Batch(now: Fixture.start)
      for transition in [
        Fixture.step(.raised, at: "w1"),
        Fixture.step(.raised, at: "w1", category: "device-maintenance", priority: .p4),
        Fixture.step(.raised, at: "w2", category: "device-maintenance", priority: .p2),
      ] {
        batch.transitions.append(transition)
        batch.record(book.apply(transition), from: book)
      }
      let sewer = try #require(book.tickets.values.first { $0.category == "sewer-blockage" })
      batch.record(book.apply(Fixture.step(.cleared, at: "w1")), from: book)
      let steps: [(TicketCommand.Step, String)] = [
        (.resolve("cleared"), "contractor"), (.verify("seen"), "community"), (.close("content"), "community"),
      ]
      for (step, who) in steps {
        let command = TicketCommand(step, ticket: sewer.id, by: who, at: Fixture.start, via: .commandLine)
        batch.record(try book.perform(command), from: book)
      }
      try store.commit(batch)
      let reader = store.contents
      #expect(try reader.tickets().map(\.priority) == [.p2, .p3, .p4])
      #expect(try reader.tickets(.open) == book.open)
      #expect(try reader.tickets(TicketQuery(states: [.closed])).map(\.id) == [sewer.id])
      #expect(try reader.tickets(TicketQuery(states: [])).isEmpty)
      #expect(try reader.tickets(TicketQuery(category: "device-maintenance")).count == 2)
      #expect(try reader.tickets(TicketQuery(party: "system-integrator")).count == 2)
      #expect(try reader.tickets(TicketQuery(party: "系统集成商")).count == 2)
      #expect(try reader.tickets(TicketQuery(party: "community")).count == 1)
      #expect(try reader.tickets(TicketQuery(estate: "elsewhere")).isEmpty)
      #expect(try reader.ticket("T-000000-000000") == nil)
    }
  }
}
