/// One client of one broker, driven by its owner's loop, whose acknowledgements wait for the owner's commit.
import CMosquitto
import EstateModel
import Glibc
import Logging

/// A session with a broker. One thread owns it: make it there and call it only from there.
///
///     let session = try MQTTSession(options, logger: logger)
///     session.onMessage = { message in decode(message) }
///     session.subscribe([("estates/+/+/reading", 1)])
///     session.connect()
///     while running {
///       wait(for: session.socket, writable: session.wantsWrite, timeout: 100)  // poll(2)
///       session.read(upTo: 5_000)
///       try store.commit()
///       session.flush()
///       session.maintain()
///     }
///
/// **Held acknowledgements.** `read(upTo:)`, `subscribe(_:)`, `connect()` and `publish(…)` never write to a
/// connected socket: what they have to say is queued, PUBACKs too. `flush()`, `maintain()`, `drain(timeout:)`
/// and `disconnect()` write, and what they write may be everything queued: call them only where everything
/// that was read is committed. A link that breaks before `flush()` takes the queued PUBACKs with it, and the
/// broker delivers those messages again to a kept session.
public final class MQTTSession {
  public let options: MQTTOptions
  let logger: Logger
  let client: OpaquePointer

  /// Called for each message during `read(upTo:)`. The message's bytes are valid only during the call. It
  /// must not call the session's methods that write.
  public var onMessage: ((Message) -> Void)?
  /// Asked before each packet; false ends `read(upTo:)` and leaves the rest in the socket. Keep room for the
  /// packets that the library reads at one go: one for each publication that waits for its PUBACK, and with
  /// TLS the rest of a record (16 KiB).
  public var wantsMore: (() -> Bool)?
  /// Called after the broker accepted the connection. `true`: it had kept the session.
  public var onConnect: ((_ sessionPresent: Bool) -> Void)?

  public internal(set) var linkState = LinkState.disconnected(reason: "never connected")
  /// Links that ended so far. What was read before the latest end can't be acknowledged any more: the queued
  /// PUBACKs went with the link, and the broker delivers those messages again to a kept session.
  public internal(set) var linksLost = 0
  /// Whether the broker had kept the session when the present link, or the last, came up.
  public internal(set) var isSessionKept = false
  /// In the order in which they were asked for.
  public internal(set) var subscriptions: [Subscription] = []
  /// Publications with QoS 1 or 2 that the broker has not acknowledged, whether sent or waiting.
  public internal(set) var unacknowledged = 0
  /// More publications than this are refused. MQTT has 65,535 packet identifiers, and the library reuses
  /// them without asking.
  public static let unacknowledgedLimit = 60_000

  var wantsLink = false
  var mutesMessages = false
  var messagesTaken = 0
  /// Counts every callback: tells whether a read brought anything.
  var events = 0
  var reconnection = Backoff()
  var nextAttempt = ContinuousClock.now
  var attemptBegan = ContinuousClock.now
  var refusal: String?
  var subscriptionRequests: [Int32: Int] = [:]
  var resubscription = Backoff()
  var nextResubscription: ContinuousClock.Instant?
  /// QoS 0 publications in the library's queue; the library reports them by the same callback.
  var unwritten: Set<Int32> = []
  /// QoS 1 and 2 published without a link.
  var waiting: [Publication] = []

  /// - Throws: `MQTTError.invalidOption`, or `.client` for what libmosquitto refuses (a CA file that can't be
  ///   read, a will's topic with wildcards).
  public init(_ options: MQTTOptions, logger: Logger) throws(MQTTError) {
    if let flaw = options.flaw { throw flaw }
    try check(libraryStatus, "library start")
    guard let client = mosquitto_new(options.clientID, options.cleanSession, nil) else {
      throw .client(operation: "client", code: errno, reason: String(cString: strerror(errno)))
    }
    self.options = options
    self.logger = logger
    self.client = client
    installCallbacks(on: client, for: self)
    try configure()
  }

  deinit { mosquitto_destroy(client) }

  private func configure() throws(MQTTError) {
    // Tells the library that someone else runs the loop, so that it queues packets instead of writing them.
    try check(mosquitto_threaded_set(client, true), "own loop")
    try check(
      mosquitto_max_inflight_messages_set(client, options.maximumInFlight), "maximum in flight")
    if let username = options.username {
      try check(mosquitto_username_pw_set(client, username, options.password), "username")
    }
    if let will = options.will {
      try check(
        mosquitto_will_set(
          client, will.topic, Int32(will.payload.count), will.payload, will.qos, will.retain),
        "will")
    }
    if let tls = options.tls {
      try check(
        mosquitto_tls_set(
          client, tls.caFile, tls.caFile == nil ? "/etc/ssl/certs" : nil, tls.certificateFile, tls.keyFile,
          nil),
        "TLS certificates")
      if !tls.verifiesHostname { try check(mosquitto_tls_insecure_set(client, true), "TLS host name") }
    }
  }

  /// For the owner's poll set; nil while there is no link.
  public var socket: Int32? {
    if case .disconnected = linkState { return nil }
    let descriptor = mosquitto_socket(client)
    return descriptor < 0 ? nil : descriptor
  }

  /// True when `flush()` has something to write: poll for writability too.
  public var wantsWrite: Bool { mosquitto_want_write(client) }

  /// Adds filters, or changes the QoS of known ones. They are kept and asked for again after each reconnect
  /// whose session the broker had forgotten. See `subscriptions` for what the broker granted.
  public func subscribe(_ filters: [(filter: String, qos: Int32)]) {
    for (filter, qos) in filters {
      let fresh = Subscription(filter: filter, qos: qos, state: .pending)
      if let index = subscriptions.firstIndex(where: { $0.filter == filter }) {
        subscriptions[index] = fresh
        if linkState.isConnected { request(index) }
      } else {
        subscriptions.append(fresh)
        if linkState.isConnected { request(subscriptions.count - 1) }
      }
    }
  }
}
