/// The extreme of a sliding window, kept while the window moves.

/// Candidates for the minimum of a window, each better than all behind it. For a maximum it is handed the values with
/// the other sign.
struct MonotonicQueue: Sendable {
  private struct Candidate: BitwiseCopyable {
    var sequence: Int
    var value: Double
  }

  private var storage: [Candidate] = []
  // Counted on and on, also over the end of their numbers; the storage's size is a power of two.
  private var head: UInt32 = 0
  private var end: UInt32 = 0

  /// nil when the window is empty.
  var smallest: Double? { head == end ? nil : storage[slot(head)].value }

  private func slot(_ number: UInt32) -> Int { Int(number) & (storage.count - 1) }

  mutating func append(sequence: Int, value: Double) {
    while head != end, storage[slot(end &- 1)].value >= value { end &-= 1 }
    if Int(end &- head) >= storage.count { grow() }
    storage[slot(end)] = Candidate(sequence: sequence, value: value)
    end &+= 1
  }

  /// Forgets candidates before a sequence number.
  mutating func drop(before sequence: Int) {
    while head != end, storage[slot(head)].sequence < sequence { head &+= 1 }
  }

  mutating func removeAll() { (head, end) = (0, 0) }

  private mutating func grow() {
    // In large steps: a window of ordinary values has a dozen candidates at most times, and thirty hardly ever.
    let size = max(8, storage.count * 4)
    var larger = [Candidate](repeating: Candidate(sequence: 0, value: 0), count: size)
    let count = end &- head
    for offset in 0..<count { larger[Int(offset)] = storage[slot(head &+ offset)] }
    storage = larger
    (head, end) = (0, count)
  }
}
