/// One signal's samples together with every window that is asked of them.

/// A ring of samples and the sliding windows over it.
///
///     var level = WindowedSeries(capacity: 64, step: 60_000)
///     let hour = level.window(length: 3_600_000, measures: .moments)
///     level.insert(time: now, value: 0.24)
///     level.move(hour, to: now)
///     level.mean(hour)
///
/// Windows reach from `now - length` (left out) to `now`. All statistics are nil where too few samples are in
/// reach. Taking a sample in costs the same for any length of
/// the windows; medians and percentiles go through all of a window's samples once in a few dozen readings.
public struct WindowedSeries: Sendable {
  public internal(set) var ring: SampleRing
  /// Samples that a full ring had to forget while a window still wanted them: readings come faster than planned.
  public private(set) var overruns: Int32 = 0
  var windows: [SlidingWindow] = []
  /// For how long samples are kept, in milliseconds: the longest window, and what comes late.
  private var reach: Int64
  private let lateness: Int64

  /// - Parameters:
  ///   - capacity: the most samples that are kept.
  ///   - usual: how many there will be when nothing is out of the ordinary; that many take no more memory than needed.
  ///   - step: for how long a sample stands at most, in milliseconds.
  ///   - lateness: how long samples are kept beyond the longest window, for those that come late.
  ///   - holdsEnergy: whether energy means will be asked for.
  ///   - energies: of how many samples, when nothing is out of the ordinary; nil: of all.
  public init(
    capacity: Int, usual: Int? = nil, step: Int64, lateness: Int64 = 0, holdsEnergy: Bool = false,
    energies: Int? = nil
  ) {
    ring = SampleRing(
      capacity: capacity, usual: usual, step: step,
      energies: holdsEnergy ? max(1, energies ?? usual ?? capacity) : 0)
    (reach, self.lateness) = (lateness, lateness)
  }

  /// The window of that length, made if there is none yet. Ask for all windows before the first sample.
  public mutating func window(length: Int64, measures: WindowMeasures) -> Int {
    reach = max(reach, length + lateness)
    if let known = windows.firstIndex(where: { $0.length == length }) {
      windows[known].measure(measures)
      return known
    }
    windows.append(SlidingWindow(length: length, measures: measures))
    return windows.count - 1
  }

  /// How a series is made: two that are made alike are the same until the first sample.
  public struct Layout: Hashable {
    fileprivate struct Window: Hashable {
      var length: Int64
      var measures: UInt8
    }
    fileprivate var ring: SampleRing.Layout
    fileprivate var lateness: Int64
    fileprivate var windows: [Window]
  }

  public var layout: Layout {
    Layout(
      ring: ring.layout, lateness: lateness,
      windows: windows.map { Layout.Window(length: $0.length, measures: $0.measures.rawValue) })
  }

  /// All windows have been asked for.
  public mutating func settle() { windows = windows.withUnsafeBufferPointer { Array($0) } }

  /// Takes a sample in, and moves the windows to it when it is the newest.
  /// - Parameter now: the time that has been reached, when that is later; windows are moved to it.
  public mutating func insert(time: Int64, value: Double, now: Int64 = .min) -> SampleRing.Insertion {
    if ring.isFull, time > ring.lastTime || time > ring[ring.first].time { makeRoom(for: time) }
    if ring.count == 0 || time > ring.lastTime { Self.move(&windows, to: max(time, now), from: ring) }
    let insertion = ring.insert(time: time, value: value)
    switch insertion {
    case .appended:
      Self.append(from: ring, weight: ring.weight(ring.end - 1), to: &windows)
      let horizon = time - reach
      while ring.count > 1, ring[ring.first].time <= horizon { ring.dropFirst() }
    case .late:
      for index in windows.indices {
        windows[index].rebuild(from: ring, notBefore: ring.lastTime - windows[index].length + 1)
      }
    case .duplicate, .tooOld: break
    }
    return insertion
  }

  /// Takes another's samples in the place of its own; all windows are computed anew.
  public mutating func adopt(_ other: WindowedSeries) {
    ring.removeAll()
    guard other.ring.count > 0 else { return }
    for sequence in max(other.ring.first, other.ring.end - ring.capacity)..<other.ring.end {
      _ = ring.insert(time: other.ring[sequence].time, value: other.ring[sequence].value)
    }
    if other.ring.count <= ring.capacity { ring.setFirstWeight(other.ring.oldestWeight) }
    for index in windows.indices {
      windows[index].rebuild(from: ring, notBefore: ring.lastTime - windows[index].length + 1)
    }
  }

  private static func append(
    from ring: borrowing SampleRing, weight: Int64, to windows: inout [SlidingWindow]
  ) {
    windows.withUnsafeMutableBufferPointer { windows in
      for index in windows.indices { windows[index].append(from: ring, weight: weight) }
    }
  }

  private static func move(_ windows: inout [SlidingWindow], to now: Int64, from ring: borrowing SampleRing) {
    windows.withUnsafeMutableBufferPointer { windows in
      for index in windows.indices { windows[index].move(to: now, from: ring) }
    }
  }

