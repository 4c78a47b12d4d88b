/// Consent and cost, visits, councils, campaigns.
import EstateModel
import Foundation
import Testing
import Tickets

@Suite("Records")
struct RecordsTests {
  private static let day: Int64 = 24 * 60
  private static let shanghai = TimeZone(identifier: "Asia/Shanghai") ?? .gmt

  private func households(_ areas: [Int64]) -> [Proposal.Household] {
    areas.enumerated().map { Proposal.Household("1-\($0 + 1)", area: $1 * 10_000) }
  }

  private func book() throws -> (TicketBook, String) {
    var book = try Fixture.book()
    _ = book.apply(step(.raised, at: "w10"))
    return (book, try book.single().id)
  }

  /// Amount in cents, areas in m², shares in cents: by hand.
  static let divisions: [(Int64, Proposal.Division, [Int64], [Int64])] = [
    (100_00, .equal, [50, 60, 70], [33_34, 33_33, 33_33]),
    (1, .equal, [50, 60], [1, 0]),
    (1000_00, .byArea, [50, 75, 125], [200_00, 300_00, 500_00]),
    // 100.00 over 3 : 3 : 1 is 42.857…, 42.857…, 14.285…; two cents are left for the two largest remainders.
    (100_00, .byArea, [30, 30, 10], [42_86, 42_86, 14_28]),
    (999_999_999_99, .byArea, [1, 1, 1], [333_333_333_33, 333_333_333_33, 333_333_333_33]),
  ]

  @Test("Shares are exact to the cent and sum up to the amount", arguments: divisions)
  func shares(amount: Int64, division: Proposal.Division, areas: [Int64], expected: [Int64]) throws {
    let proposal = try Proposal(
      "pumping", amount: amount, division: division, households: households(areas), rule: .unanimous)
    #expect(proposal.households.map(\.share) == expected)
    #expect(proposal.households.reduce(0) { $0 + $1.share } == amount)
  }

  @Test("Shares of random amounts sum up to the amount, and differ from the exact share by less than a cent")
  func randomShares() throws {
    var choices = Choices(state: 7)
    for _ in 0..<500 {
      let areas = (0..<Int.random(in: 1...60, using: &choices)).map { _ in
        Int64.random(in: 1...2_000_000, using: &choices)
      }
      let amount = Int64.random(in: 1...10_000_000_00, using: &choices)
      let proposal = try Proposal(
        "work", amount: amount, division: .byArea,
        households: areas.enumerated().map { Proposal.Household("\($0)", area: $1) }, rule: .unanimous)
      let whole = areas.reduce(0, +)
      #expect(proposal.households.reduce(0) { $0 + $1.share } == amount)
      for household in proposal.households {
        let exact = Double(amount) * Double(household.area) / Double(whole)
        #expect(abs(Double(household.share) - exact) < 1)
      }
    }
  }

  static let amounts: [(String, Int64?)] = [
    ("3600", 3600_00), ("3600.5", 3600_50), ("0.01", 1), ("3600.005", nil), ("", nil), (".5", nil),
    ("5.", nil),
    ("-1", nil), ("1,000", nil), ("1e3", nil), ("9999999999999", nil), ("٣", nil),
  ]

