/// Hours, places and priorities in routing, and what a file that leaves something open is told.
import Configuration
import EstateModel
import Foundation
import Testing
import Tickets

@Suite("Routing files")
struct RoutingFileTests {
  private static let calendars = ["night": EstateCalendar(name: "night", hours: [(1320, 360)])]

  private static let head = """
    working-time: {days: [mon, tue, wed, thu, fri], hours: ["08:30-12:00", "14:30-18:00"]}
    service-levels:
      P1: {acknowledge: 15 min, resolve: 24 h, follow-up: 24 h, escalate-every: 30 min, pause: 1 day}
      P2: {acknowledge: 2 h, resolve: 3 days, follow-up: 2 working days, escalate-every: 4 h, pause: 7 days}
      P3: {acknowledge: 1 working day, resolve: 5 working days, follow-up: 1 day, escalate-every: 1 day, pause: 7 days}
      P4: {acknowledge: 4 working h, resolve: 9 working days, follow-up: 1 day, escalate-every: 1 day, pause: 7 days}
    last-resort: ["12345"]

    """

  private static let gate = """
    categories:
      gate:
        title: Gate
        together-by: place
        with-company: {lead: property-company}
        without-company: {lead: community}
        escalation: [sub-district]
        verify: {by: person}

    """

  private func routing(_ text: String) throws -> (Routing, [ConfigurationProblem]) {
    let diagnostics = Diagnostics()
    let document = try #require(Document(text: text, file: "routing.yaml", diagnostics: diagnostics))
    let routing = Routing(document: document, calendars: Self.calendars, diagnostics: diagnostics)
    return (routing, diagnostics.errors.filter { !$0.message.hasSuffix("is missing") })
  }

  @Test("The first exception that fits stands, by hour, priority, place, management and estate")
  func exceptions() throws {
    let (routing, errors) = try routing(
      Self.head + Self.gate + """
            exceptions:
              - {priority: P1, lead: police}
              - {during: night, management: property-company, place: gate, lead: guard, with: [property-company]}
              - {during: off-hours, estate: new-town, lead: grid-worker}
        """)
    #expect(errors.isEmpty)
    let category = try #require(routing["gate"])
    let gate = Place(id: "g", kind: .gate, title: Title(zh: "门", en: "gate"))
    let wall = Place(id: "w", kind: .wall, title: Title(zh: "墙", en: "wall"))
    func lead(
      _ moment: String, _ priority: Priority = .p3, _ management: Estate.Management = .propertyCompany,
      _ place: Place? = gate, estate: String = "old-town"
    ) -> Role {
      routing.assignment(
        category, priority, at: time(moment), in: Fixture.estate(estate, management: management), place: place
      ).lead
    }
    #expect(lead("03-10 10:00") == .propertyCompany)
    #expect(lead("03-10 21:59") == .propertyCompany)
    #expect(lead("03-10 22:00") == .guardPost)
    #expect(lead("03-11 05:59") == .guardPost)
    #expect(lead("03-11 06:00") == .propertyCompany)
    #expect(lead("03-10 23:00", .p1) == .police)
    #expect(lead("03-10 23:00", .p3, .none) == .community)
    #expect(lead("03-10 23:00", .p3, .propertyCompany, wall) == .propertyCompany)
    #expect(lead("03-10 23:00", .p3, .propertyCompany, nil) == .propertyCompany)
    #expect(lead("03-14 10:00", .p3, .none, gate, estate: "new-town") == .gridWorker)
    #expect(lead("03-10 10:00", .p3, .none, gate, estate: "new-town") == .community)
  }

  @Test("By night the guard answers for a blocked fire lane, as the file that ships says")
  func fireLane() throws {
    for (minute, lead) in [(Int64(0), Role.propertyCompany), (15 * 60, .guardPost)] {
      var book = try Fixture.book(management: .propertyCompany)
      _ = book.apply(step(.raised, at: "b1", category: "fire-lane", minute: minute))
      #expect(try book.single().responsible.role == lead)
    }
  }

