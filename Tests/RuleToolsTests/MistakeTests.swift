/// What a person reads who has made a mistake in a rule test.
import RuleTools
import Testing

@Suite("Mistakes in rule tests") struct MistakeTests {
  @Test(
    "Each mistake is told with its line, its column, and the nearest name",
    arguments: [
      (
        "readings: {probe-w6: {level: 0.1}}\nexpect: nothing",
        "6:16: unknown device 'probe-w6'; did you mean 'probe-w06'?"
      ),
      (
        "readings: {probe-w06: {levl: 0.1}}\nexpect: nothing",
        "6:28: a sewer-level-probe has no signal 'levl'; did you mean 'level'?"
      ),
      (
        "readings: {probe-w06: {level: 0.1 x0}}\nexpect: nothing",
        "6:39: expected a count such as x600, at most 20000000"
      ),
      (
        "readings: {probe-w06: {level: 35 dBA x3}}\nexpect: nothing",
        "6:35: found a value in dBA, expected m for 'level'"
      ),
      (
        "readings: {probe-w06: {level: '0.1 x3; 0.2'}}\nexpect: nothing",
        "6:42: found ';', expected ',' and the next values"
      ),
      (
        "readings: {probe-w06: {level: '(0.1 x3'}}\nexpect: nothing",
        "6:43: the text ends, expected ')'"
      ),
      (
        "readings: {probe-w06: {level: 0.1}}\nexpect:\n  alarms:\n    - {rule: sewer-surchage, device: probe-w06, raised: 5min}",
        "9:18: unknown rule 'sewer-surchage'; did you mean 'sewer-surcharge'?"
      ),
      (
        "readings: {probe-w06: {level: 0.1}}\nexpect:\n  alarms:\n    - {rule: sewer-surcharge, device: probe-w07, raised: 5min}",
        "9:43: no device 'probe-w07' takes part here; did you mean 'probe-w06'?"
      ),
      (
        "readings: {probe-w06: {level: 0.1}}\nexpect:\n  alarms:\n    - {rule: sewer-surcharge, device: probe-w06, raised: 5 metres}",
        "9:62: expected a length of time such as 20min or 1h30min"
      ),
      (
        "readings: {probe-w06: {level: 0.1}}\nexpect:\n  tickets:\n    - {category: sewer, opened: 5min}",
        "9:22: unknown category 'sewer'"
      ),
      (
        "readings: {probe-w06: {level: 0.1}}\nexpect: {alarms: none}\nnever: [sewer-blockge]",
        "8:13: unknown rule or category 'sewer-blockge'; did you mean 'sewer-blockage'?"
      ),
      (
        "rules: [sewer-hi-level]\nreadings: {probe-w06: {level: 0.1}}\nexpect: nothing",
        "6:13: unknown rule 'sewer-hi-level'; did you mean 'sewer-high-level'?"
      ),
      (
        "reading: {probe-w06: {level: 0.1}}\nreadings: {probe-w06: {level: 0.1}}\nexpect: nothing",
        "6:5: a test: unknown key 'reading'; did you mean 'readings'?"
      ),
      ("expect: nothing", "5:5: test 'try': no device takes part; expected readings"),
      ("readings: {probe-w06: {level: 0.1}}", "5:5: a test: 'expect' is missing"),
      (
        "estate: {estate: x}\nreadings: {probe-w06: {level: 0.1}}\nexpect: nothing",
        "6:13: found a mapping in braces or brackets, expected a block with each key on a line of its own"
      ),
      (
        "readings: {probe-w06: {level: {csv: nowhere.csv}}}\nexpect: nothing",
        "6:41: 'nowhere.csv' can't be read as UTF-8 text"
      ),
    ])
  func mistakes(lines: String, message: String) throws {
    #expect(try ruleTests(wellTest(lines)).problems == [message])
  }

  @Test("A mistake in a rule that is written in the test is told at its own place")
  func inlineRule() throws {
    let (_, problems) = try ruleTests(
      """
      estate: luyuan
      start: 2026-04-14 08:00
      length: 1h
      tests:
        - test: try
          rules:
            - rule: full
              on: sewer-level-probe
              raise: levle > 0.2 m
              priority: P3
              ticket: sewer-blockage
          readings: {probe-w06: {level: 0.1}}
          expect: nothing
      """)
    #expect(problems.count == 1)
    #expect(problems.first?.hasPrefix("9:16: ") == true)
    #expect(problems.first?.contains("did you mean 'level'?") == true)
  }

  @Test("Times that don't exist, spans that run backwards and lengths of nothing are refused")
  func times() throws {
    let (_, problems) = try ruleTests(
      """
      estate: luyuan
      start: 2026-02-30 08:00
      length: 1h
      tests:
        - test: one
          readings: {probe-w06: {level: 0.1}}
          expect: nothing
        - test: two
          start: 2026-03-01 08:00
          readings: {probe-w06: {level: 0.1}}
          expect:
            alarms:
              - {rule: sewer-surcharge, device: probe-w06, raised: 20min .. 10min}
        - test: three
          start: 2026-03-01 08:00
          length: 0h
          readings: {probe-w06: {level: 0.1}}
          expect: nothing
      """)
    #expect(
      problems == [
        "13:62: the span ends before it begins", "16:13: found '0h', expected a length of time such as 3h",
        "2:8: found '2026-02-30 08:00', expected a time such as 2026-04-14 05:00 or 2026-04-14T05:00:00+08:00",
      ])
  }
}
