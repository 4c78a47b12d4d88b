/// Nights with troubles, judged by the same nights without.
import EstateModel
import Foundation
import Tickets

/// Plays seeds. The same seed always plays the same night.
///
///     let simulation = try Simulation(root: packageFolder)
///     let verdict = try simulation.judge(seed: 17)
///     verdict.findings          // empty: all is as it must be
public final class Simulation {
  public struct Verdict: Sendable {
    public var seed: UInt64
    /// What differs from a night without troubles, or is wrong by itself.
    public var findings: [String]
    public var readings = 0
    public var transitions = 0
    public var tickets = 0
    /// Messages that the broker delivered again.
    public var duplicates = 0
    /// Moments at which a restart was rehearsed, and had to change nothing.
    public var rehearsals = 0
    public var reloads = 0
    /// Messages to people, and how many of them arrived once more under the same key.
    public var notices = 0
    public var noticesTwice = 0
    /// Starts of the process after the first.
    public var restarts = 0
    /// Deaths by the place where they happened.
    public var crashes: [String: Int] = [:]
  }

  /// So many seeds share a workload, and the night without troubles.
  static let seedsPerWorkload: UInt64 = 4

  private let estate: SmallEstate
  private var baseline: (workload: UInt64, plan: Workload, aftermath: Aftermath)?

  /// - Parameter root: the package's folder, with `config`.
  public init(root: URL) throws { estate = try SmallEstate(root: root) }

  /// - Parameters:
  ///   - acknowledgesEarly: the deliberate mistake: messages are acknowledged when they are read.
  ///   - folder: for a real database; nil: batches stay in memory.
  public func judge(
    seed: UInt64, acknowledgesEarly: Bool = false, folder: URL? = nil, isTalkative: Bool = false
  ) throws -> Verdict {
    let isWild = seed % Self.seedsPerWorkload == Self.seedsPerWorkload - 1
    let (plan, expected) = try isWild ? wildNight(of: seed) : night(of: seed / Self.seedsPerWorkload)
    let run = SimulatedRun(
      estate, workload: plan, seed: seed, isFaulty: true, isWild: isWild,
      acknowledgesEarly: acknowledgesEarly,
      folder: folder, isTalkative: isTalkative)
    let found = try run.play()
    var verdict = Verdict(seed: seed, findings: found.problems)
    verdict.findings += Self.losses(found, expected?.kept, plan)
    if let expected { verdict.findings += Self.differences(found, from: expected) }
    (verdict.readings, verdict.transitions) = (found.kept.count, found.transitions.count)
    (verdict.tickets, verdict.duplicates) = (found.tickets.count, found.duplicates)
    (verdict.notices, verdict.noticesTwice) = (found.tellings.count, found.noticesTwice)
    (verdict.restarts, verdict.rehearsals) = (found.starts - 1, found.rehearsals)
    verdict.reloads = found.reloads
    for (point, count) in found.crashes { verdict.crashes["\(point)"] = count }
    return verdict
  }

  /// Readings that are late by their own nature, and a clock that stays wrong: what is raised depends on when the
  /// troubles come, so only what must hold always is judged.
  private func wildNight(of seed: UInt64) throws -> (Workload, Aftermath?) {
    (Workload(seed: seed, isLate: true), nil)
  }

  private func night(of number: UInt64) throws -> (Workload, Aftermath?) {
    if let baseline, baseline.workload == number { return (baseline.plan, baseline.aftermath) }
    let plan = Workload(seed: number, isLate: false)
    let aftermath = try SimulatedRun(estate, workload: plan, seed: number, isFaulty: false).play()
    baseline = (number, plan, aftermath)
    guard aftermath.problems.isEmpty, aftermath.acknowledged.count == plan.publications.count else {
      throw SmallEstate.Unusable(
        description: "workload \(number) without troubles: \(aftermath.problems), "
          + "\(aftermath.acknowledged.count) of \(plan.publications.count) acknowledged")
    }
    return (plan, aftermath)
  }

  /// - Parameter expected: what a night without troubles keeps; nil: as many readings as there were messages.
  static func losses(_ found: Aftermath, _ expected: [ReadingKey: Int]?, _ plan: Workload) -> [String] {
    var list: [String] = []
    if let expected {
      let missing = expected.keys.filter { found.kept[$0] == nil }.sorted()
      if !missing.isEmpty {
        list.append("\(missing.count) acknowledged readings lost, the first: \(missing[0])")
      }
      let invented = found.kept.keys.filter { expected[$0] == nil }.sorted()
      if !invented.isEmpty {
        list.append("\(invented.count) readings from nowhere, the first: \(invented[0])")
      }
    } else if found.kept.count < plan.publications.count {
      // More may be there: under a clock that is wrong a device's time isn't believed, and without one a reading that
      // is delivered again can't be recognised.
      var counts: [String: Int] = [:]
      for publication in plan.publications { counts[publication.device, default: 0] += 1 }
      for key in found.kept.keys { counts["\(key.device)", default: 0] -= 1 }
      list.append(
        "\(plan.publications.count - found.kept.count) acknowledged readings lost \(counts.sorted { $0.key < $1.key })"
      )
    }
    let twice = found.kept.filter { $0.value > 1 }.keys.sorted()
    if !twice.isEmpty { list.append("\(twice.count) readings kept twice, the first: \(twice[0])") }
    if !found.caughtUp { list.append("not caught up at the end") }
    if found.acknowledged.count != plan.publications.count {
      list.append("\(found.acknowledged.count) of \(plan.publications.count) messages acknowledged")
    }
    return list
  }

  static func differences(_ found: Aftermath, from expected: Aftermath) -> [String] {
    lines(found.transitions.map(text), expected.transitions.map(text))
      + lines(found.tickets.map(text), expected.tickets.map(text))
      + lines(
        found.tellings.map(text),
        expected.tellings.filter { !$0.isOvertaken(by: found.tellings) || found.tellings.contains($0) }.map(
          text))
  }

  private static func lines(_ found: [String], _ expected: [String]) -> [String] {
    let (a, b) = (Set(found), Set(expected))
    return a.subtracting(b).sorted().map { "too much: \($0)" }
      + b.subtracting(a).sorted().map { "missing: \($0)" }
      + (found.count != a.count ? ["the same step more than once"] : [])
  }

  private static func text(_ transition: AlarmTransition) -> String {
    "\(transition.device) \(transition.rule) \(transition.kind) onset "
      + "\(transition.onset - Workload.start.milliseconds) at \(transition.at - Workload.start.milliseconds)"
      + " \(transition.alarm)"
  }

  private static func text(_ telling: TicketTelling) -> String {
    "\(telling.ticket) \(telling.occasion.rawValue) \(telling.at)"
  }

  private static func text(_ ticket: Ticket) -> String {
    let alarms = ticket.alarms.map { "\($0.facts.alarm) \($0.raised) \($0.cleared ?? 0)" }.sorted()
    return
      "\(ticket.id) \(ticket.state) \(ticket.priority) \(ticket.place) \(ticket.towards ?? "-") \(alarms)"
  }
}
