/// Connecting, losing the link and coming back.
import CMosquitto
import Glibc

extension MQTTSession {
  /// Begins an attempt to connect, and keeps trying in `maintain(now:)` until `disconnect()`. Doesn't wait for
  /// the broker, but a host *name* is looked up before it returns.
  public func connect() {
    wantsLink = true
    guard case .disconnected = linkState else { return }
    attempt(now: .now)
  }

  /// Says goodbye (no will is published) and stops reconnecting. Writes what is queued, PUBACKs too.
  public func disconnect() {
    wantsLink = false
    guard socket != nil else {
      linkState = .disconnected(reason: "closed")
      return
    }
    flush()
    mosquitto_disconnect(client)
    if socket != nil { _ = mosquitto_loop_write(client, 1) }
    closed(reason: "closed")
  }

  /// Breaks the link without a word: held PUBACKs are forgotten, the broker publishes the will and keeps the
  /// session. `maintain(now:)` reconnects if `connect()` asked for a link.
  public func dropLink() {
    guard let socket else { return }
    // The library has no call for this. With both directions shut it reads what is left and then the end.
    mutesMessages = true
    defer { mutesMessages = false }
    shutdown(socket, Int32(SHUT_RDWR))
    // In a TLS handshake it never reports the end; the next attempt closes the socket then.
    var barren = 0
    while barren < 10, mosquitto_socket(client) >= 0 {
      let before = events
      guard mosquitto_loop_read(client, 1) == MOSQ_ERR_SUCCESS.rawValue else { break }
      barren = events == before ? barren + 1 : 0
    }
    closed(reason: "dropped")
  }

  /// Reconnects when it is time, asks again for refused subscriptions, keeps the link alive. May write: call
  /// it only where everything that was read is committed.
  public func maintain(now: ContinuousClock.Instant = .now) {
    switch linkState {
    case .disconnected:
      if wantsLink && now >= nextAttempt { attempt(now: now) }
    case .connecting:
      if now - attemptBegan > .seconds(10) {
        refusal = "no answer from \(options.redactedURL) within 10 s"
        dropLink()
      }
    case .connected:
      if let due = nextResubscription, now >= due {
        nextResubscription = nil
        for index in subscriptions.indices {
          if case .refused = subscriptions[index].state { request(index) }
        }
      }
      settle(mosquitto_loop_misc(client))
    }
  }

  /// A TLS handshake on a socket that can't be connected looks to the library as if it were still under way.
  func noticeFailedHandshake(_ descriptor: Int32) {
    guard options.tls != nil, linkState == .connecting else { return }
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&entry, 1, 0) > 0, entry.revents & Int16(POLLERR | POLLHUP) != 0 else { return }
    var code: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
    refusal =
      code == 0 ? "the broker closed the link during the TLS handshake" : String(cString: strerror(code))
    dropLink()
  }

  private func attempt(now: ContinuousClock.Instant) {
    linkState = .connecting
    attemptBegan = now
    refusal = nil
    let code = mosquitto_connect_async(client, options.host, options.port, options.keepAlive)
    // Negative codes mean "under way".
    if code > MOSQ_ERR_SUCCESS.rawValue { closed(reason: reason(code)) }
  }

  /// The broker answered CONNECT.
  func connectionAnswered(code: Int32, sessionPresent: Bool) {
    events += 1
    guard code == 0 else {
      refusal = mosquitto_connack_string(code).map { String(cString: $0) } ?? "connection refused (\(code))"
      return
    }
    linkState = .connected(since: .now)
    isSessionKept = sessionPresent
    reconnection.reset()
    logger.info(
      "connected",
      metadata: ["broker": "\(options.redactedURL)", "session": "\(sessionPresent ? "kept" : "new")"])
    for index in subscriptions.indices {
      if sessionPresent, case .granted = subscriptions[index].state { continue }
      request(index)
    }
    onConnect?(sessionPresent)
  }

  /// The library lost the link.
  func linkLost(code: Int32) {
    events += 1
    closed(reason: code == 0 ? "closed" : reason(code))
  }

  /// What a loop function returned. Errors become the link's state.
  func settle(_ code: Int32) {
    if code > MOSQ_ERR_SUCCESS.rawValue { closed(reason: reason(code)) }
  }

  func closed(reason: String) {
    if case .disconnected = linkState { return }
    let reason = refusal ?? reason
    if linkState.isConnected { linksLost += 1 }
    linkState = .disconnected(reason: reason)
    unwritten.removeAll()
    subscriptionRequests.removeAll()
    nextResubscription = nil
    let pause = reconnection.next()
    nextAttempt = .now + pause
    if wantsLink {
      logger.warning(
        "no link",
        metadata: ["broker": "\(options.redactedURL)", "reason": "\(reason)", "retry in": "\(pause)"])
    }
  }

  func request(_ index: Int) {
    var identifier: Int32 = 0
    let code = mosquitto_subscribe(client, &identifier, subscriptions[index].filter, subscriptions[index].qos)
    if code == MOSQ_ERR_SUCCESS.rawValue {
      subscriptionRequests[identifier] = index
    } else {
      refuse(index, why: reason(code))
    }
  }

  /// The broker answered SUBSCRIBE: one QoS for each filter, 0x80 for a refusal.
  func subscriptionAnswered(_ identifier: Int32, _ granted: UnsafeBufferPointer<Int32>) {
    events += 1
    guard let index = subscriptionRequests.removeValue(forKey: identifier), let qos = granted.first else {
      return
    }
    if (0...2).contains(qos) {
      subscriptions[index].state = .granted(qos: qos)
      let anyRefused = subscriptions.contains { if case .refused = $0.state { true } else { false } }
      if !anyRefused { resubscription.reset() }
    } else {
      refuse(index, why: "broker answered \(qos)")
    }
  }

  private func refuse(_ index: Int, why: String) {
    var attempts = 1
    if case .refused(let earlier) = subscriptions[index].state { attempts = earlier + 1 }
    subscriptions[index].state = .refused(attempts: attempts)
    if nextResubscription == nil { nextResubscription = .now + resubscription.next() }
    logger.warning(
      "subscription refused",
      metadata: ["filter": "\(subscriptions[index].filter)", "reason": "\(why)", "attempts": "\(attempts)"])
  }
}
