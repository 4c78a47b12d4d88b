/// Where seeds and scenarios are found.
import ArgumentParser
import Configuration
import EstateModel
import EstateSimulator
import Foundation

struct Folders: ParsableArguments {
  @Option(help: ArgumentHelp("The folder that holds seeds/ and simulators/scenarios/.", valueName: "dir"))
  var root: String?

  @Option(help: ArgumentHelp("The folder that holds estates/; default: ROOT/seeds.", valueName: "dir"))
  var seeds: String?

  @Option(
    help: ArgumentHelp("The folder of scenarios; default: ROOT/simulators/scenarios.", valueName: "dir"))
  var scenarios: String?

  func seedsFolder() throws -> URL { try folder(seeds, below: "seeds", option: "--seeds") }
  func scenariosFolder() throws -> URL {
    try folder(scenarios, below: "simulators/scenarios", option: "--scenarios")
  }

  /// The named folder, else the one below the root: `--root`, `GATEHOUSE_ROOT`, or the current directory.
  private func folder(_ named: String?, below path: String, option: String) throws -> URL {
    if let named { return try existing(named, said: option) }
    let environment = ProcessInfo.processInfo.environment["GATEHOUSE_ROOT"].flatMap { $0.isEmpty ? nil : $0 }
    if let root { return try existing(root + "/" + path, said: "--root") }
    if let environment { return try existing(environment + "/" + path, said: "GATEHOUSE_ROOT") }
    let here = FileManager.default.currentDirectoryPath
    guard isFolder(here + "/seeds") else {
      throw Failure(
        "looked for \(here)/\(path): the current directory holds no seeds/. Give --root DIR or \(option) DIR, or "
          + "set GATEHOUSE_ROOT")
    }
    return try existing(here + "/" + path, said: "the current directory")
  }

  private func existing(_ path: String, said: String) throws -> URL {
    guard isFolder(path) else { throw Failure("looked for \(path) (from \(said)): no such folder") }
    return URL(fileURLWithPath: path)
  }

  private func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }

  /// All estates; every problem is told, and any error ends the command.
  func catalogue() throws -> Catalogue {
    let diagnostics = Diagnostics()
    let catalogue = Catalogue(seeds: try seedsFolder(), diagnostics: diagnostics)
    try check(diagnostics)
    return catalogue
  }

  func allScenarios() throws -> [Scenario] {
    let diagnostics = Diagnostics()
    let scenarios = Scenario.all(in: try scenariosFolder(), diagnostics: diagnostics)
    try check(diagnostics)
    return scenarios
  }

  /// A scenario by its name in the folder, or by its file.
  func scenario(_ name: String) throws -> Scenario {
    let diagnostics = Diagnostics()
    let isPath = name.contains("/") || name.hasSuffix(".yaml") || name.hasSuffix(".yml")
    let file =
      isPath ? URL(fileURLWithPath: name) : try scenariosFolder().appendingPathComponent(name + ".yaml")
    guard FileManager.default.fileExists(atPath: file.path) else {
      let known = isPath ? [] : try allScenarios().map(\.name)
      throw Failure(
        "looked for \(file.path): no such scenario\(suggestion(for: name, in: known))"
          + (known.isEmpty ? "" : ". There are: \(known.joined(separator: ", "))"))
    }
    let document = Document(
      contentsOf: file, name: isPath ? name : file.lastPathComponent, diagnostics: diagnostics)
    let scenario = document.flatMap { Scenario(document: $0, diagnostics: diagnostics) }
    try check(diagnostics)
    guard let scenario else { throw Failure("\(file.path): not a scenario") }
    return scenario
  }
}

func check(_ diagnostics: Diagnostics) throws {
  do {
    try diagnostics.check()
  } catch let error as ConfigurationError {
    throw Failure("the configuration can't be used\n" + error.description)
  }
}
