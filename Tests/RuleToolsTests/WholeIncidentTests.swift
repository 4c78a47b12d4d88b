/// Incidents from the first message of a sensor to the closed ticket: the decoder, the rules and the tickets that ship,
/// in virtual time, with what people do in between.
import Configuration
import EstateModel
import Payloads
import RuleTools
import Rules
import Testing
import Tickets

/// One estate with some of its devices.
private struct WholeStory {
  private var engine: RuleEngine
  private(set) var book: TicketBook
  private let decoder: PayloadDecoder
  private let estate: String
  private(set) var now: Timestamp
  private(set) var events: [TicketEvent] = []

  /// - Parameter start: such as `2026-03-10T20:00:00+08:00`.
  init(_ estate: String, devices: Set<String>, every interval: Int64, start: String) throws {
    let shipped = try shippedContext()
    var own = shipped.catalogue.devices.filter { $0.estate == estate && devices.contains($0.id) }
    for index in own.indices {
      own[index].attributes["report-interval"] = Quantity("\(interval / 1000) s")
    }
    let catalogue = Catalogue(estates: shipped.catalogue.estates.filter { $0.id == estate }, devices: own)
    let diagnostics = Diagnostics()
    let rules = RuleSet(
      documents: shipped.documents.documents, calendars: shipped.calendars, catalogue: catalogue,
      diagnostics: diagnostics)
    try diagnostics.check()
    now = try #require(Timestamp(rfc3339: start))
    self.estate = estate
    engine = RuleEngine(rules: rules, catalogue: catalogue, start: now)
    book = TicketBook(routing: shipped.routing, catalogue: catalogue)
    decoder = PayloadDecoder(catalogue: catalogue)
  }

  /// Lets time pass; `say` gives the messages of each step: device, kind, fields.
  mutating func pass(
    to end: String, step: Int64, _ say: (Timestamp) -> [(device: String, kind: String, fields: String)]
  ) throws {
    let end = try #require(Timestamp(rfc3339: end))
    while now < end {
      now = min(now + step, end)
      for message in say(now) {
        decoder.decode(
          "estates/\(estate)/\(message.device)/\(message.kind)",
          "{\"ts\":\(now.milliseconds),\(message.fields)}", now: now)
        for reading in decoder.readings { engine.ingest(reading) }
      }
      engine.advance(to: now)
      for transition in engine.takeTransitions() {
        events += book.advance(to: Timestamp(milliseconds: transition.at))
        events += book.apply(transition)
      }
      events += book.advance(to: now)
    }
  }

  mutating func say(_ step: TicketCommand.Step, on ticket: String, by: String) throws {
    events += try book.perform(TicketCommand(step, ticket: ticket, by: by, at: now, via: .commandLine))
  }

  /// When a ticket's first event of a kind came, `03-10 22:45` in Shanghai.
  func first(_ kind: TicketEvent.Kind, of ticket: String) -> String? {
    events.first { $0.ticket == ticket && $0.kind == kind }.map {
      String(Timestamp(milliseconds: $0.at + 8 * 3_600_000).formatted().dropFirst(5).prefix(11))
        .replacing("T", with: " ")
    }
  }

  /// Whom it was escalated to, in order.
  func asked(_ ticket: String) -> [Role?] {
    events.compactMap { event -> Role?? in
      guard event.ticket == ticket, case .escalated(let escalation) = event.payload else { return nil }
      return .some(escalation.party?.role)
    }
  }
}

@Suite("Whole incidents")
struct WholeIncidentTests {
  @Test("Elevator noise at Yulongting: measured, ignored, escalated, repaired, three quiet nights, closed")
  func elevator() throws {
    var story = try WholeStory(
      "yulongting-3", devices: ["noise-u1"], every: 60_000, start: "2026-03-10T20:00:00+08:00")
    func minute(_ level: Double) -> (Timestamp) -> [(device: String, kind: String, fields: String)] {
      { now in
        // A meter that says the same for hours would be stuck.
        let noise = Double(now.milliseconds / 60_000 % 5) * 0.1 - 0.2
        var said = [(device: "noise-u1", kind: "reading", fields: "\"laeq\":\(level + noise)")]
        // A trip every three minutes.
        if now.milliseconds / 60_000 % 3 == 0 {
          said.append(
            (
              "noise-u1", "event",
              "\"event\":\"trip\",\"phase\":\"end\",\"id\":\"t\(now.milliseconds / 60_000)\","
                + "\"start\":\(now.milliseconds - 15_000)"
            ))
        }
        return said
      }
    }
    // 34.8 dB against a background of 26: 34.2 corrected, over 30 at night and under 40 before 22:00.
    try story.pass(to: "2026-03-11T00:00:00+08:00", step: 60_000, minute(34.8))
    let ticket = try #require(story.book.tickets.values.first { $0.category == "elevator-noise" })
    #expect(story.first(.opened, of: ticket.id) == "03-10 22:45")
    #expect(ticket.priority == .p3)
    #expect(ticket.responsible.role == .elevatorContractor)
    try story.pass(to: "2026-03-12T20:00:00+08:00", step: 60_000, minute(27))
    #expect(story.asked(ticket.id).first == .propertyCompany)
    #expect(story.first(.escalated, of: ticket.id) == "03-11 18:00")
    try story.say(.arrive(note: "all three came"), on: ticket.id, by: "community")
    try story.pass(to: "2026-03-13T15:00:00+08:00", step: 60_000, minute(27))
    try story.say(.resolve("rail greased"), on: ticket.id, by: "elevator contractor")
    try story.pass(to: "2026-03-17T09:00:00+08:00", step: 60_000, minute(27))
    #expect(story.first(.verified, of: ticket.id) == "03-16 15:00")
    try story.say(.close("sleeps again"), on: ticket.id, by: "community")
    let closed = try #require(story.book.tickets[ticket.id])
    #expect(closed.state == .closed)
    #expect(closed.proof?.sensors.map(\.device) == ["noise-u1"])
    #expect(story.book.tickets.count == 1)
  }

