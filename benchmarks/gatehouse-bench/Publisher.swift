/// Publishes as fast as the broker takes it.
import EstateSimulator
import Foundation
import MQTTSession
import Logging

final class Publisher {
  private let session: MQTTSession
  private var published = 0

  /// To the embedded broker of the gateway that runs in a workplace.
  convenience init(_ place: Workplace) throws {
    func line(_ name: String) throws -> String {
      try String(contentsOf: place.data.appendingPathComponent("broker/\(name)"), encoding: .utf8)
        .trimmingCharacters(in: .whitespacesAndNewlines)
    }
    guard var options = try MQTTOptions(url: line("url")) else { throw BenchError("the broker's address") }
    options.password = try line("password")
    try self.init(options)
  }

  init(_ options: MQTTOptions) throws {
    var logger = Logger(label: "bench")
    logger.logLevel = .error
    session = try MQTTSession(options, logger: logger)
    session.connect()
    try until("the broker") {
      session.flush()
      session.read(upTo: .max)
      session.maintain()
      return session.linkState.isConnected
    }
  }

  func publish(_ message: Publication) throws {
    try session.publish(topic: message.topic, payload: message.payload, qos: 1)
    published += 1
    if published % 500 == 0, !session.drain(timeout: .seconds(30), to: 1000) {
      throw BenchError("the broker stalls")
    }
  }

  /// Writes what is queued, and takes what the broker has answered.
  func serve() {
    session.flush()
    session.read(upTo: .max)
    session.maintain()
  }

  /// Waits for every acknowledgement.
  func finish() throws {
    guard session.drain(timeout: .seconds(60)) else { throw BenchError("the broker stalls") }
  }

  func close() {
    session.disconnect()
  }
}
