/// The pipeline with everything around it that waits: sockets, mailbox, broker, the system's clocks.
import EstateModel
import Foundation
import Logging
import MQTTSession
import Notifications
import Payloads
import Store
import Tickets

/// Lives on one thread from `init` to the end of `run`.
package final class Gatehouse<Link: MessageLink> {
  let link: GatewayLink
  let logger: Logger
  let control: ControlSocket
  private let broker: EmbeddedBroker?
  let session: MQTTSession
  let pipeline: Pipeline<Link, Store>
  let store: Store
  let source: GatewayClock.Source
  /// How other clients reach the broker.
  let options: MQTTOptions
  /// nil: there are no channels.
  var dispatch: NoticeDispatch?
  /// nil: the configuration is not read again.
  var desk: ReloadDesk?
  var tellReload: (ReloadReport) -> Void = { _ in }
  var lastReload: ReloadReport?
  /// What retained topics show at the start.
  private let standing: [OutboxEntry]
  private var lastStatus: Int64 = 0
  /// As they were a second ago at most.
  private var outbox: (figures: OutboxFigures?, readAt: Int64) = (nil, .min)
  private var notice = ServiceNotice()

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
    self.source = source
    let settings = configuration.settings
    try FileManager.default.createDirectory(at: settings.dataFolder, withIntermediateDirectories: true)
    let store = try Store.open(folder: settings.dataFolder, catalogue: configuration.catalogue)
    let control = try ControlSocket(path: GatewayPaths(settings.dataFolder).controlSocket)
    self.control = control
    let connection = try BrokerConnection(settings, clock: source, logger: logger)
    broker = connection.broker
    session = try MQTTSession(connection.options, logger: logger)
    self.store = store
    options = connection.options
    let (dispatch, outbox) = try NoticeDispatch.open(
      configuration, store, isSimulated: source == .simulation, broker: connection.options, logger: logger)
    self.dispatch = dispatch
    standing = try outbox?.policy.standing(store.contents) ?? []
    pipeline = try Pipeline(
      configuration, link: makeLink(session), log: store, clock: source,
      maximumUnacknowledged: max(1, connection.maximumInFlight / 2), at: .system, logger: logger,
      outbox: outbox
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
    try dispatch?.start(standing: standing)
    desk?.start()
    notice.ready()
    while !link.isStopRequested {
      wait()
      pipeline.step(at: .system)
      askForBirths()
      control.serve(answer)
      takeOver()
      if GatewayClock.monotonic - lastStatus >= 200 {
        broker?.ensureRunning()
        publishStatus()
      }
    }
    notice.stopping()
    desk?.stop()
    dispatch?.stop()
    let isKept = finish()
    publishStatus()
    broker?.stop()
    link.finish()
    if !isKept {
      throw GatewayError.notCommitted(reason: pipeline.status.commitFailure ?? "no time left")
    }
  }

  /// Writing releases acknowledgements: only where the pipeline may write.
  private func askForBirths() {
    guard pipeline.isWriting, session.linkState.isConnected else { return }
    for node in pipeline.takeRebirths() {
      guard let topic = SparkplugCommand.topic(node: node) else { continue }
      do {
        try session.publish(topic: topic, payload: SparkplugCommand.rebirth(at: GatewayClock.wall), qos: 0)
      } catch {
        logger.warning("\(node) can't be asked for its metrics: \(error)")
      }
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

  private func answer(_ request: ControlRequest) -> ControlSocket.Answer {
    if case .reload(let by) = request {
      return desk.map { .later($0.ask(by: by)) }
        ?? .now(.refused("this run doesn't read its configuration again"))
    }
    return .now(reply(to: request))
  }

  private func reply(to request: ControlRequest) -> ControlReply {
    switch request {
    case .watch: .watching
    case .status: .status(status)
    case .explain(let rule, let device): pipeline.explanation(rule: rule, device: device)
    case .suppress(let order, let by): pipeline.suppress(order, by: by, at: .system)
    case .endSuppression(let id, let by): pipeline.endSuppression(id, by: by, at: .system)
    case .ticket(let ticket, let step, let by, let via):
      pipeline.perform(step, on: ticket, by: by, via: via, at: .system)
    case .resend(let id): resend(id)
    case .reload: .refused("it is answered later")
    }
  }

  private func resend(_ id: Int64) -> ControlReply {
    guard let dispatch else { return .refused("no channel sends anything in this run") }
    do {
      guard let entry = try store.contents.outboxEntry(id) else { return .refused("no message \(id)") }
      guard entry.state != .held else { return .refused("message \(id) waits for its digest") }
      guard dispatch.hasChannel(entry.channel) else { return .refused("no channel '\(entry.channel)'") }
      let reply = pipeline.resend(entry, at: .system)
      if case .resent = reply, let reason = dispatch.restart(entry) { return .refused(reason) }
      return reply
    } catch {
      return .refused("\(error)")
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

  private var status: GatewayStatus {
    let now = GatewayClock.monotonic
    if let dispatch, outbox.readAt == .min || now - outbox.readAt >= 1000 {
      // A database that can't be read now is told by the commits.
      outbox = ((try? dispatch.figures()) ?? outbox.figures, now)
    }
    var status = pipeline.status
    status.outbox = outbox.figures
    status.lastReload = lastReload
    return status
  }

  func publishStatus() {
    lastStatus = GatewayClock.monotonic
    var status = status
    status.beat = lastStatus
    notice.beat(
      lastStatus,
      status: "broker \(status.link), \(status.activeAlarms) alarms, \(status.openTickets) open tickets")
    link.publish(status)
  }
}
