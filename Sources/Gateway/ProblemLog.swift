/// Bad input is logged at most once a minute for each device; the counts in between are not lost.
import Store

struct ProblemLog {
  private struct Entry {
    var lastLogged: Int64
    var suppressed: Int
  }

  private static let interval: Int64 = 60_000
  /// Devices remembered: beyond that the oldest entries are forgotten, so that invented names can't fill memory.
  private static let capacity = 4096
  private var entries: [String: Entry] = [:]

  /// - Parameter now: milliseconds of a monotonic clock.
  /// - Returns: the line to log; nil when this device had one within the last minute.
  mutating func line(_ problem: DeviceProblem, now: Int64) -> String? {
    if let entry = entries[problem.device], now - entry.lastLogged < Self.interval {
      entries[problem.device]?.suppressed += problem.count
      return nil
    }
    let suppressed = entries[problem.device]?.suppressed ?? 0
    if entries.count >= Self.capacity {
      entries = entries.filter { now - $0.value.lastLogged < Self.interval }
      if entries.count >= Self.capacity { entries.removeAll() }
    }
    entries[problem.device] = Entry(lastLogged: now, suppressed: 0)
    let more = suppressed > 0 ? " (and \(suppressed) more since the last such line)" : ""
    return "device \(problem.device): \(problem.reason): \(problem.detail)\(more)"
  }
}
