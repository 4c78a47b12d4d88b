/// A broker with one persistent session of QoS 1, and a link to it, within what MQTT 3.1.1 allows.
import EstateModel
import Gateway
import MQTTSession

final class SimulatedBroker {
  let publications: [Publication]
  /// Messages that may be on their way unacknowledged.
  let window: Int
  private(set) var isReachable = true
  private(set) var hasSession = false
  private(set) var acknowledged: Set<Int> = []
  private(set) var deliveries = 0
  private(set) var duplicates = 0
  private weak var peer: SimulatedLink?
  private var next = 0
  private var queue: [Int] = []
  /// Sent and not acknowledged, in the order of sending.
  private var inFlight: [Int] = []
  /// Of those, what this link has not been given yet.
  private var resending: [Int] = []
  private var forgettable: [Int] = []
  private var chance: Chance
  private let isFaulty: Bool
  /// Newer messages may overtake those that are delivered again, as with brokers that deliver again after a time.
  private let overtakes: Bool

  init(_ publications: [Publication], seed: UInt64, isFaulty: Bool, overtakes: Bool) {
    self.publications = publications
    (self.isFaulty, self.overtakes) = (isFaulty, overtakes)
    chance = Chance(seed, 3)
    window = isFaulty ? [2, 4, 20, 100][chance.integer(0...3)] : 20
  }

  var nextPublication: Timestamp? { next < publications.count ? publications[next].time : nil }
  var isIdle: Bool { next == publications.count && queue.isEmpty && inFlight.isEmpty }
  var hasDeliveries: Bool { !resending.isEmpty || !queue.isEmpty && inFlight.count < window }

  func publish(until now: Timestamp) {
    while next < publications.count, publications[next].time <= now {
      queue.append(next)
      next += 1
    }
  }

  func setReachable(_ isReachable: Bool) {
    self.isReachable = isReachable
    if !isReachable { peer?.breakOff("the broker is away") }
  }

  /// The broker comes back from what it had on disk: the newest acknowledgements are forgotten.
  func forgetAcknowledgements() {
    let count = min(forgettable.count, chance.integer(0...30))
    inFlight = forgettable.suffix(count) + inFlight
    forgettable.removeLast(count)
  }

  /// - Returns: whether the session was kept.
  func accept(_ link: SimulatedLink) -> Bool {
    defer { hasSession = true }
    peer = link
    // MQTT-4.4.0-1, MQTT-4.6.0-1: unacknowledged messages again, in their order.
    resending = inFlight
    return hasSession
  }

  func deliver() -> Int? {
    let mayOvertake = overtakes && !queue.isEmpty && inFlight.count < window && chance.happens(0.4)
    if !resending.isEmpty, !mayOvertake {
      deliveries += 1
      duplicates += 1
      return resending.removeFirst()
    }
    // As some brokers do it while connected, after a time without acknowledgement.
    if isFaulty, !inFlight.isEmpty, chance.happens(0.05) {
      duplicates += 1
      return inFlight[chance.integer(0...(inFlight.count - 1))]
    }
    guard inFlight.count < window, !queue.isEmpty else { return nil }
    let number = queue.remove(at: choice())
    inFlight.append(number)
    deliveries += 1
    return number
  }

  /// Messages of different keys may overtake each other within a second.
  private func choice() -> Int {
    guard isFaulty, chance.happens(0.5) else { return 0 }
    var keys: Set<Int> = []
    var choices: [Int] = []
    for (position, number) in queue.prefix(8).enumerated() {
      let publication = publications[number]
      if publication.time - publications[queue[0]].time > 1000 { break }
      if keys.insert(publication.key).inserted { choices.append(position) }
    }
    return choices[chance.integer(0...(choices.count - 1))]
  }

  func acknowledge(_ number: Int) {
    guard let position = inFlight.firstIndex(of: number) else { return }
    inFlight.remove(at: position)
    acknowledged.insert(number)
    forgettable.append(number)
    if forgettable.count > 200 { forgettable.removeFirst(100) }
  }
}

/// One process's link. Acknowledgements are held until `flush`, and go with the link when it breaks.
final class SimulatedLink: MessageLink {
  var onMessage: ((Message) -> Void)?
  var wantsMore: (() -> Bool)?
  private(set) var linkState = LinkState.disconnected(reason: "never connected")
  private(set) var linksLost = 0
  private(set) var isSessionKept = false
  let subscriptions: [Subscription] = []
  /// Monotonic time of the last write: without one for 1.5 keep-alives the broker ends the link.
  private(set) var lastWrite: Int64 = 0
  var now: Int64 = 0
  /// The deliberate fault: acknowledgements go out with the reading, not with the commit.
  let acknowledgesEarly: Bool

  private let broker: SimulatedBroker
  private let fate: Fate
  private var chance: Chance
  private let isFaulty: Bool
  private var held: [Int] = []
  /// Written, and not yet with the broker.
  private var onTheWire: [Int] = []

  init(_ broker: SimulatedBroker, fate: Fate, chance: Chance, isFaulty: Bool, acknowledgesEarly: Bool = false)
  {
    (self.broker, self.fate, self.chance) = (broker, fate, chance)
    (self.isFaulty, self.acknowledgesEarly) = (isFaulty, acknowledgesEarly)
  }

  func read(upTo limit: Int) -> Int {
    guard linkState.isConnected else { return 0 }
    var count = 0
    while count < limit, wantsMore?() ?? true, !fate.dies(at: .read) {
      if isFaulty, chance.happens(0.03) { break }
      guard let number = broker.deliver() else { break }
      let publication = broker.publications[number]
      held.append(number)
      if acknowledgesEarly { onTheWire.append(number) }
      publication.topic.withUnsafeBytes { topic in
        publication.payload.withUnsafeBytes { payload in
          onMessage?(Message(topic: topic, payload: payload, qos: 1, isRetained: false, identifier: 1))
        }
      }
      count += 1
    }
    return count
  }

  func flush() -> Bool {
    guard linkState.isConnected, !fate.dies(at: .flush) else { return true }
    lastWrite = now
    let isPartial = isFaulty && held.count > 1 && chance.happens(0.05)
    let count = isPartial ? chance.integer(0...(held.count - 1)) : held.count
    onTheWire += held.prefix(count)
    held.removeFirst(count)
    return held.isEmpty
  }

  func maintain() {
    guard !fate.dies(at: .maintain) else { return }
    if linkState.isConnected {
      lastWrite = now
      return
    }
    guard broker.isReachable else { return }
    lastWrite = now
    isSessionKept = broker.accept(self)
    linkState = .connected(since: .now)
  }

  func disconnect() {
    _ = flush()
    turn()
  }

  /// The broker gets what was written.
  func turn() {
    for number in onTheWire { broker.acknowledge(number) }
    onTheWire = []
  }

  func breakOff(_ reason: String) {
    guard linkState.isConnected else { return }
    // Of what is on the wire, a part may still arrive.
    for number in onTheWire.prefix(chance.integer(0...onTheWire.count)) { broker.acknowledge(number) }
    onTheWire = []
    held = []
    linksLost += 1
    linkState = .disconnected(reason: reason)
  }
}
