/// Reads files of rule tests.
import Configuration
import EstateModel
import EstateSimulator
import Foundation
import Rules
import Tickets

/// A file's tests, with what they share.
///
///     estate: luyuan                     # shared by all tests of the file; each may say otherwise
///     start: 2026-04-07 08:00
///     tests:
///       - test: high-level
///         readings: …
///         expect: …
public struct RuleTestFile: Sendable {
  public let file: String
  public let tests: [RuleTest]

  /// - Parameter folder: where the file lies; paths in it start there.
  /// - Returns: the tests without a mistake; all mistakes are in `diagnostics`.
  public init(document: Document, folder: URL, context: RuleTestContext, diagnostics: Diagnostics) {
    file = document.file
    guard let fields = Fields(document.root, of: "a file of rule tests", diagnostics: diagnostics) else {
      tests = []
      return
    }
    var shared: [String: Node] = [:]
    for key in RuleTestReader.sharedKeys { shared[key] = fields.optional(key) }
    let nodes = fields.required("tests")?.list(diagnostics) ?? []
    fields.finish()
    var names: [String: SourceLocation] = [:]
    var tests: [RuleTest] = []
    for node in nodes {
      let reader = RuleTestReader(
        document: document, folder: folder, context: context, diagnostics: diagnostics, shared: shared)
      guard let test = reader.read(node) else { continue }
      if let first = names[test.name] {
        diagnostics.error("test '\(test.name)' is already defined in \(first)", at: test.location)
      }
      names[test.name] = test.location
      tests.append(test)
    }
    self.tests = tests
  }

  /// The document in a text file: YAML as it is, or the blocks of a Markdown file that begin with ```` ```yaml test ````.
  public static func document(contentsOf url: URL, name: String, diagnostics: Diagnostics) -> Document? {
    guard name.hasSuffix(".md") else {
      return Document(contentsOf: url, name: name, diagnostics: diagnostics)
    }
    guard let bytes = try? Data(contentsOf: url), let text = String(bytes: bytes, encoding: .utf8) else {
      diagnostics.error("can't be read as UTF-8 text", at: SourceLocation(file: name, line: 1, column: 1))
      return nil
    }
    var isInside = false
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> Substring in
      if line.hasPrefix("```") {
        isInside = !isInside && line.hasPrefix("```yaml test")
        return ""
      }
      return isInside ? line : ""
    }
    return Document(text: lines.joined(separator: "\n"), file: name, diagnostics: diagnostics)
  }
}
