/// Every rule that ships, in every situation that `config/tests` describes.
import EstateModel
import Foundation
import RuleTools
import Testing

@Suite("Rule tests that ship") struct ShippedRuleTests {
  static let files = ["noise", "noise-trend", "sewer", "sewer-chain", "wall", "gate", "devices", "simulated"]

  @Test("Every test of config/tests passes", arguments: files)
  func pass(_ name: String) throws {
    let tests = try ruleTests(in: "config/tests/\(name).yaml")
    #expect(tests.count >= 2)
    for test in tests {
      let outcome = test.play()
      #expect(outcome.lines == [], "\(test.name) \(test.location)")
      #expect(outcome.failure == nil)
    }
  }

  @Test("The list above holds every file, and there are at least sixty tests")
  func areComplete() throws {
    let folder = repository.appendingPathComponent("config/tests")
    let found = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
      $0.hasSuffix(".yaml")
    }
    #expect(Set(found) == Set(Self.files.map { "\($0).yaml" }))
    let count = try Self.files.map { try ruleTests(in: "config/tests/\($0).yaml").count }.reduce(0, +)
    #expect(count >= 60)
  }

  @Test("Each rule has a test that expects it, and one that watches the same kind of device and doesn't")
  func coverEachRule() throws {
    let context = try shippedContext()
    var raised: Set<String> = []
    var quiet: Set<String> = []
    for name in Self.files {
      for test in try ruleTests(in: "config/tests/\(name).yaml") {
        let kinds = Set(test.catalogue.devices.map(\.kind))
        let expected = Set(test.expectedRules)
        raised.formUnion(expected)
        for rule in test.rules.rules where !expected.contains(rule.id) && test.listsAllAlarms {
          if rule.kinds.contains(where: kinds.contains) { quiet.insert(rule.id) }
        }
      }
    }
    let all = Set(context.rules.rules.map(\.id))
    #expect(all.subtracting(raised) == [])
    #expect(all.subtracting(quiet) == [])
  }

  @Test("The same test gives the same outcome, time for time")
  func areDeterministic() throws {
    for test in try ruleTests(in: "config/tests/simulated.yaml").prefix(2) {
      let (first, second) = (test.play(), test.play())
      #expect(first.alarms.map(\.raised) == second.alarms.map(\.raised))
      #expect(first.tickets == second.tickets)
      #expect(first.readings == second.readings)
      #expect(first.readings > 0)
    }
  }
}
