/// The pipeline with everything around it that waits: sockets, mailbox, broker, the system's clocks.
import EstateModel
import Foundation
import Logging
import MQTTSession
import Store
import Tickets

/// Lives on one thread from `init` to the end of `run`.
package final class Gatehouse<Link: MessageLink> {
  private let link: GatewayLink
  private let logger: Logger
  private let control: ControlSocket
  private let broker: EmbeddedBroker?
  private let session: MQTTSession
  private let pipeline: Pipeline<Link, Store>
  private var lastStatus: Int64 = 0

  /// Milliseconds for which a stopping gateway tries to keep its last batch.
  private static var farewell: Int64 { 3000 }

  /// Opens the data folder, recovers what was, and starts the broker. To be called on the thread that will `run`:
  /// the embedded broker dies with it.
  /// - Parameter makeLink: what the pipeline sees of the session: the session itself, but in tests of what would happen
  ///   otherwise.
  package init(
    _ configuration: LoadedConfiguration, clock source: GatewayClock.Source, link: GatewayLink,
    logger: Logger,
    makeLink: (MQTTSession) -> Link
  ) throws {
    self.link = link
    self.logger = logger
    let settings = configuration.settings
    try FileManager.default.createDirectory(at: settings.dataFolder, withIntermediateDirectories: true)
    let store = try Store.open(folder: settings.dataFolder, catalogue: configuration.catalogue)
    let control = try ControlSocket(path: GatewayPaths(settings.dataFolder).controlSocket)
    self.control = control
    let connection = try BrokerConnection(settings, logger: logger)
    broker = connection.broker
    session = try MQTTSession(connection.options, logger: logger)
    pipeline = try Pipeline(
      configuration, link: makeLink(session), log: store, clock: source,
      maximumUnacknowledged: max(1, connection.maximumInFlight / 2), at: .system, logger: logger
    ) { step in
      link.publish(step)
      control.broadcast(step)
    }
    ProcessMemory.endStart()
  }

  /// - Throws: ``GatewayError/notCommitted(reason:)`` when the last batch could not be kept.
  package func run() throws {
    session.subscribe(pipeline.topicFilters.map { (filter: $0, qos: 1) })
    session.connect()
    while !link.isStopRequested {
      broker?.ensureRunning()
      wait()
      pipeline.step(at: .system)
      control.serve(answer)
      if GatewayClock.monotonic - lastStatus >= 200 { publishStatus() }
    }
    let isKept = finish()
    publishStatus()
    broker?.stop()
    link.finish()
    if !isKept {
      throw GatewayError.notCommitted(reason: pipeline.status.commitFailure ?? "no time left")
    }
  }

  private func finish() -> Bool {
    let deadline = GatewayClock.monotonic + Self.farewell
    while !pipeline.finish(at: .system) {
      if GatewayClock.monotonic >= deadline { return false }
      Thread.sleep(forTimeInterval: 0.1)
    }
    return true
  }

  private func answer(_ request: ControlRequest) -> ControlReply {
    switch request {
    case .watch: .watching
    case .status: .status(pipeline.status)
    case .explain(let rule, let device): pipeline.explanation(rule: rule, device: device)
    case .suppress(let order, let by): pipeline.suppress(order, by: by, at: .system)
    case .endSuppression(let id, let by): pipeline.endSuppression(id, by: by, at: .system)
    case .ticket(let ticket, let step, let by, let via):
      pipeline.perform(step, on: ticket, by: by, via: via, at: .system)
    }
  }

  /// Sleeps until the socket or the mailbox has something, or a commit is due.
  private func wait() {
    var descriptors = control.pollDescriptors()
    if let socket = session.socket {
      let reads = pipeline.isReading
      let writes = pipeline.isWriting && session.wantsWrite
      let events = (reads ? POLLIN : 0) | (writes ? POLLOUT : 0)
      if events != 0 { descriptors.append(pollfd(fd: socket, events: Int16(events), revents: 0)) }
    }
    let patience = pipeline.patience(at: GatewayClock.monotonic)
    _ = poll(&descriptors, nfds_t(descriptors.count), Int32(patience))
  }

  private func publishStatus() {
    lastStatus = GatewayClock.monotonic
    link.publish(pipeline.status)
  }
}

/// The broker that the settings name, started where it is the gateway's own.
private struct BrokerConnection {
  var broker: EmbeddedBroker?
  var options: MQTTOptions
  var maximumInFlight: Int

  init(_ settings: Settings, logger: Logger) throws {
    switch settings.broker {
    case .embedded:
      let template = try String(contentsOf: settings.brokerTemplate, encoding: .utf8)
      let embedded = EmbeddedBroker(dataFolder: settings.dataFolder, template: template, logger: logger)
      options = try embedded.start()
      broker = embedded
      maximumInFlight = EmbeddedBroker.maximumInFlight
    case .url(let text, let passwordFile, let caFile, let inFlight):
      guard let known = MQTTOptions(url: text) else { throw GatewayError.brokerURL(text) }
      options = known
      maximumInFlight = inFlight
      if let passwordFile {
        do {
          options.password = try String(contentsOfFile: passwordFile, encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        } catch {
          throw GatewayError.passwordFile(path: passwordFile, reason: error.localizedDescription)
        }
      }
      if let caFile { options.tls = MQTTOptions.TLS(caFile: caFile) }
    }
    options.clientID = settings.clientID
    options.cleanSession = false
  }
}
