/// Measures what docs and README state. benchmarks/README.md says how each figure comes about.
import ArgumentParser
import Foundation

@main
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gatehouse-bench", abstract: "Measures Gatehouse; prints a table and writes JSON.",
    discussion: """
      EXAMPLE
        gatehouse-bench
        gatehouse-bench --only engine --only decode --runs 3
      """,
    subcommands: [All.self, BareConsumer.self, EngineFootprint.self], defaultSubcommand: All.self)
}

enum Part: String, CaseIterable, ExpressibleByArgument {
  case decode, topics, engine, drain, live, memory, recovery, tickets, backtest
}

struct All: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "all", abstract: "Every figure, or those of --only.",
    discussion: """
      EXAMPLE
        gatehouse-bench all --json /tmp/figures.json
      """)

  @Option(help: "Runs of each figure.")
  var runs = 5

  @Option(help: "Only these parts: \(Part.allCases.map(\.rawValue).joined(separator: ", ")).")
  var only: [Part] = []

  @Option(help: ArgumentHelp("Where the figures go as JSON.", valueName: "file"))
  var json = "benchmarks/latest.json"

  @Option(help: ArgumentHelp("The folder with config/ and the built programs' .build/.", valueName: "dir"))
  var root = "."

  func run() throws {
    let workshop = Workshop(root: URL(fileURLWithPath: root))
    var report = Report(machine: .here(), date: ISO8601DateFormatter().string(from: Date()))
    for part in only.isEmpty ? Part.allCases : only {
      FileHandle.standardError.write(Data("measuring: \(part.rawValue)\n".utf8))
      switch part {
      case .decode: report.figures += try decodeFigures(workshop, runs: runs)
      case .topics: report.figures += try topicFigures(workshop, runs: runs)
      case .engine: report.figures += try engineFigures(workshop, runs: runs)
      case .drain: report.figures += try drainFigures(workshop, runs: runs)
      case .live: report.figures += try liveFigures(workshop, runs: runs)
      case .memory: report.figures += try memoryFigures(workshop, runs: runs)
      case .tickets: report.figures += try ticketFigures(workshop, runs: runs)
      case .recovery: report.figures += try recoveryFigures(workshop, runs: runs)
      case .backtest: report.figures += try backtestFigures(workshop, runs: runs)
      }
    }
    let machine = report.machine
    print("\(machine.processor), \(machine.cores) cores, \(machine.memoryGB) GB, \(machine.system)\n")
    print(report.table)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try encoder.encode(report).write(to: URL(fileURLWithPath: json))
  }
}
