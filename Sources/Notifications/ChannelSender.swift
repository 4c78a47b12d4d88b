/// The thread of one channel: it sends what waits, and may hang as long as it likes; nobody waits for it.
import Dispatch
import EstateModel
import Foundation
import Logging
import Synchronization

public final class ChannelSender: Sendable {
  private enum Order {
    case add([Delivery])
    case restart(Delivery)
  }

  /// What the thread needs.
  public struct Job: Sendable {
    public var plan: ChannelPlan
    public var retry: Retry
    public var surroundings: ChannelSurroundings
    /// When messages were sent last; milliseconds since 1970.
    public var sent: [Int64] = []
    public var now: @Sendable () -> Int64
    /// All alarms that are active.
    public var activeAlarms: @Sendable () -> [AlarmNotice] = { [] }
    /// False: it has been overtaken by what happened since.
    public var isWorthSending: @Sendable (Delivery) -> Bool = { _ in true }
    /// Told of each attempt.
    public var report: @Sendable (_ key: String, DeliveryState) -> Void

    public init(
      _ plan: ChannelPlan, retry: Retry, surroundings: ChannelSurroundings,
      now: @escaping @Sendable () -> Int64, report: @escaping @Sendable (String, DeliveryState) -> Void
    ) {
      (self.plan, self.retry, self.surroundings) = (plan, retry, surroundings)
      (self.now, self.report) = (now, report)
    }
  }

  private let job: Job
  private let logger: Logger
  private let orders = Mutex<[Order]>([])
  private let stop = StopFlag()
  private let bell = DispatchSemaphore(value: 0)
  private let done = DispatchSemaphore(value: 0)

  public init(_ job: Job, logger: Logger) { (self.job, self.logger) = (job, logger) }

  public func start() {
    let thread = Thread { [self] in
      run()
      done.signal()
    }
    thread.name = "gatehouse-\(job.plan.id)"
    thread.start()
  }

  public func add(_ deliveries: [Delivery]) { order(.add(deliveries)) }
  /// Now, whatever came of it before.
  public func restart(_ delivery: Delivery) { order(.restart(delivery)) }

  private func order(_ order: Order) {
    orders.withLock { $0.append(order) }
    bell.signal()
  }

  /// Asks the thread to end.
  public func requestStop() {
    stop.set()
    bell.signal()
  }

  /// - Returns: false when it has not ended by then.
  public func wait(until time: DispatchTime) -> Bool { done.wait(timeout: time) == .success }

  private func run() {
    let plan = job.plan
    let channel = plan.open(job.surroundings)
    var queue = DeliveryQueue(
      retry: job.retry, rate: plan.rate, isOrdered: plan.transport.mirrorsAlarms, sent: job.sent)
    var nextRefresh = job.now()
    var isOutOfOrder = false
    while !stop.isSet {
      for order in orders.withLock({ orders in exchange(&orders, with: []) }) {
        switch order {
        case .add(let deliveries): queue.add(deliveries)
        case .restart(let delivery): queue.restart(delivery)
        }
      }
      if let interval = channel.refreshInterval, job.now() >= nextRefresh {
        nextRefresh = job.now() + interval
        _ = channel.refresh(job.activeAlarms(), stop: stop)
      }
      switch queue.next(at: job.now()) {
      case .send(let delivery):
        let outcome: SendOutcome =
          job.isWorthSending(delivery)
          ? channel.send(delivery, stop: stop) : .never(reason: "over before it could be sent")
        // What was broken off by the stop is no failure of the receiver's.
        if stop.isSet, outcome != .sent { return }
        guard let state = queue.finished(delivery.key, outcome, at: job.now()) else { continue }
        job.report(delivery.key, state)
        log(state, delivery, &isOutOfOrder)
      case .wait(let until):
        let soonest = min(until ?? .max, channel.refreshInterval == nil ? .max : nextRefresh)
        let pause = max(1, min(60_000, soonest == .max ? 60_000 : soonest - job.now()))
        _ = bell.wait(timeout: .now() + .milliseconds(Int(pause)))
      }
    }
  }

  /// Once when a channel goes out of order and once when it works again, and each message that is given up.
  private func log(_ state: DeliveryState, _ delivery: Delivery, _ isOutOfOrder: inout Bool) {
    let id = job.plan.id
    switch state {
    case .sent:
      if isOutOfOrder { logger.notice("channel '\(id)' works again") }
      isOutOfOrder = false
    case .waiting(_, _, _, let reason):
      if !isOutOfOrder {
        logger.warning("channel '\(id)' does not take messages: \(reason); it is tried again")
      }
      isOutOfOrder = true
    case .givenUp(_, let attempts, _, let reason):
      logger.error("channel '\(id)': \(delivery.key) given up after \(attempts) attempts: \(reason)")
    }
  }
}

private func exchange<Value>(_ value: inout Value, with new: Value) -> Value {
  defer { value = new }
  return value
}
