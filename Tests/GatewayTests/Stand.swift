/// A pipeline on a stand: a link that the test feeds, a real database that can be made to fail, and time by hand.
import Configuration
import EstateModel
import Foundation
import Gateway
import Logging
import MQTTSession
import Notifications
import Rules
import Store
import Synchronization
import Tickets

/// A link with a broker that delivers again what was not acknowledged.
final class HandLink: MessageLink {
  var onMessage: ((Message) -> Void)?
  var wantsMore: (() -> Bool)?
  var linkState = LinkState.disconnected(reason: "never connected")
  var linksLost = 0
  var isSessionKept = true
  var subscriptions: [Subscription] = []
  var isReachable = true
  /// Acknowledgements that can be written from now on; nil: all.
  var writable: Int?

  /// What the broker holds for this session, and how many of it are on their way.
  private(set) var queue: [(topic: String, payload: String)] = []
  private(set) var delivered = 0
  private(set) var acknowledged = 0
  private var held = 0

  func publish(_ topic: String, _ payload: String) { queue.append((topic, payload)) }

  func read(upTo limit: Int) -> Int {
    var count = 0
    while linkState.isConnected, count < limit, delivered < queue.count, wantsMore?() ?? true {
      let (topic, payload) = queue[delivered]
      delivered += 1
      held += 1
      count += 1
      Array(topic.utf8).withUnsafeBytes { topic in
        Array(payload.utf8).withUnsafeBytes { payload in
          onMessage?(Message(topic: topic, payload: payload, qos: 1, isRetained: false, identifier: 1))
        }
      }
    }
    return count
  }

  func flush() -> Bool {
    guard linkState.isConnected else { return true }
    let count = min(held, writable ?? held)
    held -= count
    writable = writable.map { $0 - count }
    acknowledged += count
    queue.removeFirst(count)
    delivered -= count
    return held == 0
  }

  func maintain() {
    if !linkState.isConnected, isReachable { linkState = .connected(since: .now) }
  }

  func disconnect() {
    _ = flush()
    linkState = .disconnected(reason: "closed")
  }

  func lose() {
    linksLost += 1
    linkState = .disconnected(reason: "lost")
    delivered = 0
    held = 0
  }
}

/// The real database, which fails when it is told to.
final class HandLog: BatchLog {
  let store: Store
  var fails = false
  var commits = 0

  init(_ store: Store) { self.store = store }

  func commit(_ batch: Batch) throws {
    if fails { throw StoreError.diskFull("/data/gatehouse.sqlite") }
    try store.commit(batch)
    commits += 1
  }

  func saveSnapshot(_ bytes: [UInt8], now: Timestamp) throws { try store.saveSnapshot(bytes, now: now) }
  func tidy(_ retention: Retention, now: Timestamp) throws -> Bool { try store.tidy(retention, now: now) }
  func use(_ catalogue: Catalogue) throws { try store.use(catalogue) }
  func lastBatchTime() throws -> Timestamp? { try store.lastBatchTime() }
  func fact(_ key: String) throws -> String? { try store.fact(key) }
  func ticketEvents() throws -> [TicketEvent] { try store.ticketEvents() }
  func activeAlarms() throws -> [AlarmTransition] { try store.activeAlarms() }
  func suppressions() throws -> [Suppression] { try store.suppressions() }
  func raised(since: Timestamp) throws -> [AlarmTransition] { try store.raised(since: since) }
  func deviceStates() throws -> [DeviceState] { try store.deviceStates() }
  func snapshots() throws -> [StoredSnapshot] { try store.snapshots() }

  func replay(
    since: Timestamp, through end: Int64, catalogue: Catalogue,
    body: (_ now: Timestamp, _ readings: ContiguousArray<Reading>) throws -> Void
  ) throws -> Int { try store.replay(since: since, through: end, catalogue: catalogue, body: body) }

  func replay(
    afterBatch: Int64, catalogue: Catalogue,
    body: (_ now: Timestamp, _ readings: ContiguousArray<Reading>) throws -> Void
  ) throws -> Int { try store.replay(afterBatch: afterBatch, catalogue: catalogue, body: body) }
}

/// Lines of a log.
struct Lines: LogHandler {
  final class Collected: Sendable {
    let lines = Mutex<[String]>([])
    func matching(_ part: String) -> [String] { lines.withLock { $0.filter { $0.contains(part) } } }
  }

  let collected: Collected
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.info

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) { collected.lines.withLock { $0.append("\(event.level) \(event.message)") } }
}

final class Stand {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  /// 2026-03-10, 14:00 in Shanghai.
  static let start = Timestamp(milliseconds: 1_773_122_400_000)

  private(set) var configuration: LoadedConfiguration
  let folder: URL
  let link = HandLink()
  private(set) var log: HandLog
  private(set) var pipeline: Pipeline<HandLink, HandLog>
  let collected = Lines.Collected()
  private(set) var told: [GatewayStep] = []
  private let source: GatewayClock.Source
  private let window: Int
  /// Milliseconds since the start.
  private(set) var time: Int64 = 0
  /// How far the system's clock is off, in milliseconds.
  var clockError: Int64 = 0