  private mutating func makeRoom(for time: Int64) {
    // Still inside the windows as they will stand with this sample?
    var isWanted = false
    for index in windows.indices where windows[index].count == ring.count {
      if ring[ring.first].time > max(time, ring.lastTime) - windows[index].length { isWanted = true }
      windows[index].evictFirst(from: ring)
    }
    if isWanted { overruns += 1 }
    ring.dropFirst()
  }

  /// Moves a window on, in milliseconds since 1970; never back.
  public mutating func move(_ window: Int, to now: Int64) {
    // Asked first: whoever may change a window needs one of its own.
    if windows[window].leavesAt <= now { windows[window].move(to: now, from: ring) }
  }

}

extension WindowedSeries {
  /// How many samples are in the window.
  public func count(_ window: Int) -> Int { windows[window].count }

  /// The share of the window for which samples stand, at most 1.
  public func coverage(_ window: Int) -> Double {
    min(1, Double(windows[window].weight) / Double(windows[window].length))
  }

  public func mean(_ window: Int) -> Double? {
    windows[window].count > 0 ? windows[window].line.mean : nil
  }

  /// With n - 1; nil for fewer than two samples.
  public func standardDeviation(_ window: Int) -> Double? {
    windows[window].count > 1 ? windows[window].line.standardDeviation : nil
  }

  public func minimum(_ window: Int) -> Double? {
    windows[window].count > 0 ? windows[window].minimum : nil
  }
  public func maximum(_ window: Int) -> Double? {
    windows[window].count > 0 ? windows[window].maximum : nil
  }

  /// The mean of 10^(value/10), weighted by the time that each sample stands for. Not yet a level: take 10 lg of it.
  public func energyMean(_ window: Int) -> Double? {
    let weight = windows[window].weight
    guard windows[window].count > 0, weight > 0 else { return nil }
    return windows[window].energy.value / Double(weight)
  }

  /// Least squares, change per second; nil for fewer than three samples.
  public func slope(_ window: Int) -> Double? {
    windows[window].count > 2 ? windows[window].line.slope : nil
  }

  /// R² of the least squares line; nil for fewer than three samples or when nothing changes.
  public func fit(_ window: Int) -> Double? {
    windows[window].count > 2 ? windows[window].line.fit : nil
  }

  /// Where the least squares line stands at a time.
  public func fitted(_ window: Int, at time: Int64) -> Double? {
    windows[window].count > 2 ? windows[window].line.fitted(at: time) : nil
  }

  /// The newest sample less the oldest of the window; nil for fewer than two.
  public func delta(_ window: Int) -> Double? {
    windows[window].count > 1
      ? ring[ring.end - 1].value - ring[windows[window].start(in: ring)].value : nil
  }

  /// Time of the oldest sample in the window, in milliseconds since 1970.
  public func oldestTime(_ window: Int) -> Int64? {
    windows[window].count > 0 ? ring[windows[window].start(in: ring)].time : nil
  }

  /// Nearest rank: the smallest sample that at least this share of the samples does not exceed.
  /// - Parameter share: 0.9 for the 90th percentile.
  public mutating func percentile(_ window: Int, _ share: Double) -> Double? {
    var scratch: [Double] = []
    return rank(window, share, &scratch)
  }

  /// The middle sample, or the mean of the two in the middle.
  public mutating func median(_ window: Int) -> Double? {
    var scratch: [Double] = []
    return rank(window, RankTracker.median, &scratch)
  }

  mutating func rank(_ window: Int, _ share: Double, _ scratch: inout [Double]) -> Double? {
    count(window) > 0 ? windows[window].rank(share, from: ring, &scratch) : nil
  }
}

/// What the next sample will need, in three steps after the series itself: each looks at what the one before it asked
/// for.
extension UnsafePointer<WindowedSeries> {
  private static var window: Int { MemoryLayout<SlidingWindow>.stride }
  private var ring: UnsafePointer<SampleRing>? { pointer(to: \.ring) }

  /// Where the samples lie, and the first windows.
  public func prefetchHeads() {
    ring?.prefetchHeads()
    prefetchLines(at: pointee.windows.address(0) - arrayHead, bytes: 2 * Self.window + arrayHead)
  }

  /// The other windows, and the samples at both ends.
  public func prefetchWindows() {
    prefetchLines(at: pointee.windows.address(2), bytes: (pointee.windows.count - 2) * Self.window)
    ring?.prefetchSample(pointee.ring.first)
    // The new one stands for the time since the one before it; one a little older may be learned from.
    ring?.prefetchSample(pointee.ring.end - 2)
    ring?.prefetchSample(pointee.ring.end)
  }

  /// The samples that the next one pushes out of their windows, and the windows' sums.
  public func prefetchLeaving() {
    for index in 0..<pointee.windows.count {
      let address = pointee.windows.address(index)
      guard let window = UnsafePointer<SlidingWindow>(bitPattern: address) else { return }
      let start = pointee.ring.end - window.pointee.count
      ring?.prefetchSample(start - 1)
      ring?.prefetchSample(start + 1)
      window.prefetchSums()
    }
  }
}
