/// The extreme of a sliding window, kept while the window moves.

/// Candidates for the minimum or the maximum of a window, each better than all behind it.
struct MonotonicQueue: Sendable {
  private struct Candidate: BitwiseCopyable {
    var sequence: Int
    var value: Double
  }

  private let keepsSmallest: Bool
  private var storage: [Candidate] = []
  private var head = 0
  private var end = 0

  init(keepsSmallest: Bool) { self.keepsSmallest = keepsSmallest }

  /// nil when the window is empty.
  var extreme: Double? { head < end ? storage[head & (storage.count - 1)].value : nil }

  mutating func append(sequence: Int, value: Double) {
    while head < end {
      let newest = storage[(end - 1) & (storage.count - 1)].value
      guard keepsSmallest ? newest >= value : newest <= value else { break }
      end -= 1
    }
    if end - head >= storage.count { grow() }
    storage[end & (storage.count - 1)] = Candidate(sequence: sequence, value: value)
    end += 1
  }

  /// Forgets candidates before a sequence number.
  mutating func drop(before sequence: Int) {
    while head < end, storage[head & (storage.count - 1)].sequence < sequence { head += 1 }
  }

  mutating func removeAll() { (head, end) = (0, 0) }

  private mutating func grow() {
    // In large steps: a window of ordinary values has a dozen candidates at most times, and thirty hardly ever.
    let size = max(8, storage.count * 4)
    var larger = [Candidate](repeating: Candidate(sequence: 0, value: 0), count: size)
    for position in head..<end { larger[position & (size - 1)] = storage[position & (storage.count - 1)] }
    storage = larger
  }
}
