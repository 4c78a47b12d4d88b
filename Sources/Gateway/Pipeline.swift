/// The one owner of session, engine, tickets and database: read, decide, commit, acknowledge, tell.
import EstateModel
import Foundation
import Logging
import MQTTSession
import Store
import Tickets

/// Lives on one thread from `run` to its end.
final class Pipeline {
  private let configuration: LoadedConfiguration
  private let link: GatewayLink
  private let logger: Logger
  private var core: Core
  private let store: Store
  private let control: ControlSocket
  private let broker: EmbeddedBroker?
  private let session: MQTTSession
  /// Messages that may wait for their acknowledgement: half of the broker's in-flight window.
  private let maximumUnacknowledged: Int
  private var unacknowledged = 0
  private var firstWaiting: Int64?
  private var lastStatus: Int64 = 0
  private var problemLog = ProblemLog()
  private var wasLinked = false
  private var lastStates: Int64 = 0
  /// The socket took only a part of the acknowledgements: nothing is read until the rest is out, because the rest
  /// could not be told from those of newer messages.
  private var isReleasing = false

  /// A batch that moves no alarm waits at most this long, in milliseconds.
  private static let groupCommit: Int64 = 1000
  /// Device states are written at most this often, in milliseconds.
  private static let statesInterval: Int64 = 2000
  /// Messages read before the engine runs.
  private static let readLimit = 2000

  /// Opens the data folder, recovers what was, and starts the broker. To be called on the thread that will `run`:
  /// the embedded broker dies with it.
  init(
    _ configuration: LoadedConfiguration, clock source: GatewayClock.Source, link: GatewayLink, logger: Logger
  ) throws {
    self.configuration = configuration
    self.link = link
    self.logger = logger
    let folder = configuration.settings.dataFolder
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    store = try Store.open(folder: folder, catalogue: configuration.catalogue)
    core = try Recovery.core(configuration, store: store, clock: GatewayClock(source), logger: logger)
    control = try ControlSocket(path: GatewayPaths(folder).controlSocket)
    let options: MQTTOptions
    (broker, options, maximumUnacknowledged) = try Self.connection(configuration.settings, logger: logger)
    session = try MQTTSession(options, logger: logger)
  }

  func run() {
    session.onMessage = { [unowned self] message in
      core.receive(message.topic, message.payload, isRetained: message.isRetained)
      unacknowledged += 1
    }
    session.wantsMore = { [unowned self] in core.hasRoom && unacknowledged < maximumUnacknowledged }
    session.subscribe(subscriptions.map { (filter: $0, qos: 1) })
    session.connect()
    while !link.isStopRequested { step() }
    core.decide()
    commit()
    session.disconnect()
    broker?.stop()
    link.finish()
  }

  private var subscriptions: [String] {
    var filters = core.topicFilters
    if core.clock.source == .simulation { filters.append(SimulationTopic.filter) }
    return filters
  }

  private func step() {
    broker?.ensureRunning()
    wait()
    if !isReleasing, unacknowledged < maximumUnacknowledged { session.read(upTo: Self.readLimit) }
    core.decide()
    control.serve(answer)
    let now = GatewayClock.monotonic
    if unacknowledged > 0 || core.hasUncommitted { firstWaiting = firstWaiting ?? now }
    if commitIsDue(now) { commit() }
    // Reconnecting and pinging may write, and writing releases acknowledgements: only with nothing uncommitted.
    if unacknowledged == 0 {
      isReleasing = !session.flush()
      session.maintain()
    }
    tellLink()
    if now - lastStatus >= 200 { publishStatus(now) }
  }

  private func commitIsDue(_ now: Int64) -> Bool {
    guard let firstWaiting else { return false }
    return core.isUrgent || unacknowledged >= maximumUnacknowledged
      || now - firstWaiting >= Self.groupCommit
  }

  /// One transaction; only then are the messages acknowledged, and only then is anybody told.
  private func commit() {
    let now = GatewayClock.monotonic
    let withStates = now - lastStates >= Self.statesInterval || link.isStopRequested
    if withStates { lastStates = now }
    let batch = core.takeBatch(withStates: withStates)
    if !batch.isEmpty {
      let start = GatewayClock.monotonic
      while true {
        do {
          try store.commit(batch)
          break
        } catch {
          // Nothing is acknowledged while nothing can be kept: the broker holds the messages meanwhile.
          logger.error("commit failed, nothing is acknowledged until it works: \(error)")
          if link.isStopRequested { return }
          Thread.sleep(forTimeInterval: 1)
        }
      }
      let took = Double(GatewayClock.monotonic - start)
      core.recordCommit(milliseconds: took)
    }
    isReleasing = !session.flush()
    unacknowledged = 0
    firstWaiting = nil
    tell(batch)
  }

