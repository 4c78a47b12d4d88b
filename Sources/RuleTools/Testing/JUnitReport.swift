/// Results of rule tests as JUnit XML, which continuous integration understands.
import Configuration

public struct JUnitReport: Sendable {
  public struct Case: Sendable {
    public var test: RuleTest
    public var outcome: RuleTestOutcome
    public var seconds: Double

    public init(test: RuleTest, outcome: RuleTestOutcome, seconds: Double) {
      (self.test, self.outcome, self.seconds) = (test, outcome, seconds)
    }
  }

  private let suites: [(file: String, cases: [Case])]

  public init(_ suites: [(file: String, cases: [Case])]) { self.suites = suites }

  public var xml: String {
    let all = suites.flatMap(\.cases)
    var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    text += "<testsuites name=\"gatehouse test\"\(counts(all))>\n"
    for suite in suites {
      text += "  <testsuite name=\"\(Self.escaped(suite.file))\"\(counts(suite.cases))>\n"
      for item in suite.cases {
        let place = item.test.location
        text +=
          "    <testcase classname=\"\(Self.escaped(suite.file))\" name=\"\(Self.escaped(item.test.name))\""
          + " file=\"\(Self.escaped(place.file))\" line=\"\(place.line)\" time=\"\(Self.seconds(item.seconds))\""
        if item.outcome.hasPassed {
          text += "/>\n"
          continue
        }
        let lines = item.outcome.lines
        text += ">\n      <failure message=\"\(Self.escaped(lines.first ?? "failed"))\">"
        text += Self.escaped("\(place)\n" + lines.joined(separator: "\n"))
        text += "</failure>\n    </testcase>\n"
      }
      text += "  </testsuite>\n"
    }
    return text + "</testsuites>\n"
  }

  private func counts(_ cases: [Case]) -> String {
    let failures = cases.count { !$0.outcome.hasPassed }
    let seconds = cases.reduce(0) { $0 + $1.seconds }
    return " tests=\"\(cases.count)\" failures=\"\(failures)\" errors=\"0\" time=\"\(Self.seconds(seconds))\""
  }

  private static func seconds(_ seconds: Double) -> String {
    let milliseconds = Int((seconds * 1000).rounded())
    let rest = String(milliseconds % 1000 + 1000).dropFirst()
    return "\(milliseconds / 1000).\(rest)"
  }

  /// Characters that XML 1.0 doesn't allow become a question mark.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\n": result += "&#10;"
      case "\t", "\r": result += " "
      case _ where scalar.value < 32 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: result += "?"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

extension RuleTestOutcome {
  /// What failed, one line for each side of a difference: `- ` what was expected, `+ ` what came.
  public var lines: [String] {
    if let failure { return failure.split(separator: "\n").map(String.init) }
    return differences.flatMap { difference in
      var lines: [String] = []
      if let expected = difference.expected { lines.append("- \(expected)") }
      if let found = difference.found {
        lines.append("+ \(found)" + (difference.remark.map { "; \($0)" } ?? ""))
      }
      return lines
    }
  }
}
