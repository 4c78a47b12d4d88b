/// The k-th smallest of a moving window without sorting it at each step.

/// Keeps the samples around one rank in order, and of all others only how many lie below and above.
///
/// A sample that enters or leaves moves the rank by at most one, so that the stretch around it holds for dozens of
/// steps. When the rank has left it, it is cut anew from the whole window, in linear time. Windows of few samples are
/// kept in order entirely.
struct RankTracker: Sendable {
  private static let most = 64
  /// How far a fresh stretch reaches to both sides of the rank.
  private static let reach = 24

  /// 0.9 for the 90th percentile; ``median`` for the middle.
  let share: Double
  /// Sorted.
  private var stretch: [Double] = []
  private var below = 0
  private var above = 0
  /// Whether the stretch knows of all that entered and left.
  private var isValid = true

  static let median = -1.0

  init(share: Double) {
    self.share = share
    stretch.reserveCapacity(Self.most + 1)
  }

  /// The window is empty.
  mutating func clear() {
    stretch.removeAll(keepingCapacity: true)
    (below, above, isValid) = (0, 0, true)
  }

  /// The window has changed in ways that were not told.
  mutating func invalidate() { isValid = false }

  mutating func enter(_ value: Double) {
    guard isValid else { return }
    if let lowest = stretch.first, let highest = stretch.last {
      if value < lowest, below > 0 || stretch.count == Self.most {
        below += 1
        return
      }
      if value > highest, above > 0 || stretch.count == Self.most {
        above += 1
        return
      }
    }
    stretch.insert(value, at: position(notBefore: value))
    guard stretch.count > Self.most else { return }
    if ranks(below + stretch.count + above).low - below > stretch.count / 2 {
      stretch.removeFirst()
      below += 1
    } else {
      stretch.removeLast()
      above += 1
    }
  }

  mutating func leave(_ value: Double) {
    guard isValid else { return }
    guard let lowest = stretch.first, let highest = stretch.last else {
      isValid = false
      return
    }
    if value < lowest {
      below -= 1
    } else if value > highest {
      above -= 1
    } else {
      stretch.remove(at: position(notBefore: value))
    }
    if stretch.isEmpty, below + above > 0 { isValid = false }
  }

  /// The value at the rank, or the mean of the two in the middle.
  /// - Parameter sequences: the window's samples, at least one.
  mutating func value(
    of sequences: Range<Int>, in ring: borrowing SampleRing, _ scratch: inout [Double]
  ) -> Double {
    let wanted = ranks(below + stretch.count + above)
    if !isValid || wanted.low < below || wanted.high >= below + stretch.count {
      scratch.removeAll(keepingCapacity: true)
      for sequence in sequences { scratch.append(ring[sequence].value) }
      cut(&scratch)
    }
    let (low, high) = ranks(below + stretch.count + above)
    guard low >= below, high < below + stretch.count else { return .nan }
    let lower = stretch[low - below]
    return low == high ? lower : lower + (stretch[high - below] - lower) / 2
  }

  private func ranks(_ count: Int) -> (low: Int, high: Int) {
    if share == Self.median { return ((count - 1) / 2, count / 2) }
    // 0.9 · 10 is a hair above 9 in binary: without the allowance the rank would be one too high.
    let rank = Int((share * Double(count) - 1e-9).rounded(.up))
    let position = min(max(rank, 1), count) - 1
    return (position, position)
  }

  private mutating func cut(_ values: inout [Double]) {
    let wanted = ranks(values.count)
    let low = values.count <= Self.most ? 0 : max(0, wanted.low - Self.reach)
    let high = values.count <= Self.most ? values.count - 1 : min(values.count - 1, wanted.high + Self.reach)
    if values.count > Self.most {
      select(low, in: &values, from: 0)
      select(high, in: &values, from: low)
    }
    stretch.removeAll(keepingCapacity: true)
    stretch.append(contentsOf: values[low...max(low, high)])
    stretch.sort()
    (below, above, isValid) = (low, values.count - 1 - high, true)
  }

  private func position(notBefore value: Double) -> Int {
    var low = 0
    var high = stretch.count
    while low < high {
      let middle = (low + high) / 2
      if stretch[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
