/// Some hundred alarms, commands and stretches of time in a row, allowed or not, the same for the same seed.
import EstateModel
import Tickets

/// Reproducible choices. Source: Steele, Lea, Flood: SplitMix64.
struct Choices: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

struct RandomHistory {
  var book: TicketBook
  var events: [TicketEvent] = []
  private var choices: Choices
  private(set) var minute: Int64 = 0

  init(seed: UInt64) throws {
    choices = Choices(state: seed)
    book = try Fixture.book(management: Fixture.management(seed: seed))
  }

  mutating func play(steps: Int) throws {
    for _ in 0..<steps { try turn() }
  }

  /// One alarm step, command or wait, minutes or days after the one before.
  mutating func turn() throws {
    minute += Int64.random(in: 0...20, using: &choices)
    switch Int.random(in: 0..<9, using: &choices) {
    case 0, 1:
      events += book.pass(minute: minute)
      events += book.apply(raised())
    case 2:
      events += book.pass(minute: minute)
      if let step = cleared() { events += book.apply(step) }
    case 3:
      let days = Int.random(in: 0..<6, using: &choices) == 0 ? Int64.random(in: 1...12, using: &choices) : 0
      minute += days * 1440 + Int64.random(in: 0...300, using: &choices)
      events += book.pass(minute: minute)
    default:
      events += book.pass(minute: minute)
      try command()
    }
  }

  private mutating func raised() -> AlarmTransition {
    let (category, place, towards): (String, String, String?)
    let well = Int.random(in: 1...4, using: &choices)
    switch Int.random(in: 0..<5, using: &choices) {
    case 0: (category, place, towards) = ("device-maintenance", "w\(well)", nil)
    case 1: (category, place, towards) = ("wall-safety", "east-wall", nil)
    case 2: (category, place, towards) = ("gate-security", "b1", nil)
    default:
      (category, place, towards) = (
        "sewer-blockage", "w\(well)", Bool.random(using: &choices) ? "w\(well + 1)" : nil
      )
    }
    return step(
      .raised, at: place, towards: towards, category: category,
      priority: Priority.allCases.randomElement(using: &choices) ?? .p4, minute: minute,
      onset: minute - Int64.random(in: 0...6, using: &choices))
  }

  private mutating func cleared() -> AlarmTransition? {
    let active = book.open.flatMap { ticket in ticket.activeAlarms.map { ($0.facts, ticket.estate) } }
    guard let (facts, estate) = active.randomElement(using: &choices) else { return nil }
    return AlarmTransition(
      kind: .cleared, alarm: facts.alarm, rule: facts.rule, title: facts.title, estate: estate,
      device: facts.device, place: facts.place, priority: facts.priority, category: facts.category ?? "",
      onset: Timestamp(milliseconds: facts.onset), at: Fixture.start + minute * 60_000)
  }

  private mutating func command() throws {
    let open = book.open.map(\.id)
    let all = book.tickets.keys.sorted()
    let anywhere = Int.random(in: 0..<8, using: &choices) == 0
    let step = try someStep(open)
    let id = anywhere ? all.randomElement(using: &choices) : open.randomElement(using: &choices)
    guard id != nil || step.action == .report else { return }
    let by = Bool.random(using: &choices) ? "contractor" : "community"
    do { events += try book.say(step, on: id ?? "", by: by, minute: minute) } catch is TicketError {}
  }

  private mutating func someStep(_ open: [String]) throws -> TicketCommand.Step {
    let now = Fixture.start + minute * 60_000
    let measure = Resolution.Measure.allCases.randomElement(using: &choices) ?? .other
    let household = ["1-1", "1-2", "1-3"].randomElement(using: &choices) ?? ""
    let steps: [TicketCommand.Step] =
      LifecycleTests.steps.filter { $0.action != .merge } + [
        .merge(into: open.randomElement(using: &choices) ?? "T-0", note: "the same"),
        .pause(.parts, until: nil, note: "ordered"), .resume(),
        .pause(.consent, until: now + 3_600_000, note: "vote"),
        .contact(from: "1-101", channel: .telephone, note: "still there"),
        .resolve(Resolution("done", measure: measure, cause: "roots", items: [.init("well", 3)])),
        .resolve("done"), .arrive(), .acknowledge(), .verify("fine"), .close("fine"),
        .visit(Visit(attendees: ["community"], start: now - 60_000, end: now, note: "looked")),
        .council(
          Council(
            parties: ["a", "b", "c"], outcome: "agreed", items: [.init("pay", who: "a", due: now + 7_200_000)]
          )),
        .propose(
          try Proposal(
            "pump", amount: 100_01, division: .equal,
            households: [.init("1-1", area: 1), .init("1-2", area: 2), .init("1-3", area: 3)],
            rule: [ConsentRule.unanimous, .civilCode278].randomElement(using: &choices) ?? .unanimous,
            deadline: Bool.random(using: &choices) ? now + 86_400_000 : nil)),
        .consent(Proposal.Consent(proposal: 1, household: household, vote: .agree, on: now)),
        .inspect(
          Inspection(place: "b1", household: household, finding: "rust", plan: .assisted, isDone: true)),
        .report(
          Report(
            estate: "old-town", category: "fire-lane", place: "b1", note: "car", from: "1-101",
            channel: .message)),
        .report(
          Report(
            estate: "old-town", category: "campaign", place: "", note: "roofs", from: "community",
            channel: .message, affected: ["new-town"], campaign: "wind")),
        .since(Int.random(in: 1...40, using: &choices), .comment("seen")),
      ]
    return steps.randomElement(using: &choices) ?? .resume()
  }
}
