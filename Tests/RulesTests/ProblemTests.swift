/// What a person reads when a rule file is wrong: file, line, column, found, expected, the nearest known name.
import Configuration
import EstateModel
import Rules
import Testing

@Suite("Problems in rule files") struct ProblemTests {
  /// The condition stands in line 5 from column 10 on.
  @Test(
    "Each mistake is told where it stands",
    arguments: [
      ("laeqq > 3 dBA", "5:10: unknown signal 'laeqq'; did you mean 'laeq'?"),
      ("laeq > 3 m", "5:15: '>' compares dBA with m"),
      ("laeq > 35", "5:15: '>' compares dBA with a number without unit"),
      ("laeq > 35 dBZ", "5:15: '>' compares dBA with dBZ"),
      ("laeq > 35 dBB", "5:20: unknown unit 'dBB'; did you mean 'dB'?"),
      ("level > 3 m", "5:10: 'level' is not reported by every device of 'noise-meter'"),
      (
        "leq(laeq, 10min) + leq(laf, 10min) > 3 dBA",
        "5:27: '+' between dBA and dBA: levels don't add; use leq or corrected"
      ),
      (
        "laeq * 2 > 3 dBA",
        "5:15: '*' between dBA and a number without unit: levels can't be multiplied or divided"
      ),
      ("laeq", "5:10: the condition is dBA, expected yes or no: compare it with a limit"),
      ("laeq > 3 dBA and 5", "5:27: 'and' found a number without unit, expected yes or no"),
      ("not laeq", "5:14: 'not' found dBA, expected yes or no"),
      ("leqq(laeq, 10min) > 3 dBA", "5:10: unknown function 'leqq'; did you mean 'leq'?"),
      ("leq(laeq) > 3 dBA", "5:10: found 1 argument, expected leq(signal, window)"),
      (
        "leq(laeq, 10 m) > 3 dBA",
        "5:20: found '10 m', expected a length of time such as 10min: leq(signal, window)"
      ),
      ("leq(temperature, 10min) > 3 degC", "5:14: leq found degC, expected a sound level such as dBA"),
      ("leq(laeq, 3650day) > 3 dBA", "5:20: found 3650 day, expected a window from 1 ms to 400 day"),
      ("leq(laeq, 0s) > 3 dBA", "5:20: found 0 s, expected a window from 1 ms to 400 day"),
      ("during(nigth)", "5:17: unknown calendar 'nigth'; did you mean 'night'?"),
      (
        "laeq > device.limit-nigth",
        "5:17: unknown attribute 'device.limit-nigth'; did you mean 'limit-night'?"
      ),
      ("laeq-3 > 2 dBA", "5:10: unknown signal 'laeq-3'; a minus needs blanks around it"),
      ("laeq > 3 dBA extra", "5:23: found 'extra', expected an operator or the end of the expression"),
      ("laeq > ", "5:16: found the end, expected a signal, a number, a call or '('"),
      ("(laeq > 3 dBA", "5:23: found the end, expected ')'"),
      ("laeq > 3 dBA)", "5:22: found ')', expected an operator or the end of the expression"),
      ("3 dBA < laeq < 5 dBA", "5:23: found a second comparison '<'; write 'a < b and b < c'"),
      ("laeq == 3 dBA", "5:15: found '==', expected '='"),
      ("laeq > 3 dBA; laf > 3 dBA", "5:22: found ';', which no expression can contain"),
      ("laeq > 1e999 dBA", "5:17: found '1e999', which is no number that can be computed with"),
      (
        "typical(available) > 3 s",
        "5:18: 'available' is not measured, expected a measured signal: typical(signal)"
      ),
      ("deviation(laeq) > 3 dBA", "5:26: '>' compares dB with dBA"),
      (
        "overlap(laeq, laf, 10min) > 3",
        "5:24: found 'laf', expected an event of the device itself: overlap(event, event, window), where the first may be 'signal > limit'"
      ),
      (
        "otherwise(laeq, 3 m) > 3 dBA",
        "5:26: otherwise found dBA and m, expected the same unit"
      ),
      ("count(laeq, 10min) > 3", "5:16: 'laeq' is not an event; its readings are counted by samples"),
      ("max(laeq) > 3 dBA", "5:10: found 1 argument, expected max(laeq, window) or max(upstream.laeq)"),
      ("slope(laeq, 1h) > 3 dBA/h", "5:26: '>' compares dB/s with dBA/h"),
      (
        "percentile(laeq, 1h, 110%) > 3 dBA",
        "5:31: expected a share from 0% to 100%: percentile(signal, window, share)"
      ),
      (
        "corrected(laeq, 26) > 3 dBA",
        "5:26: corrected found dBA and a number without unit, expected the same unit"
      ),
      ("laeq > 3 dBA and 噪声 > 3 dBA", "5:27: unknown signal '噪声'"),
      ("（laeq ＞ 3 dBA） and laef > 3 dBA", "5:29: unknown signal 'laef'; did you mean 'laeq'?"),
    ])
  func conditions(raise: String, message: String) {
    let bench = Bench(on: "noise-meter", "raise: \(raise)")
    let first = bench.messages.first.map { String($0.split(separator: "\n")[0]) }
    #expect(first == "rules.yaml:" + message)
    #expect(bench.messages.count == 1)
  }

