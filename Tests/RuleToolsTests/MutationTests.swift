/// Texts that somebody has garbled: each is read or refused, none crashes or hangs.
import Configuration
import EstateModel
import Foundation
import RuleTools
import Testing

@Suite("Garbled rule tests") struct MutationTests {
  @Test("Bytes changed, doubled or lost are read or told with a place")
  func garbled() throws {
    let context = try shippedContext()
    let text = """
      estate: luyuan
      start: 2026-04-14 08:00
      length: 10min
      tests:
        - test: one
          rules:
            - rule: own
              on: sewer-level-probe
              raise: level > 0.2 m
              priority: P3
              ticket: sewer-blockage
          readings:
            probe-w06: {level: '(0.1 x3, 8 cm for 2min, 0.1..0.3 over 3min) x2, silent 1min, fault x2, 0.1'}
            probe-w05: {level: {csv: Tests/RuleToolsTests/Fixtures/level.csv}}
          expect: {alarms: [{rule: own, device: probe-w06, raised: '08:05 .. 9min'}]}
        - test: two
          estate: yiheyuan
          readings: {cam-gate: {available: yes, loitering: 'at 08:01 for 4min every 5s x2 each 1min outside'}}
          expect: nothing
      """
    let bytes = Array(text.utf8)
    var state: UInt64 = 42
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    var read = 0
    var refused = 0
    for _ in 0..<400 {
      var garbled = bytes
      for _ in 0...random(4) {
        let place = random(garbled.count)
        switch random(4) {
        case 0: garbled.remove(at: place)
        case 1: garbled.insert(garbled[random(garbled.count)], at: place)
        case 2: garbled[place] = UInt8(32 + random(95))
        default:
          let end = min(garbled.count, place + 12)
          garbled.insert(contentsOf: garbled[place..<end], at: random(garbled.count))
        }
      }
      let diagnostics = Diagnostics()
      if let document = Document(
        text: String(decoding: garbled, as: UTF8.self), file: "try.yaml", diagnostics: diagnostics)
      {
        let file = RuleTestFile(
          document: document, folder: repository, context: context, diagnostics: diagnostics)
        // The file's tests are at hand only when nothing is wrong with them.
        read += file.tests.count
      }
      refused += diagnostics.hasErrors ? 1 : 0
      for problem in diagnostics.problems { #expect(problem.location.line >= 1) }
    }
    #expect(read > 0)
    #expect(refused > 0)
  }

  @Test(
    "Counts and nestings beyond all measure are refused, or end with the test",
    arguments: [
      "0.1 x99999999999", "0.1 x20000001", "\(String(repeating: "(", count: 5000))0.1",
      "0.1 for 400day every 1ms", "(silent 0s) x20000000",
    ])
  func enormous(series: String) throws {
    let (tests, problems) = try ruleTests(
      wellTest("length: 400day\nreadings: {probe-w06: {level: '\(series)'}}\nexpect: nothing"))
    #expect(problems.count + tests.count == 1)
  }

  @Test("A visit of more messages than anyone would send is refused")
  func enormousVisit() throws {
    let (_, problems) = try ruleTests(
      """
      estate: yiheyuan
      start: 2026-03-20 23:00
      length: 1h
      tests:
        - test: try
          readings: {cam-gate: {loitering: 'at 1min for 300day every 1ms'}}
          expect: nothing
      """)
    #expect(problems == ["6:39: more than 2000000 messages"])
  }
}
