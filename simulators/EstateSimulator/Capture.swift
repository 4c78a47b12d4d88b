/// Traffic of a broker, kept and played again: topics, flags and bytes as they were, a JSON object to a line.
import EstateModel
import Foundation
import Logging
import MQTTSession

/// `{"ms":1250,"payload":"eyJs…","qos":1,"retain":false,"topic":"estates/luyuan/probe-w01/reading"}`
public struct CapturedMessage: Codable, Hashable, Sendable {
  /// Milliseconds since the capture began.
  public var ms: Int64
  public var topic: String
  public var qos: Int32
  public var retain: Bool
  /// Base64.
  public var payload: Data

  public init(ms: Int64, topic: String, qos: Int32, retain: Bool, payload: Data) {
    (self.ms, self.topic, self.qos, self.retain, self.payload) = (ms, topic, qos, retain, payload)
  }

  public struct Problem: Error, CustomStringConvertible {
    public let description: String
  }

  /// - Parameters:
  ///   - text: the lines of a capture; `file` is how messages call it.
  public static func all(in text: String, file: String) throws(Problem) -> [CapturedMessage] {
    let decoder = JSONDecoder()
    var messages: [CapturedMessage] = []
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    where !line.isEmpty {
      do {
        messages.append(try decoder.decode(CapturedMessage.self, from: Data(line.utf8)))
      } catch {
        throw Problem(
          description: "\(file):\(number + 1): found no captured message, expected "
            + #"{"ms":0,"topic":"…","qos":1,"retain":false,"payload":"…"}"#)
      }
      guard let last = messages.last, (0...2).contains(last.qos), last.ms >= 0 else {
        throw Problem(description: "\(file):\(number + 1): 'qos' must be 0 to 2, and 'ms' not below 0")
      }
    }
    return messages.sorted { $0.ms < $1.ms }
  }

  public var line: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}

/// Listens to a broker and hands out what comes.
public final class Recorder {
  private let session: MQTTSession
  private let address: String

  /// - Throws: ``LinkError``
  public init(_ options: MQTTOptions, filters: [String]) throws(LinkError) {
    var logger = Logger(label: "estatesim")
    logger.logLevel = .error
    address = options.redactedURL
    do {
      session = try MQTTSession(options, logger: logger)
    } catch {
      throw .refused(error)
    }
    session.subscribe(filters.map { (filter: $0, qos: 2) })
    session.connect()
    try turn(for: .seconds(10)) {
      $0.subscriptions.allSatisfy { $0.state != .pending } && $0.linkState.isConnected
    }
    for subscription in session.subscriptions {
      if case .granted = subscription.state { continue }
      throw .noBroker(address: address, reason: "it does not grant \(subscription.filter)")
    }
  }

  /// - Parameter keep: gets each message.
  public func run(
    for length: Duration, keep: @escaping (CapturedMessage) -> Void, shouldStop: () -> Bool = { false }
  ) {
    let began = ContinuousClock.now
    session.onMessage = { message in
      keep(
        CapturedMessage(
          ms: Int64((ContinuousClock.now - began) / .milliseconds(1)),
          topic: String(decoding: message.topic, as: UTF8.self), qos: message.qos, retain: message.isRetained,
          payload: Data(message.payload)))
    }
    while ContinuousClock.now - began < length, !shouldStop() { step() }
    session.onMessage = nil
    session.disconnect()
  }

  private func step() {
    session.flush()
    session.wait(milliseconds: 10)
    session.read(upTo: .max)
    session.maintain()
  }

  private func turn(for patience: Duration, until isDone: (MQTTSession) -> Bool) throws(LinkError) {
    let end = ContinuousClock.now + patience
    while !isDone(session) {
      guard ContinuousClock.now < end else {
        throw .noBroker(address: address, reason: "no answer")
      }
      step()
    }
  }
}

extension Player {
  /// Publishes captured messages at their times, with their topics, flags and bytes.
  /// - Throws: ``LinkError``
  public func play(_ messages: [CapturedMessage], to link: BrokerLink) throws(LinkError) -> PlaySummary {
    let began = ContinuousClock.now
    var sent = 0
    var isComplete = true
    for message in messages {
      if case .times(let times) = speed {
        try link.serve(until: began + .milliseconds(Double(message.ms) / times))
      }
      if shouldStop() || limit.map({ ContinuousClock.now - began >= $0 }) ?? false {
        isComplete = false
        break
      }
      try link.publish(
        WireMessage(
          time: Timestamp(milliseconds: message.ms), topic: message.topic, payload: Array(message.payload),
          qos: message.qos, isRetained: message.retain))
      sent += 1
    }
    try link.finish()
    return PlaySummary(
      messages: sent, realSeconds: (ContinuousClock.now - began) / .seconds(1),
      reached: Timestamp(milliseconds: messages.last?.ms ?? 0), isComplete: isComplete)
  }
}