  @Test("The line is shown with a caret under the place")
  func caret() {
    let bench = Bench(on: "noise-meter", "raise: laeq > 3 m")
    #expect(
      bench.messages == [
        "rules.yaml:5:15: '>' compares dBA with m\n      raise: laeq > 3 m\n                  ^"
      ])
  }

  @Test("In folded and quoted text the place is found as well")
  func folded() {
    let bench = Bench(
      """
      - rule: a
        on: noise-meter
        raise: >-
          laeq > 3 dBA
          and laeqq > 3 dBA
        clear: "laeq < 3 m"
        priority: P3
        ticket: t
      """)
    #expect(
      bench.messages.map { String($0.split(separator: "\n")[0]) } == [
        "rules.yaml:5:9: unknown signal 'laeqq'; did you mean 'laeq'?",
        "rules.yaml:6:16: '<' compares dBA with m",
      ])
  }

  @Test(
    "All problems are told at once",
    arguments: [
      (
        "- rule: a\n  on: noise-metre\n  raise: laeq > 3 dBA\n  priority: P9\n  ticket: t\n  tikcet: t",
        [
          "2:7: unknown device kind 'noise-metre', expected one of \(DeviceKind.allCases.map(\.rawValue).joined(separator: ", ")), any; did you mean 'noise-meter'?",
          "4:13: found 'P9', expected one of P1, P2, P3, P4; did you mean 'P1'?",
          "6:3: a rule: unknown key 'tikcet'; did you mean 'ticket'?",
        ]
      ),
      (
        "- rule: A b\n  on: any",
        [
          "1:9: found 'A b', expected a rule name of at most 64 lower-case letters, digits and '-'",
          "1:3: a rule: 'raise' is missing", "1:3: a rule: 'priority' is missing",
          "1:3: a rule: 'ticket' is missing",
        ]
      ),
      ("rule: a", ["1:1: found a mapping, expected a list of rules, each beginning with '- rule:'"]),
      ("- 5", ["1:3: a rule: found '5', expected a mapping"]),
      (
        "- {rule: a, on: any, raise: age(any) > 3 h, priority: P1, ticket: t, for: 3 m, inhibited-by: [b]}",
        [
          "1:75: found '3 m' in m, expected a quantity in s"
        ]
      ),
      (
        "- {rule: abc, on: any, raise: age(any) > 3 h, priority: P1, ticket: t, inhibited-by: [abd]}",
        [
          "1:3: unknown rule 'abd' in 'inhibited-by'; did you mean 'abc'?"
        ]
      ),
      (
        "- &r {rule: a, on: any, raise: age(any) > 3 h, priority: P1, ticket: t}\n- {rule: a, on: any, raise: age(any) > 3 h, priority: P1, ticket: t}",
        [
          "2:3: rule 'a' is already defined in rules.yaml:1:3"
        ]
      ),
    ] as [(String, [String])])
  func keys(text: String, expected: [String]) {
    let bench = Bench(text)
    let found = Set(bench.messages.map { String($0.split(separator: "\n")[0]) })
    #expect(found == Set(expected.map { "rules.yaml:" + $0 }))
  }

  @Test("A window with too many readings is refused at its place")
  func tooManySamples() {
    let bench = Bench(on: "elevator-noise-meter", "raise: leq(laeq, 300day) > 3 dBA")
    #expect(
      bench.messages.first?.hasPrefix(
        "rules.yaml:5:20: the window would hold 25920000 readings of 'test/meter'; at most 1000000 are kept")
        == true)
  }

  @Test("Devices that a rule can never judge are named")
  func lackingAttributes() {
    let bench = Bench(on: "noise-meter", "raise: laeq > device.limit-day")
    #expect(bench.messages == [])
    let warnings = bench.diagnostics.sorted().filter { $0.severity == .warning }
    #expect(
      warnings.map(\.message) == [
        "rule 'r' can never judge 1 of its devices, which lack 'limit-day': test/slow-meter"
      ])
    let either = Bench(on: "noise-meter", "raise: laeq > device.limit-day or laeq > 90 dBA")
    #expect(either.diagnostics.problems.isEmpty)
  }

  @Test(
    "A byte order mark, Windows line ends and no rules at all are fine",
    arguments: [
      "\u{FEFF}- rule: a\r\n  on: any\r\n  raise: age(any) > 3 h\r\n  priority: P1\r\n  ticket: t\r\n", "",
      "# nothing\n", "[]",
    ])
  func harmless(text: String) {
    #expect(Bench(text).diagnostics.problems.isEmpty)
  }

  @Test(
    "Nesting 500 deep, and chains of a thousand, are refused clearly",
    arguments: [
      (
        String(repeating: "(", count: 500) + "1 = 1" + String(repeating: ")", count: 500),
        "nested deeper than 100 levels"
      ),
      (String(repeating: "not ", count: 500) + "1 = 1", "nested deeper than 100 levels"),
      (String(repeating: "- ", count: 500) + "1 = 1", "nested deeper than 100 levels"),
      (String(repeating: "abs(", count: 500) + "1", "nested deeper than 100 levels"),
      ("1" + String(repeating: "+1", count: 1000) + " = 1", "more than 200 operators in one expression"),
      (String(repeating: "x", count: 5000), "the expression has 5000 characters; at most 4000 are read"),
    ])
  func bounds(raise: String, message: String) {
    let bench = Bench(on: "noise-meter", "raise: \"\(raise)\"")
    #expect(bench.messages.count == 1)
    #expect(bench.messages.first?.contains(message) == true)
  }

  @Test("20,000 mutated rules: each is read or refused, none stops the program")
  func fuzz() throws {
    let seeds = [
      "corrected(leq(laeq, 15min), device.background) > device.limit-night and during(night, 15min)",
      "level / device.bore >= 70% and downstream.level <= 50% * mean(downstream.level, 24h)",
      "device.cover - level <= 0.30 m or time-to(level, device.cover, 30min) <= 60min and fit(level, 30min) >= 80%",
      "abs(delta(tilt, 3h)) / 3 h >= 0.01 deg/h and not stuck(tilt, 6h) or percentile(tilt, 1h, 90%) = 1 deg",
      "dwell(loitering) >= 120 s and during(night) or count(loitering, 30min) != 0 or max(upstream.level) > 1 m",
    ]
    let pieces = [
      "(", ")", ",", "and", "or", "not ", "-", "/", "*", "1e308", "%", "m", "dB(A)", "（", "\u{0}", "\u{FEFF}",
      "é", "👍",
      "level", "leq(", "max(", "10min", "day", ".", "..", "upstream.", "device.", ">=", "=", "\"", "'", "\t",
      "９", "0x1p4",
    ]
    let kinds = [
      "elevator-noise-meter", "sewer-level-probe", "sewer-level-probe", "wall-tilt-sensor", "entrance-camera",
    ]
    var random = Sequence64(state: 20_260_310)
    let night = ["night": EstateCalendar(name: "night", hours: [(1320, 360)])]
    let catalogue = Catalogue()
    var readable = 0
    for round in 0..<20_000 {
      var text = Array(seeds[round % seeds.count].unicodeScalars)
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0...text.count, using: &random)
        let end = min(text.count, place + Int.random(in: 0...6, using: &random))
        switch Int.random(in: 0..<3, using: &random) {
        case 0: text.removeSubrange(place..<end)
        case 1:
          text.insert(
            contentsOf: pieces[Int.random(in: 0..<pieces.count, using: &random)].unicodeScalars, at: place)
        default:
          text.insert(
            contentsOf: Array(text[place..<end]), at: Int.random(in: 0...text.count, using: &random))
        }
      }
      var mutated = String.UnicodeScalarView()
      mutated.append(contentsOf: text)
      let quoted = String(mutated).unicodeScalars.map { scalar -> String in
        switch scalar {
        case "\"", "\\": "\\\(scalar)"
        case "\u{0}": "\\0"
        case "\t": "\\t"
        case "\u{FEFF}": "\\uFEFF"
        default: String(scalar)
        }
      }
      let rule = """
        - {rule: r, on: \(kinds[round % kinds.count]), priority: P1, ticket: t, raise: "\(quoted.joined())"}
        """
      let diagnostics = Diagnostics()
      guard let document = Document(text: rule, file: "f", diagnostics: diagnostics) else {
        Issue.record("not YAML: \(rule) \(diagnostics.problems)")
        continue
      }
      let rules = RuleSet(
        documents: [document], calendars: night, catalogue: catalogue, diagnostics: diagnostics)
      #expect(rules.rules.isEmpty == diagnostics.hasErrors, "\(String(mutated))")
      readable += rules.rules.count
    }
    // Both ways are taken, so that the test has looked at both.
    #expect(readable > 500 && readable < 19_000)
  }
}
