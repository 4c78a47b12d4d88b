import Configuration
import EstateModel
import EstateSimulator
import Foundation
import Testing

/// The repository that this file lies in.
let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

func scenarios() throws -> [Scenario] {
  let diagnostics = Diagnostics()
  let all = Scenario.all(
    in: repository.appendingPathComponent("simulators/scenarios"), diagnostics: diagnostics)
  try diagnostics.check()
  return all
}

func seeds() throws -> Catalogue {
  let diagnostics = Diagnostics()
  let catalogue = Catalogue(seeds: repository.appendingPathComponent("seeds"), diagnostics: diagnostics)
  try diagnostics.check()
  return catalogue
}

func scenario(_ yaml: String, file: String = "test.yaml") throws -> Scenario {
  let diagnostics = Diagnostics()
  let document = Document(text: yaml, file: file, diagnostics: diagnostics)
  let scenario = document.flatMap { Scenario(document: $0, diagnostics: diagnostics) }
  try diagnostics.check()
  return try #require(scenario)
}

@Suite("Scenario files")
struct ScenarioFileTests {
  @Test("Every scenario that ships can be read, and the seeds have what it names")
  func allParse() throws {
    let catalogue = try seeds()
    let all = try scenarios()
    #expect(
      Set(all.map(\.name)) == [
        "luyuan-sewer-blockage", "yulongting-elevator-night", "hongqili-east-wall", "yiheyuan-loitering",
        "ordinary-day", "demo",
      ])
    for scenario in all {
      let diagnostics = Diagnostics()
      #expect(Simulation(scenario, catalogue: catalogue, diagnostics: diagnostics) != nil)
      #expect(diagnostics.problems.map(\.description) == [])
      for ticket in scenario.expectations {
        #expect(catalogue.estate(ticket.estate)?.place(ticket.place) != nil)
        #expect(ticket.raised.upperBound <= scenario.duration)
      }
    }
  }

  @Test(
    "A mistake is told with its line, what was found and what was expected",
    arguments: [
      ("start: tomorrow", "bad.yaml:4:8: found 'tomorrow', expected a time such as"),
      (
        "start: 2026-04-14T05:00:00+08:00\ndurration: 6 h",
        "bad.yaml:5:1: a scenario: unknown key 'durration'"
      ),
      (
        "start: 2026-04-14T05:00:00+08:00\nincidents:\n  - {at: 5 min, kind: sewer-blokage}",
        "bad.yaml:6:23: found 'sewer-blokage', expected one of"
      ),
      (
        "start: 2026-04-14T05:00:00+08:00\nincidents:\n  - {at: 5 min, kind: wall-jump, device: a/b, angle: 3 m}",
        "bad.yaml:6:54: found '3 m' in m, expected a quantity in deg"
      ),
    ])
  func mistakes(lines: String, message: String) throws {
    let duration = lines.contains("durration") ? "" : "duration: 6 h\n"
    let yaml = "scenario: bad\ntitle: Bad\nestates: [luyuan]\n\(lines)\n\(duration)expect: {tickets: []}\n"
    let error = #expect(throws: ConfigurationError.self) { try scenario(yaml, file: "bad.yaml") }
    #expect(try #require(error).description.contains(message))
  }

  @Test("A device that no estate has is refused with the nearest name")
  func unknownDevice() throws {
    let read = try scenario(
      """
      scenario: bad
      title: Bad
      estates: [hongqili]
      start: 2026-04-14T05:00:00+08:00
      duration: 6 h
      incidents:
        - {at: 5 min, kind: wall-jump, device: hongqili/tilt-midle, angle: 0.3 deg}
      expect: {tickets: []}
      """)
    let diagnostics = Diagnostics()
    #expect(Simulation(read, catalogue: try seeds(), diagnostics: diagnostics) == nil)
    #expect(
      diagnostics.problems.first?.description.contains(
        "test.yaml:7:5: no device 'hongqili/tilt-midle' plays here; did you mean 'hongqili/tilt-middle'?")
        == true)
  }

  @Test("A blockage of a pipe that doesn't exist is refused")
  func unknownPipe() throws {
    let read = try scenario(
      """
      scenario: bad
      title: Bad
      estates: [luyuan]
      start: 2026-04-14T05:00:00+08:00
      duration: 6 h
      incidents:
        - {at: 5 min, kind: sewer-blockage, estate: luyuan, from: w06, towards: w08}
      expect: {tickets: []}
      """)
    let diagnostics = Diagnostics()
    #expect(Simulation(read, catalogue: try seeds(), diagnostics: diagnostics) == nil)
    #expect(
      diagnostics.problems.first?.message
        == "no pipe runs from 'w06' to 'w08'; the next place is 'w07'")
  }
}