  private func tell(_ batch: Batch) {
    for transition in batch.transitions {
      let place = transition.towards.map { "\(transition.place)→\($0)" } ?? transition.place
      logger.notice("alarm \(transition.kind.rawValue): \(transition.rule) at \(transition.estate)/\(place)")
      tell(.alarm(transition))
    }
    for event in batch.ticketEvents {
      guard let ticket = core.book.tickets[event.ticket] else { continue }
      tell(.ticket(event, ticket))
    }
    for problem in batch.problems {
      if let line = problemLog.line(problem, now: GatewayClock.monotonic) { logger.warning("\(line)") }
    }
  }

  private func tell(_ step: GatewayStep) {
    link.publish(step)
    control.broadcast(step)
  }

  private func answer(_ request: ControlRequest) -> ControlReply {
    switch request {
    case .watch: return .watching
    case .status: return .status(currentStatus)
    case .explain(let rule, let device):
      guard let index = core.catalogue.device(named: device) else {
        return .refused("unknown device '\(device)'")
      }
      guard let explanation = core.engine.explanation(rule: rule, device: core.catalogue[index].path) else {
        return .refused("rule '\(rule)' does not watch '\(device)'")
      }
      return .explanation(explanation)
    case .ticket(let ticket, let step, let by):
      do {
        let events = try core.perform(step, on: ticket, by: by)
        commit()
        return .ticket(events)
      } catch {
        return .refused("\(error)")
      }
    }
  }

  /// Sleeps until the socket or the mailbox has something, or a commit is due.
  private func wait() {
    var descriptors = control.pollDescriptors()
    if let socket = session.socket {
      let reads = !isReleasing && unacknowledged < maximumUnacknowledged && core.hasRoom
      let writes = unacknowledged == 0 && session.wantsWrite
      let events = (reads ? POLLIN : 0) | (writes ? POLLOUT : 0)
      if events != 0 { descriptors.append(pollfd(fd: socket, events: Int16(events), revents: 0)) }
    }
    var timeout: Int64 = 100
    if let firstWaiting {
      timeout = min(timeout, max(0, firstWaiting + Self.groupCommit - GatewayClock.monotonic))
    }
    _ = poll(&descriptors, nfds_t(descriptors.count), Int32(timeout))
  }

  private func tellLink() {
    let isLinked = session.linkState.isConnected
    guard isLinked != wasLinked else { return }
    wasLinked = isLinked
    if isLinked {
      logger.info("broker link is up")
    } else {
      logger.warning("broker link is down: \(session.linkState)")
    }
  }

  private func publishStatus(_ now: Int64) {
    lastStatus = now
    link.publish(currentStatus)
  }

  private var currentStatus: GatewayStatus {
    core.refreshStatus()
    var status = core.status
    let refused = session.subscriptions.filter { if case .refused = $0.state { true } else { false } }
    status.link =
      !session.linkState.isConnected
      ? "disconnected"
      : refused.isEmpty ? "connected" : "refused: \(refused.map(\.filter).joined(separator: " "))"
    return status
  }

  private static func connection(_ settings: Settings, logger: Logger) throws -> (
    EmbeddedBroker?, MQTTOptions, Int
  ) {
    switch settings.broker {
    case .embedded:
      let template = try String(contentsOf: settings.brokerTemplate, encoding: .utf8)
      let broker = EmbeddedBroker(dataFolder: settings.dataFolder, template: template, logger: logger)
      var options = try broker.start()
      options.clientID = settings.clientID
      options.cleanSession = false
      return (broker, options, EmbeddedBroker.maximumInFlight / 2)
    case .url(let text, let passwordFile, let caFile, let maximumInFlight):
      guard var options = MQTTOptions(url: text) else { throw GatewayError.brokerURL(text) }
      if let passwordFile {
        do {
          options.password = try String(contentsOfFile: passwordFile, encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        } catch {
          throw GatewayError.passwordFile(path: passwordFile, reason: error.localizedDescription)
        }
      }
      if let caFile { options.tls = MQTTOptions.TLS(caFile: caFile) }
      options.clientID = settings.clientID
      options.cleanSession = false
      return (nil, options, max(1, maximumInFlight / 2))
    }
  }
}