  @Test("The sewer of Luyuan: five wells fill, one ticket, danger, flushed on the next day, quiet, closed")
  func sewer() throws {
    let wells = (6...10).map { $0 < 10 ? "w0\($0)" : "w10" }
    var story = try WholeStory(
      "luyuan", devices: Set(wells.map { "probe-\($0)" }), every: 60_000, start: "2026-04-14T05:00:00+08:00")
    let blocked = try #require(Timestamp(rfc3339: "2026-04-14T06:00:00+08:00"))
    let flushed = try #require(Timestamp(rfc3339: "2026-04-15T09:00:00+08:00"))
    /// Blocked below well 10: 0.40 m an hour there, and each well above begins 12 minutes after the one below.
    func levels(_ now: Timestamp) -> [(device: String, kind: String, fields: String)] {
      wells.enumerated().map { number, well in
        let hours = Double(now - blocked - Int64(4 - number) * 12 * 60_000) / 3_600_000
        let level = now >= flushed ? 0.08 : min(1.3, 0.08 + max(0, hours) * 0.4)
        return ("probe-\(well)", "reading", "\"level\":\(level)")
      }
    }
    try story.pass(to: "2026-04-14T07:30:00+08:00", step: 60_000, levels)
    let ticket = try #require(story.book.tickets.values.first { $0.category == "sewer-blockage" })
    // 80 % of 0.30 m after 24 min, and ten minutes of delay; full after 33, and five.
    #expect(story.first(.opened, of: ticket.id) == "04-14 06:34")
    #expect(story.first(.joined, of: ticket.id) == "04-14 06:38")
    #expect(ticket.place == "w10")
    #expect(ticket.responsible.role == .community)
    try story.say(.acknowledge(), on: ticket.id, by: "community")
    try story.pass(to: "2026-04-15T13:00:00+08:00", step: 60_000, levels)
    let danger = try #require(story.book.tickets[ticket.id])
    #expect(danger.priority == .p1)
    #expect(Set(danger.alarms.map(\.facts.place)) == Set(wells))
    // Danger gives two hours to be there, and nobody was.
    #expect(story.asked(ticket.id).first == .subDistrict)
    try story.say(
      .resolve(Resolution("ten wells flushed", measure: .cleaned, items: [.init("well", 10)])), on: ticket.id,
      by: "sewer contractor")
    try story.pass(to: "2026-04-16T18:00:00+08:00", step: 60_000, levels)
    #expect(story.first(.verified, of: ticket.id) == "04-16 13:00")
    try story.say(.close("dry"), on: ticket.id, by: "community")
    #expect(story.book.tickets.values.filter { $0.category == "sewer-blockage" }.map(\.state) == [.closed])
  }

  @Test("The sewer of Fenghuayuan: the third blockage in 60 days makes a ticket that looks for the cause")
  func recurrence() throws {
    var story = try WholeStory(
      "fenghuayuan", devices: ["probe-m03"], every: 600_000, start: "2020-09-04T00:00:00+08:00")
    var roots: [Int] = []
    for (blocked, cleared, next) in [
      ("2020-09-05T06:00", "2020-09-05T15:00", "2020-09-07T00:00"),
      ("2020-09-20T06:00", "2020-09-20T15:00", "2020-09-22T00:00"),
      ("2020-10-04T06:00", "2020-10-04T15:00", "2020-10-06T00:00"),
    ] {
      func quiet(_ now: Timestamp) -> [(device: String, kind: String, fields: String)] {
        [("probe-m03", "reading", "\"level\":0.05")]
      }
      try story.pass(to: "\(blocked):00+08:00", step: 600_000, quiet)
      try story.pass(to: "\(cleared):00+08:00", step: 600_000) { _ in
        [("probe-m03", "reading", "\"level\":0.6")]
      }
      let open = try #require(story.book.open.first { $0.category == "sewer-blockage" && $0.state.isWorking })
      try story.say(
        .resolve(Resolution("rodded", measure: .cleaned)), on: open.id, by: "sewer contractor")
      try story.pass(to: "\(next):00+08:00", step: 600_000, quiet)
      if story.book.tickets[open.id]?.state == .verified,
        story.book.open.allSatisfy({ $0.category != "root-cause" })
      {
        try story.say(.close("runs"), on: open.id, by: "community")
      }
      roots.append(story.book.tickets.values.count { $0.category == "root-cause" })
    }
    #expect(roots == [0, 0, 1])
    let root = try #require(story.book.tickets.values.first { $0.category == "root-cause" })
    #expect(root.responsible.role == .subDistrict)
    #expect(root.occurrences.count == 3)
    #expect(throws: TicketError.self) {
      try story.say(.resolve(Resolution("rodded", measure: .cleaned)), on: root.id, by: "sub-district")
    }
    try story.say(
      .resolve(Resolution("laid anew", measure: .rebuilt, cause: "the pipe ran uphill")), on: root.id,
      by: "sub-district")
    try story.pass(to: "2020-11-10T00:00:00+08:00", step: 600_000) { _ in
      [("probe-m03", "reading", "\"level\":0.05")]
    }
    #expect(story.book.tickets[root.id]?.state == .verified)
    try story.say(.close("cured"), on: root.id, by: "community")
    #expect(story.book.tickets[root.id]?.state == .closed)
  }
}
