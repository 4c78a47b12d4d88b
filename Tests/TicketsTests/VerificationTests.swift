/// Whether the work has helped: by the sensors, by people, and by neither as long as nobody can tell.
import EstateModel
import Foundation
import Testing
import Tickets

@Suite("Verification")
struct VerificationTests {
  private static let day: Int64 = 24 * 60

  /// Well 10 was full from 0 to 50 min, and said to be flushed after 60 min.
  private func flushed() throws -> (TicketBook, String) {
    var book = try Fixture.book()
    _ = book.apply(step(.raised, at: "w10", priority: .p2))
    let id = try book.single().id
    try book.say(.arrive(), on: id, minute: 10)
    _ = book.apply(step(.cleared, at: "w10", minute: 50))
    try book.say(.resolve("flushed"), on: id, by: "contractor", minute: 60)
    return (book, id)
  }

  @Test("A signal that stays normal for the category's time verifies the ticket, with what was measured")
  func bySensor() throws {
    var book = try Fixture.book()
    var raised = step(.raised, at: "w10", priority: .p2)
    raised.evidence = [Evidence(label: "level / device.bore", value: 1.04, unit: "")]
    var cleared = step(.cleared, at: "w10", minute: 50)
    cleared.evidence = [Evidence(label: "level / device.bore", value: 0.31, unit: "")]
    _ = book.apply(raised)
    let id = try book.single().id
    try book.say(.acknowledge(), on: id, minute: 1)
    try book.say(.arrive(), on: id, minute: 10)
    _ = book.apply(cleared)
    try book.say(.resolve("flushed"), on: id, minute: 60)
    #expect(book.pass(minute: 60 + Self.day - 1).isEmpty)
    #expect(book.pass(minute: 60 + Self.day).map(line) == ["03-11 09:00 verified"])
    let ticket = try book.single()
    #expect(ticket.state == .verified)
    let proof = try #require(ticket.proof)
    #expect(local(proof.from) == "03-10 09:00")
    #expect(local(proof.until) == "03-11 09:00")
    #expect(proof.sensors.map(\.device) == ["probe-w10"])
    #expect(proof.sensors.first?.raised.first?.value == 1.04)
    #expect(proof.sensors.first?.normal.first?.value == 0.31)
    try book.say(.close("residents content"), on: id, minute: 60 + Self.day + 1)
    #expect(book.nextDeadline == nil)
  }

  @Test("Evidence that is no number is kept as unknown")
  func noNumber() throws {
    var book = try Fixture.book()
    var raised = step(.raised, at: "w10")
    raised.evidence = [
      Evidence(label: "fit", value: .nan, unit: ""), Evidence(label: "x", value: .infinity, unit: ""),
    ]
    let events = book.apply(raised)
    let stored = try JSONDecoder().decode([TicketEvent].self, from: JSONEncoder().encode(events))
    #expect(stored == events)
    #expect(stored.first?.alarm?.evidence.map(\.value) == [nil, nil])
  }

  @Test("An alarm that clears after the work starts the watch when it clears")
  func clearsLater() throws {
    var book = try Fixture.book()
    _ = book.apply(step(.raised, at: "w10", priority: .p2))
    let id = try book.single().id
    try book.say(.resolve("flushed"), on: id, minute: 60)
    _ = book.apply(step(.cleared, at: "w10", minute: 100))
    #expect(book.pass(minute: 100 + Self.day).map(line) == ["03-11 09:40 verified"])
  }

  @Test("An alarm that comes back during the watch reopens the ticket, with new clocks")
  func comesBack() throws {
    var (book, id) = try flushed()
    let events = book.apply(step(.raised, at: "w9", priority: .p3, minute: 600, onset: 590))
    #expect(events.map(\.kind) == [.reopened])
    #expect(events.first?.alarm?.place == "w9")
    let ticket = try #require(book.tickets[id])
    #expect(ticket.state == .reopened)
    #expect(ticket.priority == .p2)
    #expect(local(ticket.clock(.acknowledge)?.due) == "03-10 20:00")
    #expect(ticket.watch == nil)
  }