  @Test("Amounts are read exactly, or not at all", arguments: amounts)
  func amount(text: String, cents: Int64?) {
    #expect(smallestParts(text, digits: 2) == cents)
    if let cents { #expect(smallestParts(money(cents), digits: 2) == cents) }
  }

  @Test("A proposal that doesn't add up is refused")
  func wrongProposals() {
    func proposal(_ amount: Int64, _ division: Proposal.Division, _ list: [Proposal.Household]) throws
      -> Proposal
    {
      try Proposal("x", amount: amount, division: division, households: list, rule: .unanimous)
    }
    let two = [Proposal.Household("a", share: 60), Proposal.Household("b", share: 30)]
    #expect(throws: ProposalError.shares(sum: 90, amount: 100)) { try proposal(100, .given, two) }
    #expect(throws: ProposalError.noArea) { try proposal(100, .byArea, two) }
    #expect(throws: ProposalError.amount(0)) { try proposal(0, .equal, two) }
    #expect(throws: ProposalError.noHouseholds) { try proposal(100, .equal, []) }
    #expect(throws: ProposalError.householdTwice("a")) { try proposal(100, .equal, [two[0], two[0]]) }
  }

  /// Rule, areas in m², votes (+ agree, - object, 0 abstain, blank not at all), outcome after the deadline.
  static let votes: [(ConsentRule, [Int64], String, Proposal.Outcome)] = [
    (.unanimous, [50, 50, 50], "+++", .accepted),
    (.unanimous, [50, 50, 50], "++ ", .rejected),
    // Six households of equal size: four take part, three agree.
    (.civilCode278, [50, 50, 50, 50, 50, 50], "+++-  ", .accepted),
    // Half of those who take part isn't over half.
    (.civilCode278, [50, 50, 50, 50, 50, 50], "++-0  ", .rejected),
    // Three of six is below two thirds.
    (.civilCode278, [50, 50, 50, 50, 50, 50], "+++   ", .rejected),
    // Two thirds by heads, but 200 of 500 m².
    (.civilCode278, [50, 50, 50, 50, 150, 150], "++++  ", .rejected),
    // Over half by heads, not by area.
    (.civilCode278, [50, 50, 50, 200], "+++-", .rejected),
    // Three of four is three quarters.
    (.civilCode278Special, [50, 50, 50, 50], "+++-", .accepted),
    (.civilCode278Special, [50, 50, 50, 50], "++0-", .rejected),
  ]

  @Test("The outcome follows heads and areas as the rule says", arguments: votes)
  func outcome(rule: ConsentRule, areas: [Int64], votes: String, expected: Proposal.Outcome) throws {
    var (book, id) = try book()
    let proposal = try Proposal(
      "clean ten wells", amount: 3600_00, division: .equal, households: households(areas), rule: rule,
      deadline: time("03-12 08:00"))
    try book.say(.propose(proposal), on: id, minute: 10)
    for (number, vote) in votes.enumerated() where vote != " " {
      let said: Proposal.Vote = vote == "+" ? .agree : vote == "-" ? .object : .abstain
      let consent = Proposal.Consent(
        proposal: 1, household: "1-\(number + 1)", vote: said, on: Fixture.start)
      try book.say(.consent(consent), on: id, minute: 20)
    }
    book.pass(minute: 2 * Self.day)
    #expect(book.tickets[id]?.proposals.first?.decision?.outcome == expected)
  }

  @Test("Consents are kept with their dates, the last word counts, and all of them decide at once")
  func consents() throws {
    var (book, id) = try book()
    let proposal = try Proposal(
      "clean ten wells and the tank", amount: 1000_00, division: .equal,
      households: households([50, 60, 70]),
      rule: .civilCode278)
    try book.say(.propose(proposal), on: id, minute: 10)
    func vote(_ household: String, _ vote: Proposal.Vote, _ minute: Int64) throws -> [TicketEvent] {
      let on = Fixture.start + minute * 60_000
      return try book.say(
        .consent(Proposal.Consent(proposal: 1, household: household, vote: vote, on: on)), on: id,
        minute: minute)
    }
    #expect(try vote("1-1", .object, 20).map(\.kind) == [.consented])
    #expect(try vote("1-2", .agree, 30).map(\.kind) == [.consented])
    #expect(try vote("1-1", .agree, 40).map(\.kind) == [.consented])
    #expect(throws: TicketError.self) { try vote("2-1", .agree, 41) }
    #expect(try vote("1-3", .agree, 50).map(\.kind) == [.consented, .decided])
    #expect(throws: TicketError.self) { try vote("1-3", .object, 60) }
    let kept = try #require(book.tickets[id]?.proposals.first)
    #expect(kept.decision?.outcome == .accepted)
    #expect(kept.consents.count == 4)
    #expect(
      kept.text(isChinese: false, in: Self.shanghai) == """
        Proposal 1: clean ten wells and the tank
        Amount: 1000.00 CNY
        Rule: at least 2/3 take part, and more than 1/2 of those agree, by heads and by area

        1-1  50 m²  333.34  agree  2026-03-10
        1-2  60 m²  333.33  agree  2026-03-10
        1-3  70 m²  333.33  agree  2026-03-10

        3 of 3 households took part, 3 agree
        180 of 180 m² took part, 180 m² agree
        Outcome: accepted
        """)
    #expect(kept.text(isChinese: true, in: Self.shanghai).hasSuffix("结果：通过"))
  }

