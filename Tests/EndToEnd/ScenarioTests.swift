/// Every scenario through a real broker, a real gateway and a real simulator.
import Foundation
import Testing

@Suite("Scenarios", .serialized)
struct ScenarioTests {
  static let names =
    (try? FileManager.default.contentsOfDirectory(
      atPath: Programs.root.appendingPathComponent("simulators/scenarios").path))?
    .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted() ?? []

  @Test("There are scenarios for the four incidents and an ordinary day")
  func scenariosExist() {
    for name in [
      "luyuan-sewer-blockage", "yulongting-elevator-night", "hongqili-east-wall", "yiheyuan-loitering",
      "ordinary-day",
    ] {
      #expect(Self.names.contains(name))
    }
  }

  @Test("A scenario ends with exactly the tickets that it lists", arguments: names)
  func scenario(_ name: String) throws {
    let outcome = try Programs.run(
      "gatehouse", ["demo", "--headless", "--english", "--scenario", name, "--speed", "max"])
    #expect(outcome.status == 0, "\(outcome.output)\n\(outcome.errors)")
    #expect(outcome.output.contains("as expected"))
    #expect(!outcome.output.contains("stopped before"), "the whole scenario was played")
  }

  @Test("A scenario with another expectation fails and says what differs")
  func wrongExpectation() throws {
    let folder = try Programs.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let original = try String(
      contentsOf: Programs.root.appendingPathComponent("simulators/scenarios/yiheyuan-loitering.yaml"),
      encoding: .utf8)
    let file = folder.appendingPathComponent("wrong.yaml")
    try original.replacingOccurrences(of: "party: guard", with: "party: fire").write(
      to: file, atomically: true, encoding: .utf8)
    let outcome = try Programs.run(
      "gatehouse", ["demo", "--headless", "--english", "--scenario", file.path, "--speed", "max"])
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("missing: gate-security"), "\(outcome.errors)")
    #expect(outcome.errors.contains("not expected: gate-security"))
  }
}
