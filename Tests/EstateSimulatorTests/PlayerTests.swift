import Configuration
import EstateModel
import EstateSimulator
import Foundation
import Logging
import MQTTSession
import TestSupport
import Testing

/// A broker of its own on a free port, ended by its own process.
private final class Broker {
  let port: Int32
  private var process: pid_t = 0
  private let folder: URL

  init() throws {
    port = Int32(try freePort())
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("player-\(port)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let file = folder.appendingPathComponent("mosquitto.conf")
    try "listener \(port) 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nlog_dest none\n".write(
      to: file, atomically: true, encoding: .utf8)
    let path: String = file.path
    let program =
      ["/usr/sbin/mosquitto", "/usr/bin/mosquitto"].first { FileManager.default.isExecutableFile(atPath: $0) }
      ?? "/usr/sbin/mosquitto"
    let words: [String] = [program, "-c", path]
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
    arguments.append(nil)
    defer { for argument in arguments { free(argument) } }
    let status = posix_spawn(&process, program, nil, nil, &arguments, environ)
    try #require(status == 0, "mosquitto doesn't start")
  }

  deinit {
    // The threads of a test run block SIGTERM, and the broker has inherited that.
    kill(process, SIGKILL)
    waitpid(process, nil, 0)
    try? FileManager.default.removeItem(at: folder)
  }

  var options: MQTTOptions { MQTTOptions(host: "127.0.0.1", port: port) }
}

/// What a subscriber gets, as lines like those of a dry run.
private final class Listener {
  private(set) var lines: [String] = []
  private let session: MQTTSession

  init(_ options: MQTTOptions) throws {
    session = try MQTTSession(options, logger: Logger(label: "test"))
    session.onMessage = { [unowned self] message in
      lines.append(
        String(decoding: message.topic, as: UTF8.self) + "\t"
          + String(decoding: message.payload, as: UTF8.self))
    }
    session.subscribe([("#", 1)])
    session.connect()
    try listen { session.subscriptions.allSatisfy { $0.state == .granted(qos: 1) } }
  }

  func listen(until isDone: () -> Bool) throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while !isDone() {
      try #require(ContinuousClock.now < deadline)
      session.flush()
      session.maintain()
      session.wait(milliseconds: 10)
      session.read(upTo: .max)
    }
  }
}

@Suite("Player")
struct PlayerTests {
  @Test("A broker gets what a dry run prints, in the same order, and all of it is acknowledged")
  func play() throws {
    let broker = try Broker()
    let listener = try Listener(broker.options)
    let scenario = try named("luyuan-sewer-blockage")
    let diagnostics = Diagnostics()
    let simulation = try #require(Simulation(scenario, catalogue: try seeds(), diagnostics: diagnostics))
    let summary = try Player(speed: .unlimited).play(simulation, to: BrokerLink(broker.options))
    try listener.listen { listener.lines.last?.hasPrefix("simulation/end") == true }
    #expect(listener.lines == (try lines(of: scenario)))
    #expect(summary.messages == listener.lines.count && summary.isComplete)
    #expect(summary.reached == scenario.end)
  }

  @Test("Virtual time doesn't run ahead of its speed, and a limit ends it in order")
  func pace() throws {
    let broker = try Broker()
    let listener = try Listener(broker.options)
    let diagnostics = Diagnostics()
    let simulation = try #require(
      Simulation(try named("yiheyuan-loitering"), catalogue: try seeds(), diagnostics: diagnostics))
    let player = Player(speed: .times(60), limit: .seconds(1))
    let summary = try player.play(simulation, to: BrokerLink(broker.options))
    // 60 virtual seconds in a real one, and not more than the step that was under way.
    let virtual = Double(summary.reached - simulation.start) / 1000
    #expect(virtual <= 61 && virtual > 20)
    #expect(summary.realSeconds >= 1 && !summary.isComplete)
    try listener.listen { listener.lines.last?.hasPrefix("simulation/end") == true }
    #expect(
      listener.lines.suffix(2) == [
        "simulation/clock\t{\"now\":\(summary.reached.milliseconds)}",
        "simulation/end\t{\"now\":\(summary.reached.milliseconds)}",
      ])
  }

  @Test("Without a broker it says so")
  func nobody() throws {
    // Port 1 of the loopback: nothing listens there.
    let error = #expect(throws: LinkError.self) {
      try BrokerLink(MQTTOptions(host: "127.0.0.1", port: 1), patience: .milliseconds(300))
    }
    #expect(try #require(error).description.hasPrefix("no broker at mqtt://127.0.0.1:1"))
  }
}
