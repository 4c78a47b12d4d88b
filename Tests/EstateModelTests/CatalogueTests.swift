/// Reading estates from documents: what is wrong is said where it stands, and lookups find what is there.
import Configuration
import EstateModel
import Testing

struct CatalogueTests {
  private static let head = """
    estate: north
    title: {zh: 北苑, en: North}
    community: 甲社区
    sub-district: 乙街道
    district: 丙区
    management: none

    """

  private func read(_ texts: String...) throws -> (Catalogue, [String]) {
    let diagnostics = Diagnostics()
    let documents = try texts.enumerated().map { number, text in
      try #require(
        Document(text: text, file: number == 0 ? "e.yaml" : "f.yaml", diagnostics: diagnostics))
    }
    let catalogue = Catalogue(documents: documents, diagnostics: diagnostics)
    return (catalogue, diagnostics.sorted().map { "\($0.location): \($0.message)" })
  }

  @Test("A small estate has what its document says")
  func small() throws {
    let (catalogue, problems) = try read(
      Self.head + """
        parties: [{role: community, title: 甲社区, contact: desk 1}]
        places:
          - {id: w1, kind: well, downstream: w2, depth: 240 cm, bore: 0.3 m}
          - {id: w2, kind: well, title: {zh: 二号, en: two}}
        devices:
          - {id: p1, kind: sewer-level-probe, at: w1, address: 24E124AA00990001, depth: 2.5 m}
          - {id: p2, kind: sewer-level-probe, at: w2, report-interval: 0.5 min}
        """)
    #expect(problems == [])
    let estate = try #require(catalogue.estate("north"))
    #expect(estate.community == Title(zh: "甲社区", en: "甲社区"))
    #expect(estate.provenance == .seed)
    #expect(estate.timeZone.identifier == "Asia/Shanghai")
    #expect(estate.place("w1")?.title == Title(zh: "w1", en: "w1"))
    #expect(estate.party(.community).contact == "desk 1")
    #expect(estate.party(.police).title == Role.police.title)
    let first = try #require(catalogue.device(path: "north/p1"))
    let second = try #require(catalogue.device(named: "p2"))
    #expect(catalogue.device(address: "24e124aa00990001") == first)
    #expect(catalogue[first].path == "north/p1")
    // The device's own depth wins over its well's, and the well's bore is its own.
    #expect(catalogue[first].attributes["depth"] == Quantity(2.5, .metre))
    #expect(catalogue[first].attributes["bore"] == Quantity(0.3, .metre))
    #expect(catalogue[second].reportInterval == 30_000)
    #expect(catalogue[first].reportInterval == 300_000)
    #expect(catalogue.downstream(of: first) == [second])
    #expect(catalogue.upstream(of: second) == [first])
    #expect(catalogue.upstream(of: first) == [])
    #expect(catalogue.device(path: "north/p3") == nil)
    #expect(catalogue.device(named: "north") == nil)
  }

  /// What follows the head, which has six lines, and the one problem that it has.
  private static let mistakes: [(String, String)] = [
    (
      "places: [{id: W1, kind: well}]",
      "e.yaml:7:15: found 'W1', expected an id of at most 64 lower-case letters, digits, '-' and '_'"
    ),
    (
      "places: [{id: a/b, kind: well}]",
      "e.yaml:7:15: found 'a/b', expected an id of at most 64 lower-case letters, digits, '-' and '_'"
    ),
    (
      "time-zone: Asia/Datong",
      "e.yaml:7:12: unknown time zone 'Asia/Datong', expected a name such as Asia/Shanghai"
    ),
    ("devcies: []", "e.yaml:7:1: an estate: unknown key 'devcies'; did you mean 'devices'?"),
    (
      "provenance: sed",
      "e.yaml:7:13: found 'sed', expected one of seed, synthetic; did you mean 'seed'?"
    ),
    ("places: [{kind: well}]", "e.yaml:7:10: a place: 'id' is missing"),
    (
      "places: [{id: w1, kind: wel}]",
      "e.yaml:7:25: found 'wel', expected one of building, unit, flat, shaft, gate, garage, wall, well, "
        + "meter-well, septic-tank, gatehouse; did you mean 'well'?"
    ),
    (
      "places: [{id: w1, kind: well, dpeth: 2 m}]",
      "e.yaml:7:31: unknown attribute 'dpeth'; did you mean 'depth'?"
    ),
    (
      "places: [{id: w1, kind: well, depth: 2 s}]",
      "e.yaml:7:38: found '2 s' in s, expected a quantity in m"
    ),
    (
      "places: [{id: w1, kind: well, depth: deep}]",
      "e.yaml:7:38: found 'deep', expected a number with a unit such as '1 m'"
    ),
    (
      "places: [{id: w1, kind: well, depth: 2}]", "e.yaml:7:38: found '2' in number, expected a quantity in m"
    ),
    (
      "places: [{id: w1, kind: well}, {id: w1, kind: well}]",
      "e.yaml:7:33: place 'w1' stands twice in this estate"
    ),
    (
      "places: [{id: well-1, kind: well, downstream: wel-1}]",
      "e.yaml:7:35: unknown place 'wel-1'; did you mean 'well-1'?"
    ),
    ("places: [{id: w1, kind: well, in: nowhere}]", "e.yaml:7:31: unknown place 'nowhere'"),
    (
      "places: [{id: w1, kind: well, downstream: w1}]",
      "e.yaml:7:31: 'w1' flows back into itself"
    ),
    ("parties: [{role: comunity}]", "did you mean 'community'?"),
    ("parties: [{title: x}]", "e.yaml:7:11: a party: 'role' is missing"),
    ("parties: [x]", "e.yaml:7:11: a party: found 'x', expected a mapping"),
    (
      "places: [{id: w1, kind: well}]\ndevices: [{id: p, kind: sewer-level-probe, at: w2}]",
      "e.yaml:8:44: unknown place 'w2'; did you mean 'w1'?"
    ),
    (
      "places: [{id: w1, kind: well}]\ndevices: [{id: p, kind: sewer-level-probe}]",
      "e.yaml:8:11: a device: 'at' is missing"
    ),
    (
      "places: [{id: w1, kind: well}]\ndevices: [{id: p, kind: rain-gauge, at: w1, report-interval: 0 s}]",
      "e.yaml:8:45: found 0 s, expected a report interval above 0 s"
    ),
    (
      "places: [{id: w1, kind: well}]\ndevices:\n- {id: p, kind: rain-gauge, at: w1}\n"
        + "- {id: p, kind: rain-gauge, at: w1}",
      "e.yaml:10:4: device 'p' stands twice in this estate"
    ),
    (
      "places: [{id: w1, kind: well}]\ndevices:\n- {id: p, kind: rain-gauge, at: w1, address: AB}\n"
        + "- {id: q, kind: rain-gauge, at: w1, address: ab}",
      "e.yaml:10:37: address 'ab' is already used in e.yaml:9:37"
    ),
  ]

  @Test("What is wrong is said once, where it stands", arguments: mistakes)
  func wrong(text: String, problem: String) throws {
    let (_, problems) = try read(Self.head + text)
    #expect(problems.count == 1)
    #expect(problems.first?.hasSuffix(problem) == true, "\(problems)")
  }

  @Test("Water that runs in a circle is reported at each well of the circle")
  func circle() throws {
    let (_, problems) = try read(
      Self.head + """
        places:
          - {id: a, kind: well, downstream: b}
          - {id: b, kind: well, downstream: c}
          - {id: c, kind: well, downstream: b}
        """)
    #expect(
      problems == [
        "e.yaml:9:25: 'b' flows back into itself", "e.yaml:10:25: 'c' flows back into itself",
      ])
  }

  @Test("All problems of a document are found in one go")
  func several() throws {
    let (_, problems) = try read(
      "estate: North\ntitle: N\ncommunity: C\nsub-district: S\nmanagement: nobody\nplaces: {}\n")
    #expect(
      problems == [
        "e.yaml:1:1: an estate: 'district' is missing",
        "e.yaml:1:9: found 'North', expected an id of at most 64 lower-case letters, digits, '-' and '_'",
        "e.yaml:5:13: found 'nobody', expected one of property-company, none, owners-committee, unknown",
        "e.yaml:6:9: found a mapping, expected a list",
      ])
  }

  @Test("An estate is described once")
  func twice() throws {
    let (catalogue, problems) = try read(Self.head, Self.head)
    #expect(problems == ["f.yaml:1:1: estate 'north' is already described in e.yaml:1:1"])
    #expect(catalogue.estates.count == 1)
  }

  @Test("A restricted catalogue has only the estates named, and finds their devices anew")
  func restricted() throws {
    let device = "places: [{id: w, kind: well}]\ndevices: [{id: p, kind: sewer-level-probe, at: w}]\n"
    let (catalogue, problems) = try read(
      Self.head + device, Self.head.replacing("estate: north", with: "estate: south") + device)
    #expect(problems == [])
    #expect(catalogue.device(named: "p") == nil)
    let south = catalogue.restricted(to: ["south", "west"])
    #expect(south.estates.map(\.id) == ["south"])
    #expect(south.devices.map(\.path) == ["south/p"])
    #expect(south.device(named: "p") == DeviceIndex(0))
    #expect(south.device(path: "north/p") == nil)
    #expect(south.estate(of: DeviceIndex(0))?.id == "south")
    #expect(south.place(of: DeviceIndex(0))?.id == "w")
    #expect(catalogue.restricted(to: []).devices.isEmpty)
  }
}
