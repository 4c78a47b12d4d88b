/// The simulator's command: plays scenarios, lists them, makes load, records traffic, replays it and measured series.
import ArgumentParser

@main
struct EstateSim: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "estatesim",
    abstract: "Plays estates' devices over MQTT.",
    discussion: """
      EXAMPLE
        estatesim list
        estatesim play luyuan-sewer-blockage --speed 60 --data data

      Exit status: 0 done, 1 something went wrong, 2 wrong usage.
      """,
    subcommands: [Play.self, List.self, Load.self, Record.self, Replay.self])

  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let failure as Failure {
      printError("estatesim: \(failure.message)")
      exit(withError: ExitCode(1))
    } catch {
      let status = exitCode(for: error)
      let message = fullMessage(for: error)
      if !message.isEmpty {
        if status == .success { print(message) } else { printError(message) }
      }
      // The library says EX_USAGE for wrong usage; the house says 2.
      exit(withError: status == .validationFailure ? ExitCode(2) : status)
    }
  }
}
