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
      Stops on SIGTERM or Ctrl-C after the last batch is kept. Refuses to start on wrong configuration, with the
      text that 'gatehouse check' prints.

      EXAMPLE
        gatehouse run
        gatehouse run --config /etc/gatehouse --data /var/lib/gatehouse
        gatehouse run --clock simulation --data /tmp/try       # 'estatesim play' leads the clock
      """)

  @OptionGroup var options: ConfigurationOptions

  @Option(help: "Where the time comes from: wall, or simulation (announced by estatesim).")
  var clock: GatewayClock.Source = .wall

  @Option(help: "Watch only these estates.", transform: { $0.split(separator: ",").map(String.init) })
  var estates: [String]?

  func run() async throws {
    ProcessMemory.share()
    let loaded = try options.load(estates: estates, sends: true)
    let logger = makeLogger()
    let service = GatewayService(loaded, clock: clock, logger: logger)
    var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
      .init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)
    ]
    let link = service.link
    let console = ConsoleService(loaded, status: { link.status }, logger: logger) { line in
      print(line)
      Terminal.flush()
    }
    if let console {
      services.append(.init(service: console, failureTerminationBehavior: .gracefullyShutdownGroup))
    }
    let group = ServiceGroup(
      configuration: .init(services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    try await group.run()
  }
}

extension GatewayClock.Source: ExpressibleByArgument {}
