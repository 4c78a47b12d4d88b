/// A broker of the gateway's own: Debian's mosquitto as a child process. On loopback; devices of other machines get in
/// by TLS where the configuration says so.
import Foundation
import Logging
import MQTTSession

/// Starts mosquitto, restarts it when it dies, and leaves none behind.
///
///     let broker = EmbeddedBroker(dataFolder: data, template: nil, logger: logger)
///     var options = try broker.start()
///     options.clientID = "gatehouse"
///     …
///     broker.ensureRunning()   // in the owner's loop, a few times a second
///     broker.stop()
///
/// One thread owns it. The data folder must be the caller's alone (hold its lock before `start()`): a broker
/// that an earlier life left on the same folder is stopped.
///
/// In `DATA/broker/` it keeps `url` (without the password) and `password` (mode 0600) for clients on this
/// machine, the broker's configuration, database, process id and log; what devices may do (`EnrolmentBook`), and the
/// authority that signs their certificates.
///
/// When the gateway is killed, the kernel sends the broker SIGTERM, not SIGKILL: so it saves the undelivered
/// messages before it ends. Should it hang while saving, the next `start()` kills it.
public final class EmbeddedBroker {
  /// The broker's name for those who may connect.
  public static let username = "gatehouse"
  /// Publishes as any device, and reads nothing. It exists in simulated runs only.
  public static let simulatorName = "simulator"
  /// Messages that the broker sends ahead of their acknowledgement; bounds a batch.
  public static let maximumInFlight = 20_000

  let folder: URL
  let template: String
  let preferredPort: Int
  let listener: DeviceListenerSettings?
  let isSimulated: Bool
  let logger: Logger
  var child: pid_t?
  var port = 0
  var failures = 0
  var startedAt = ContinuousClock.now
  var nextStart = ContinuousClock.now

  /// - Parameters:
  ///   - template: the text of a `mosquitto.conf.template`; nil takes `defaultTemplate`.
  ///   - preferredPort: taken if free; otherwise the system chooses one.
  ///   - listener: where devices of other machines get in; nil: nowhere.
  ///   - isSimulated: a simulator may publish as any device.
  public init(
    dataFolder: URL, template: String?, preferredPort: Int = 1883, listener: DeviceListenerSettings? = nil,
    isSimulated: Bool = false, logger: Logger
  ) {
    (self.listener, self.isSimulated) = (listener, isSimulated)
    folder = dataFolder.absoluteURL.standardizedFileURL.appendingPathComponent("broker")
    self.template = template ?? Self.defaultTemplate
    self.preferredPort = preferredPort
    self.logger = logger
  }

  deinit { stop() }

  /// The broker's process id while it runs.
  public var processIdentifier: Int32? { isRunning ? child : nil }

  /// Whether the child is alive. Reaps it when it is not.
  public var isRunning: Bool {
    guard let child else { return false }
    var status: Int32 = 0
    let answer = waitpid(child, &status, WNOHANG)
    if answer == 0 || (answer < 0 && errno == EINTR) { return true }
    logger.warning("embedded broker ended", metadata: ["pid": "\(child)", "status": "\(status)"])
    self.child = nil
    return false
  }

  /// Starts the broker and waits, 5 s at most, until it lets the gateway in.
  /// - Returns: where it is and how to get in; client id and session are the caller's choice.
  public func start() throws -> MQTTOptions {
    if isRunning { return try MQTTOptions(brokerFolder: folder) }
    try makeFolder()
    stopLeftover()
    let password = try preparePassword()
    try prepareListeners()
    var failure = EmbeddedBrokerError.notAnswering(port: preferredPort, reason: "not tried", log: "")
    // Somebody may take the port between our look and the broker's bind: then try another.
    for candidate in [preferredPort, 0, 0] {
      guard let free = freePort(candidate) ?? freePort(0) else { continue }
      port = free
      try writeConfiguration()
      try spawnChild()
      let options = MQTTOptions(port: Int32(port), username: Self.username, password: password)
      guard let reason = waitUntilReady(options) else {
        try write(options.redactedURL, to: "url", mode: 0o644)
        if isSimulated {
          let simulator = MQTTOptions(port: Int32(port), username: Self.simulatorName)
          try write(simulator.redactedURL, to: "simulator.url", mode: 0o600)
        }
        logger.info(
          "embedded broker runs", metadata: ["url": "\(options.redactedURL)", "pid": "\(child ?? 0)"])
        return options
      }
      failure = .notAnswering(port: port, reason: reason, log: logTail())
      stop()
    }
    throw failure
  }

  /// Restarts the broker, on the same port, if it has died: at once the first time, then after growing pauses
  /// up to 30 s. Keeps its log short. Doesn't wait for the broker.
  public func ensureRunning() {
    guard port != 0 else { return }
    shortenLog()
    let now = ContinuousClock.now
    if isRunning {
      if failures > 0 && now - startedAt > .seconds(60) { failures = 0 }
      return
    }
    guard now >= nextStart else { return }
    nextStart = now + min(.seconds(30), .milliseconds(200) * (1 << min(failures, 8)))
    failures += 1
    do {
      try spawnChild()
      logger.warning(
        "embedded broker restarted", metadata: ["pid": "\(child ?? 0)", "attempt": "\(failures)"])
    } catch {
      logger.error("embedded broker can't be restarted", metadata: ["reason": "\(error)"])
    }
  }

  /// Ends the broker: SIGTERM, so that it saves its messages; SIGKILL after 5 s.
  public func stop() {
    defer { port = 0 }
    guard isRunning, let child else { return }
    kill(child, SIGTERM)
    for step in 0..<1_000 {
      if waitpid(child, nil, WNOHANG) != 0 { break }
      if step == 500 { kill(child, SIGKILL) }
      usleep(10_000)
    }
    self.child = nil
    unlink(path("mosquitto.pid"))
  }

  private func spawnChild() throws(EmbeddedBrokerError) {
    let program = try Self.program("mosquitto", package: "mosquitto")
    _ = try Self.program("setpriv", package: "util-linux")
    switch SpawningThread.shared.start(program, ["-c", path("mosquitto.conf")], log: path("mosquitto.log")) {
    case .started(let process):
      child = process
      startedAt = .now
      try write("\(process)", to: "mosquitto.pid", mode: 0o600)
    case .failed(let number):
      throw .fileSystem(operation: "start", path: program, reason: String(cString: strerror(number)))
    }
  }

  /// - Returns: nil when the broker let the gateway in; else why not.
  private func waitUntilReady(_ options: MQTTOptions) -> String? {
    var quiet = logger
    quiet.logLevel = .critical
    do throws(MQTTError) {
      let session = try MQTTSession(options, logger: quiet)
      session.connect()
      let deadline = ContinuousClock.now + .seconds(5)
      while ContinuousClock.now < deadline {
        guard isRunning else { return "it ended at once" }
        session.flush()
        session.wait(milliseconds: 20)
        session.read(upTo: 1)
        session.maintain()
        if session.linkState.isConnected {
          session.disconnect()
          return nil
        }
      }
      return "no answer within 5 s (\(session.linkState))"
    } catch {
      return "\(error)"
    }
  }
}
