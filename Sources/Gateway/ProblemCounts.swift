/// Counts of what could not be used, by device and reason, until the next commit.
import EstateModel
import Payloads
import Store

struct ProblemCounts {
  private struct Key: Hashable {
    var device: String
    var reason: PayloadProblem.Reason
  }

  /// Names that are not in the catalogue are anybody's invention: beyond so many they share one line.
  private static let inventedNames = 1000
  private static let others = "(others)"
  private var counts: [Key: DeviceProblem] = [:]
  private let catalogue: Catalogue
  private var invented: Set<String> = []

  init(_ catalogue: Catalogue) { self.catalogue = catalogue }

  mutating func add(_ problem: PayloadProblem, at now: Timestamp) {
    var name = problem.device
    if catalogue.device(path: name) == nil, !invented.contains(name) {
      if invented.count < Self.inventedNames { invented.insert(name) } else { name = Self.others }
    }
    let detail = problem.signal.map { "\(Signal[$0].name): \(problem.detail)" } ?? problem.detail
    let key = Key(device: name, reason: problem.reason)
    if var entry = counts[key] {
      entry.count += 1
      entry.detail = detail
      entry.last = now.milliseconds
      counts[key] = entry
    } else {
      counts[key] = DeviceProblem(
        device: name, reason: problem.reason.rawValue, detail: detail, first: now, last: now)
    }
  }

  /// By device and reason; the counting starts anew.
  mutating func take() -> [DeviceProblem] {
    guard !counts.isEmpty else { return [] }
    defer { counts.removeAll(keepingCapacity: true) }
    return counts.values.sorted { ($0.device, $0.reason) < ($1.device, $1.reason) }
  }
}
