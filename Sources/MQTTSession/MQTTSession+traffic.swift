/// Messages in, acknowledgements and publications out.
import CMosquitto
import Glibc

/// A publication that waits for a link.
struct Publication {
  let topic: String
  let payload: [UInt8]
  let qos: Int32
  let retain: Bool
}

extension MQTTSession {
  /// Takes messages that have arrived. Never writes, never waits.
  /// - Parameter limit: stop after about so many messages; see `wantsMore` for how many more may come.
  /// - Returns: messages handed to `onMessage`.
  @discardableResult
  public func read(upTo limit: Int) -> Int {
    messagesTaken = 0
    var barren = 0
    if let socket { noticeFailedHandshake(socket) }
    while messagesTaken < limit, let descriptor = socket {
      if let wantsMore, !wantsMore() { break }
      let before = events
      let code = mosquitto_loop_read(client, 1)
      if code > MOSQ_ERR_SUCCESS.rawValue {
        settle(code)
        break
      }
      if events != before {
        barren = 0
        continue
      }
      // Nothing came of it: part of a packet, a packet without callback (PINGRESP), or an empty socket. TLS
      // may hold decrypted bytes that poll doesn't see, so it gets a second try.
      barren += 1
      if barren > 3 || (!isReadable(descriptor) && (options.tls == nil || barren > 1)) { break }
    }
    return messagesTaken
  }

  /// Releases the acknowledgements of everything read so far, and writes everything else that is queued.
  /// Call it only where everything that was read is committed. Doesn't wait.
  /// - Returns: false when the socket took only a part; `wantsWrite` is true then, and the rest may be
  ///   written by a later `flush()`.
  @discardableResult
  public func flush() -> Bool {
    guard socket != nil else { return true }
    handOverWaiting()
    settle(mosquitto_loop_write(client, 1))
    if linkState.isConnected, socket != nil { settle(mosquitto_loop_misc(client)) }
    return !mosquitto_want_write(client)
  }

  /// Queues a publication; `flush()` sends it. Without a link QoS 1 and 2 wait for the next one, in order.
  /// - Parameters:
  ///   - topic: no wildcards.
  ///   - payload: copied; up to 268,435,455 bytes.
  /// - Returns: the packet identifier; 0 while it waits for a link.
  /// - Throws: `.tooManyUnacknowledged`; `.client` for a bad topic, or QoS 0 without a link.
  @discardableResult
  public func publish(
    topic: String, payload: UnsafeRawBufferPointer, qos: Int32 = 1, retain: Bool = false
  ) throws(MQTTError) -> Int32 {
    guard unacknowledged < Self.unacknowledgedLimit else {
      throw .tooManyUnacknowledged(limit: Self.unacknowledgedLimit)
    }
    // The library would send what it gets between CONNECT and CONNACK ahead of what it has from before.
    if qos > 0 && !(linkState.isConnected && waiting.isEmpty) {
      try check(mosquitto_pub_topic_check(topic), "publish to \(topic)")
      waiting.append(Publication(topic: topic, payload: Array(payload), qos: qos, retain: retain))
      unacknowledged += 1
      return 0
    }
    let identifier = try handOver(topic, payload, qos, retain)
    if qos == 0 { unwritten.insert(identifier) } else { unacknowledged += 1 }
    return identifier
  }

  private func handOver(
    _ topic: String, _ payload: UnsafeRawBufferPointer, _ qos: Int32, _ retain: Bool
  ) throws(MQTTError) -> Int32 {
    var identifier: Int32 = 0
    let length = Int32(clamping: payload.count)
    try check(
      mosquitto_publish(client, &identifier, topic, length, payload.baseAddress, qos, retain),
      "publish to \(topic)")
    return identifier
  }

  /// Hands over what was published without a link. Not from a callback: the library sends its own leftovers
  /// after the callback that tells of the connection.
  private func handOverWaiting() {
    guard linkState.isConnected, !waiting.isEmpty else { return }
    let publications = waiting
    waiting = []
    for publication in publications {
      do {
        try publication.payload.withUnsafeBytes { bytes in
          _ = try handOver(publication.topic, bytes, publication.qos, publication.retain)
        }
      } catch {
        unacknowledged -= 1
        logger.error("publication lost", metadata: ["reason": "\(error)"])
      }
    }
  }

  @discardableResult
  public func publish(
    topic: String, payload: [UInt8], qos: Int32 = 1, retain: Bool = false
  ) throws(MQTTError) -> Int32 {
    var outcome: Result<Int32, MQTTError> = .success(0)
    payload.withUnsafeBytes { bytes in
      outcome = Result { () throws(MQTTError) in
        try publish(topic: topic, payload: bytes, qos: qos, retain: retain)
      }
    }
    return try outcome.get()
  }

  @discardableResult
  public func publish(
    topic: String, payload: String, qos: Int32 = 1, retain: Bool = false
  ) throws(MQTTError) -> Int32 {
    try publish(topic: topic, payload: Array(payload.utf8), qos: qos, retain: retain)
  }

  /// Reads, writes and keeps the link until every publication is acknowledged and written, or time is up.
  /// Releases held acknowledgements.
  /// - Parameter most: return as soon as no more than so many are unacknowledged; lets a fast publisher wait
  ///   for room without emptying the pipe.
  /// - Returns: true when that was reached.
  @discardableResult
  public func drain(timeout: Duration, to most: Int = 0) -> Bool {
    let deadline = ContinuousClock.now + timeout
    while true {
      flush()
      read(upTo: .max)
      if unacknowledged <= most && !(most == 0 && wantsWrite) { return true }
      if ContinuousClock.now >= deadline { return false }
      maintain()
      wait(milliseconds: 10)
    }
  }

  /// Waits until the socket is readable, or writable if something is queued: a loop's step for owners with no
  /// poll set of their own. Without a link it just waits.
  public func wait(milliseconds: Int32) {
    var entry = pollfd(
      fd: socket ?? -1, events: Int16(wantsWrite ? POLLIN | POLLOUT : POLLIN), revents: 0)
    _ = poll(&entry, 1, milliseconds)
  }

  func received(_ message: mosquitto_message) {
    events += 1
    guard !mutesMessages else { return }
    messagesTaken += 1
    guard let onMessage, let topic = message.topic else { return }
    onMessage(
      Message(
        topic: UnsafeRawBufferPointer(start: topic, count: strlen(topic)),
        payload: UnsafeRawBufferPointer(start: message.payload, count: Int(message.payloadlen)),
        qos: message.qos, isRetained: message.retain, identifier: message.mid))
  }

  func acknowledged(_ identifier: Int32) {
    events += 1
    if unwritten.remove(identifier) == nil, unacknowledged > 0 { unacknowledged -= 1 }
  }

  private func isReadable(_ descriptor: Int32) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, 0) > 0
  }
}
