/// Runs gateway and simulator side by side, shows what happens, and judges the outcome.
import ArgumentParser
import Console
import EstateModel
import Foundation
import Gateway
import Logging
import ServiceLifecycle
import Store
import Synchronization
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
    let door = isHeadless ? nil : try DemoDoor(loaded, link: service.link, logger: logger)
    let driver = DemoDriver(demo: self, link: service.link, door: door)
    var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
      .init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)
    ]
    // Who looks on can do without the pages; the demo goes on.
    if let console = door?.console {
      services.append(.init(service: console, failureTerminationBehavior: .ignore))
    }
    services.append(
      .init(
        service: driver, successTerminationBehavior: .gracefullyShutdownGroup,
        failureTerminationBehavior: .gracefullyShutdownGroup))
    let group = ServiceGroup(
      configuration: .init(services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
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

/// The web console of a demonstration, with an account of its own for as long as that lasts.
final class DemoDoor: Sendable {
  let console: ConsoleService?
  private let password: String
  private let said: Said

  private final class Said: Sendable {
    let address = Mutex<String?>(nil)
  }

  init(_ loaded: LoadedConfiguration, link: GatewayLink, logger: Logger) throws {
    let said = Said()
    console = ConsoleService(loaded, status: { link.status }, logger: logger) { line in
      guard let found = line.range(of: "http") else { return }
      said.address.withLock { $0 = String(line[found.lowerBound...]) }
    }
    self.said = said
    password = String((0..<12).compactMap { _ in "abcdefghjkmnpqrstuvwxyz23456789".randomElement() })
    guard console != nil else { return }
    try FileManager.default.createDirectory(
      at: loaded.settings.dataFolder, withIntermediateDirectories: true)
    _ = try AccountBook(folder: loaded.settings.dataFolder).add("demo", access: .operator, password: password)
  }

  /// `http://127.0.0.1:8080/  demo / k3n5…`; nil until it is open.
  var invitation: String? { said.address.withLock { $0 }.map { "\($0)  demo / \(password)" } }
}

/// Starts the simulator once the gateway listens, and draws until it is over.
struct DemoDriver: Service, CustomStringConvertible {
  /// What ServiceLifecycle keeps for its log; without it that is all of the configuration, megabytes of it.
  var description: String { "the demo" }

  var demo: Demo
  var link: GatewayLink
  var door: DemoDoor?

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
    let view = LiveView(demo: demo, door: door)
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
