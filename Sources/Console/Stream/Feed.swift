/// Steps of alarms and tickets on their way to everybody who listens. They come from the database, after their
/// commit: the pipeline knows nothing of listeners, and a restart loses nothing.
import EstateModel
import Foundation
import Gateway
import Logging
import NIOCore
import ServiceLifecycle
import Store
import Synchronization
import Tickets

/// One event of the stream, ready to be sent.
struct FeedEvent: Sendable {
  enum Kind: Sendable { case alarm, ticket, status }

  var kind: Kind
  var position: StepPosition
  var bytes: ByteBuffer
}

/// Reads new steps ten times a second and hands them to subscribers; never waits for one.
final class Feed: Service, Sendable {
  /// Events that may wait for one subscriber.
  static let backlog = 1000
  static let mostSubscribers = 2000
  private static let interval = Duration.milliseconds(100)
  private static let page = 500

  struct Subscription: Sendable {
    var id: Int
    /// Where the feed was: all later steps come by `events`.
    var start: StepPosition
    var events: AsyncStream<FeedEvent>
  }

  private struct Subscriber {
    var continuation: AsyncStream<FeedEvent>.Continuation
    /// Ends the connection even when it takes nothing any more.
    var cut: @Sendable () -> Void
  }

  private struct State {
    var position: StepPosition?
    var subscribers: [Int: Subscriber] = [:]
    var nextID = 0
    var isOver = false
    var cutOff = 0
    var rates = RateWatch()
  }

  private let store: StoreAccess
  private let status: @Sendable () -> GatewayStatus
  private let logger: Logger
  private let state = Mutex(State())

  init(store: StoreAccess, status: @Sendable @escaping () -> GatewayStatus, logger: Logger) {
    (self.store, self.status, self.logger) = (store, status, logger)
  }

  /// Where the newest step is that has been handed out; nil before the database is there.
  var position: StepPosition? { state.withLock { $0.position } }
  var subscribers: Int { state.withLock { $0.subscribers.count } }
  /// Subscribers that were too slow, since the start.
  var cutOff: Int { state.withLock { $0.cutOff } }

  /// How fast the pipeline works, looked at once a second.
  var rates: RateWatch { state.withLock { $0.rates } }

  /// - Returns: nil when there are too many, or the gateway is stopping.
  func subscribe(cut: @Sendable @escaping () -> Void) -> Subscription? {
    let (events, continuation) = AsyncStream.makeStream(
      of: FeedEvent.self, bufferingPolicy: .bufferingOldest(Self.backlog))
    return state.withLock { state in
      guard !state.isOver, state.subscribers.count < Self.mostSubscribers, let position = state.position
      else {
        return nil
      }
      state.nextID += 1
      state.subscribers[state.nextID] = Subscriber(continuation: continuation, cut: cut)
      return Subscription(id: state.nextID, start: position, events: events)
    }
  }

  /// - Returns: false when the feed itself has ended the subscription: its reader was too slow.
  @discardableResult
  func unsubscribe(_ id: Int) -> Bool { state.withLock { $0.subscribers.removeValue(forKey: id) != nil } }

  func run() async throws {
    await withTaskCancellationOrGracefulShutdownHandler {
      var lastStatus: Int64 = 0
      while !Task.isCancelled, !state.withLock({ $0.isOver }) {
        await publishSteps()
        let now = GatewayClock.monotonic
        if now - lastStatus >= 1000 {
          lastStatus = now
          publishStatus()
        }
        try? await Task.sleep(for: Self.interval)
      }
    } onCancelOrGracefulShutdown: {
      self.end()
    }
    // It may have been told to end a little before its group is.
    try? await gracefulShutdown()
  }

  /// Says goodbye to all subscribers. The server waits for its open answers: this has to come before it stops.
  func end() {
    let all = state.withLock { state in
      state.isOver = true
      return state.subscribers.values.map(\.continuation)
    }
    for continuation in all { continuation.finish() }
  }

  var isOver: Bool { state.withLock { $0.isOver } }

  private func publishSteps() async {
    do {
      guard let position else {
        // What was there before belongs to history: subscribers ask for it by position.
        let latest = try await store.read { try $0.latestStep() }
        state.withLock { $0.position = latest }
        return
      }
      while true {
        let steps = try await store.read { reader -> [StoredStep] in
          guard try reader.latestStep() != position else { return [] }
          return try reader.steps(after: position, limit: Self.page)
        }
        guard let last = steps.last else { return }
        publish(steps.map(ServerSentEvents.event), position: last.position)
        if steps.count < Self.page { return }
        return await publishSteps()
      }
    } catch let problem as Problem where problem.status == .serviceUnavailable {
      return
    } catch StoreError.olderSchema where position == nil {
      // The gateway beside it is bringing the database up to date.
      return
    } catch {
      logger.warning("live stream: \(error)")
    }
  }

  private func publishStatus() {
    let figures = status()
    state.withLock { $0.rates.add(figures, at: GatewayClock.monotonic) }
    guard let position else { return }
    let event = FeedEvent(kind: .status, position: position, bytes: ServerSentEvents.status(figures))
    publish([event], position: position)
  }

  private func publish(_ events: [FeedEvent], position: StepPosition) {
    let slow = state.withLock { state -> [Subscriber] in
      state.position = position
      var slow: [Subscriber] = []
      for (id, subscriber) in state.subscribers {
        for event in events {
          guard case .dropped = subscriber.continuation.yield(event) else { continue }
          slow.append(subscriber)
          state.subscribers[id] = nil
          state.cutOff += 1
          break
        }
      }
      return slow
    }
    for subscriber in slow {
      logger.notice("live stream: a reader that was too slow is disconnected")
      subscriber.continuation.finish()
      subscriber.cut()
    }
  }
}
