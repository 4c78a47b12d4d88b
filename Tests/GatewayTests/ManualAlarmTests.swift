/// The east wall of Hongqili, from the readings to the closed ticket: alarms that only a person ends.
import EstateModel
import Gateway
import Testing
import Tickets

@Suite("Alarms that a person ends")
struct ManualAlarmTests {
  /// A wall that leans by 1.2 degrees: P1 after ten minutes.
  private func leaning() throws -> (stand: Stand, ticket: String) {
    let stand = try Stand(estates: ["hongqili"])
    stand.pass(seconds: 5)
    lean(stand, by: 1.3, minutes: 14)
    let opened = stand.told.compactMap { step -> Ticket? in
      if case .ticket(_, let ticket) = step, ticket.category == "wall-safety" { ticket } else { nil }
    }
    return (stand, try #require(opened.first).id)
  }

  private func lean(_ stand: Stand, by degrees: Double, minutes: Int) {
    for _ in 0..<minutes {
      for sensor in ["north", "middle", "south"] {
        stand.publish("hongqili/tilt-\(sensor)", "\"tilt\":\(sensor == "north" ? degrees : 0.1)")
      }
      stand.publish("hongqili/gateway", "\"rssi\":-80")
      stand.pass(seconds: 60)
    }
  }

  private func ticket(_ stand: Stand, _ id: String) throws -> Ticket {
    try #require(try stand.log.store.contents.ticket(id)).ticket
  }

  private func say(_ stand: Stand, _ step: TicketCommand.Step, on id: String, by: String) -> String {
    switch stand.pipeline.perform(step, on: id, by: by, at: stand.moment) {
    case .ticket: "done"
    case .refused(let reason): reason
    default: "?"
    }
  }

  @Test(
    "Fenced off, propped up, looked at by somebody else: the alarm ends with that, and the ticket is closed"
  )
  func wall() throws {
    let (stand, id) = try leaning()
    var wall = try ticket(stand, id)
    #expect(wall.priority == .p1)
    #expect(wall.others.contains { $0.role == .urbanManagement })
    #expect(say(stand, .arrive(note: "fenced off"), on: id, by: "guard") == "done")
    #expect(say(stand, .resolve("propped up, to be rebuilt"), on: id, by: "wall contractor") == "done")
    lean(stand, by: 1.3, minutes: 1)
    wall = try ticket(stand, id)
    #expect(wall.state == .resolved)
    #expect(wall.activeAlarms.map(\.facts.rule) == ["wall-tilt-collapse"])
    // Who did the work doesn't end the alarm, and nobody does without a word.
    #expect(say(stand, .verify("stands"), on: id, by: "wall contractor").contains("somebody else looks"))
    #expect(say(stand, .verify(" "), on: id, by: "community") != "done")
    #expect(try ticket(stand, id).activeAlarms.count == 1)

    #expect(say(stand, .verify("props checked"), on: id, by: "community") == "done")
    wall = try ticket(stand, id)
    #expect(wall.state == .verified)
    #expect(wall.activeAlarms.isEmpty)
    #expect(try stand.log.activeAlarms().isEmpty)
    #expect(say(stand, .close("residents told"), on: id, by: "community") == "done")
    try stand.restart()
    stand.pass(seconds: 5)
    #expect(stand.pipeline.activeAlarms.isEmpty)
    #expect(try ticket(stand, id).state == .closed)
  }

  @Test("A wall that leans as before is a new alarm, after its delay, and reopens the ticket")
  func stillLeaning() throws {
    let (stand, id) = try leaning()
    #expect(say(stand, .resolve("looks better"), on: id, by: "wall contractor") == "done")
    lean(stand, by: 1.3, minutes: 2)
    #expect(say(stand, .verify("seems fine"), on: id, by: "community") == "done")
    #expect(try ticket(stand, id).activeAlarms.isEmpty)
    lean(stand, by: 1.3, minutes: 14)
    let again = stand.alarms.filter { $0.kind == .raised && $0.rule == "wall-tilt-collapse" }
    #expect(again.count == 2)
    let open = try stand.log.store.contents.tickets(.open).filter {
      $0.category == "wall-safety" && $0.state != .verified
    }
    #expect(open.count == 1)
  }
}
