/// The gateway's own broker, as a real child process.
import Foundation
import Gateway
import MQTTSession
import TestSupport
import Testing

@Suite struct EmbeddedBrokerTests {
  private func broker(_ folder: URL, port: Int32? = nil) throws -> EmbeddedBroker {
    EmbeddedBroker(
      dataFolder: folder, template: nil, preferredPort: try port.map(Int.init) ?? freePort(), logger: quiet)
  }

  private func eventually(seconds: Int = 10, _ done: () -> Bool) -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < deadline {
      if done() { return true }
      usleep(20_000)
    }
    return done()
  }

  private func permissions(_ file: URL) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
  }

  private func commandLine(_ process: pid_t) -> String? {
    guard let data = FileManager.default.contents(atPath: "/proc/\(process)/cmdline"), !data.isEmpty else {
      return nil
    }
    return String(decoding: data, as: UTF8.self)
  }

  @Test("Starts, lets clients in by the files that it leaves, and stops")
  func life() throws {
    let data = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: data) }
    let folder = data.appendingPathComponent("broker")
    let wanted = Int32(try freePort())
    let broker = try broker(data, port: wanted)
    let options = try broker.start()
    #expect(broker.isRunning)
    #expect(options.port == wanted)
    #expect(
      try String(contentsOf: folder.appendingPathComponent("url"), encoding: .utf8)
        == "mqtt://gatehouse@127.0.0.1:\(wanted)")
    #expect(try MQTTOptions(brokerFolder: folder) == options)
    for name in ["password", "passwords", "mosquitto.conf"] {
      #expect(try permissions(folder.appendingPathComponent(name)) == 0o600)
    }
    let hashed = try String(contentsOf: folder.appendingPathComponent("passwords"), encoding: .utf8)
    #expect(hashed.hasPrefix("gatehouse:$7$"))

    let session = try MQTTSession(options, logger: quiet)
    session.connect()
    try session.publish(topic: "t", payload: "x")
    #expect(session.drain(timeout: .seconds(5)))

    var wrong = options
    wrong.password = "guess"
    let stranger = try MQTTSession(wrong, logger: quiet)
    stranger.connect()
    #expect(stranger.turn { if case .disconnected = stranger.linkState { true } else { false } })
    #expect("\(stranger.linkState)".contains("not authorised"))

    let process = try #require(broker.processIdentifier)
    broker.stop()
    #expect(!broker.isRunning)
    #expect(commandLine(process) == nil)
  }

  @Test("A taken port makes it choose another")
  func takenPort() throws {
    let data = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: data) }
    let other = try Broker()
    _ = try other.connected(other.options("up"))
    let broker = try broker(data, port: other.port)
    let options = try broker.start()
    #expect(options.port != other.port)
    let session = try MQTTSession(options, logger: quiet)
    session.connect()
    #expect(session.turn { session.linkState.isConnected })
    broker.stop()
  }

  @Test("A child that is killed comes back on the same port, and the session with it")
  func restart() throws {
    let data = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: data) }
    let broker = try broker(data)
    let session = try MQTTSession(try broker.start(), logger: quiet)
    session.connect()
    #expect(session.turn { session.linkState.isConnected })
    let first = try #require(broker.processIdentifier)
    kill(first, SIGKILL)
    #expect(eventually { !broker.isRunning })
    #expect(session.turn { !session.linkState.isConnected })
    #expect(
      session.turn {
        broker.ensureRunning()
        return session.linkState.isConnected
      })
    #expect(broker.processIdentifier != first)
    broker.stop()
  }

  @Test("A broker left on the same folder is stopped, and its undelivered messages are kept")
  func leftover() throws {
    let data = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: data) }
    let earlier = try broker(data)
    var options = try earlier.start()
    let left = try #require(earlier.processIdentifier)
    options.clientID = "gatehouse"
    options.cleanSession = false
    var session = try MQTTSession(options, logger: quiet)
    session.subscribe([("t", 1)])
    session.connect()
    #expect(session.turn { session.subscriptions[0].state == .granted(qos: 1) })
    session.disconnect()
    let publisher = try MQTTSession(
      try MQTTOptions(brokerFolder: data.appendingPathComponent("broker")), logger: quiet)
    publisher.connect()
    try publisher.publish(topic: "t", payload: "kept")
    #expect(publisher.drain(timeout: .seconds(5)))

    let later = try broker(data)
    var again = try later.start()
    #expect(later.processIdentifier != left)
    #expect(!earlier.isRunning)
    #expect(again.password == options.password)
    again.clientID = "gatehouse"
    again.cleanSession = false
    session = try MQTTSession(again, logger: quiet)
    var got: [String] = []
    session.onMessage = { got.append(text($0.payload)) }
    session.connect()
    #expect(session.turn { !got.isEmpty })
    #expect(got == ["kept"])
    later.stop()
  }

  @Test("A process id that now belongs to someone else is left alone")
  func reusedProcessID() throws {
    let data = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: data) }
    let folder = data.appendingPathComponent("broker")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let other = try Broker()
    try "\(other.process)".write(
      to: folder.appendingPathComponent("mosquitto.pid"), atomically: true, encoding: .utf8)
    let broker = try broker(data)
    _ = try broker.start()
    #expect(try other.connected(other.options("alive")).linkState.isConnected)
    broker.stop()
  }

  @Test("When the parent is killed with SIGKILL, its broker ends too")
  func killedParent() throws {
    let data = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: data) }
    // This test program again, running only `parent()` below.
    var process: pid_t = 0
    let command = [
      "/proc/self/exe", "--testing-library", "swift-testing", "--filter", "EmbeddedBrokerTests/parent",
    ]
    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    var environment: [UnsafeMutablePointer<CChar>?] =
      ProcessInfo.processInfo.environment.map { strdup("\($0.key)=\($0.value)") }
      + [strdup("EMBEDDED_BROKER_PARENT=\(data.path)"), nil]
    defer { for text in arguments + environment { free(text) } }
    let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    try #require(posix_spawn(&process, program, nil, nil, &arguments, &environment) == 0)
    let folder = data.appendingPathComponent("broker")
    let up = eventually { FileManager.default.fileExists(atPath: folder.appendingPathComponent("url").path) }
    kill(process, SIGKILL)
    waitpid(process, nil, 0)
    try #require(up)
    let id = try String(contentsOf: folder.appendingPathComponent("mosquitto.pid"), encoding: .utf8)
    let child = try #require(pid_t(id))
    #expect(eventually { commandLine(child)?.contains(folder.path) != true })
  }

  @Test(
    "The parent of the test above",
    .enabled(if: ProcessInfo.processInfo.environment["EMBEDDED_BROKER_PARENT"] != nil))
  func parent() throws {
    let data = try #require(ProcessInfo.processInfo.environment["EMBEDDED_BROKER_PARENT"])
    let broker = try broker(URL(fileURLWithPath: data))
    _ = try broker.start()
    #expect(broker.isRunning)
    sleep(30)
  }

  @Test("The template in config/ is the built-in one")
  func template() throws {
    let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let file = repository.appendingPathComponent("config/mosquitto.conf.template")
    #expect(try String(contentsOf: file, encoding: .utf8) == EmbeddedBroker.defaultTemplate)
  }

  @Test("Placeholders that are unknown, missing or break a line are errors that say which and where")
  func placeholders() throws {
    #expect(
      try EmbeddedBroker.render("a {{x}} b{{y}}\n# {{z}}", values: ["x": "1", "y": "2"]) == "a 1 b2\n# {{z}}")
    #expect(throws: EmbeddedBrokerError.unknownPlaceholder("z", line: 2, known: ["x"])) {
      try EmbeddedBroker.render("{{x}}\n{{z}}", values: ["x": "1"])
    }
    #expect(throws: EmbeddedBrokerError.missingPlaceholder("y")) {
      try EmbeddedBroker.render("{{x}}", values: ["x": "1", "y": "2"])
    }
    #expect(throws: EmbeddedBrokerError.unfitValue(placeholder: "x", found: "1\nuser root")) {
      try EmbeddedBroker.render("{{x}}", values: ["x": "1\nuser root"])
    }
    #expect(
      "\(EmbeddedBrokerError.missing(program: "mosquitto", package: "mosquitto"))".contains(
        "apt-get install mosquitto"))
  }

  @Test("A broker that can't start says why")
  func brokenTemplate() throws {
    let data = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: data) }
    let broken = EmbeddedBroker.defaultTemplate + "nonsense 1\n"
    let broker = EmbeddedBroker(
      dataFolder: data, template: broken, preferredPort: try freePort(), logger: quiet)
    let error = #expect(throws: EmbeddedBrokerError.self) { try broker.start() }
    #expect("\(error.map { "\($0)" } ?? "")".contains("nonsense"))
    #expect(!broker.isRunning)
  }
}
