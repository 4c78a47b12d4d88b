/// `estatesim play`
import ArgumentParser
import Configuration
import EstateModel
import EstateSimulator
import Foundation

struct Play: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Plays a scenario to a broker.",
    discussion: """
      EXAMPLE
        estatesim play luyuan-sewer-blockage --speed 60 --data data
        estatesim play ordinary-day --format chirpstack --data data
        estatesim play mixed-hours --speed max --json --data data
        estatesim play ordinary-day --dry-run | head
      """)

  @Argument(help: "A name out of the folder of scenarios, or a file.")
  var scenario: String

  @Option(help: "Virtual seconds for one real second, or max.")
  var speed = Speed.times(1)

  @Option(help: ArgumentHelp("End after this much real time, such as 150s.", valueName: "time"))
  var duration: RealTime?

  @Option(help: "Another seed than the scenario's.")
  var seed: UInt64?

  @Option(
    help: ArgumentHelp(
      "What the devices speak: \(FormatChoice.names.joined(separator: ", ")); the scenario's if not given.",
      valueName: "format"))
  var format: FormatChoice?

  @Flag(
    help: "At the end one JSON object: messages, faults that were injected, what a gateway must have seen.")
  var json = false

  @Flag(help: "Print the messages, topic<TAB>payload, and connect to nothing.")
  var dryRun = false

  @OptionGroup var broker: BrokerOptions
  @OptionGroup var folders: Folders

  func run() throws {
    let scenario = try folders.scenario(scenario)
    let diagnostics = Diagnostics()
    let simulation = Simulation(
      scenario, catalogue: try folders.catalogue(), seed: seed, diagnostics: diagnostics)
    try check(diagnostics)
    guard let simulation else { throw Failure("'\(scenario.name)' can't be played") }
    let wire = simulation.wire(format, seed: seed, diagnostics)
    try check(diagnostics)
    Interruption.watch()
    let player = Player(speed: speed, limit: duration?.duration, wire: wire) { Interruption.hasCome }
    if dryRun {
      printMessages(of: simulation, by: player)
    } else {
      try broker.play(simulation, by: player, named: scenario.name, json: json)
    }
  }

  /// In large portions: a day has some hundred thousand lines.
  private func printMessages(of simulation: Simulation, by player: Player) {
    // A reader that has enough, such as head, ends this process in silence.
    signal(SIGPIPE, SIG_DFL)
    var portion = ""
    player.printMessages(of: simulation) { line in
      portion += line
      portion += "\n"
      if portion.utf8.count > 65_536 {
        FileHandle.standardOutput.write(Data(portion.utf8))
        portion = ""
      }
    }
    FileHandle.standardOutput.write(Data(portion.utf8))
  }
}

extension BrokerOptions {
  /// Plays to the broker and prints one line when done.
  func play(_ source: some Playable, by player: Player, named name: String, json: Bool = false) throws {
    let link = try link()
    let summary: PlaySummary
    do {
      summary = try player.play(source, to: link)
    } catch {
      throw Failure("\(error)")
    }
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      print(String(decoding: try encoder.encode(PlayReport(name, summary)), as: UTF8.self))
      return
    }
    let seconds = plainNumber(summary.realSeconds, digits: 1)
    let end = summary.isComplete ? "" : ", ended early at \(summary.reached.formatted(in: .gmt))"
    print("\(name): \(summary.messages) messages in \(seconds) s\(end)")
  }
}

/// What `--json` prints.
private struct PlayReport: Encodable {
  var scenario: String
  var messages: Int
  var seconds: Double
  var isComplete: Bool
  var faults: FaultCounts

  init(_ name: String, _ summary: PlaySummary) {
    scenario = name
    (messages, seconds, isComplete) = (summary.messages, summary.realSeconds, summary.isComplete)
    faults = summary.faults ?? FaultCounts()
  }
}
