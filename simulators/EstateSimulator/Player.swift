/// Plays virtual time to a broker: readings in order, then the clock that the gateway lives by.
import EstateModel

/// Something that lives through virtual time and says things on the way: a scenario, a measured series.
public protocol Playable {
  var start: Timestamp { get }
  var end: Timestamp { get }
  /// Milliseconds from clock to clock when nothing holds the player back.
  var clockStep: Int64 { get }
  /// What stands at the broker before the first reading.
  func opening() -> [Publication]
  /// What is said after the last call's time, up to and including `time`, in order of time.
  mutating func live(until time: Timestamp) -> [Publication]
}

extension Simulation: Playable {
  public var start: Timestamp { scenario.start }
  public var end: Timestamp { scenario.end }
  public var clockStep: Int64 { 10_000 }
}

/// How fast virtual time runs.
public enum Speed: Sendable, Equatable {
  /// Virtual seconds for one real one.
  case times(Double)
  /// As fast as the broker takes it.
  case unlimited

  /// Milliseconds of virtual time in one step: a second, or what passes in about 20 ms.
  func step(clockStep: Int64) -> Int64 {
    switch self {
    case .times(let speed): max(1, Int64((speed * 0.02).rounded())) * 1000
    case .unlimited: clockStep
    }
  }
}

/// What a player has done.
public struct PlaySummary: Sendable {
  /// Everything published, clocks included.
  public var messages: Int
  public var realSeconds: Double
  /// Virtual time reached.
  public var reached: Timestamp
  /// False when the real-time limit or a signal came first.
  public var isComplete: Bool
  /// What was done wrong on purpose; nil: nothing could be.
  public var faults: FaultCounts?
}

public struct Player {
  public var speed: Speed
  /// Real time after which it ends early; nil: when virtual time ends.
  public var limit: Duration?
  /// Asked after each step; true ends it early, in order.
  public var shouldStop: () -> Bool
  /// What stands between the devices and the broker; nil: all speak natively, and nothing goes wrong.
  public var wire: Wire?

  public init(
    speed: Speed, limit: Duration? = nil, wire: Wire? = nil, shouldStop: @escaping () -> Bool = { false }
  ) {
    (self.speed, self.limit, self.wire, self.shouldStop) = (speed, limit, wire, shouldStop)
  }

  /// Publishes `simulation/clock` with the start time, then step by step the readings and the clock, and at last
  /// `simulation/end`. Returns when the broker has acknowledged all of it.
  ///
  /// Virtual time never runs ahead of `speed`. When the broker is slow it falls behind, and doesn't hurry after.
  /// - Throws: ``LinkError`` when the broker can't be reached, or is gone for longer than the link's patience.
  public func play(_ source: some Playable, to link: BrokerLink) throws(LinkError) -> PlaySummary {
    var source = source
    let began = ContinuousClock.now
    let published = link.published
    let step = speed.step(clockStep: source.clockStep)
    var now = source.start
    var pace = Pace(speed: speed, virtualStart: now)
    var wire = wire
    if wire != nil { link.listenForCommands() }
    try link.publish(.clock(now))
    let opening = source.opening()
    for message in wire?.opening(opening) ?? opening.map(WireMessage.init) { try link.publish(message) }
    var isComplete = true
    while now < source.end {
      if shouldStop() || limit.map({ ContinuousClock.now - began >= $0 }) ?? false {
        isComplete = false
        break
      }
      let next: Timestamp = min(now + step, source.end)
      if let due = pace.instant(of: next) { try link.serve(until: due) }
      let said = source.live(until: next)
      if wire != nil {
        for topic in link.takeCommands() { wire?.requestBirth(topic: topic) }
        for message in wire?.messages(said, until: next) ?? [] { try link.publish(message) }
      } else {
        for message in said { try link.publish(message) }
      }
      now = next
      try link.publish(.clock(now))
      pace.arrived(at: now)
    }
    try link.publish(.end(now))
    try link.finish()
    let elapsed = ContinuousClock.now - began
    return PlaySummary(
      messages: link.published - published, realSeconds: elapsed / .seconds(1), reached: now,
      isComplete: isComplete, faults: wire?.counts)
  }
}

/// Where virtual time may be.
struct Pace {
  /// Later than this, the anchor moves: time lost to a slow broker is not caught up.
  private static let tolerance = Duration.milliseconds(100)

  private let speed: Double?
  private var virtual: Timestamp
  private var real: ContinuousClock.Instant

  init(speed: Speed, virtualStart: Timestamp, now: ContinuousClock.Instant = .now) {
    if case .times(let times) = speed { self.speed = times } else { self.speed = nil }
    virtual = virtualStart
    real = now
  }

  /// When a virtual time is due; nil: at once.
  func instant(of time: Timestamp) -> ContinuousClock.Instant? {
    speed.map { real + .seconds(Double(time - virtual) / 1000 / $0) }
  }

  mutating func arrived(at time: Timestamp, now: ContinuousClock.Instant = .now) {
    guard let due = instant(of: time), now - due > Self.tolerance else { return }
    (virtual, real) = (time, now)
  }
}
