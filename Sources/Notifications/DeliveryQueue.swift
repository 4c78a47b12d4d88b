/// What waits for one channel, and what is sent next. Pure: time comes in.
import EstateModel

/// A message on its way. Times are milliseconds since 1970, the system's.
public struct Delivery: Sendable {
  public var key: String
  /// The ticket or alarm.
  public var subject: String
  public var priority: Priority
  public var notice: Notice
  /// Those that have failed.
  public var attempts: Int
  /// First attempt; nil: none yet.
  public var since: Int64?
  /// Not before that.
  public var next: Int64?
  /// Somebody asked for it: it is sent however old it is.
  public var isWanted = false

  public init(
    key: String, subject: String, priority: Priority, notice: Notice, attempts: Int = 0, since: Int64? = nil,
    next: Int64? = nil
  ) {
    (self.key, self.subject, self.priority, self.notice) = (key, subject, priority, notice)
    (self.attempts, self.since, self.next) = (attempts, since, next)
  }
}

/// What became of an attempt.
public enum SendOutcome: Hashable, Sendable {
  case sent
  /// It may work later.
  case later(reason: String, after: Int64?)
  /// It will not work, however often it is tried.
  case never(reason: String)
}

/// Where a message stands after an attempt.
public enum DeliveryState: Hashable, Sendable {
  case sent(at: Int64, attempts: Int)
  case waiting(attempts: Int, since: Int64, next: Int64, reason: String)
  case givenUp(at: Int64, attempts: Int, since: Int64, reason: String)
}

public struct DeliveryQueue: Sendable {
  public enum Step: Sendable {
    case send(Delivery)
    /// Nothing is due before that; nil: nothing waits.
    case wait(until: Int64?)
  }

  private let retry: Retry
  private let rate: RateLimit?
  /// What concerns one ticket or alarm arrives in its order: the receiver keeps the last that it gets.
  private let isOrdered: Bool
  private var waiting: [Delivery] = []
  private var failures = 0
  /// The receiver is out of order: nothing is tried before that.
  private var pausedUntil: Int64 = .min
  private var lastSent: [Int64] = []
  /// Longest pause of a whole channel, milliseconds.
  static let longestPause: Int64 = 60_000

  /// - Parameter sent: when messages were sent last, as far as the rate counts them.
  public init(retry: Retry, rate: RateLimit?, isOrdered: Bool, sent: [Int64] = []) {
    (self.retry, self.rate, self.isOrdered, lastSent) = (retry, rate, isOrdered, sent)
  }

  public var count: Int { waiting.count }

  /// Adds messages in their order. One that waits already stays as it is.
  public mutating func add(_ deliveries: [Delivery]) {
    let known = Set(waiting.map(\.key))
    waiting += deliveries.filter { !known.contains($0.key) }
  }

  /// Somebody wants it sent again: now, and with all its attempts.
  public mutating func restart(_ delivery: Delivery) {
    waiting.removeAll { $0.key == delivery.key }
    waiting.append(delivery)
    pausedUntil = .min
  }

  public func next(at now: Int64) -> Step {
    guard !waiting.isEmpty else { return .wait(until: nil) }
    let open = freeFrom(now)
    if open > now { return .wait(until: open) }
    var (best, soonest): (Delivery?, Int64?) = (nil, nil)
    var seen: Set<String> = []
    for delivery in waiting {
      // Behind an earlier one of the same subject.
      if isOrdered, !seen.insert(delivery.subject).inserted { continue }
      // A clock that was set back must not make it wait for days.
      let due = min(delivery.next ?? .min, now + max(retry.longest, Retry.longestAsked))
      if due > now {
        soonest = min(soonest ?? .max, due)
      } else if best.map({ (delivery.priority, delivery.attempts) < ($0.priority, $0.attempts) }) ?? true {
        best = delivery
      }
    }
    return best.map(Step.send) ?? .wait(until: soonest)
  }

  /// From when on the channel may be used.
  private func freeFrom(_ now: Int64) -> Int64 {
    var free = min(pausedUntil, now + max(Self.longestPause, Retry.longestAsked))
    if let rate {
      let recent = lastSent.filter { $0 > now - rate.within && $0 <= now }.sorted()
      if recent.count >= rate.messages {
        free = max(free, recent[recent.count - rate.messages] + rate.within)
      }
    }
    return free
  }

  /// Takes down what became of an attempt.
  public mutating func finished(_ key: String, _ outcome: SendOutcome, at now: Int64) -> DeliveryState? {
    guard let index = waiting.firstIndex(where: { $0.key == key }) else { return nil }
    if let rate { lastSent = lastSent.filter { $0 > now - rate.within } + [now] }
    var delivery = waiting[index]
    delivery.attempts += 1
    let since = delivery.since ?? now
    switch outcome {
    case .sent:
      failures = 0
      pausedUntil = .min
      waiting.remove(at: index)
      return .sent(at: now, attempts: delivery.attempts)
    case .never(let reason):
      failures = 0
      waiting.remove(at: index)
      return .givenUp(at: now, attempts: delivery.attempts, since: since, reason: reason)
    case .later(let reason, let asked):
      failures += 1
      let spread = Retry.spread(key: key, attempts: delivery.attempts)
      let pause = retry.pause(after: failures, spread: spread)
      pausedUntil = now + max(min(Self.longestPause, pause), min(asked ?? 0, Retry.longestAsked))
      let next = now + retry.pause(after: delivery.attempts, spread: spread, asked: asked)
      if now - since >= retry.giveUpAfter {
        waiting.remove(at: index)
        return .givenUp(at: now, attempts: delivery.attempts, since: since, reason: reason)
      }
      (delivery.since, delivery.next) = (since, next)
      waiting[index] = delivery
      return .waiting(attempts: delivery.attempts, since: since, next: next, reason: reason)
    }
  }
}
