/// When a test fails: what it says.
import RuleTools
import Testing

@Suite("Failing rule tests") struct ComparisonTests {
  /// Well 6 at 0.25 m from the start: a high level at 8:10, and nothing else.
  private func lines(_ expectation: String) throws -> [String] {
    let (tests, problems) = try ruleTests(
      wellTest("rules: [sewer-high-level]\nreadings: {probe-w06: {level: 0.25}}\n" + expectation))
    #expect(problems == [])
    return try #require(tests.first).play().lines
  }

  private let found =
    "alarm sewer-high-level of luyuan/probe-w06: raised 08:10:00 (+10min), not cleared,"
    + " onset 08:00:00 (+0min), at w06, P3"

  @Test("What is as expected says nothing")
  func same() throws {
    #expect(
      try lines(
        """
        expect:
          alarms: [{rule: sewer-high-level, device: probe-w06, raised: 10min}]
          tickets: [{category: sewer-blockage, opened: '08:10'}]
        """) == [])
  }

  @Test("An alarm at another time is shown beside the one that was expected")
  func anotherTime() throws {
    #expect(
      try lines("expect: {alarms: [{rule: sewer-high-level, device: probe-w06, raised: 12min}]}") == [
        "- alarm sewer-high-level of luyuan/probe-w06: raised 08:12:00 (+12min), not cleared",
        "+ \(found)",
      ])
  }

  @Test("A whole minute matches, the minute before and after don't; with seconds it is that second")
  func minutes() throws {
    for (time, matches) in [
      ("9min", false), ("10min", true), ("11min", false), ("10min0s", true), ("10min1s", false),
      ("'08:10'", true), ("'08:09:59 .. 08:10:01'", true), ("2min .. 5min", false),
    ] {
      let differences = try lines(
        "expect: {alarms: [{rule: sewer-high-level, device: probe-w06, raised: \(time)}]}")
      #expect(differences.isEmpty == matches, "\(time)")
    }
  }

  @Test("An alarm that nobody expected fails, unless others are allowed")
  func others() throws {
    #expect(try lines("expect: nothing") == ["+ \(found)"])
    #expect(try lines("others: allowed\nexpect: nothing") == [])
    #expect(try lines("expect: {tickets: none}").count == 1)
  }

  @Test("What must never appear fails even where others are allowed")
  func never() throws {
    let differences = try lines("others: allowed\nnever: [sewer-blockage]\nexpect: nothing")
    #expect(differences == ["+ \(found); must never appear (try.yaml:9:13)"])
  }

  @Test("An alarm that was to clear, or stays beyond its time, fails")
  func clearing() throws {
    let differences = try lines(
      "expect: {alarms: [{rule: sewer-high-level, device: probe-w06, raised: 10min, cleared: 20min}]}")
    #expect(
      differences == [
        "- alarm sewer-high-level of luyuan/probe-w06: raised 08:10:00 (+10min), cleared 08:20:00 (+20min)",
        "+ \(found)",
      ])
  }

  @Test("Each property of a ticket is looked at")
  func tickets() throws {
    for property in [
      "place: w07", "towards: w06", "party: guard", "with: [guard]", "priority: P1", "alarms: 2",
    ] {
      let differences = try lines(
        "expect: {tickets: [{category: sewer-blockage, opened: 10min, \(property)}]}")
      #expect(differences.count == 2, "\(property)")
      #expect(
        differences.last
          == "+ ticket sewer-blockage: opened 08:10:00 (+10min), in luyuan, at w06, towards w07, to community,"
          + " with building-head, sewer-contractor, P3, 1 alarms")
    }
  }

  @Test("The report in JUnit's form counts tests and failures, and escapes what XML doesn't take")
  func junit() throws {
    let (tests, _) = try ruleTests(
      """
      estate: luyuan
      start: 2026-04-14 08:00
      length: 1h
      rules: [sewer-high-level]
      readings: {probe-w06: {level: 0.25}}
      tests:
        - test: good
          expect: {alarms: [{rule: sewer-high-level, device: probe-w06, raised: 10min}]}
        - test: bad & <worse>
          expect: nothing
      """)
    let cases = tests.map { JUnitReport.Case(test: $0, outcome: $0.play(), seconds: 0.0125) }
    #expect(
      JUnitReport([("try.yaml", cases)]).xml == """
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="gatehouse test" tests="2" failures="1" errors="0" time="0.025">
          <testsuite name="try.yaml" tests="2" failures="1" errors="0" time="0.025">
            <testcase classname="try.yaml" name="good" file="try.yaml" line="7" time="0.013"/>
            <testcase classname="try.yaml" name="bad &amp; &lt;worse&gt;" file="try.yaml" line="9" time="0.013">
              <failure message="+ \(found)">try.yaml:9:5&#10;+ \(found)</failure>
            </testcase>
          </testsuite>
        </testsuites>

        """)
  }
}
