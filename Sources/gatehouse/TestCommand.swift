import ArgumentParser
import Configuration
import EstateModel
import Foundation
import Gateway
import RuleTools

struct TestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Play rule tests: readings in, the alarms and tickets that must come out.",
    discussion: """
      A test gives readings over virtual time and says which alarms and tickets must come of them, and when. It runs \
      through the engine and the ticket book that ship. Files are YAML, or Markdown with blocks that begin with \
      ```yaml test; of folders, all YAML files are taken. docs/rule-tests.md describes them.

      Exit status: 0 all passed, 1 a test failed, 2 a file can't be used or nothing is left to play.

      EXAMPLE
        gatehouse test
        gatehouse test config/tests/sewer.yaml --filter surcharge
        gatehouse test docs/rule-examples.md --junit report.xml
      """)

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  @Argument(help: "Files and folders.")
  var paths: [String] = ["config/tests"]

  @Option(help: "Only tests whose name holds this text.")
  var filter: String?

  @Option(help: "Write the results as JUnit XML into this file.")
  var junit: String?

  @Flag(help: "Name the tests that passed, too.")
  var verbose = false

  private struct Line: Encodable {
    var file: String
    var line: Int
    var test: String
    var passed: Bool
    var differences: [String]
    var readings: Int
    var milliseconds: Double
  }

  func run() throws {
    let (files, diagnostics) = try read()
    for warning in diagnostics.warnings { standardError(warning.description) }
    if diagnostics.hasErrors {
      standardError(diagnostics.errors.map(\.description).joined(separator: "\n"))
      throw ExitCode(2)
    }
    let started = ContinuousClock.now
    var suites: [(file: String, cases: [JUnitReport.Case])] = []
    for file in files {
      var cases: [JUnitReport.Case] = []
      for test in file.tests where filter.map({ test.name.contains($0) }) ?? true {
        let began = ContinuousClock.now
        let outcome = test.play()
        let result = JUnitReport.Case(
          test: test, outcome: outcome, seconds: (ContinuousClock.now - began) / .seconds(1))
        try report(result)
        cases.append(result)
      }
      if !cases.isEmpty { suites.append((file.file, cases)) }
    }
    let all = suites.flatMap(\.cases)
    guard !all.isEmpty else {
      standardError(filter.map { "no test's name holds '\($0)'" } ?? "no tests found")
      throw ExitCode(2)
    }
    if let junit {
      do {
        try JUnitReport(suites).xml.write(toFile: junit, atomically: true, encoding: .utf8)
      } catch { throw Finding(text: "\(junit) can't be written: \(error.localizedDescription)") }
    }
    let failed = all.count { !$0.outcome.hasPassed }
    if !output.json { print(summary(all, failed: failed, elapsed: ContinuousClock.now - started)) }
    if failed > 0 { throw ExitCode(1) }
  }

  private func read() throws -> ([RuleTestFile], Diagnostics) {
    let loaded = try options.load()
    let diagnostics = Diagnostics()
    let context = RuleTestContext(
      catalogue: loaded.catalogue, calendars: loaded.calendars, routing: loaded.routing,
      documents: Document.all(in: loaded.settings.rulesFolder, prefix: "rules", diagnostics: Diagnostics()),
      rules: loaded.rules, profiles: loaded.profiles)
    var files: [RuleTestFile] = []
    for path in paths {
      for (url, name) in try testFiles(path) {
        guard
          let document = RuleTestFile.document(contentsOf: url, name: name, diagnostics: diagnostics)
        else { continue }
        files.append(
          RuleTestFile(
            document: document, folder: url.deletingLastPathComponent(), context: context,
            diagnostics: diagnostics))
      }
    }
    return (files, diagnostics)
  }

  /// A file as it is named; of a folder, the YAML files below it, by name.
  private func testFiles(_ path: String) throws -> [(URL, String)] {
    let url = URL(fileURLWithPath: path)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      standardError("\(path): no such file or folder")
      throw ExitCode(2)
    }
    guard isFolder.boolValue else { return [(url, path)] }
    let below = (try? FileManager.default.subpathsOfDirectory(atPath: url.path)) ?? []
    let folder = path.hasSuffix("/") ? String(path.dropLast()) : path
    return below.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }.sorted().map {
      (url.appendingPathComponent($0), "\(folder)/\($0)")
    }
  }

  private func report(_ result: JUnitReport.Case) throws {
    let (test, outcome) = (result.test, result.outcome)
    if output.json {
      print(
        try jsonLine(
          Line(
            file: test.location.file, line: test.location.line, test: test.name, passed: outcome.hasPassed,
            differences: outcome.lines, readings: outcome.readings,
            milliseconds: (result.seconds * 1e6).rounded() / 1000)))
      return
    }
    if outcome.hasPassed {
      guard verbose else { return }
      let virtual = TestClock.duration(test.length + test.leadIn)
      print(
        Terminal.styled("ok    ", .green)
          + "\(Terminal.fitted(test.name, to: 44))  \(virtual), \(outcome.readings) readings,"
          + " \(Int((result.seconds * 1000).rounded())) ms")
      return
    }
    print(Terminal.styled("FAIL  ", .red) + "\(test.name)  \(test.location)")
    if !test.title.isEmpty { print("      \(test.title)") }
    for line in outcome.lines {
      print("      " + Terminal.styled(line, line.hasPrefix("- ") ? .red : .green))
    }
  }

  private func summary(_ all: [JUnitReport.Case], failed: Int, elapsed: Duration) -> String {
    let readings = all.reduce(0) { $0 + $1.outcome.readings }
    let passed = "\(all.count - failed) passed"
    return (failed > 0 ? Terminal.styled("\(failed) failed", .red) + ", " : "")
      + "\(passed); \(readings) readings in \(Int(elapsed / .milliseconds(1))) ms"
  }
}
