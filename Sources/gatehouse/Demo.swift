/// Runs gateway and simulator side by side, shows what happens, and judges the outcome.
import ArgumentParser
import EstateModel
import Foundation
import Gateway
import Logging
import ServiceLifecycle
import Store
import Tickets

struct Demo {
  var loaded: LoadedConfiguration
  var expectation: ScenarioExpectation
  var scenario: String
  var scenarios: String
  var speed: String
  /// Real milliseconds; nil: to the scenario's end.
  var realLimit: Int64?
  var isHeadless: Bool
  var isChinese: Bool

  func play() async throws {
    var logger = makeLogger(quiet: !isHeadless)
    if isHeadless { logger.logLevel = .warning }
    let service = GatewayService(loaded, clock: .simulation, logger: logger)
    let driver = DemoDriver(demo: self, link: service.link)
    let group = ServiceGroup(
      configuration: .init(
        services: [
          .init(service: service, successTerminationBehavior: .gracefullyShutdownGroup),
          .init(
            service: driver, successTerminationBehavior: .gracefullyShutdownGroup,
            failureTerminationBehavior: .gracefullyShutdownGroup),
        ],
        gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    try await group.run()
    try summarize(service.link.status)
  }

  /// Prints the tickets and what differs from the scenario's expectation.
  private func summarize(_ status: GatewayStatus) throws {
    let reader = try Store.reader(folder: loaded.settings.dataFolder)
    let tickets = try reader.tickets()
    let reached = status.now.map(Timestamp.init(milliseconds:)) ?? expectation.start
    let zone = loaded.catalogue.estates.first?.timeZone ?? .gmt
    print()
    print(Terminal.styled(isChinese ? "小结" : "Summary", .bold))
    let hours = plainNumber(Double(reached - expectation.start) / 3_600_000, digits: 1)
    print(
      "  \(status.readings) readings and \(status.events) events in \(status.messages) messages over \(hours) h of"
        + " virtual time, \(status.problems) problems, \(status.commits) commits")
    print("  \(tickets.count) ticket\(tickets.count == 1 ? "" : "s")")
    for ticket in tickets {
      print("  " + TicketLine(ticket, in: zone, isChinese: isChinese).text)
    }
    let differences = expectation.differences(from: tickets, reached: reached)
    guard differences.isEmpty else {
      throw Finding(
        text: "scenario \(expectation.name): not as expected\n  " + differences.joined(separator: "\n  "))
    }
    let isWhole = reached - expectation.start >= expectation.duration
    print(
      Terminal.styled("  as expected", .green)
        + (isWhole ? "" : " (stopped before the scenario's end: what was due later was not judged)"))
  }
}

/// Starts the simulator once the gateway listens, and draws until it is over.
struct DemoDriver: Service {
  var demo: Demo
  var link: GatewayLink

  func run() async throws {
    try await waitForLink()
    let folder = demo.loaded.settings.dataFolder
    var arguments = [
      "play", demo.scenario, "--speed", demo.speed, "--data", folder.path, "--seeds",
      demo.loaded.settings.catalogueFolder.deletingLastPathComponent().path, "--scenarios", demo.scenarios,
    ]
    if let limit = demo.realLimit { arguments += ["--duration", "\(limit) ms"] }
    let simulator = try SimulatorProcess(
      arguments: arguments, output: folder.appendingPathComponent("estatesim.log"))
    defer { simulator.stop() }
    let view = LiveView(demo: demo)
    view.open()
    defer { view.close() }
    await withTaskGroup(of: Void.self) { tasks in
      tasks.addTask { for await step in link.steps { view.add(step) } }
      while !Task.isShuttingDownGracefully, !link.status.simulationEnded, simulator.isRunning {
        view.draw(link.status)
        try? await Task.sleep(for: .milliseconds(200))
      }
      // The last messages may still be on their way.
      var patience = 50
      while !Task.isShuttingDownGracefully, !link.status.simulationEnded, patience > 0 {
        patience -= 1
        try? await Task.sleep(for: .milliseconds(100))
      }
      try? await Task.sleep(for: .milliseconds(300))
      view.draw(link.status)
      tasks.cancelAll()
    }
    try simulator.check()
  }

  private func waitForLink() async throws {
    for _ in 0..<150 where !Task.isShuttingDownGracefully {
      if link.status.link == "connected" { return }
      try await Task.sleep(for: .milliseconds(100))
    }
    if !Task.isShuttingDownGracefully {
      throw Finding(text: "the gateway did not reach its broker within 15 s")
    }
  }
}
