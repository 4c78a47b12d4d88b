/// Plays many seeds of the pipeline's simulation: `pipelinesoak [COUNT] [FIRST]`. SEED=n plays one and tells of it.
import Foundation
import PipelineSimulation

let root = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
let words = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
let only = ProcessInfo.processInfo.environment["SEED"].flatMap(UInt64.init)
let count = only == nil ? words.first ?? 2000 : 1
let first = only ?? words.dropFirst().first ?? 0
do {
  let simulation = try Simulation(root: root)
  let began = Date()
  var (failed, readings, duplicates, restarts, transitions, rehearsals, reloads) = (0, 0, 0, 0, 0, 0, 0)
  var crashes: [String: Int] = [:]
  for seed in first..<(first + count) {
    let verdict = try simulation.judge(seed: seed, folder: SoakFolder.next(seed), isTalkative: only != nil)
    SoakFolder.remove(seed)
    readings += verdict.readings
    duplicates += verdict.duplicates
    restarts += verdict.restarts
    transitions += verdict.transitions
    rehearsals += verdict.rehearsals
    reloads += verdict.reloads
    crashes.merge(verdict.crashes, uniquingKeysWith: +)
    if !verdict.findings.isEmpty {
      failed += 1
      print("seed \(seed) fails; replay: SEED=\(seed) \(CommandLine.arguments[0])")
      for finding in verdict.findings.prefix(20) { print("  \(finding)") }
    }
  }
  let seconds = Date().timeIntervalSince(began)
  let places = crashes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
  print(
    "\(count) seeds in \(Int(seconds)) s: \(failed) failed; \(readings) readings, \(transitions) alarm steps, "
      + "\(duplicates) deliveries again, \(restarts) restarts, \(rehearsals) rehearsed, \(reloads) reloads (deaths: \(places))"
  )
  exit(failed == 0 ? 0 : 1)
} catch {
  print("\(error)")
  exit(2)
}

/// Every tenth seed runs on a real database, in memory where the system has a folder for that.
enum SoakFolder {
  static func next(_ seed: UInt64) -> URL? { seed % 10 == 0 ? folder(seed) : nil }

  static func remove(_ seed: UInt64) {
    if seed % 10 == 0 { try? FileManager.default.removeItem(at: folder(seed)) }
  }

  private static func folder(_ seed: UInt64) -> URL {
    let shared = URL(fileURLWithPath: "/dev/shm")
    let base =
      FileManager.default.isWritableFile(atPath: shared.path)
      ? shared : FileManager.default.temporaryDirectory
    return base.appendingPathComponent("soak-\(ProcessInfo.processInfo.processIdentifier)-\(seed)")
  }
}
