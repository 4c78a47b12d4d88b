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
    Interruption.watch()
    let player = Player(speed: speed, limit: duration?.duration) { Interruption.hasCome }
    if dryRun {
      printMessages(of: simulation, by: player)
    } else {
      try broker.play(simulation, by: player, named: scenario.name)
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
  func play(_ source: some Playable, by player: Player, named name: String) throws {
    let link = try link()
    let summary: PlaySummary
    do {
      summary = try player.play(source, to: link)
    } catch {
      throw Failure("\(error)")
    }
    let seconds = plainNumber(summary.realSeconds, digits: 1)
    let end = summary.isComplete ? "" : ", ended early at \(summary.reached.formatted(in: .gmt))"
    print("\(name): \(summary.messages) messages in \(seconds) s\(end)")
  }
}
