/// Rule files that nobody should write, and that somebody will: each is read, or refused with a clear message.
import Configuration
import EstateModel
import Foundation
import Rules
import Testing

@Suite("Bad rule files") struct BadInputTests {
  private static let rule = "  on: sewer-level-probe\n  raise: level > 0.3 m\n  priority: P3\n  ticket: t\n"

  private func errors(_ text: String) -> [String] {
    Bench(text).diagnostics.errors.map {
      "\($0.location.line):\($0.location.column): \($0.message)"
    }
  }

  @Test("10,000 rules in one file of more than two megabytes are read")
  func many() {
    let text = (0..<10_000).map { number in
      """
      - rule: r-\(number)
        title: {zh: 规则, en: Rule \(number)}
        on: [sewer-level-probe, meter-well-probe]
        raise: level > \(number % 300) cm and slope(level, \(10 + number % 50)min) >= 0.1 m/h or during(night)
        for: 10min
        clear: level < 10 cm
        priority: P3
        ticket: sewer-blockage
        source: made up

      """
    }.joined()
    #expect(text.utf8.count > 2_000_000)
    let diagnostics = Diagnostics()
    let began = ContinuousClock.now
    let document = Document(text: text, file: "rules.yaml", diagnostics: diagnostics)
    let rules = RuleSet(
      documents: [document].compactMap { $0 },
      calendars: ["night": EstateCalendar(name: "night", hours: [(1320, 360)])], catalogue: Catalogue(),
      diagnostics: diagnostics)
    let took = ContinuousClock.now - began
    #expect(diagnostics.problems.isEmpty)
    #expect(rules.rules.count == 10_000)
    // Unoptimised, and beside other tests: only what grows with the square is told.
    #expect(took < .seconds(120))
  }

  @Test("A file of a megabyte is read; one of more than four is refused")
  func large() {
    let comment = String(repeating: "# nothing\n", count: 105_000)
    #expect(comment.utf8.count > 1_048_576)
    #expect(errors(comment + "- rule: r\n" + Self.rule) == [])
    #expect(
      errors(String(repeating: comment, count: 4)).first?.hasPrefix(
        "1:1: the file has 4200000 bytes; at most")
        == true)
  }

  @Test("Rules that inhibit each other in a circle are told, each circle once")
  func circle() {
    func rule(_ id: String, _ inhibitors: String) -> String {
      "- rule: \(id)\n" + Self.rule + "  inhibited-by: [\(inhibitors)]\n"
    }
    #expect(
      errors(rule("a", "b") + rule("b", "c, d") + rule("c", "a") + rule("d", "")) == [
        "1:3: rules inhibit each other in a circle: a → b → c → a"
      ])
    #expect(errors(rule("a", "a")) == ["1:3: rules inhibit each other in a circle: a → a"])
    #expect(errors(rule("a", "b, c") + rule("b", "c") + rule("c", "")) == [])
    // A chain as long as that of 2,000 rules is no circle, and no recursion.
    let chain = (0..<2000).map { rule("r-\($0)", $0 < 1999 ? "r-\($0 + 1)" : "") }.joined()
    #expect(errors(chain) == [])
  }

  @Test(
    "Windows beyond all measure, names that are there twice",
    arguments: [
      ("raise: mean(level, 3650day) > 1 m", "3:22: found 3650 day, expected a window from 1 ms to 400 day"),
      ("raise: level > 1 m\n  for: 10year", "4:8: "), ("raise: level > 1e400 m", "3:18: found '1e400'"),
      ("raise: level > 1 m\n  raise: level > 2 m", ""),
    ])
  func measures(keys: String, message: String) {
    let found = errors("- rule: r\n  on: sewer-level-probe\n  \(keys)\n  priority: P3\n  ticket: t\n")
    #expect(found.contains { $0.hasPrefix(message) }, "\(found)")
  }

  @Test("The same name twice, also in another file, is told with the place of the first")
  func twice() {
    #expect(
      errors("- rule: r\n" + Self.rule + "- rule: r\n" + Self.rule) == [
        "6:3: rule 'r' is already defined in rules.yaml:1:3"
      ])
  }

  @Test(
    "What a Chinese input method types: full-width signs in an expression count as their twins, in YAML they are told",
    arguments: [
      ("raise: （level ＞ ３０ cm） and level ＜ １ m", nil), ("raise: max（level，10min）＞0.3 m", nil),
      ("raise: level ≥ ３０％ ＊ 1 m", nil),
      ("raise：level > 1 m", "4:3: not valid YAML: could not find expected ':'; line 3 has a full-width '：'"),
      ("raise: level > 1 m，and level < 2 m", "3:21: "), ("raise: “level > 1 m”", "3:10: "),
      ("raise: level 。 1 m", "3:16: "),
    ] as [(String, String?)])
  func fullWidth(key: String, message: String?) {
    let found = errors("- rule: r\n  on: sewer-level-probe\n  \(key)\n  priority: P3\n  ticket: t\n")
    if let message {
      #expect(found.contains { $0.hasPrefix(message) }, "\(found)")
    } else {
      #expect(found == [])
    }
  }

  @Test("Windows line ends and a byte order mark change no place in a message")
  func lineEnds() {
    let text = "- rule: r\n  on: sewer-level-probe\n  raise: levl > 1 m\n  priority: P3\n  ticket: t\n"
    let expected = errors(text)
    #expect(expected.first?.hasPrefix("3:10: unknown signal 'levl'; did you mean 'level'?") == true)
    #expect(errors("\u{FEFF}" + text.replacingOccurrences(of: "\n", with: "\r\n")) == expected)
  }
}
