/// Which ticket's time comes next.

/// A binary heap of moments with ticket ids. A ticket has one moment at most; entries that no longer count are skipped.
struct DeadlineQueue: Sendable {
  private struct Entry: Sendable {
    var at: Int64
    var ticket: String

    /// Equal moments in the order of ids, so that the same inputs give the same order.
    func precedes(_ other: Entry) -> Bool { at != other.at ? at < other.at : ticket < other.ticket }
  }

  private var heap: [Entry] = []
  private var current: [String: Int64] = [:]

  /// Sets a ticket's moment; nil: it waits for nothing.
  mutating func set(_ ticket: String, at: Int64?) {
    guard current[ticket] != at else { return }
    current[ticket] = at
    if let at { push(Entry(at: at, ticket: ticket)) }
    // What no longer counts leaves when it comes to the top; at most as much of it stays as there are tickets.
    if heap.count > 64, heap.count > 4 * current.count { rebuild() }
    trim()
  }

  /// The earliest; it stays until it is set anew.
  var first: (at: Int64, ticket: String)? { heap.first.map { ($0.at, $0.ticket) } }

  private mutating func trim() {
    while let top = heap.first, current[top.ticket] != top.at { pop() }
  }

  private mutating func rebuild() {
    let entries = current.map { Entry(at: $1, ticket: $0) }
    heap.removeAll(keepingCapacity: true)
    for entry in entries { push(entry) }
  }

  private mutating func push(_ entry: Entry) {
    heap.append(entry)
    var child = heap.count - 1
    while child > 0, heap[child].precedes(heap[(child - 1) / 2]) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  private mutating func pop() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < heap.count && heap[child].precedes(heap[least]) {
        least = child
      }
      if least == parent { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
