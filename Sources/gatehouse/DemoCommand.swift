import ArgumentParser
import Configuration
import EstateModel
import Foundation
import Gateway
import Logging
import ServiceLifecycle
import Store
import Tickets

struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo", abstract: "Play a scenario of simulated estates and show alarms and tickets live.",
    discussion: """
      Starts a broker, the gateway and estatesim, on loopback and in a fresh data folder, and compares the tickets \
      with those that the scenario lists. Exit status 1 when they differ.

      EXAMPLE
        gatehouse demo
        gatehouse demo --scenario luyuan-sewer-blockage --speed 120
        gatehouse demo --headless --scenario ordinary-day --speed 600 --duration 150s
      """)

  @Option(help: "Name of a file in the scenarios folder, or a path.")
  var scenario = "demo"

  @Option(help: "Virtual seconds in one real second; 'max' plays as fast as the machine can.")
  var speed = "60"

  @Option(help: "Stop after this much real time, such as 150s.")
  var duration: DurationArgument?

  @Flag(help: "Plain lines instead of the live view.")
  var headless = false

  @Flag(help: "English titles even where the terminal's language is Chinese.")
  var english = false

  @Option(help: "Scenarios folder.")
  var scenarios = "simulators/scenarios"

  @Option(help: "Configuration folder.")
  var config = "config"

  @Option(help: "Keep the data in this folder, which must be empty; otherwise it is removed at the end.")
  var data: String?

  func validate() throws {
    guard speed == "max" || (Double(speed) ?? 0) > 0 else {
      throw ValidationError("--speed: found '\(speed)', expected a number above 0 or 'max'")
    }
  }

  func run() async throws {
    let expectation = try readScenario()
    let folder = try dataFolder()
    defer { if data == nil { try? FileManager.default.removeItem(at: folder) } }
    var options = ConfigurationOptions()
    (options.config, options.data) = (config, folder.path)
    var loaded = try options.load(estates: expectation.estates.isEmpty ? nil : expectation.estates)
    loaded.settings.broker = .embedded
    let demo = Demo(
      loaded: loaded, expectation: expectation, scenario: scenario, scenarios: scenarios, speed: speed,
      realLimit: duration?.milliseconds, isHeadless: headless || !Terminal.isInteractive,
      isChinese: !english && Terminal.speaksChinese)
    try await demo.play()
  }

  private func readScenario() throws -> ScenarioExpectation {
    let diagnostics = Diagnostics()
    let path =
      scenario.contains("/") || scenario.hasSuffix(".yaml") ? scenario : "\(scenarios)/\(scenario).yaml"
    if !FileManager.default.fileExists(atPath: path) {
      let names = ((try? FileManager.default.contentsOfDirectory(atPath: scenarios)) ?? [])
        .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
      throw Finding(
        text: "scenario '\(scenario)': no file \(path)\(suggestion(for: scenario, in: names));"
          + " there are: \(names.joined(separator: ", "))")
    }
    guard
      let document = Document(contentsOf: URL(fileURLWithPath: path), name: path, diagnostics: diagnostics),
      let expectation = ScenarioExpectation(document: document, diagnostics: diagnostics),
      !diagnostics.hasErrors
    else { throw Finding(text: diagnostics.sorted().map(\.description).joined(separator: "\n")) }
    return expectation
  }

  private func dataFolder() throws -> URL {
    guard let data else {
      let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("gatehouse-demo-\(ProcessInfo.processInfo.processIdentifier)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      return folder
    }
    let folder = URL(fileURLWithPath: data).standardizedFileURL
    let contents = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    guard contents.isEmpty else {
      throw Finding(text: "--data \(folder.path) is not empty; a demo starts from nothing: name a new folder")
    }
    return folder
  }
}
