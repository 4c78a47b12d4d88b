/// What other threads may touch of a running gateway: its figures, its steps, and the wish that it stop.
import EstateModel
import Synchronization

public final class GatewayLink: Sendable {
  private let current = Mutex(GatewayStatus())
  private let wishes = Mutex<[String]>([])
  private let running = Mutex<LoadedConfiguration?>(nil)
  private let stopping = Atomic<Bool>(false)
  /// Alarm and ticket steps, each after its commit.
  public let steps: AsyncStream<GatewayStep>
  private let continuation: AsyncStream<GatewayStep>.Continuation

  public init() {
    (steps, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(10_000))
  }

  public var status: GatewayStatus { current.withLock { $0 } }
  /// What runs at the moment; nil: nothing yet.
  public var configuration: LoadedConfiguration? { running.withLock { $0 } }
  /// Has the configuration read again.
  /// - Parameter by: who asks: `SIGHUP`.
  public func requestReload(by: String) { wishes.withLock { $0.append(by) } }
  func takeReloadWishes() -> [String] {
    wishes.withLock { wishes in
      defer { wishes = [] }
      return wishes
    }
  }
  func publish(_ configuration: LoadedConfiguration) { running.withLock { $0 = configuration } }
  public func requestStop() { stopping.store(true, ordering: .relaxed) }
  package var isStopRequested: Bool { stopping.load(ordering: .relaxed) }

  func publish(_ status: GatewayStatus) { current.withLock { $0 = status } }
  func publish(_ step: GatewayStep) { continuation.yield(step) }
  func finish() { continuation.finish() }
}
