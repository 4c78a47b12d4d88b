/// The worked examples of the documentation are played, and no form of the language is without one.
import Foundation
import RuleTools
import Testing

@Suite("Examples of the documentation") struct ExampleTests {
  private func text(_ path: String) throws -> String {
    try String(contentsOf: repository.appendingPathComponent(path), encoding: .utf8)
  }

  @Test("Every example of rule-examples.md does what it says")
  func examples() throws {
    let tests = try ruleTests(in: "docs/rule-examples.md")
    #expect(tests.count >= 20)
    for test in tests {
      #expect(test.play().lines == [], "\(test.name) \(test.location)")
    }
  }

  /// What stands in backquotes in the first column of a table whose head begins with a word.
  private func firstColumn(under head: String) throws -> [String] {
    let lines = try text("docs/rules.md").split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex { $0.hasPrefix("| \(head) ") })
    return lines[(start + 2)...].prefix { $0.hasPrefix("|") }.flatMap { line -> [String] in
      let cell = line.dropFirst().split(separator: "|").first ?? ""
      return cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
        .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }
  }

  @Test("Each form in the table of rules.md stands in an example's condition")
  func forms() throws {
    let forms = try firstColumn(under: "form")
    #expect(forms.count >= 20)
    let conditions = try text("docs/rule-examples.md").split(separator: "\n").filter {
      $0.contains("raise: ") || $0.contains("clear: ")
    }.joined(separator: "\n")
    for form in forms {
      // `mean median min max(s, window)` names four; `upstream.s` any signal; `level` and `tamper` are themselves.
      let names = form.split(separator: "(").first?.split(separator: " ").map(String.init) ?? []
      for name in names {
        let isCall = form.contains("(")
        let wanted =
          isCall
          ? "\(name)("
          : name.replacingOccurrences(of: ".s", with: ".")
            .replacingOccurrences(of: ".NAME", with: ".")
        #expect(conditions.contains(wanted), "\(form): \(wanted)")
      }
    }
  }

  @Test("Each key that changes what a rule does stands in an example")
  func keys() throws {
    let examples = try text("docs/rule-examples.md")
    for key in try firstColumn(under: "key") where !["title", "source"].contains(key) {
      #expect(examples.contains("\(key): "), "\(key)")
    }
  }
}
