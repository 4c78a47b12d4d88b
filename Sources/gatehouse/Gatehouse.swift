/// The command line: `gatehouse COMMAND`.
import ArgumentParser
import Configuration
import Foundation
import Gateway

/// Each command's `commandName` stands in its configuration: ArgumentParser would work it out of the type's name, for all
/// of them at each start, which takes milliseconds.
@main
struct Gatehouse: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gatehouse",
    abstract: "Monitoring gateway of a residential estate: devices on MQTT in, tickets out.",
    discussion: """
      EXAMPLES
        gatehouse demo                four incidents, live, within two minutes
        gatehouse check               read all configuration, print every problem
        gatehouse run                 watch the estates of config/gatehouse.yaml
        gatehouse tickets --state new what nobody has taken up yet

      Exit status: 0 fine, 1 a problem was found, 2 wrong usage.
      """,
    version: "0.1.0",
    subcommands: [
      RunCommand.self, ReloadCommand.self, DemoCommand.self, CheckCommand.self, DecodeCommand.self,
      TicketsCommand.self,
      TicketCommands.self, CampaignCommand.self, AlarmsCommand.self, OutboxCommand.self, ShelveCommand.self,
      UnshelveCommand.self, ShelvedCommand.self, MaintenanceCommand.self, OutOfServiceCommand.self,
      WatchCommand.self, DevicesCommand.self,
      HistoryCommand.self, ExplainCommand.self, StatusCommand.self, ExportCommand.self, RecoverCommand.self,
      TestCommand.self, BacktestCommand.self, QualityCommand.self, ReportCommand.self, ProfileCommand.self,
      UserCommands.self, DeviceCommands.self, BackupCommand.self, VerifyCommand.self, RestoreCommand.self,
      ConfigCommands.self,
    ])

  /// Not `async`: the main thread would end, for which the system looks through the program's tables for unwinding, and
  /// keeps them in memory.
  static func main() {
    ProcessMemory.share()
    do {
      var command = try parseAsRoot()
      if let asynchronous = command as? any AsyncParsableCommand {
        try wait(for: asynchronous)
      } else {
        try command.run()
      }
    } catch let error as Finding {
      standardError(error.text)
      Foundation.exit(1)
    } catch {
      let code = exitCode(for: error)
      if code == .success {
        print(fullMessage(for: error))
        Foundation.exit(0)
      }
      let isUsage = code == .validationFailure
      let text = error is ExitCode ? "" : isUsage ? fullMessage(for: error) : "gatehouse: \(error)"
      standardError(text)
      Foundation.exit(isUsage ? 2 : error is ExitCode ? code.rawValue : 1)
    }
  }

  private static func wait(for command: any AsyncParsableCommand) throws {
    // Unsafe, because the compiler knows nothing of the semaphore: from here on only the task touches the command, which
    // is nobody else's.
    nonisolated(unsafe) var command = command
    // Unsafe for the same reason: the task writes it before its signal, and it is read after that.
    nonisolated(unsafe) var outcome: Result<Void, any Error> = .success(())
    let done = DispatchSemaphore(value: 0)
    Task.detached {
      do { try await command.run() } catch { outcome = .failure(error) }
      done.signal()
    }
    done.wait()
    try outcome.get()
  }
}

/// A problem that the command found; its text says everything. Exit status 1.
struct Finding: Error {
  var text: String
}

func standardError(_ text: String) {
  guard !text.isEmpty else { return }
  FileHandle.standardError.write(Data((text + "\n").utf8))
}