  @Test("A visit is kept with who came and how long they stayed")
  func visit() throws {
    var (book, id) = try book()
    let visit = Visit(
      attendees: ["community", "property company", "elevator contractor"], start: time("03-10 09:00"),
      end: time("03-10 11:05"), note: "guide rails to be greased")
    try book.say(.visit(visit), on: id, minute: 200)
    #expect(
      book.tickets[id]?.visits.first?.text(isChinese: false, in: Self.shanghai)
        == "Visit 2026-03-10 09:00–11:05 (125 min): community, property company, elevator contractor. guide rails to be greased"
    )
    var backwards = visit
    backwards.end = backwards.start - 1
    var empty = visit
    empty.attendees = []
    var tomorrow = visit
    tomorrow.end += 86_400_000
    for wrong in [backwards, empty, tomorrow] {
      #expect(throws: TicketError.self) { try book.say(.visit(wrong), on: id, minute: 200) }
    }
  }

  @Test("What a council decided is reminded of when it is due, and too few make no council")
  func council() throws {
    var (book, id) = try book()
    let council = Council(
      parties: ["housing centre", "sub-district", "community", "residents", "property company"],
      claims: [.init("residents", "visitors block the garage")], outcome: "visitors leave a number",
      items: [.init("put up the notice", who: "property company", due: time("03-13 12:00"))])
    try book.say(.council(council), on: id, minute: 60)
    try book.say(.acknowledge(), on: id, minute: 61)
    let reminded = book.pass(minute: 5 * Self.day).filter { $0.kind == .reminded }
    #expect(reminded.contains { line($0) == "03-13 12:00 reminded item" })
    #expect(reminded.count { line($0).hasSuffix("item") } == 1)
    #expect(
      council.text(isChinese: true, in: Self.shanghai).hasSuffix(
        "待办：put up the notice（property company，2026-03-13前）"))
    let two = Council(parties: ["community", "residents"], outcome: "agreed")
    #expect(throws: TicketError.self) { try book.say(.council(two), on: id, minute: 5 * Self.day) }
  }

  @Test("A campaign ends when every building was looked at and every household's plan carried out")
  func campaign() throws {
    var book = try Fixture.book()
    try book.say(
      .report(
        Report(
          estate: "old-town", category: "campaign", place: "", note: "roof heaters before the wind season",
          from: "community", channel: .message, campaign: "heaters-2026")), on: "", minute: 1)
    let ticket = try book.single()
    #expect(ticket.toInspect == ["b1"])
    func inspect(_ place: String, _ household: String?, _ plan: Inspection.Plan, done: Bool) throws {
      try book.say(
        .inspect(
          Inspection(place: place, household: household, finding: "rusty", plan: plan, isDone: done)),
        on: ticket.id, minute: 10)
    }
    #expect(throws: TicketError.self) { try book.say(.resolve("done"), on: ticket.id, minute: 20) }
    try inspect("u3", "3-301", .byItself, done: false)
    try inspect("u3", "3-201", .fallback, done: true)
    #expect(book.lacking(in: try book.single()) == "not done yet: 3-301")
    #expect(throws: TicketError.self) { try book.say(.resolve("done"), on: ticket.id, minute: 20) }
    try inspect("u3", "3-301", .byItself, done: true)
    try book.say(.resolve("all fixed"), on: ticket.id, minute: 30)
    let summary = try #require(book.campaign("heaters-2026"))
    #expect((summary.estates, summary.places, summary.covered, summary.done) == (1, 1, 1, 2))
    #expect(summary.inspections == ["self": 1, "fallback": 1])
    #expect(summary.parts.map(\.ticket) == [ticket.id])
    #expect(summary.parts.map(\.state) == [.resolved])
    #expect(summary.parts.map(\.lacking) == [nil])
    #expect(book.campaign("other") == nil)
  }
}
