import ArgumentParser
import EstateModel
import Foundation
import Gateway

struct ReloadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reload", abstract: "Have the running gateway read its configuration again.",
    discussion: """
      Rules that did not change keep their windows, running delays and alarms; changed ones are rebuilt from stored \
      readings; alarms of removed ones end. A faulty configuration is refused whole, and the one before it goes on.

      EXAMPLE
        gatehouse reload
        gatehouse reload --json
      """)

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let folder = try options.dataFolder()
    guard let client = ControlClient(dataFolder: folder) else {
      throw Finding(text: "no gateway runs on \(folder.path); start one with 'gatehouse run'")
    }
    let report: ReloadReport
    switch try client.ask(.reload(by: NSUserName())) {
    case .reloaded(let answer): report = answer
    case .refused(let reason): throw Finding(text: reason)
    default: throw GatewayError.controlLost
    }
    for warning in report.warnings where !output.json { standardError(warning) }
    print(output.json ? try jsonLine(report) : report.lines.joined(separator: "\n"))
    if report.result == .refused { throw ExitCode(1) }
  }
}

extension ReloadReport {
  /// For people.
  var lines: [String] {
    let head: String =
      switch result {
      case .applied: "taken over" + (stoodStill.map { " within \($0) ms" } ?? "")
      case .unchanged: "the configuration is the one that runs"
      case .refused: "refused; the configuration before it still runs"
      }
    return [head] + changes.map { "  \($0)" } + problems
      + (needsRestart.isEmpty ? [] : ["  needs a restart: \(needsRestart.joined(separator: ", "))"])
  }
}
