/// Nights full of troubles, by seed; `pipelinesoak` plays many more.
import Foundation
import PipelineSimulation
import Testing

@Suite("Simulated nights")
struct SimulationTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// SEED=n plays one seed, SEEDS=n so many.
  private static let seeds: Range<UInt64> = {
    let environment = ProcessInfo.processInfo.environment
    if let seed = environment["SEED"].flatMap(UInt64.init) { return seed..<(seed + 1) }
    return 0..<(environment["SEEDS"].flatMap(UInt64.init) ?? 200)
  }()

  private static let parts = 4

  @Test(
    "Whatever fails, nothing acknowledged is lost, nothing is kept or told twice, and alarms and tickets are the same",
    arguments: 0..<parts)
  func nights(part: Int) throws {
    let simulation = try Simulation(root: Self.root)
    var (played, restarts, duplicates, reloads, notices, again) = (0, 0, 0, 0, 0, 0)
    for seed in Self.seeds where Int(seed / 4) % Self.parts == part {
      // Every twentieth on a real database.
      let folder = seed % 20 == 0 ? try temporaryFolder() : nil
      let verdict = try simulation.judge(seed: seed, folder: folder)
      #expect(
        verdict.findings.isEmpty,
        "replay with: SEED=\(seed) swift test --filter SimulationTests\n\(verdict.findings.joined(separator: "\n"))"
      )
      if let folder { try FileManager.default.removeItem(at: folder) }
      played += 1
      restarts += verdict.restarts
      duplicates += verdict.duplicates
      reloads += verdict.reloads
      notices += verdict.notices
      again += verdict.noticesTwice
    }
    // Without troubles there is nothing to see.
    if played > 10 {
      #expect(restarts > played && duplicates > played && reloads > played)
      #expect(notices > played && again > 0)
    }
  }

  @Test("Acknowledging before the commit loses readings, and the simulation sees it within 200 seeds")
  func brokenOrder() throws {
    let simulation = try Simulation(root: Self.root)
    var loss: String?
    for seed in UInt64(0)..<200 where loss == nil {
      let verdict = try simulation.judge(seed: seed, acknowledgesEarly: true)
      loss = verdict.findings.first { $0.contains("acknowledged readings lost") }
    }
    #expect(loss != nil)
  }

  @Test("A seed always plays the same night")
  func replay() throws {
    let first = try Simulation(root: Self.root).judge(seed: 5)
    let second = try Simulation(root: Self.root).judge(seed: 5)
    #expect(first.crashes == second.crashes)
    #expect(first.restarts == second.restarts)
    #expect(first.duplicates == second.duplicates)
    #expect(first.restarts + first.duplicates > 0)
  }

  private func temporaryFolder() throws -> URL {
    let shared = URL(fileURLWithPath: "/dev/shm")
    let base =
      FileManager.default.isWritableFile(atPath: shared.path)
      ? shared : FileManager.default.temporaryDirectory
    return base.appendingPathComponent("night-\(UUID().uuidString)")
  }
}
