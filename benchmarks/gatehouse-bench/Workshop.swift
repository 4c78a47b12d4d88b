/// Folders, configurations and child processes for one measurement.
import Configuration
import EstateSimulator
import Foundation
import Gateway
import MQTTSession
import TestSupport

struct Workshop {
  let root: URL

  /// A program of the release build, or of the system.
  func program(_ name: String) throws -> String {
    let places = [root.appendingPathComponent(".build/release").path, "/usr/sbin", "/usr/bin"]
    guard
      let path = places.map({ "\($0)/\(name)" }).first(where: {
        FileManager.default.isExecutableFile(atPath: $0)
      })
    else { throw BenchError("\(name): not found; 'make build' makes it") }
    return path
  }

  /// The shipped configuration over a catalogue of synthetic devices, in a folder of its own.
  /// - Parameters:
  ///   - reportInterval: nil: as is usual for each kind.
  ///   - broker: the `broker:` line's value.
  func folder(devices: Int, reportInterval: String? = nil, broker: String = "embedded") throws -> Workplace {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "gh-bench-\(UUID().uuidString)")
    let estates = folder.appendingPathComponent("seeds/estates")
    try FileManager.default.createDirectory(at: estates, withIntermediateDirectories: true)
    for (name, text) in SyntheticLoad.catalogue(devices: devices, reportInterval: reportInterval) {
      try text.write(to: estates.appendingPathComponent(name), atomically: false, encoding: .utf8)
    }
    let config = folder.appendingPathComponent("config")
    try FileManager.default.copyItem(at: root.appendingPathComponent("config"), to: config)
    let main = config.appendingPathComponent("gatehouse.yaml")
    try String(contentsOf: main, encoding: .utf8)
      .replacingOccurrences(of: "\nbroker: embedded", with: "\nbroker: \(broker)")
      .write(to: main, atomically: true, encoding: .utf8)
    return Workplace(folder: folder)
  }

  func gateway(_ place: Workplace, _ arguments: [String] = []) throws -> Child {
    try Child(
      program("gatehouse"), ["run", "--config", place.config.path, "--data", place.data.path] + arguments,
      output: place.folder.appendingPathComponent("gateway.log"))
  }
}

struct Workplace {
  let folder: URL
  var config: URL { folder.appendingPathComponent("config") }
  var data: URL { folder.appendingPathComponent("data") }

  func loaded() throws -> LoadedConfiguration {
    let diagnostics = Diagnostics()
    guard let loaded = LoadedConfiguration(folder: config, diagnostics: diagnostics), !diagnostics.hasErrors
    else { throw BenchError(diagnostics.sorted().map(\.description).joined(separator: "\n")) }
    return loaded
  }

  /// Asks the gateway that runs on this folder; nil when none does.
  func status() throws -> GatewayStatus? {
    guard let client = ControlClient(dataFolder: data), case .status(let status) = try client.ask(.status)
    else { return nil }
    return status
  }

  func waitForLink() throws {
    try until("the gateway's link") { (try? status())??.link == "connected" }
  }

  func remove() { try? FileManager.default.removeItem(at: folder) }
}

/// Asks every few milliseconds until it is so.
func until(
  _ what: String, seconds: Double = 120, every microseconds: UInt32 = 5000, _ isSo: () throws -> Bool
)
  throws
{
  let end = ContinuousClock.now + .seconds(seconds)
  while try !isSo() {
    if ContinuousClock.now > end { throw BenchError("waited \(Int(seconds)) s for \(what)") }
    usleep(microseconds)
  }
}

/// Time that this thread has spent computing: what else runs on the machine doesn't count.
func computingTime() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func seconds(since start: ContinuousClock.Instant) -> Double { (ContinuousClock.now - start) / .seconds(1) }

/// A process that is ended with its owner.
final class Child {
  private let process = Process()
  private let log: URL

  init(_ program: String, _ arguments: [String], output: URL) throws {
    log = output
    try Data().write(to: output)
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let file = try FileHandle(forWritingTo: output)
    process.standardOutput = file
    process.standardError = file
    try process.run()
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  var text: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

  /// Resident memory, MB.
  var residentMB: Double {
    let status =
      (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    return (line?.split(separator: " ").compactMap { Double($0) }.first ?? .nan) / 1024
  }

  /// Waits for its own end. - Returns: what it printed.
  func finish() throws -> String {
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw BenchError("\(process.executableURL?.lastPathComponent ?? ""): \(text.suffix(500))")
    }
    return text
  }

  func stop() {
    process.terminate()
    process.waitUntilExit()
  }
}

/// A mosquitto of our own on a free port, with the embedded broker's in-flight window.
struct BenchBroker {
  let port: Int
  private let child: Child

  var url: String { "mqtt://127.0.0.1:\(port)" }
  var options: MQTTOptions { MQTTOptions(port: Int32(port)) }

  init(_ workshop: Workshop, in folder: URL) throws {
    port = try freePort()
    let file = folder.appendingPathComponent("broker.conf")
    try """
    listener \(port) 127.0.0.1
    allow_anonymous true
    max_inflight_messages 20000
    max_queued_messages 0

    """.write(to: file, atomically: true, encoding: .utf8)
    child = try Child(
      workshop.program("mosquitto"), ["-c", file.path], output: folder.appendingPathComponent("broker.log"))
  }

  func stop() { child.stop() }
}
