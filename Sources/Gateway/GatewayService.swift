/// A gateway as a long-lived part of a process.
import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// Runs the pipeline on a thread of its own until a graceful shutdown is asked for or it can't go on.
public struct GatewayService: Service, CustomStringConvertible {
  /// What ServiceLifecycle keeps for its log; without it that is all of the configuration, megabytes of it.
  public var description: String { "the gateway" }

  public let link = GatewayLink()
  private let body: @Sendable (GatewayLink) throws -> Void

  /// A disk that stands still holds the pipeline's thread inside its commit: so long after the wish to stop, in
  /// seconds, the process goes without it.
  private static let lastResort = 4.0

  /// - Parameters:
  ///   - source: where the configuration is read again; nil: it is not.
  ///   - tell: gets what became of each wish to read it again, on the pipeline's thread.
  public init(
    _ configuration: LoadedConfiguration, clock: GatewayClock.Source = .wall, logger: Logger,
    reloadingFrom source: ConfigurationSource? = nil,
    tell: @escaping @Sendable (ReloadReport) -> Void = { _ in }
  ) {
    link.publish(configuration)
    body = { link in
      let gatehouse = try Gatehouse(configuration, clock: clock, link: link, logger: logger) { $0 }
      if let source { gatehouse.reload(from: source, tell: tell) }
      try gatehouse.run()
    }
  }

  /// With something else on the thread, which ends when the link says so.
  package init(body: @escaping @Sendable (GatewayLink) throws -> Void) { self.body = body }

  /// - Throws: what kept the gateway from starting: a locked data folder, no mosquitto, a used socket; or
  ///   ``GatewayError/notCommitted(reason:)`` when it stopped without keeping its last batch.
  public func run() async throws {
    let ending = Ending()
    try await withTaskCancellationOrGracefulShutdownHandler {
      try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
        ending.expect(done)
        let thread = Thread { [body, link] in
          do {
            try body(link)
            ending.finish(.success(()))
          } catch {
            link.finish()
            ending.finish(.failure(error))
          }
        }
        // The system takes 15 letters.
        thread.name = "gatehouse"
        thread.stackSize = 16 << 20
        thread.start()
      }
    } onCancelOrGracefulShutdown: { [link] in
      link.requestStop()
      let watch = Thread {
        Thread.sleep(forTimeInterval: Self.lastResort)
        let reason = "the disk did not answer for \(Self.lastResort) s"
        ending.finish(.failure(GatewayError.notCommitted(reason: reason)))
      }
      watch.start()
    }
  }
}

/// Resumes a continuation once, whoever comes first.
private final class Ending: Sendable {
  private let waiting = Mutex<CheckedContinuation<Void, any Error>?>(nil)

  func expect(_ continuation: CheckedContinuation<Void, any Error>) { waiting.withLock { $0 = continuation } }

  func finish(_ result: Result<Void, any Error>) {
    let continuation = waiting.withLock { waiting in
      defer { waiting = nil }
      return waiting
    }
    continuation?.resume(with: result)
  }
}
