/// Some hundred alarms and commands in a row, allowed or not, the same for the same seed.
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

  init(seed: UInt64, management: Estate.Management = .none) throws {
    choices = Choices(state: seed)
    book = try Fixture.book(management: management)
  }

  mutating func play(steps: Int) throws {
    for _ in 0..<steps { try turn() }
  }

  /// One alarm step or command, a few minutes after the one before.
  mutating func turn() throws {
    minute += Int64.random(in: 0...20, using: &choices)
    switch Int.random(in: 0..<6, using: &choices) {
    case 0: events += book.apply(raised())
    case 1: if let step = cleared() { events += book.apply(step) }
    default: try command()
    }
  }

  private mutating func raised() -> AlarmTransition {
    let well = Int.random(in: 1...4, using: &choices)
    let category = ["sewer-blockage", "device-maintenance"].randomElement(using: &choices) ?? ""
    return step(
      .raised, at: "w\(well)", towards: Bool.random(using: &choices) ? "w\(well + 1)" : nil,
      category: category, priority: Priority.allCases.randomElement(using: &choices) ?? .p4, minute: minute,
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
    let id =
      Int.random(in: 0..<8, using: &choices) == 0
      ? all.randomElement(using: &choices) : open.randomElement(using: &choices)
    guard let id, var command = LifecycleTests.steps.randomElement(using: &choices) else { return }
    if case .merge = command, let other = open.randomElement(using: &choices) {
      command = .merge(into: other, note: "the same")
    }
    let by = Bool.random(using: &choices) ? "contractor" : "community"
    do { events += try book.say(command, on: id, by: by, minute: minute) } catch is TicketError {}
  }
}
