/// That no ticket lacks somebody who answers for it is proved for the estates that there are.
import Configuration
import EstateModel
import Foundation
import Testing
import Tickets

@Suite("Proof of the routing")
struct RoutingProofTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private static func documents(_ folder: String, _ diagnostics: Diagnostics) -> [Document] {
    Document.all(in: root.appendingPathComponent(folder), prefix: folder, diagnostics: diagnostics)
  }

  @Test("The file that ships holds for every estate, category, priority and hour of a week")
  func shipped() throws {
    let diagnostics = Diagnostics()
    let estates = Catalogue(documents: Self.documents("seeds/estates", diagnostics), diagnostics: diagnostics)
      .estates
    let calendars = EstateCalendar.calendars(
      in: Self.documents("config/calendars", diagnostics), diagnostics: diagnostics)
    let document = try #require(
      Document(
        contentsOf: Self.root.appendingPathComponent("config/routing.yaml"), name: "routing.yaml",
        diagnostics: diagnostics))
    let routing = Routing(
      document: document, calendars: calendars, estates: estates, diagnostics: diagnostics)
    #expect(diagnostics.errors.map(\.description) == [])
    #expect(estates.count == 8)
    // The same, hour by hour.
    for estate in estates {
      for category in routing.categories {
        for hour in 0..<168 {
          for priority in Priority.allCases {
            let answers = routing.assignment(
              category, priority, at: Fixture.start + Int64(hour) * 3_600_000, in: estate,
              place: estate.places.first)
            let parties = [answers.lead] + answers.others
            let hasCompany = estate.management == .propertyCompany
            #expect(hasCompany || !parties.contains(.propertyCompany), "\(estate.id) \(category.name)")
            #expect(!parties.contains(.ownersCommittee))
          }
        }
      }
    }
  }

  private static let old = Fixture.estate("old-town", management: .none)
  private static let older = Fixture.estate("older-town", management: .none)
  private static let new = Fixture.estate("new-town", management: .propertyCompany)

  /// The errors about one category in these estates.
  private static func errors(_ category: String, in estates: [Estate] = [old, new]) throws -> [String] {
    let text = """
      working-time: {days: [mon, tue, wed, thu, fri], hours: ["08:30-12:00"]}
      last-resort: ["12345"]
      categories:
        gate:
          title: Gate
          together-by: place
          escalation: [sub-district]
          verify: {by: person}
          \(category.split(separator: "\n").joined(separator: "\n    "))
      """
    let diagnostics = Diagnostics()
    let calendars = EstateCalendar.calendars(
      in: [
        try #require(
          Document(
            text:
              "night: 22:00-06:00\nexam: {dates: [2026-06-07..2026-06-08], hours: [08:00-18:00]}\nnever: []",
            file: "hours.yaml", diagnostics: diagnostics))
      ], diagnostics: diagnostics)
    let document = try #require(Document(text: text, file: "routing.yaml", diagnostics: diagnostics))
    _ = Routing(document: document, calendars: calendars, estates: estates, diagnostics: diagnostics)
    return diagnostics.errors.map(\.message).filter {
      $0.hasPrefix("category 'gate'") && !$0.contains("no time for")
        && !$0.contains("an estate with management")
    }
  }

  private static let company = "with-company: {lead: property-company}\n"
  private static let community = company + "without-company: {lead: community}\n"

  /// A category, and what is said of it for an estate without a property company and one with it.
  static let holes: [(String, [String])] = [
    (community, []),
    (
      company + "without-company: {lead: property-company}",
      [
        "category 'gate': nobody answers in estate 'old-town' (management none), at any hour; the property company should, and there is none"
      ]
    ),
    // Only the hours of offices are covered.
    (
      company
        + "without-company: {lead: property-company}\nexceptions: [{during: working-time, management: none, lead: community}]",
      [
        "category 'gate': nobody answers in estate 'old-town' (management none), Mon 00:00 to Mon 08:30; the property company should, and there is none"
      ]
    ),
    // Together they cover all hours.
    (
      company
        + "without-company: {lead: property-company}\nexceptions: [{during: working-time, management: none, lead: community}, {during: off-hours, management: none, lead: guard}]",
      []
    ),
    (
      community + "exceptions: [{during: night, priority: [P1, P2], lead: property-company}]",
      [
        "category 'gate': nobody answers in estate 'old-town' (management none), Mon 00:00 to Mon 06:00, P1, P2; the property company should, and there is none"
      ]
    ),
    // The first takes all hours of the second.
    (community + "exceptions: [{during: night, lead: guard}, {during: night, lead: property-company}]", []),
    (community + "exceptions: [{during: never, lead: property-company}]", []),
    (
      community + "exceptions: [{during: exam, lead: property-company}]",
      [
        "category 'gate': nobody answers in estate 'old-town' (management none), 2026-06-07 08:00 to 2026-06-07 18:00; the property company should, and there is none"
      ]
    ),
    // It is there where it is sent for.
    (community + "exceptions: [{estate: new-town, lead: property-company}]", []),
    (
      community + "exceptions: [{estate: new-twon, lead: guard}]",
      ["category 'gate': unknown estate 'new-twon'; did you mean 'new-town'?"]
    ),
    (
      community + "exceptions: [{place: well, estate: new-town, lead: owners-committee}]",
      [
        "category 'gate': nobody answers in estate 'new-town' (management property-company), at any hour, place well; the owners' committee should, and there is none"
      ]
    ),
    (
      company + "without-company: {lead: community, with: [property-company]}",
      [
        "category 'gate': the property company is to be informed in estate 'old-town' (management none), at any hour, and there is none"
      ]
    ),
    (
      company + "without-company: {lead: community}\nat-p1: [owners-committee]",
      [
        "category 'gate': the owners' committee is to be informed in estate 'old-town' (management none), at any hour, P1, and there is none",
        "category 'gate': the owners' committee is to be informed in estate 'new-town' (management property-company), at any hour, P1, and there is none",
      ]
    ),
  ]

  @Test("Where nobody answers, estate, hour, priority and who is missing are said", arguments: holes)
  func hole(category: String, expected: [String]) throws {
    #expect(try Self.errors(category) == expected)
  }

  @Test("An organisation that the catalogue names is there, whoever manages the estate")
  func named() throws {
    var town = Self.old
    town.parties.append(Party(role: .propertyCompany, title: Title(zh: "物业", en: "the company next door")))
    let category = Self.company + "without-company: {lead: property-company}"
    #expect(try Self.errors(category, in: [town]) == [])
    #expect(try Self.errors(category, in: [Self.old]).count == 1)
  }

  @Test("Estates that lack the same are named together")
  func together() throws {
    let found = try Self.errors(
      Self.company + "without-company: {lead: property-company}", in: [Self.old, Self.older, Self.new])
    #expect(found.count == 1)
    #expect(found.first?.contains("in estates 'old-town', 'older-town' (management none)") == true)
  }

  @Test("Nobody left to ask is said for the estate and the hours of the one who answers then")
  func nobodyNext() throws {
    let category =
      Self.community + "last-resort: [sub-district]\n"
      + "exceptions: [{during: night, estate: old-town, lead: sub-district}]"
    #expect(
      try Self.errors(category) == [
        "category 'gate': nobody is asked after the sub-district in estate 'old-town' (management none), Mon 00:00 to Mon 06:00"
      ])
  }
}
