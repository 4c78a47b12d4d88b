import Configuration
import EstateModel
import Foundation
import Gateway
import Testing
import Tickets

@Suite("What a scenario expects")
struct ScenarioExpectationTests {
  private let text = """
    scenario: example
    title: {zh: 例, en: Example}
    estates: [luyuan]
    start: 2026-04-14T05:00:00+08:00
    duration: 6 h
    seed: 7
    incidents: []
    expect:
      tickets:
        - {category: sewer-blockage, estate: luyuan, place: w06, towards: w07, priority: P2, party: community, raised: 70 min .. 110 min}
    """

  private func read(_ text: String) -> (ScenarioExpectation?, [String]) {
    let diagnostics = Diagnostics()
    let document = Document(text: text, file: "example.yaml", diagnostics: diagnostics)
    let expectation = document.flatMap { ScenarioExpectation(document: $0, diagnostics: diagnostics) }
    return (expectation, diagnostics.sorted().map { "\($0.location): \($0.message)" })
  }

  /// A ticket as an alarm of that place opens it.
  private func ticket(
    place: String = "w06", towards: String? = "w07", priority: Priority = .p2, minute: Int64 = 90,
    party: Role = .community
  ) throws -> Ticket {
    let start = try #require(Timestamp(rfc3339: "2026-04-14T05:00:00+08:00"))
    let raised = start + minute * 60_000
    let transition = AlarmTransition(
      kind: .raised, alarm: "A-1", rule: "r", title: Title(zh: "堵", en: "Blocked"), estate: "luyuan",
      device: "probe-w06", place: place, priority: priority, category: "sewer-blockage", onset: raised,
      at: raised, towards: towards)
    let category = Category(
      name: "sewer-blockage", title: Title(zh: "堵", en: "Blocked"), togetherBy: .place,
      withCompany: Assignment(lead: party), withoutCompany: Assignment(lead: party))
    var book = TicketBook(routing: Routing(categories: [category]), catalogue: Catalogue())
    return try Ticket(events: book.apply(transition))
  }

  @Test("The very ticket makes no difference")
  func matches() throws {
    let (expectation, problems) = read(text)
    #expect(problems.isEmpty)
    let expected = try #require(expectation)
    #expect(expected.differences(from: [try ticket()], reached: expected.start + expected.duration) == [])
  }

  @Test("A ticket elsewhere, of another priority, party or minute is both missing and not expected")
  func differs() throws {
    let expected = try #require(read(text).0)
    let end = expected.start + expected.duration
    for wrong in [
      try ticket(place: "w05"), try ticket(towards: nil), try ticket(priority: .p3), try ticket(minute: 111),
      try ticket(party: .propertyCompany),
    ] {
      let lines = expected.differences(from: [wrong], reached: end)
      #expect(lines.count == 2)
      #expect(lines[0].hasPrefix("missing: sewer-blockage at luyuan/w06→w07, P2, to community"))
      #expect(lines[1].hasPrefix("not expected: sewer-blockage"))
    }
    #expect(expected.differences(from: [try ticket(), try ticket()], reached: end).count == 1)
  }

  @Test("What is only due later is not missing yet")
  func early() throws {
    let expected = try #require(read(text).0)
    #expect(expected.differences(from: [], reached: expected.start + 109 * 60_000).isEmpty)
    #expect(expected.differences(from: [], reached: expected.start + 111 * 60_000).count == 1)
  }

  @Test("A wrong range says where it stands and what was expected")
  func wrongRange() {
    let (_, problems) = read(text.replacingOccurrences(of: "70 min .. 110 min", with: "110 min .. 70 min"))
    #expect(problems.count == 1)
    #expect(problems.first?.hasPrefix("example.yaml:10:") == true)
    #expect(problems.first?.contains("'70 min .. 110 min'") == true)
  }
}
