/// The player's connection: publishes with QoS 1 and waits when too much is on its way.
import EstateModel
import Logging
import MQTTSession

public enum LinkError: Error, CustomStringConvertible {
  case noBroker(address: String, reason: String)
  case brokerLost(address: String, reason: String, seconds: Int)
  case refused(MQTTError)

  public var description: String {
    switch self {
    case .noBroker(let address, let reason): "no broker at \(address): \(reason)"
    case .brokerLost(let address, let reason, let seconds):
      "the broker at \(address) has not answered for \(seconds) s: \(reason)"
    case .refused(let error): error.description
    }
  }
}

public final class BrokerLink {
  /// Publications without acknowledgement, above which the player waits.
  private static let window = 2000
  /// How long a broker may be gone before the player gives up.
  private static let patience = 60

  /// Messages handed to the broker so far.
  public private(set) var published = 0
  private let session: MQTTSession
  private var commands: [String] = []

  /// Connects, and waits for the broker's yes.
  /// - Throws: ``LinkError/noBroker(address:reason:)`` after 10 s without one.
  public init(_ options: MQTTOptions, patience: Duration = .seconds(10)) throws(LinkError) {
    var options = options
    options.maximumInFlight = 1000
    do {
      session = try MQTTSession(options, logger: Self.quiet)
    } catch {
      throw .refused(error)
    }
    session.connect()
    let deadline = ContinuousClock.now + patience
    while !session.linkState.isConnected {
      if ContinuousClock.now >= deadline {
        throw .noBroker(address: options.redactedURL, reason: Self.reason(session.linkState))
      }
      session.flush()
      session.maintain()
      session.wait(milliseconds: 20)
      session.read(upTo: .max)
    }
  }

  /// Warnings of the link only; a player's output is its own.
  private static var quiet: Logger {
    var logger = Logger(label: "estatesim")
    logger.logLevel = .error
    return logger
  }

  private static func reason(_ state: LinkState) -> String {
    switch state {
    case .disconnected(let reason): reason
    case .connecting: "no answer"
    case .connected: "connected"
    }
  }

  /// Takes note of what Sparkplug nodes are told to do.
  func listenForCommands() {
    session.onMessage = { [unowned self] message in
      if commands.count < 10_000 { commands.append(String(decoding: message.topic, as: UTF8.self)) }
    }
    session.subscribe([(filter: "spBv1.0/+/NCMD/+", qos: 1)])
  }

  /// Topics of the commands since the last call.
  func takeCommands() -> [String] {
    defer { commands.removeAll() }
    return commands
  }

  /// Queues a message; waits first while the window is full.
  public func publish(_ message: Publication) throws(LinkError) { try publish(WireMessage(message)) }

  public func publish(_ message: WireMessage) throws(LinkError) {
    if session.unacknowledged >= Self.window { try wait(forAtMost: Self.window / 2) }
    do {
      try session.publish(
        topic: message.topic, payload: message.payload, qos: message.qos, retain: message.isRetained)
    } catch {
      throw .refused(error)
    }
    published += 1
    // Small portions on their way early keep the broker busy.
    if published % 100 == 0 {
      session.flush()
      if session.onMessage != nil { session.read(upTo: 1000) }
    }
  }

  /// Reads and writes until an instant has come.
  public func serve(until instant: ContinuousClock.Instant) throws(LinkError) {
    while true {
      session.flush()
      session.read(upTo: .max)
      session.maintain()
      let rest = instant - ContinuousClock.now
      guard rest > .zero else { return }
      // At least a millisecond; a step late by less than one doesn't matter.
      session.wait(milliseconds: Int32(min(50, max(1, rest / .milliseconds(1)))))
    }
  }

  /// Waits for every acknowledgement, and says goodbye.
  public func finish() throws(LinkError) {
    try wait(forAtMost: 0)
    session.disconnect()
  }

  private func wait(forAtMost most: Int) throws(LinkError) {
    var lastCount = session.unacknowledged
    var silent = 0
    while !session.drain(timeout: .seconds(1), to: most) {
      silent = session.unacknowledged < lastCount ? 0 : silent + 1
      lastCount = session.unacknowledged
      if silent >= Self.patience {
        throw .brokerLost(
          address: session.options.redactedURL, reason: Self.reason(session.linkState), seconds: silent)
      }
    }
  }
}
