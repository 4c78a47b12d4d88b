import ArgumentParser
import Console
import Foundation
import Gateway
import Logging
import ServiceLifecycle

struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Watch the estates: read from the broker, judge, keep, raise tickets.",
    discussion: """
      Stops on SIGTERM or Ctrl-C after the last batch is kept. Refuses to start on wrong configuration, with the \
      text that 'gatehouse check' prints.

      A changed file, SIGHUP, 'gatehouse reload' and the API have the configuration read again while it runs: rules, \
      calendars, devices, routing, profiles and channels. A faulty one is refused, and the one before it goes on.

      EXAMPLE
        gatehouse run
        gatehouse run --config /etc/gatehouse --data /var/lib/gatehouse
        gatehouse run --clock simulation --data /tmp/try   # led by estatesim
      """)

  @OptionGroup var options: ConfigurationOptions

  @Option(help: "Where the time comes from: wall, or simulation (announced by estatesim).")
  var clock: GatewayClock.Source = .wall

  @Option(help: "Watch only these estates.", transform: { $0.split(separator: ",").map(String.init) })
  var estates: [String]?

  @Option(
    help:
      "How the log is written: text, json, or journal (with levels for journald; the default under systemd).")
  var log: LogFormat?

  @Option(help: "debug, info, notice, warning or error; nothing below it is logged.")
  var logLevel: Logger.Level = .info

  func run() async throws {
    let loaded = try options.load(estates: estates, sends: true)
    let format = log ?? LineLog.preferredFormat(ProcessInfo.processInfo.environment)
    let logger = LineLog(format).logger(level: logLevel)
    let audit = Audit(folder: loaded.settings.dataFolder)
    let service = GatewayService(
      loaded, clock: clock, logger: logger, reloadingFrom: options.source(estates: estates)
    ) { report in
      audit.note("configuration-\(report.result.rawValue)", by: report.by, about: report.summary)
    }
    var services: [ServiceGroupConfiguration.ServiceConfiguration] = []
    let link = service.link
    let hangUp = HangUpSignal { link.requestReload(by: "SIGHUP") }
    defer { hangUp.end() }
    let console = ConsoleService(
      loaded, running: { link.configuration ?? loaded }, status: { link.status }, logger: logger
    ) { line in
      print(line)
      Terminal.flush()
    }
    if let console {
      services.append(.init(service: console, failureTerminationBehavior: .gracefullyShutdownGroup))
    }
    // What stands last is stopped first: no visitor of the console delays the last batch.
    services.append(.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup))
    let group = ServiceGroup(
      configuration: .init(services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    try await group.run()
  }
}

extension GatewayClock.Source: ExpressibleByArgument {}
extension LogFormat: ExpressibleByArgument {}
extension Logger.Level: @retroactive ExpressibleByArgument {}
