/// The real programs, run as a person would run them.
import Foundation

/// What a finished program left behind.
struct Outcome {
  var status: Int32
  var output: String
  var errors: String

  var lines: [String] { output.split(separator: "\n").map(String.init) }

  /// Each line as a JSON object.
  func objects() throws -> [[String: Any]] {
    try lines.compactMap { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
  }
}

enum Programs {
  /// The package's folder.
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The release build, or what GATEHOUSE_BIN names.
  static var binaries: URL {
    ProcessInfo.processInfo.environment["GATEHOUSE_BIN"].map { URL(fileURLWithPath: $0) }
      ?? root.appendingPathComponent(".build/release")
  }

  static func executable(_ name: String) -> URL {
    let paths = [binaries.appendingPathComponent(name).path, "/usr/sbin/\(name)", "/usr/bin/\(name)"]
    return URL(fileURLWithPath: paths.first { FileManager.default.isExecutableFile(atPath: $0) } ?? paths[0])
  }

  /// Runs to the end. Output goes through files, so that no pipe can fill up.
  static func run(_ name: String, _ arguments: [String], input: Data? = nil, in folder: URL = root) throws
    -> Outcome
  {
    let program = try Running(name, arguments, input: input, in: folder)
    return program.wait()
  }

  static func temporaryFolder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "gh-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }

  /// Asks until the answer is there; false after the time is up.
  static func eventually(_ seconds: Double = 30, _ condition: () throws -> Bool) rethrows -> Bool {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
      if try condition() { return true }
      Thread.sleep(forTimeInterval: 0.1)
    }
    return false
  }
}

/// A program that runs beside the test and is ended by its own id.
final class Running {
  let process = Process()
  private let folder: URL

  init(_ name: String, _ arguments: [String], input: Data? = nil, in directory: URL = Programs.root) throws {
    folder = try Programs.temporaryFolder()
    let files = ["out", "err"].map { folder.appendingPathComponent($0) }
    for file in files { FileManager.default.createFile(atPath: file.path, contents: nil) }
    process.executableURL = Programs.executable(name)
    process.arguments = arguments
    process.currentDirectoryURL = directory
    process.standardOutput = try FileHandle(forWritingTo: files[0])
    process.standardError = try FileHandle(forWritingTo: files[1])
    if let input {
      let file = folder.appendingPathComponent("in")
      try input.write(to: file)
      process.standardInput = try FileHandle(forReadingFrom: file)
    } else {
      process.standardInput = FileHandle.nullDevice
    }
    try process.run()
  }

  deinit {
    if process.isRunning {
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    try? FileManager.default.removeItem(at: folder)
  }

  var identifier: Int32 { process.processIdentifier }
  var output: String { text("out") }
  var errors: String { text("err") }

  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  func wait() -> Outcome {
    process.waitUntilExit()
    return Outcome(status: process.terminationStatus, output: output, errors: errors)
  }

  private func text(_ name: String) -> String {
    (try? Data(contentsOf: folder.appendingPathComponent(name))).map { String(decoding: $0, as: UTF8.self) }
      ?? ""
  }
}

/// A `gatehouse run` on a data folder of its own.
final class RunningGateway {
  let data: URL
  let gateway: Running
  let config: URL

  init(
    config: URL = Programs.root.appendingPathComponent("config"), data: URL? = nil, _ arguments: [String] = []
  ) throws {
    self.config = config
    self.data = try data ?? Programs.temporaryFolder()
    gateway = try Running(
      "gatehouse", ["run", "--config", config.path, "--data", self.data.path] + arguments)
  }

  /// Waits until the broker link is up.
  func isUp() throws -> Bool {
    try Programs.eventually {
      let status = try command("status", "--json")
      return status.output.contains("\"link\":\"connected\"")
    }
  }

  func command(_ words: String...) throws -> Outcome {
    try Programs.run("gatehouse", words + ["--config", config.path, "--data", data.path])
  }

  func status(_ key: String) throws -> Int {
    let objects = try command("status", "--json").objects()
    return objects.first?[key] as? Int ?? -1
  }

  /// The broker that the gateway started.
  func brokerArguments() throws -> [String] {
    let url = try String(contentsOf: data.appendingPathComponent("broker/url"), encoding: .utf8)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    let password = try String(contentsOf: data.appendingPathComponent("broker/password"), encoding: .utf8)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    let components = URLComponents(string: url)
    return [
      "-h", components?.host ?? "", "-p", "\(components?.port ?? 0)", "-u", components?.user ?? "", "-P",
      password,
    ]
  }

  func publish(_ topic: String, _ payload: Data, retained: Bool = false) throws {
    let file = data.appendingPathComponent("payload-\(UUID().uuidString)")
    try payload.write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let outcome = try Programs.run(
      "mosquitto_pub",
      try brokerArguments() + ["-q", "1", "-t", topic, "-f", file.path] + (retained ? ["-r"] : []))
    if outcome.status != 0 { throw Failure("mosquitto_pub: \(outcome.errors)") }
  }

  func stop() -> Outcome {
    gateway.signal(SIGTERM)
    return gateway.wait()
  }
}

struct Failure: Error {
  var text: String
  init(_ text: String) { self.text = text }
}
