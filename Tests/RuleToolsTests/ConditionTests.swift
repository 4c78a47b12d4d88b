/// Conditions taken apart for 'explain'.
import EstateModel
import RuleTools
import Testing

@Suite("Conditions in parts") struct ConditionTests {
  private func review(_ text: String, _ values: [(String, Double?, String)]) -> [String] {
    let review = ConditionReview(
      text, evidence: values.map { Evidence(label: $0.0, value: $0.1, unit: $0.2) })
    return review.parts.map { part in
      let answer = part.holds.map { $0 ? "yes" : "no" } ?? "unknown"
      return String(repeating: "  ", count: part.depth) + "\(answer) \(part.joint ?? part.text)"
        + (part.now.map { " | \($0)" } ?? "") + (part.missing.map { " | \($0)" } ?? "")
    }
  }

  @Test("A comparison says its value, and what it lacks in the unit of its limit")
  func comparison() {
    #expect(
      review("level / device.bore >= 80%", [("level / device.bore", 62, "%")]) == [
        "no level / device.bore >= 80% | 62 % | 18 % more"
      ])
    #expect(review("level < 0.02 m", [("level", 0.05, "m")]) == ["no level < 0.02 m | 0.05 m | 0.03 m less"])
    #expect(review("level > 5 cm", [("level", 0.05, "m")]) == ["no level > 5 cm | 5 cm | a little more"])
    #expect(review("level >= 5 cm", [("level", 0.05, "m")]) == ["yes level >= 5 cm | 5 cm"])
  }

  @Test("The parts of 'and' and 'or' each have their answer; one no decides an 'and', one yes an 'or'")
  func logic() {
    #expect(
      review(
        "level >= device.bore and (device.cover - level <= 0.30 m or fit(level, 30min) >= 80%)",
        [
          ("level", 0.5, "m"), ("device.bore", 0.3, "m"), ("device.cover - level", 1.0, "m"),
          ("fit(level, 30min)", nil, ""),
        ]) == [
          "unknown all of",
          "  yes level >= device.bore | 0.5 m, limit 0.3 m",
          "  unknown one of",
          "    no device.cover - level <= 0.30 m | 1 m | 0.7 m less",
          "    unknown fit(level, 30min) >= 80% | unknown",
        ])
    #expect(
      review("during(night) and tamper", [("during(night)", 0, ""), ("tamper", nil, "")]) == [
        "no all of", "  no during(night) | no", "  unknown tamper",
      ])
    #expect(
      review("not tamper", [("tamper", 0, "")]) == ["yes not", "  no tamper | no"])
  }

  @Test("What is missing is said in a line: all of an 'and', any of an 'or'")
  func missing() {
    func missing(_ text: String, _ values: [(String, Double?, String)]) -> String? {
      ConditionReview(text, evidence: values.map { Evidence(label: $0.0, value: $0.1, unit: $0.2) }).missing
    }
    let values =
      [("level", 0.5, "m"), ("tilt", 0.1, "deg"), ("tamper", nil, "")] as [(String, Double?, String)]
    #expect(missing("level > 0.4 m", values) == nil)
    #expect(missing("level > 0.4 m and tilt > 0.2 deg", values) == "tilt > 0.2 deg: 0.1 deg more")
    #expect(
      missing("level > 1 m or tilt > 0.2 deg and tamper", values)
        == "either level > 1 m: 0.5 m more, or (tilt > 0.2 deg: 0.1 deg more; tamper: known and true)")
    #expect(missing("not level > 0.4 m", values) == "not level > 0.4 m")
  }

  @Test("Sides that are computed from known values are known")
  func computed() {
    #expect(
      review(
        "abs(delta(tilt, 3h)) >= 0.03 deg", [("delta(tilt, 3h)", -0.01, "deg")]) == [
          "no abs(delta(tilt, 3h)) >= 0.03 deg | 0.01 deg | 0.02 deg more"
        ])
    #expect(
      review(
        "age(any) > max(3 * device.report-interval, 5 min)",
        [("age(any)", 2, "min"), ("3 * device.report-interval", 90, "s")]) == [
          "no age(any) > max(3 * device.report-interval, 5 min) | 2 min, limit 5 min | 3 min more"
        ])
  }

  @Test("Texts come apart at the outermost words only, whatever stands in parentheses")
  func parts() {
    #expect(
      ConditionText("a > 1 and max(b, c) < 2 or not (d and e = 3)")
        == .any([
          .all([
            .comparison(left: "a", sign: ">", right: "1"),
            .comparison(left: "max(b, c)", sign: "<", right: "2"),
          ]),
          .not(.all([.plain("d"), .comparison(left: "e", sign: "=", right: "3")])),
        ]))
    #expect(ConditionText("a>=1") == .comparison(left: "a", sign: ">=", right: "1"))
  }
}
