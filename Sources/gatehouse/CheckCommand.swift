import ArgumentParser
import Configuration
import EstateModel
import Foundation
import Gateway

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Read all configuration and print every problem.",
    discussion: """
      Silent when everything is right. Exit status 1 when there is an error; warnings alone are printed and fine.

      EXAMPLE
        gatehouse check
        gatehouse check path/to/config
      """)

  @Argument(help: "Configuration folder.")
  var folder: String = "config"

  @OptionGroup var output: OutputOptions

  private struct Line: Encodable {
    var file: String
    var line: Int
    var column: Int
    var severity: String
    var message: String
  }

  func run() throws {
    let diagnostics = Diagnostics()
    let loaded = LoadedConfiguration(
      folder: URL(fileURLWithPath: folder).standardizedFileURL, diagnostics: diagnostics)
    for calendar in loaded?.calendars.values.sorted(by: { $0.name < $1.name }) ?? [] {
      calendar.warnWhenRunningOut(at: Timestamp(Date()), diagnostics: diagnostics)
    }
    loaded?.warnOfOpenSecrets(diagnostics)
    for problem in diagnostics.sorted() {
      if output.json {
        let place = problem.location
        print(
          try jsonLine(
            Line(
              file: place.file, line: place.line, column: place.column, severity: problem.severity.rawValue,
              message: problem.message)))
      } else {
        print(problem)
      }
    }
    if diagnostics.hasErrors {
      if !output.json {
        let (errors, warnings) = (diagnostics.errors.count, diagnostics.warnings.count)
        standardError(
          "\(errors) error\(errors == 1 ? "" : "s"), \(warnings) warning\(warnings == 1 ? "" : "s")")
      }
      throw ExitCode(1)
    }
  }
}
