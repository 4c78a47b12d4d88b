/// Options that many commands have.
import ArgumentParser
import Configuration
import EstateModel
import Foundation
import Gateway
import Logging
import Store
import Tickets

struct ConfigurationOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("Configuration folder.", discussion: "Default: ./config", valueName: "folder"))
  var config: String = "config"

  @Option(name: .long, help: "Data folder instead of the configured one.")
  var data: String?

  var folder: URL { URL(fileURLWithPath: config).standardizedFileURL }

  /// Reads everything; any error ends the command with all problems printed.
  /// - Parameter sends: messages may come of it.
  func load(estates: [String]? = nil, sends: Bool = false) throws -> LoadedConfiguration {
    let diagnostics = Diagnostics()
    let loaded = source(estates: estates).load(sends: sends, diagnostics: diagnostics)
    for warning in diagnostics.warnings { standardError(warning.description) }
    guard let loaded else {
      throw Finding(text: diagnostics.sorted().map(\.description).joined(separator: "\n"))
    }
    return loaded
  }

  func source(estates: [String]? = nil) -> ConfigurationSource {
    ConfigurationSource(
      folder: folder, estates: estates,
      dataFolder: data.map { URL(fileURLWithPath: $0).standardizedFileURL })
  }

  /// The data folder without reading more than `gatehouse.yaml`.
  func dataFolder() throws -> URL {
    if let data { return URL(fileURLWithPath: data).standardizedFileURL }
    let diagnostics = Diagnostics()
    guard
      let document = Document(
        contentsOf: folder.appendingPathComponent("gatehouse.yaml"), name: "\(config)/gatehouse.yaml",
        diagnostics: diagnostics)
    else { throw Finding(text: diagnostics.sorted().map(\.description).joined(separator: "\n")) }
    return Settings(document: document, folder: folder, diagnostics: diagnostics).dataFolder
  }

  func reader() throws -> StoreReader {
    do { return try Store.reader(folder: try dataFolder()) } catch let error as StoreError {
      throw Finding(text: "\(error)")
    }
  }
}

struct OutputOptions: ParsableArguments {
  @Flag(name: .long, help: "One JSON value a line, for programs.")
  var json = false
}

/// A line of JSON with stable key order.
func jsonLine(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}

/// `30 s`, `150s`, `10min`: a length of real or virtual time.
struct DurationArgument: ExpressibleByArgument {
  var milliseconds: Int64

  init?(argument: String) {
    guard let quantity = Quantity(argument), quantity.unit.dimension == .time, quantity.base > 0 else {
      return nil
    }
    milliseconds = Int64((quantity.base * 1000).rounded())
  }
}

/// A point in time: RFC 3339, or a length of time back from the gateway's now, such as `7d`.
enum TimeArgument: ExpressibleByArgument {
  case at(Timestamp)
  case back(milliseconds: Int64)

  init?(argument: String) {
    if let timestamp = Timestamp(rfc3339: argument) {
      self = .at(timestamp)
    } else if let back = DurationArgument(argument: argument) {
      self = .back(milliseconds: back.milliseconds)
    } else {
      return nil
    }
  }

  var defaultValueDescription: String {
    switch self {
    case .at(let timestamp): timestamp.formatted()
    case .back(let milliseconds) where milliseconds % 86_400_000 == 0: "\(milliseconds / 86_400_000)d"
    case .back(let milliseconds): "\(milliseconds / 1000)s"
    }
  }

  /// - Parameter now: the time of the latest batch, which in a simulated run is not the wall's.
  func timestamp(now: Timestamp) -> Timestamp {
    switch self {
    case .at(let timestamp): timestamp
    case .back(let milliseconds): now - milliseconds
    }
  }
}

func makeLogger(quiet: Bool = false) -> Logger {
  var logger = Logger(label: "gatehouse") { StreamLogHandler.standardError(label: $0) }
  logger.logLevel = quiet ? .error : .info
  return logger
}
