/// The incidents that the project began from, from the first alarm to the closed ticket, clocks and escalations
/// included. Times are worked out by hand from the ladder and the calendar of 2026.
import EstateModel
import Testing
import Tickets

@Suite("Incidents")
struct IncidentTests {
  @Test(
    "Elevator noise at Yulongting: ignored calls, escalation, a joint visit, a repair, three quiet nights")
  func elevator() throws {
    var story = try Story("yulongting-3", "elevator-noise")
    story.alarm(
      .raised, "elevator-noise-night", "noise-u1", at: "flat-u1", .p3, onset: "03-10 22:15", "03-10 22:45")
    let id = try story.book.single().id
    let call = TicketCommand.Step.contact(from: "1-201", channel: .telephone, note: "can't sleep")
    try story.say(call, by: "guard", "03-11 09:00")
    try story.say(call, by: "guard", "03-11 20:00")
    try story.say(
      .contact(from: "1-201", channel: .hotline12345, note: "order of the hotline"), by: "community",
      "03-11 21:10")
    try story.say(.acknowledge(note: "visit tomorrow at nine"), by: "community", "03-11 22:30")
    try story.say(.arrive(), by: "community", "03-12 09:00")
    try story.say(
      .visit(
        Visit(
          attendees: ["community", "property company", "elevator contractor"], start: time("03-12 09:00"),
          end: time("03-12 11:05"), note: "guide rail dry, buffer loose")), by: "community", "03-12 11:10")
    try story.say(
      .resolve(Resolution("rail greased, buffer fixed", measure: .adjusted, cause: "loose buffer")),
      by: "elevator contractor", "03-13 15:00")
    story.alarm(
      .cleared, "elevator-noise-night", "noise-u1", at: "flat-u1", .p3, onset: "03-10 22:15", "03-13 23:30")
    story.wait("03-17 09:00")
    try story.say(.close("1-201 sleeps again"), by: "community", "03-17 10:00")
    #expect(
      story.lines(id) == [
        "03-10 22:45 opened",
        "03-11 09:00 contacted",
        "03-11 12:00 reminded half-time acknowledge",
        "03-11 16:36 reminded due-soon acknowledge",
        "03-11 18:00 escalated acknowledge → property-company",
        "03-11 20:00 contacted",
        "03-11 20:00 prioritised",
        "03-11 21:00 reminded half-time acknowledge",
        "03-11 21:10 contacted",
        "03-11 21:36 reminded due-soon acknowledge",
        "03-11 22:00 escalated acknowledge → community",
        "03-11 22:30 acknowledged",
        "03-12 08:00 reminded half-time on-site",
        "03-12 09:00 arrived",
        "03-12 11:10 visited",
        "03-13 08:00 reminded half-time resolve",
        "03-13 15:00 resolved",
        "03-13 23:30 cleared",
        "03-16 23:30 verified",
        "03-17 10:00 closed",
      ])
    let ticket = try #require(story.book.tickets[id])
    #expect(ticket.priority == .p2)
    #expect(ticket.responsible.role == .elevatorContractor)
    #expect(ticket.visits.first?.minutes == 125)
    #expect(ticket.clock(.resolve)?.isOnTime == true)
    #expect(try story.replayed() == story.book.tickets)
    #expect(story.book.nextDeadline == nil)
  }

  @Test(
    "The blocked sewer of Luyuan: one ticket, danger, unanimous consent, work on the next day, one closing")
  func sewer() throws {
    var story = try Story("luyuan", "sewer-blockage")
    // Each well above fills some minutes after the one below it.
    for (minute, well) in [10, 9, 8, 7, 6, 5, 4].enumerated() {
      story.alarm(
        .raised, "sewer-high-level", "probe-w\(well < 10 ? "0" : "")\(well)",
        at: well == 10 ? "w10" : "w0\(well)",
        .p3,
        onset: "04-14 06:2\(minute)", "04-14 06:3\(minute)")
    }
    story.alarm(.raised, "sewer-surcharge", "probe-w10", at: "w10", .p2, onset: "04-14 06:35", "04-14 06:40")
    let id = try story.book.single().id
    #expect(story.book.tickets[id]?.location == Location(place: "w10", towards: "septic-tank"))
    try story.say(.acknowledge(note: "building head goes to look"), by: "community", "04-14 06:50")
    try story.say(.arrive(), by: "building head", "04-14 07:40")
    story.alarm(
      .raised, "meter-well-flooded", "probe-mw-u3", at: "mw-u3", .p1, onset: "04-14 08:28", "04-14 08:30",
      category: "meter-well")
    let meters = try #require(story.book.open.first { $0.category == "meter-well" }).id
    #expect(story.book.tickets[meters]?.others.map(\.role) == [.waterCompany])
    try story.say(.merge(into: id, note: "backs up from w10"), by: "community", "04-14 08:40", on: meters)

    let homes = (1...24).map { Proposal.Household("1-\($0)") }
    let proposal = try Proposal(
      "clean ten wells and the septic tank, pump out two shafts", amount: 3601_00, division: .equal,
      households: homes, rule: .unanimous)
    try story.say(.propose(proposal), by: "building head", "04-14 09:20")
    try story.say(
      .pause(.consent, until: time("04-15 08:00"), note: "households vote"), by: "community", "04-14 09:30")
    for home in homes {
      let consent = Proposal.Consent(
        proposal: 1, household: home.id, vote: .agree, on: time("04-14 19:00"))
      try story.say(.consent(consent), by: "building head", "04-14 19:30")
    }
    story.wait("04-15 08:30")
    let done = Resolution(
      "wells flushed, tank emptied, shafts of units 3 and 4 pumped out", measure: .cleaned,
      items: [.init("well", 10), .init("septic-tank", 1), .init("shaft", 2)])
    for (minute, well) in [10, 9, 8, 7, 6, 5, 4].enumerated() {
      story.alarm(
        .cleared, "sewer-high-level", "probe-w\(well < 10 ? "0" : "")\(well)",
        at: well == 10 ? "w10" : "w0\(well)",
        .p3, onset: "04-14 06:2\(minute)", "04-15 10:0\(minute)")
    }
    story.alarm(.cleared, "sewer-surcharge", "probe-w10", at: "w10", .p2, onset: "04-14 06:35", "04-15 10:20")
    story.alarm(
      .cleared, "meter-well-flooded", "probe-mw-u3", at: "mw-u3", .p1, onset: "04-14 08:28", "04-15 11:00",
      category: "meter-well")
    try story.say(.resolve(done), by: "sewer cleaner", "04-15 12:50")
    story.wait("04-16 13:00")
    try story.say(.close("asked in units 3 and 4: water runs off"), by: "community", "04-16 15:00")

    let kinds = story.lines(id).filter {
      !$0.hasSuffix("joined") && !$0.hasSuffix("cleared") && !$0.hasSuffix("consented")
    }
    #expect(
      kinds == [
        "04-14 06:30 opened",
        "04-14 06:50 acknowledged",
        "04-14 07:40 arrived",
        "04-14 08:40 absorbed",
        "04-14 09:20 proposed",
        "04-14 09:30 paused",
        "04-14 19:30 decided",
        "04-15 08:00 resumed",
        "04-15 12:50 resolved",
        "04-16 12:50 verified",
        "04-16 15:00 closed",
      ])
    let ticket = try #require(story.book.tickets[id])
    #expect(ticket.priority == .p1)
    #expect(ticket.alarms.count == 9)
    // 24 hours from 08:40, less the 50 minutes until the pause, from 08:00 on.
    #expect(local(ticket.clock(.resolve)?.due) == "04-16 07:10")
    #expect(ticket.clock(.resolve)?.isOnTime == true)
    #expect(ticket.proposals.first?.decision?.outcome == .accepted)
    #expect(ticket.proposals.first?.households.map(\.share).reduce(0, +) == 3601_00)
    #expect(story.book.tickets.count == 2)
    #expect(story.book.open.isEmpty)
    #expect(try story.replayed() == story.book.tickets)
  }

  @Test(
    "The east wall of Hongqili: it only becomes more urgent, and danger brings its own clocks and parties")
  func wall() throws {
    var story = try Story("hongqili", "wall-safety")
    story.alarm(
      .raised, "wall-tilt", "tilt-middle", at: "east-wall", .p3, onset: "04-07 03:00", "04-07 09:00")
    let id = try story.book.single().id
    try story.say(.acknowledge(), by: "grid worker", "04-07 10:00")
    story.alarm(
      .raised, "wall-tilt-rate", "tilt-middle", at: "east-wall", .p2, onset: "04-09 02:00", "04-09 02:30")
    #expect(local(story.book.tickets[id]?.clock(.onSite)?.due) == "04-10 02:30")
    story.alarm(
      .raised, "wall-tilt-danger", "tilt-middle", at: "east-wall", .p1, onset: "04-09 05:00", "04-09 05:10")
    let urgent = try #require(story.book.tickets[id])
    #expect(urgent.priority == .p1)
    #expect(local(urgent.clock(.onSite)?.due) == "04-09 07:10")
    #expect(urgent.others.compactMap(\.role) == [.subDistrict, .urbanManagement])
    // Nobody comes within two hours: the chain is asked. The sub-district is on the ticket already, and next in it.
    story.wait("04-09 08:00")
    #expect(
      story.lines(id).filter { $0.contains("escalated") } == [
        "04-09 07:10 escalated on-site → sub-district", "04-09 07:40 escalated on-site → housing-centre",
      ])
    try story.say(.arrive(note: "fenced off"), by: "urban management", "04-09 08:05")
    try story.say(
      .pause(.parts, until: nil, note: "posts and bricks ordered"), by: "sub-district", "04-09 09:00")
    try story.say(.resume(note: "they are here"), by: "sub-district", "04-13 09:00")
    try story.say(
      .resolve(Resolution("20 m rebuilt", measure: .rebuilt, cause: "washed out footing")),
      by: "wall contractor",
      "04-14 04:00")
    // The tilt doesn't clear by itself: the sensors are set to zero after the repair.
    for (rule, priority, onset) in [
      ("wall-tilt", Priority.p3, "04-07 03:00"), ("wall-tilt-rate", .p2, "04-09 02:00"),
      ("wall-tilt-danger", .p1, "04-09 05:00"),
    ] {
      #expect(throws: TicketError.self) { try story.say(.verify("fine"), by: "sub-district", "04-14 05:00") }
      story.alarm(.cleared, rule, "tilt-middle", at: "east-wall", priority, onset: onset, "04-14 06:00")
    }
    #expect(throws: TicketError.self) { try story.say(.verify("fine"), by: "wall contractor", "04-14 09:00") }
    try story.say(.verify("stands, 1-101 shown the footing"), by: "sub-district", "04-14 09:00")
    try story.say(.close("residents content"), by: "community", "04-14 16:00")
    let ticket = try #require(story.book.tickets[id])
    #expect(ticket.state == .closed)
    #expect(ticket.clock(.onSite)?.isOnTime == false)
    // 24 hours from 05:10 stood still from 09:00 to four days later.
    #expect(local(ticket.clock(.resolve)?.due) == "04-14 05:10")
    #expect(ticket.clock(.resolve)?.isOnTime == true)
    #expect(story.book.tickets.count == 1)
    #expect(try story.replayed() == story.book.tickets)
  }

  @Test(
    "Loitering at the gate of Yiheyuan: the guard has five minutes, and each night is linked to those before")
  func gate() throws {
    var story = try Story("yiheyuan", "gate-security")
    var ids: [String] = []
    for day in ["05-11", "05-12", "05-14"] {
      story.alarm(.raised, "loitering", "cam-gate", at: "gate", .p3, onset: "\(day) 23:30", "\(day) 23:32")
      // The one of the night before is verified by now, and closes by itself an hour later.
      let ticket = try #require(story.book.open.first { $0.state == .new })
      ids.append(ticket.id)
      #expect(ticket.responsible.role == .guardPost)
      #expect(local(ticket.due) == "\(day) 23:37")
      try story.say(.arrive(), by: "guard", "\(day) 23:35", on: ticket.id)
      story.alarm(.cleared, "loitering", "cam-gate", at: "gate", .p3, onset: "\(day) 23:30", "\(day) 23:38")
      try story.say(
        .resolve(Resolution("asked to move on", measure: .removed)), by: "guard", "\(day) 23:40",
        on: ticket.id)
      story.wait("\(day) 23:59")
    }
    #expect(story.book.tickets[ids[2]]?.earlier == [ids[1], ids[0]])
    story.wait("05-16 08:00")
    #expect(
      story.lines(ids[0]) == [
        "05-11 23:32 opened", "05-11 23:34 reminded half-time acknowledge", "05-11 23:35 arrived",
        "05-11 23:38 cleared", "05-11 23:40 resolved",
        "05-12 00:40 verified", "05-13 00:40 closed",
      ])
    #expect(story.book.open.isEmpty)

    // A guard who doesn't react: the grid worker is asked after five minutes, the police half an hour later.
    story.alarm(.raised, "loitering", "cam-gate", at: "gate", .p3, onset: "05-20 23:30", "05-20 23:32")
    let ignored = story.book.open.first.map(\.id)
    story.wait("05-21 00:30")
    #expect(
      try story.lines(#require(ignored)).filter { $0.contains("escalated") } == [
        "05-20 23:37 escalated acknowledge → grid-worker", "05-21 00:07 escalated acknowledge → police",
      ])
  }

  @Test("The sewer of Fenghuayuan: cleared every half month, until somebody looks for the cause")
  func recurrence() throws {
    var story = try Story("fenghuayuan", "sewer-blockage", year: 2020)
    for date in ["09-05", "09-20", "10-04", "10-20", "11-04"] {
      story.alarm(
        .raised, "sewer-surcharge", "probe-m03", at: "m03", .p2, onset: "\(date) 08:00", "\(date) 08:05")
      let ticket = try #require(story.book.open.last { $0.category == "sewer-blockage" && $0.state == .new })
      try story.say(.arrive(), by: "building head", "\(date) 09:00", on: ticket.id)
      story.alarm(
        .cleared, "sewer-surcharge", "probe-m03", at: "m03", .p2, onset: "\(date) 08:00", "\(date) 15:00")
      try story.say(
        .resolve(Resolution("rodded", measure: .cleaned)), by: "sewer cleaner", "\(date) 16:00", on: ticket.id
      )
    }
    let root = try #require(story.book.open.first { $0.category == "root-cause" })
    #expect(root.responsible.role == .subDistrict)
    #expect(root.occurrences.count == 5)
    // The sub-district had a working day to take it up from 4 October on, a holiday of none of the calendar's years.
    #expect(story.lines(root.id).contains("10-05 18:00 escalated acknowledge → housing-centre"))
    try story.say(
      .arrive(note: "plan compared with the pipe"), by: "sub-district", "11-05 09:00", on: root.id)
    try story.say(
      .resolve(Resolution("40 m laid anew in two days", measure: .rebuilt, cause: "pipe runs uphill")),
      by: "sub-district", "11-07 17:00", on: root.id)
    story.wait("12-07 17:00")
    #expect(story.book.tickets[root.id]?.state == .verified)
    for ticket in story.book.open {
      try story.say(.close("30 days without a blockage"), by: "community", "12-08 10:00", on: ticket.id)
    }
    #expect(story.book.open.isEmpty)
    #expect(try story.replayed() == story.book.tickets)
  }
}
