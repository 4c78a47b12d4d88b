/// What is to go wrong in a run, and whether the process under test still lives.
import EstateModel

/// One trouble, at an offset from the start, in milliseconds.
struct Trouble {
  enum Kind: Equatable {
    /// The process dies at the `steps`-th crash point after this, and comes back after `down`.
    case crash(steps: Int, down: Int64)
    /// The link breaks, and the broker can't be reached for so long.
    case linkLoss(down: Int64)
    /// The same, and the broker forgets the newest acknowledgements.
    case brokerRestart(down: Int64)
    case diskErrors(length: Int64)
    /// The system's clock is off by so much for so long.
    case clockStep(by: Int64, length: Int64)
  }

  var at: Int64
  var kind: Kind
}

/// Where a process can die: between any two of these.
enum CrashPoint: CaseIterable {
  case read, beforeCommit, afterCommit, afterSend, flush, maintain, beforeSnapshot, afterSnapshot, tidy
}

final class Fate {
  /// After death, nothing that the process does has any effect.
  private(set) var isDead = false
  private var countdown: Int?
  private(set) var crashes: [CrashPoint: Int] = [:]
  var diskFails = false

  func arm(_ steps: Int) { countdown = steps }
  func disarm() { countdown = nil }
  func revive() { isDead = false }
  func kill() { isDead = true }

  /// - Returns: true when the process is dead at this point.
  func dies(at point: CrashPoint) -> Bool {
    if isDead { return true }
    guard let left = countdown else { return false }
    if left > 0 {
      countdown = left - 1
      return false
    }
    countdown = nil
    isDead = true
    crashes[point, default: 0] += 1
    return true
  }

  /// Troubles of all kinds at any time, also a clock that stays wrong, and a start under it.
  static func wildTroubles(_ seed: UInt64) -> [Trouble] {
    var chance = Chance(seed, 5)
    var troubles: [Trouble] = []
    for _ in 0..<chance.integer(0...2) {
      let by = chance.milliseconds(30_000...3_600_000) * (chance.happens(0.5) ? 1 : -1)
      troubles.append(
        Trouble(
          at: chance.milliseconds(60_000...(Workload.length - 60_000)),
          kind: .clockStep(by: by, length: chance.milliseconds(10_000...5_400_000))))
    }
    for _ in 0..<chance.integer(3...12) {
      let at = chance.milliseconds(60_000...(Workload.length - 60_000))
      let pause = chance.milliseconds(100...600_000)
      switch chance.integer(0...9) {
      case 0...4: troubles.append(Trouble(at: at, kind: .crash(steps: chance.integer(0...12), down: pause)))
      case 5, 6: troubles.append(Trouble(at: at, kind: .linkLoss(down: pause)))
      case 7: troubles.append(Trouble(at: at, kind: .brokerRestart(down: pause)))
      default: troubles.append(Trouble(at: at, kind: .diskErrors(length: pause)))
      }
    }
    return troubles.sorted { $0.at < $1.at }
  }

  /// Troubles for a run that is compared with one without. Clock steps don't overlap with the process being away: a process that starts while the
  /// clock is wrong can't know it.
  static func troubles(_ seed: UInt64) -> [Trouble] {
    var chance = Chance(seed, 2)
    var troubles: [Trouble] = []
    var steps: [ClosedRange<Int64>] = []
    if chance.happens(0.4) {
      let length = chance.milliseconds(10_000...540_000)
      let at = chance.milliseconds(300_000...(Workload.length - 900_000))
      let by = chance.milliseconds(30_000...3_600_000) * (chance.happens(0.5) ? 1 : -1)
      troubles.append(Trouble(at: at, kind: .clockStep(by: by, length: length)))
      steps.append((at - 5000)...(at + length + 5000))
    }
    for _ in 0..<chance.integer(2...9) {
      let at = chance.milliseconds(60_000...(Workload.length - 60_000))
      let pause =
        chance.happens(0.15) ? chance.milliseconds(600_000...3_600_000) : chance.milliseconds(100...60_000)
      switch chance.integer(0...9) {
      case 0...4:
        // Dies within a minute: the armed points are crossed many times a second.
        let away = at...(at + 60_000 + pause)
        if steps.contains(where: { $0.overlaps(away) }) { continue }
        troubles.append(Trouble(at: at, kind: .crash(steps: chance.integer(0...12), down: pause)))
      case 5, 6: troubles.append(Trouble(at: at, kind: .linkLoss(down: pause)))
      case 7: troubles.append(Trouble(at: at, kind: .brokerRestart(down: min(pause, 600_000))))
      default: troubles.append(Trouble(at: at, kind: .diskErrors(length: min(pause, 1_200_000))))
      }
    }
    return troubles.sorted { $0.at < $1.at }
  }
}
