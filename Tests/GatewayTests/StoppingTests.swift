/// How a gateway's thread is given up when it does not come back.
import Foundation
import Gateway
import Synchronization
import Testing

@Suite("Stopping")
struct StoppingTests {
  @Test(
    "A thread that stands still in its commit is left after four seconds, and the error says what was not kept",
    .timeLimit(.minutes(1)))
  func standstill() async throws {
    let isOver = Mutex(false)
    let service = GatewayService { _ in
      // A disk that does not answer.
      while !isOver.withLock({ $0 }) { usleep(10_000) }
    }
    let began = ContinuousClock.now
    let running = Task { try await service.run() }
    try await Task.sleep(for: .milliseconds(100))
    running.cancel()
    await #expect(throws: GatewayError.self) { try await running.value }
    let took = ContinuousClock.now - began
    isOver.withLock { $0 = true }
    // Other tests may keep this one's task waiting, but not the service's own thread.
    #expect(took > .seconds(3.9))
  }

  @Test(
    "A thread that ends in time ends the service, with its error if it has one", arguments: [true, false])
  func inTime(fails: Bool) async throws {
    let service = GatewayService { link in
      while !link.isStopRequested { usleep(1000) }
      if fails { throw GatewayError.notCommitted(reason: "the disk is full") }
    }
    let running = Task { try await service.run() }
    try await Task.sleep(for: .milliseconds(50))
    running.cancel()
    let result = await running.result
    switch result {
    case .success: #expect(!fails)
    case .failure(let error): #expect(fails && "\(error)".contains("the disk is full"))
    }
  }
}