  @Test(
    "For every category, priority, management and hour of the file that ships there are lead, chain and clocks"
  )
  func complete() throws {
    let routing = try Fixture.routing()
    #expect(routing.categories.count == 13)
    for category in routing.categories {
      for management in Estate.Management.allCases {
        for priority in Priority.allCases {
          let level = routing.level(category, priority)
          let terms = [level.acknowledge, level.resolve, level.followUp, level.escalateEvery, level.pause]
          #expect(terms.allSatisfy { $0 != nil })
          for hour in 0..<168 {
            let assignment = routing.assignment(
              category, priority, at: Fixture.start + Int64(hour) * 3_600_000,
              in: Fixture.estate(management: management), place: nil)
            let chain = routing.chain(category, lead: assignment.lead, under: management)
            // Where a category has a last resort of its own, nobody is sent to the hotline.
            #expect((chain.last == .hotline12345) == (category.lastResort == nil))
            #expect(chain.contains(.hotline12345) == (category.lastResort == nil))
            #expect(!chain.isEmpty)
            #expect(!chain.contains(assignment.lead))
            if management != .propertyCompany {
              #expect(assignment.lead != .propertyCompany && !chain.contains(.propertyCompany))
            }
          }
        }
      }
    }
  }

  /// What is appended or replaced, the line on which the complaint stands, and a part of it.
  static let mistakes: [(String, String, Int, String)] = [
    ("P2: {acknowledge: 2 h,", "P2: {", 9, "category 'gate', P2: no time for 'acknowledge'"),
    ("2 working days", "2 wroking days", 4, "found '2 wroking days', expected a time such as"),
    ("3 days", "3", 4, "found '3', expected a time such as"),
    ("[\"12345\"]", "[]", 7, "nobody is asked when a chain is at its end"),
    ("last-resort", "last-resrot", 7, "did you mean 'last-resort'?"),
    ("mon, ", "mno, ", 1, "did you mean 'mon'?"),
    ("14:30-18:00", "18:00-14:30", 1, "expected hours of one day"),
    ("14:30-18:00", "11:00-18:00", 1, "hours overlap"),
    ("by: person", "by: sensor", 15, "'quiet' is missing"),
    ("verify: {by: person}", "verify: {by: persons}", 15, "did you mean 'person'?"),
    ("escalation: [sub-district]", "escalation: []", 14, "has nobody to turn to"),
    (
      "lead: community}", "lead: community, with: [police, fire, guard, residents, grid-worker]}", 9,
      "puts 6 parties on a ticket, expected at most 5"
    ),
    (
      "escalation:", "exceptions: [{during: nigth, lead: guard}]\n    escalation:", 9,
      "unknown calendar 'nigth'; did you mean 'night'?"
    ),
    (
      "escalation:", "exceptions: [{lead: guard}]\n    escalation:", 14, "an exception that always holds"
    ),
    (
      "escalation:", "exceptions: [{during: night, lead: property-company}]\n    escalation:", 9,
      "nobody answers in an estate with management none, Mon 00:00 to Mon 06:00; the property company should"
    ),
    (
      "escalation:", "recurrence: {window: 60 days, count: 3}\n    escalation:", 14,
      "'count' and 'root-cause' belong together"
    ),
    (
      "escalation:", "recurrence: {window: 60 days, count: 3, root-cause: gaet}\n    escalation:", 9,
      "unknown category 'gaet'; did you mean 'gate'?"
    ),
    ("escalation:", "storm: {alarms: 1, within: 10 min}\n    escalation:", 14, "found 1, expected 2 to 1000"),
  ]

  @Test("What is wrong is said with its line and what was expected", arguments: mistakes)
  func mistake(found: String, replacement: String, line: Int, message: String) throws {
    let text = Self.head + Self.gate
    #expect(try routing(text).1.isEmpty)
    #expect(text.contains(found))
    let wrong = text.replacingOccurrences(of: found, with: replacement)
    let diagnostics = Diagnostics()
    let document = try #require(Document(text: wrong, file: "routing.yaml", diagnostics: diagnostics))
    _ = Routing(document: document, calendars: Self.calendars, diagnostics: diagnostics)
    let matching = diagnostics.errors.filter { $0.message.contains(message) }
    #expect(matching.map(\.location.line).contains(line), "\(diagnostics.errors.map(\.description))")
  }
}
