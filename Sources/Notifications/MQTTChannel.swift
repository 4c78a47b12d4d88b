/// Tickets and alarms as retained messages of a broker, as long as they are open.
import EstateModel
import Foundation
import Logging
import MQTTSession

/// `ROOT/ESTATE/tickets/ID` and `ROOT/ESTATE/alarms/ID`: JSON while they are open, then an empty message that clears
/// the topic.
final class MQTTChannel: Channel {
  private let plan: MQTTPlan
  private let topicRoot: String
  private let broker: @Sendable () throws -> MQTTOptions
  private var session: MQTTSession?

  init(
    _ plan: MQTTPlan, topicRoot: String, broker: @escaping @Sendable () throws -> MQTTOptions
  ) {
    (self.plan, self.topicRoot, self.broker) = (plan, topicRoot, broker)
  }

  deinit { session?.disconnect() }

  func send(_ delivery: Delivery, stop: StopFlag) -> SendOutcome {
    switch delivery.notice {
    case .ticket(let notice):
      publish("\(notice.estate)/tickets/\(notice.ticket)", notice.state.isOpen ? notice : nil, stop)
    case .alarm(let notice):
      publish(
        "\(notice.transition.estate)/alarms/\(notice.transition.alarm)",
        notice.isActive ? notice.transition : nil, stop)
    // A test leaves nothing behind.
    case .test: publish("gatehouse/test", nil as TicketNotice?, stop)
    case .digest: .never(reason: "not the state of a ticket")
    }
  }

  private func publish(_ path: String, _ value: (some Encodable)?, _ stop: StopFlag) -> SendOutcome {
    do {
      let payload = try value.map { Array(try JSONEncoder.plain.encode($0)) } ?? []
      let session = try session ?? connected(stop)
      // Kept for the next message only when this one went well.
      self.session = nil
      try session.publish(topic: "\(topicRoot)/\(path)", payload: payload, qos: 1, retain: true)
      let end = ContinuousClock.now + .seconds(plan.timeout)
      while !session.drain(timeout: .milliseconds(100)) {
        guard session.linkState.isConnected else { return .later(reason: "\(session.linkState)", after: nil) }
        guard ContinuousClock.now < end, !stop.isSet else {
          return .later(reason: "the broker did not acknowledge", after: nil)
        }
      }
      self.session = session
      return .sent
    } catch let error as NoBroker {
      return .later(reason: error.reason, after: nil)
    } catch {
      return .later(reason: "\(error)", after: nil)
    }
  }

  private struct NoBroker: Error { var reason: String }

  private func connected(_ stop: StopFlag) throws -> MQTTSession {
    var options: MQTTOptions
    if let url = plan.url {
      guard let known = MQTTOptions(url: url) else { throw NoBroker(reason: "the broker's address is none") }
      options = known
      if let password = plan.password { options.password = password.reveal() }
      if let caFile = plan.caFile { options.tls = MQTTOptions.TLS(caFile: caFile) }
    } else {
      options = try broker()
    }
    // The gateway's own session has the name that is configured.
    (options.clientID, options.cleanSession) = (nil, true)
    var quiet = Logger(label: "gatehouse.notifications")
    quiet.logLevel = .critical
    let session = try MQTTSession(options, logger: quiet)
    session.connect()
    let end = ContinuousClock.now + .seconds(plan.timeout)
    while !session.linkState.isConnected {
      guard ContinuousClock.now < end, !stop.isSet else {
        throw NoBroker(reason: "no link to the broker: \(session.linkState)")
      }
      session.flush()
      session.wait(milliseconds: 20)
      session.read(upTo: 1)
      session.maintain()
    }
    return session
  }
}