  @Test("A promise closes nothing: alarms that are still active reopen the ticket by themselves")
  func stillActive() throws {
    var book = try Fixture.book()
    _ = book.apply(step(.raised, at: "w10", priority: .p2))
    let id = try book.single().id
    try book.say(.resolve("will be done"), on: id, minute: 60)
    let events = book.pass(minute: 60 + 4 * 60)
    #expect(events.map(line) == ["03-10 13:00 reopened"])
    #expect(events.first?.note == "still active: sewer-full at w10")
    #expect(book.tickets[id]?.state == .reopened)
  }

  @Test("Nobody declares it done before the sensors have")
  func noShortcut() throws {
    var (book, id) = try flushed()
    let error = #expect(throws: TicketError.self) {
      try book.say(.verify("looks fine"), on: id, by: "community", minute: 70)
    }
    #expect(error?.description.contains("the sensors watch it until 2026-03-11T09:00") == true)
  }

  @Test("Where no sensor can tell a person is asked to look, and the next of the chain when none does")
  func byPerson() throws {
    var book = try Fixture.book()
    _ = book.apply(step(.raised, at: "east-wall", category: "wall-safety", priority: .p2))
    let id = try book.single().id
    try book.say(.arrive(), on: id, minute: 30)
    _ = book.apply(step(.cleared, at: "east-wall", category: "wall-safety", minute: 40))
    try book.say(.resolve("posts set in concrete"), on: id, by: "contractor", minute: 60)
    // Two working days from Tuesday 09:00 end on Thursday 09:00.
    let events = book.pass(minute: 60 + 2 * Self.day)
    #expect(
      events.map(line) == [
        "03-11 09:00 reminded follow-up follow-up", "03-11 15:42 reminded due-soon follow-up",
        "03-12 09:00 escalated follow-up → sub-district",
      ])
    #expect(book.tickets[id]?.state == .resolved)
    try book.say(.verify("stands straight"), on: id, by: "sub-district", minute: 70 + 2 * Self.day)
    #expect(book.tickets[id]?.proof == nil)
    #expect(book.tickets[id]?.state == .verified)
  }

  @Test("A ticket whose alarms clear before anyone came says so once, asks for a look, and stays")
  func look() throws {
    var book = try Fixture.book()
    _ = book.apply(step(.raised, at: "w10", priority: .p2))
    _ = book.apply(step(.raised, at: "w9", priority: .p2, minute: 1))
    #expect(book.apply(step(.cleared, at: "w10", minute: 30)).map(\.kind) == [.cleared])
    #expect(
      book.apply(step(.cleared, at: "w9", minute: 40)).map(line) == [
        "03-10 08:40 cleared", "03-10 08:40 reminded look",
      ])
    _ = book.apply(step(.raised, at: "w9", priority: .p2, minute: 50, onset: 45))
    #expect(book.apply(step(.cleared, at: "w9", minute: 55, onset: 45)).map(\.kind) == [.cleared])
    let ticket = try book.single()
    #expect(ticket.isOpen)
    #expect(local(ticket.lookAsked) == "03-10 08:40")
    #expect(local(ticket.due) == "03-10 10:00")
  }

  @Test(
    "Silence proves nothing: the watch holds while the device is out of order, and begins anew afterwards")
  func blind() throws {
    var (book, id) = try flushed()
    let silent = book.apply(
      step(.raised, "device-silent", at: "w10", category: "device-maintenance", minute: 200, onset: 180))
    #expect(silent.filter { $0.ticket == id }.map(line) == ["03-10 11:20 reminded blind"])
    #expect(book.tickets[id]?.watch?.blind == ["probe-w10"])
    book.pass(minute: 3 * Self.day)
    #expect(book.tickets[id]?.state == .resolved)
    let back = book.apply(
      step(
        .cleared, "device-silent", at: "w10", category: "device-maintenance", minute: 4 * Self.day, onset: 180
      ))
    #expect(back.filter { $0.ticket == id }.map(\.kind).last == .watched)
    book.pass(minute: 5 * Self.day - 1)
    #expect(book.tickets[id]?.state == .resolved)
    book.pass(minute: 5 * Self.day)
    #expect(book.tickets[id]?.state == .verified)
  }

  @Test("While the device is silent a person may look instead")
  func blindPerson() throws {
    var book = try Fixture.book()
    _ = book.apply(step(.raised, at: "w10", priority: .p2))
    let id = try #require(book.open.first?.id)
    _ = book.apply(step(.cleared, at: "w10", minute: 20))
    _ = book.apply(
      step(.raised, "device-silent", at: "w10", category: "device-maintenance", minute: 30, onset: 25))
    let events = try book.say(.resolve("flushed"), on: id, by: "contractor", minute: 60)
    #expect(events.map(line) == ["03-10 09:00 resolved", "03-10 09:00 reminded blind"])
    #expect(book.tickets[id]?.clock(.followUp)?.isRunning == true)
    try book.say(.verify("flows"), on: id, by: "community", minute: 90)
    #expect(book.tickets[id]?.state == .verified)
  }

  @Test("A verified ticket waits for somebody to close it, or closes by itself where the category says so")
  func closing() throws {
    var (book, id) = try flushed()
    book.pass(minute: 60 + Self.day)
    #expect(local(book.tickets[id]?.due) == "03-13 09:00")

    var gate = try Fixture.book()
    _ = gate.apply(step(.raised, "loitering", at: "b1", category: "gate-security"))
    let other = try gate.single().id
    try gate.say(.arrive(), on: other, minute: 1)
    _ = gate.apply(step(.cleared, "loitering", at: "b1", category: "gate-security", minute: 2))
    try gate.say(.resolve("waited for a friend"), on: other, minute: 5)
    #expect(gate.pass(minute: 3 * Self.day).map(line) == ["03-10 09:05 verified", "03-11 09:05 closed"])
    #expect(gate.open.isEmpty)
  }

  @Test("An alarm that ended because its rule was removed verifies nothing, before the work and after it")
  func withdrawn() throws {
    for isAfter in [false, true] {
      var book = try Fixture.book()
      let raised = step(.raised, at: "w10", priority: .p2)
      _ = book.apply(raised)
      let id = try book.single().id
      let end = raised.ended(because: .ruleRemoved, at: Timestamp(milliseconds: raised.at + 70 * 60_000))
      if isAfter { try book.say(.resolve("flushed"), on: id, by: "contractor", minute: 60) }
      let events = book.pass(minute: 70) + book.apply(end)
      #expect(events.contains { $0.kind == .cleared && $0.alarm?.withdrawn == .ruleRemoved })
      if !isAfter { try book.say(.resolve("flushed"), on: id, by: "contractor", minute: 80) }
      #expect(!book.pass(minute: 80 + 20 * Self.day).contains { $0.kind == .verified })
      let ticket = try book.single()
      #expect(ticket.state == .resolved && ticket.normalSince == nil)
      #expect(ticket.watch?.blind == ["probe-w10"])
      // A person has looked.
      try book.say(.verify("dry"), on: id, by: "community", minute: 81 + 20 * Self.day)
      #expect(try book.single().state == .verified)
    }
  }

  @Test("The same rule, back again, proves it by what it measures")
  func watchedAgain() throws {
    var book = try Fixture.book()
    let raised = step(.raised, at: "w10", priority: .p2)
    _ = book.apply(raised)
    let id = try book.single().id
    _ = book.apply(raised.ended(because: .ruleRemoved, at: Timestamp(milliseconds: raised.at + 60_000)))
    _ = book.apply(step(.raised, at: "w10", priority: .p2, minute: 5, onset: 5))
    _ = book.apply(step(.cleared, at: "w10", minute: 50, onset: 5))
    try book.say(.resolve("flushed"), on: id, by: "contractor", minute: 60)
    #expect(book.pass(minute: 60 + Self.day).map(line) == ["03-11 09:00 verified"])
  }
}
