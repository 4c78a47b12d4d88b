/// The routing file that ships, and what a wrong one is told.
import Configuration
import EstateModel
import Foundation
import Testing
import Tickets

@Suite("Routing")
struct RoutingTests {
  /// The routing matrix of the project's incident reports: category, lead and others with a property company,
  /// lead and others without.
  static let matrix: [(String, Role, [Role], Role, [Role])] = [
    ("elevator-noise", .elevatorContractor, [.propertyCompany], .elevatorContractor, [.community]),
    ("neighbour-noise", .gridWorker, [.community, .propertyCompany], .gridWorker, [.buildingHead]),
    ("works-noise", .propertyCompany, [.worksContractor], .community, [.worksContractor]),
    ("sewer-blockage", .propertyCompany, [.sewerContractor], .community, [.buildingHead, .sewerContractor]),
    ("meter-well", .propertyCompany, [.waterCompany], .community, [.waterCompany]),
    ("wall-safety", .propertyCompany, [.wallContractor], .community, [.subDistrict]),
    ("gate-security", .guardPost, [.propertyCompany], .guardPost, [.gridWorker]),
    ("fire-lane", .propertyCompany, [], .gridWorker, []),
    ("device-maintenance", .propertyCompany, [.systemIntegrator], .community, [.systemIntegrator]),
    (
      "root-cause", .subDistrict, [.housingCentre, .propertyCompany], .subDistrict,
      [.housingCentre, .community]
    ),
  ]

  @Test("A ticket goes to the party of the matrix, with and without a property company", arguments: matrix)
  func lead(category: String, with: Role, withOthers: [Role], without: Role, withoutOthers: [Role]) throws {
    for (management, lead, others) in [
      (Estate.Management.propertyCompany, with, withOthers), (.none, without, withoutOthers),
      (.unknown, without, withoutOthers), (.ownersCommittee, without, withoutOthers),
    ] {
      var book = try Fixture.book(management: management)
      let events = book.apply(step(.raised, at: "w3", category: category))
      let ticket = try book.single()
      #expect(events.count == 1)
      #expect(ticket.responsible.role == lead)
      #expect(ticket.others.compactMap(\.role) == others)
    }
  }

  /// The column "escalate to" of the same matrix, after those on the spot.
  static let ladders: [(String, [Role])] = [
    ("elevator-noise", [.propertyCompany, .community, .subDistrict]),
    ("works-noise", [.community, .urbanManagement]),
    ("sewer-blockage", [.community, .subDistrict, .housingCentre, .municipalDrainage]),
    ("meter-well", [.community, .subDistrict, .municipalDrainage]),
    ("gate-security", [.propertyCompany, .gridWorker, .police]),
    ("fire-lane", [.gridWorker, .community, .fire]),
    ("device-maintenance", [.community, .subDistrict]),
  ]

  @Test("Escalation follows the matrix", arguments: ladders)
  func escalation(category: String, ladder: [Role]) throws {
    #expect(try Fixture.routing()[category]?.escalation == ladder)
  }

  @Test("The organisation that fills the role here is on the ticket, its contact isn't")
  func organisation() throws {
    var book = try Fixture.book()
    let events = book.apply(step(.raised, at: "w3"))
    #expect(try book.single().responsible.title == Title(zh: "绿园社区", en: "Luyuan community"))
    #expect(!"\(events)".contains("secret"))
  }

  @Test("A wall in danger brings in urban management, at once or when it becomes P1")
  func dangerBringsMore() throws {
    var first = try Fixture.book()
    _ = first.apply(step(.raised, "fall", at: "east-wall", category: "wall-safety", priority: .p1))
    #expect(try first.single().others.compactMap(\.role) == [.subDistrict, .urbanManagement])

    var second = try Fixture.book()
    _ = second.apply(step(.raised, "creep", at: "east-wall", category: "wall-safety", priority: .p3))
    #expect(try second.single().others.compactMap(\.role) == [.subDistrict])
    _ = second.apply(step(.raised, "fall", at: "east-wall", category: "wall-safety", priority: .p1))
    _ = second.apply(step(.raised, "jump", at: "east-wall", category: "wall-safety", priority: .p1))
    #expect(try second.single().others.compactMap(\.role) == [.subDistrict, .urbanManagement])
  }

  @Test("A category that the file lacks still finds a party")
  func unknownCategory() throws {
    var book = try Fixture.book()
    _ = book.apply(step(.raised, at: "w3", category: "lamp-broken"))
    #expect(try book.single().responsible.role == .community)
  }

  static let mistakes: [(String, String)] = [
    ("with-company: {lead: guard}\n  without-company: {with: [police]}", "'lead' is missing"),
    ("with-company: {lead: guard}", "'without-company' is missing"),
    ("with-company: {lead: gard}\n  without-company: {lead: guard}", "did you mean 'guard'?"),
    (
      "with-company: {lead: guard}\n  without-company: {lead: property-company}",
      "management none, at any hour; the property company should, and there is none"
    ),
    ("with-company: {lead: guard}\n  without-compny: {lead: guard}", "did you mean 'without-company'?"),
  ]

  @Test(
    "A category without a responsible role is refused, with the place and what is expected",
    arguments: mistakes)
  func refused(assignments: String, expected: String) throws {
    let text = """
      categories:
        fire-lane:
          title: Fire lane
          together-by: place
          escalation: [fire]
          verify: {by: person}
          \(assignments.replacingOccurrences(of: "\n", with: "\n  "))
      """
    let diagnostics = Diagnostics()
    let document = try #require(Document(text: text, file: "routing.yaml", diagnostics: diagnostics))
    _ = Routing(document: document, diagnostics: diagnostics)
    let found = diagnostics.errors.filter { $0.message.contains(expected) }
    #expect(found.count == 1)
    #expect(found.first?.location.file == "routing.yaml")
  }

  @Test("Categories that the gateway relies on must be in the file")
  func missingCategory() throws {
    let diagnostics = Diagnostics()
    let document = try #require(Document(text: "{}", file: "routing.yaml", diagnostics: diagnostics))
    _ = Routing(document: document, diagnostics: diagnostics)
    #expect(diagnostics.errors.contains { $0.message == "category 'wall-safety' is missing" })
    #expect(
      diagnostics.errors.count { $0.message.hasSuffix("is missing") && $0.message.contains("category") } == 10
    )
  }
}
