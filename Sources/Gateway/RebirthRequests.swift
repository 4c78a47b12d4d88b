/// Sparkplug nodes that must tell all their metrics again, asked seldom: a node that can't is not flooded.
import EstateModel

struct RebirthRequests {
  /// Milliseconds between two requests to one node.
  static let pause: Int64 = 60_000
  /// Nodes that are remembered, and those that may wait.
  static let limit = 20_000
  /// Asked in one turn.
  static let portion = 20

  private(set) var asked = 0
  private var waiting: [String] = []
  private var lastAsked: [String: Timestamp] = [:]

  mutating func ask(_ nodes: [String], at now: Timestamp) {
    for node in nodes where !waiting.contains(node) && waiting.count < Self.limit {
      if let last = lastAsked[node], now >= last, now - last < Self.pause { continue }
      waiting.append(node)
    }
  }

  mutating func take(at now: Timestamp) -> [String] {
    guard !waiting.isEmpty else { return [] }
    let taken = Array(waiting.prefix(Self.portion))
    waiting.removeFirst(taken.count)
    if lastAsked.count > Self.limit { lastAsked = lastAsked.filter { now - $0.value < Self.pause } }
    for node in taken { lastAsked[node] = now }
    asked += taken.count
    return taken
  }
}
