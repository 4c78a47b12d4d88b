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
    // Programs that only tests need are built with the tests.
    let built = root.appendingPathComponent(".build/debug").appendingPathComponent(name).path
    let paths = [binaries.appendingPathComponent(name).path, "/usr/sbin/\(name)", "/usr/bin/\(name)", built]
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
  let identifier: pid_t
  private let folder: URL
  private var status: Int32?

  /// Not by Foundation's `Process`: it hands on this thread's signal mask, in which SIGTERM may be blocked.
  init(
    _ name: String, _ arguments: [String], input: Data? = nil, environment: [String: String] = [:],
    in directory: URL = Programs.root
  ) throws {
    folder = try Programs.temporaryFolder()
    let inputFile = folder.appendingPathComponent("in").path
    try (input ?? Data()).write(to: URL(fileURLWithPath: inputFile))
    var files = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&files)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&files)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_addopen(&files, 0, inputFile, O_RDONLY, 0)
    for (descriptor, name) in [(Int32(1), "out"), (2, "err")] {
      let path = folder.appendingPathComponent(name).path
      posix_spawn_file_actions_addopen(&files, descriptor, path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    let path = Programs.executable(name).path
    let all = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let words = (["env", "-C", directory.path, path] + arguments).map { strdup($0) } + [nil]
    let variables = all.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in words + variables { free(text) } }
    var process: pid_t = 0
    let code = posix_spawn(&process, "/usr/bin/env", &files, &attributes, words, variables)
    guard code == 0 else { throw Failure("env \(path): \(String(cString: strerror(code)))") }
    identifier = process
  }

  deinit {
    if isRunning {
      kill(identifier, SIGKILL)
      waitpid(identifier, nil, 0)
    }
    try? FileManager.default.removeItem(at: folder)
  }

  var output: String { text("out") }
  var errors: String { text("err") }

  /// Whether it runs. Reaps it when it doesn't.
  var isRunning: Bool {
    guard status == nil else { return false }
    var found: Int32 = 0
    guard waitpid(identifier, &found, WNOHANG) == identifier else { return true }
    status = found & 0x7f == 0 ? (found >> 8) & 0xff : -(found & 0x7f)
    return false
  }

  func signal(_ number: Int32) { if isRunning { kill(identifier, number) } }

  /// - Returns: status -1000 when it had to be killed after five minutes; minus the signal when one ended it.
  func wait() -> Outcome {
    let end = Date().addingTimeInterval(300)
    while isRunning {
      if Date() > end {
        kill(identifier, SIGKILL)
        waitpid(identifier, nil, 0)
        status = -1000
      }
      usleep(5000)
    }
    return Outcome(status: status ?? -1000, output: output, errors: errors)
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
    program: String = "gatehouse", config: URL = Programs.root.appendingPathComponent("config"),
    data: URL? = nil, _ arguments: [String] = []
  ) throws {
    self.config = config
    self.data = try data ?? Programs.temporaryFolder()
    gateway = try Running(
      program, ["run", "--config", config.path, "--data", self.data.path] + arguments)
  }

  /// Waits until the broker link is up.
  func isUp() throws -> Bool {
    try Programs.eventually {
      let status = try command("status", "--json")
      return status.output.contains("\"link\":\"connected\"")
    }
  }

  /// Waits until nothing more comes in.
  func isIdle() throws -> Bool {
    var last = -1
    return try Programs.eventually(120) {
      let messages = try status("messages")
      defer { last = messages }
      if messages != last { usleep(1_500_000) }
      return messages == last && messages >= 0
    }
  }

  /// Waits for the first open ticket: the broker has taken the messages of a simulator that has ended, not the gateway.
  func ticket() throws -> [String: Any] {
    var found: [String: Any]?
    _ = try Programs.eventually {
      found = try command("tickets", "--json").objects().first
      return found != nil
    }
    guard let found else { throw Failure("no ticket: \(gateway.errors)") }
    return found
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
