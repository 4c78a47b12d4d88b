/// A gateway as a long-lived part of a process.
import Foundation
import Logging
import ServiceLifecycle

/// Runs the pipeline on a thread of its own until a graceful shutdown is asked for or it can't go on.
public struct GatewayService: Service {
  public let link = GatewayLink()
  private let configuration: LoadedConfiguration
  private let clock: GatewayClock.Source
  private let logger: Logger

  public init(_ configuration: LoadedConfiguration, clock: GatewayClock.Source = .wall, logger: Logger) {
    self.configuration = configuration
    self.clock = clock
    self.logger = logger
  }

  /// - Throws: what kept the gateway from starting: a locked data folder, no mosquitto, a used socket.
  public func run() async throws {
    try await withTaskCancellationOrGracefulShutdownHandler {
      try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
        let thread = Thread { [configuration, clock, link, logger] in
          do {
            let pipeline = try Pipeline(configuration, clock: clock, link: link, logger: logger)
            pipeline.run()
            done.resume()
          } catch {
            link.finish()
            done.resume(throwing: error)
          }
        }
        thread.name = "gatehouse-pipeline"
        thread.stackSize = 16 << 20
        thread.start()
      }
    } onCancelOrGracefulShutdown: {
      link.requestStop()
    }
  }
}