  /// What the pipeline handed over to be sent, and what the senders say became of it.
  private(set) var posted: [OutboxEntry] = []
  var marks: [OutboxMark] = []

  /// - Parameter channel: where messages go; nil: there are none.
  init(
    clock source: GatewayClock.Source = .wall, window: Int = 1000, channel: ChannelPlan? = nil,
    estates: [String] = ["luyuan", "yiheyuan"]
  ) throws {
    let diagnostics = Diagnostics()
    guard
      var loaded = LoadedConfiguration(
        folder: Self.root.appendingPathComponent("config"), estates: estates,
        diagnostics: diagnostics)
    else { throw GatewayError.unknown("\(diagnostics.sorted())") }
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("stand-\(UUID().uuidString)")
    loaded.settings.dataFolder = folder
    loaded.notifications = NotificationPlan()
    if let channel { loaded.notifications.channels = [channel] }
    configuration = loaded
    (self.source, self.window) = (source, window)
    log = HandLog(try Store.open(folder: folder, catalogue: loaded.catalogue))
    let logger = Logger(label: "stand") { [collected] _ in Lines(collected: collected) }
    hearing = Hearing()
    pipeline = try Pipeline(
      loaded, link: link, log: log, clock: source, maximumUnacknowledged: window,
      at: Moment(monotonic: 1_000_000, wall: Self.start), logger: logger,
      outbox: try Self.outbox(loaded, log, hearing)
    ) { [hearing] in hearing.stand?.told.append($0) }
    hearing.stand = self
  }

  private static func outbox(_ loaded: LoadedConfiguration, _ log: HandLog, _ hearing: Hearing) throws
    -> PipelineOutbox?
  {
    try NoticePolicy(loaded, stored: log.store.contents, isSimulated: false).map { policy in
      PipelineOutbox(
        policy: policy,
        takeMarks: {
          defer { hearing.stand?.marks = [] }
          return hearing.stand?.marks ?? []
        }, tell: { hearing.stand?.posted += $0 })
    }
  }

  private final class Hearing { weak var stand: Stand? }
  private let hearing: Hearing

  deinit { try? FileManager.default.removeItem(at: folder) }

  var now: Timestamp { Self.start + time }
  var moment: Moment { Moment(monotonic: 1_000_000 + time, wall: now + clockError) }
  var status: GatewayStatus { pipeline.status }

  func step() { pipeline.step(at: moment) }

  /// Lets time pass, a turn every 500 ms.
  func pass(seconds: Double) {
    let end = time + Int64(seconds * 1000)
    while time < end {
      time = min(end, time + 500)
      step()
    }
  }

  /// A reading of now, or of a time before.
  func publish(_ device: String, _ fields: String, ago milliseconds: Int64 = 0) {
    link.publish(
      "estates/\(device)/reading", "{\"ts\":\((now - milliseconds).milliseconds),\(fields)}")
  }

  /// The process dies, and another one starts on the same folder.
  func restart() throws {
    if link.linkState.isConnected { link.lose() }
    try log.store.close()
    log = HandLog(try Store.open(folder: folder, catalogue: configuration.catalogue))
    let logger = Logger(label: "stand") { [collected] _ in Lines(collected: collected) }
    pipeline = try Pipeline(
      configuration, link: link, log: log, clock: source, maximumUnacknowledged: window, at: moment,
      logger: logger, outbox: try Self.outbox(configuration, log, hearing)
    ) { [hearing] in hearing.stand?.told.append($0) }
  }

  /// Only these rules, in the configuration that was read last or in another.
  func rules(_ text: String, in other: LoadedConfiguration? = nil) throws -> LoadedConfiguration {
    let diagnostics = Diagnostics()
    var next = other ?? configuration
    next.rules = RuleSet(
      documents: [Document(text: text, file: "rules.yaml", diagnostics: diagnostics)].compactMap { $0 },
      calendars: next.calendars, catalogue: next.catalogue, diagnostics: diagnostics)
    try diagnostics.check()
    return next
  }

  /// The gateway goes on with another configuration; so does the next start.
  func reload(_ next: LoadedConfiguration) throws {
    _ = try pipeline.reload(next, outbox: pipeline.outbox, at: moment)
    configuration = next
  }

  /// The next start reads another configuration.
  func write(_ next: LoadedConfiguration) { configuration = next }

  /// Level readings of a probe, every minute, the last one now.
  func flood(_ device: String = "luyuan/probe-mw-u3", level: Double = 0.1, minutes: Int) {
    for _ in 0...minutes {
      publish(device, "\"level\":\(level)")
      pass(seconds: 60)
    }
  }

  func history(_ device: String, _ signal: String) throws -> [Double] {
    try log.store.contents.history(
      device: device, signal: signal, since: Self.start - 86_400_000, until: .distantFuture
    ).map(\.value)
  }

  var alarms: [AlarmTransition] {
    told.compactMap { if case .alarm(let transition) = $0 { transition } else { nil } }
  }
}
