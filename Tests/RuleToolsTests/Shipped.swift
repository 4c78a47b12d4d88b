/// The configuration that ships, and rule tests read from texts.
import Configuration
import EstateModel
import Foundation
import Payloads
import RuleTools
import Rules
import Tickets

/// The repository's folder.
let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

/// What `gatehouse test` judges by, without the parts that it doesn't need.
func shippedContext() throws -> RuleTestContext {
  let diagnostics = Diagnostics()
  func documents(_ folder: String) -> [Document] {
    Document.all(
      in: repository.appendingPathComponent(folder), prefix: folder, diagnostics: diagnostics)
  }
  let catalogue = Catalogue(documents: documents("seeds/estates"), diagnostics: diagnostics)
  let calendars = EstateCalendar.calendars(in: documents("config/calendars"), diagnostics: diagnostics)
  let rules = documents("config/rules")
  let routing = Document(
    contentsOf: repository.appendingPathComponent("config/routing.yaml"), name: "routing.yaml",
    diagnostics: diagnostics
  ).map { Routing(document: $0, calendars: calendars, diagnostics: diagnostics) }
  let set = RuleSet(
    documents: rules, calendars: calendars, catalogue: catalogue, diagnostics: diagnostics)
  let profiles = Profile.read(documents("config/profiles"), diagnostics: diagnostics)
  try diagnostics.check()
  return RuleTestContext(
    catalogue: catalogue, calendars: calendars, routing: routing ?? Routing(categories: []),
    documents: rules, rules: set, profiles: profiles)
}

extension PayloadDecoder {
  /// A message as text that comes at `now`.
  func decode(_ topic: String, _ payload: String, now: Timestamp) {
    var (topic, payload) = (topic, payload)
    topic.withUTF8 { topic in
      payload.withUTF8 { payload in
        decode(topic: UnsafeRawBufferPointer(topic), payload: UnsafeRawBufferPointer(payload), now: now)
      }
    }
  }
}

/// A file of the repository, read.
func ruleTests(in path: String) throws -> [RuleTest] {
  let diagnostics = Diagnostics()
  let url = repository.appendingPathComponent(path)
  guard let document = RuleTestFile.document(contentsOf: url, name: path, diagnostics: diagnostics) else {
    throw ConfigurationError(diagnostics.sorted())
  }
  let file = RuleTestFile(
    document: document, folder: url.deletingLastPathComponent(), context: try shippedContext(),
    diagnostics: diagnostics)
  try diagnostics.check()
  return file.tests
}

/// A text, read: its tests, and its problems as `line:column: message`.
func ruleTests(_ text: String) throws -> (tests: [RuleTest], problems: [String]) {
  let diagnostics = Diagnostics()
  guard let document = Document(text: text, file: "try.yaml", diagnostics: diagnostics) else {
    throw ConfigurationError(diagnostics.sorted())
  }
  let file = RuleTestFile(
    document: document, folder: repository, context: try shippedContext(), diagnostics: diagnostics)
  return (
    file.tests,
    diagnostics.errors.map { "\($0.location.line):\($0.location.column): \($0.message)" }.sorted()
  )
}

/// Luyuan's well 6 in the morning, with these lines of a test.
func wellTest(_ lines: String) -> String {
  """
  estate: luyuan
  start: 2026-04-14 08:00
  length: 1h
  tests:
    - test: try

  """ + lines.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
}
