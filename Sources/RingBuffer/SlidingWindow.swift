/// Statistics over the last stretch of a ring, kept up to date as samples enter and leave.

/// What a window keeps sums for. The number of samples and the time that they stand for are always kept.
public struct WindowMeasures: OptionSet, Sendable, BitwiseCopyable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Mean and standard deviation.
  public static let moments = WindowMeasures(rawValue: 1)
  /// Least squares over time: slope, fit, time to a value.
  public static let line = WindowMeasures(rawValue: 2)
  /// Energy mean of levels.
  public static let energy = WindowMeasures(rawValue: 4)
  public static let minimum = WindowMeasures(rawValue: 8)
  public static let maximum = WindowMeasures(rawValue: 16)
  /// Medians and percentiles. They may be asked for without having been announced.
  public static let ranks = WindowMeasures(rawValue: 32)
}

/// The samples later than `now - length`, up to and with `now`. Entering and leaving costs the same for any length.
///
/// Sums start anew each time that the window has been exchanged completely, so that no rounding accumulates.
struct SlidingWindow: Sendable {
  /// Milliseconds.
  let length: Int64
  private(set) var start = 0
  private(set) var end = 0
  /// When the oldest sample will have left, in milliseconds since 1970; `Int64.max` when there is none.
  private(set) var leavesAt = Int64.max
  /// Milliseconds that the samples stand for.
  private(set) var weight: Int64 = 0
  /// When the oldest sample of the last rebuilding has left, it is time for the next.
  private var freshUntil = 0
  private(set) var measures: WindowMeasures
  // All up to here is needed at each sample, what follows only by those who measure it.
  private(set) var trackers: [RankTracker] = []
  private(set) var energy = CompensatedSum()
  /// One, where mean, spread or a line is measured: most windows do without.
  private var sums: [LineSums] = []
  private var smallest = MonotonicQueue()
  /// Of the values with the other sign.
  private var largest = MonotonicQueue()

  init(length: Int64, measures: WindowMeasures) {
    self.length = length
    self.measures = []
    measure(measures)
  }

  var count: Int { end - start }
  /// nil when the window is empty, or doesn't measure it.
  var minimum: Double? { smallest.smallest }
  var maximum: Double? { largest.smallest.map { -$0 } }
  private var keepsSums: Bool { !measures.isDisjoint(with: [.energy, .line, .moments]) }

  /// Only before the first sample.
  mutating func measure(_ more: WindowMeasures) {
    measures.formUnion(more)
    if sums.isEmpty, !measures.isDisjoint(with: [.line, .moments]) { sums = [LineSums()] }
  }

  var line: LineSums { sums.first ?? LineSums() }

  private mutating func begin(_ line: LineSums) { if !sums.isEmpty { sums[0] = line } }

  /// Takes in the ring's newest sample, which stands for `weight` milliseconds. Before that it is moved on: in this
  /// order, so that it makes no difference whether others have moved it already.
  @inline(__always)
  mutating func append(from ring: borrowing SampleRing, weight: Int64, movedTo now: Int64) {
    move(to: now, from: ring)
    let sequence = ring.end - 1
    if start == end {
      reset()
      start = sequence
      freshUntil = sequence + 1
      leavesAt = ring.lastTime + length
    }
    end = ring.end
    self.weight += weight
    if measures.isEmpty { return }
    enter(sequence, weight: weight, from: ring)
    for index in trackers.indices { trackers[index].enter(ring.lastValue) }
  }

  /// Lets go of samples at or before `now - length`, in milliseconds.
  @inline(__always) mutating func move(to now: Int64, from ring: borrowing SampleRing) {
    if leavesAt <= now { evict(to: now, from: ring) }
  }

  private mutating func evict(to now: Int64, from ring: borrowing SampleRing) {
    while start < end, ring[start].time <= now - length { evictFirst(from: ring) }
  }

  /// Lets go of the oldest sample, which the ring is about to forget.
  mutating func evictFirst(from ring: borrowing SampleRing) {
    leave(from: ring)
    // Sample by sample, so that the sums' last bits don't depend on how often the window is moved.
    if start == end {
      reset()
      return
    }
    leavesAt = ring[start].time + length
    if measures.contains(.minimum) { smallest.drop(before: start) }
    if measures.contains(.maximum) { largest.drop(before: start) }
    if start >= freshUntil { refresh(from: ring) }
  }

  /// Computes everything anew, after a sample took its place among older ones.
  mutating func rebuild(from ring: borrowing SampleRing, notBefore time: Int64) {
    reset()
    start = ring.firstSequence(notBefore: time)
    end = ring.end
    freshUntil = end
    guard start < end else { return }
    leavesAt = ring[start].time + length
    begin(LineSums(anchor: ring[start]))
    for sequence in start..<end {
      let weight = ring.weight(sequence)
      self.weight += weight
      enter(sequence, weight: weight, from: ring)
    }
    for index in trackers.indices { trackers[index].invalidate() }
  }

  private mutating func reset() {
    leavesAt = .max
    weight = 0
    energy = CompensatedSum()
    begin(LineSums())
    smallest.removeAll()
    largest.removeAll()
    for index in trackers.indices { trackers[index].clear() }
  }

  private mutating func enter(_ sequence: Int, weight: Int64, from ring: borrowing SampleRing) {
    if keepsSums { addToSums(sequence, weight: weight, sign: 1, from: ring) }
    if measures.contains(.minimum) { smallest.append(sequence: sequence, value: ring[sequence].value) }
    if measures.contains(.maximum) { largest.append(sequence: sequence, value: -ring[sequence].value) }
  }

  @inline(__always) private mutating func addToSums(
    _ sequence: Int, weight: Int64, sign: Double, from ring: borrowing SampleRing
  ) {
    if measures.contains(.energy) {
      energy.add(sign * ring.energy(sequence) * Double(weight))
    }
    if measures.contains(.line) {
      sums[0].add(ring[sequence], sign: sign)
    } else if measures.contains(.moments) {
      sums[0].addValue(ring[sequence], sign: sign)
    }
  }

  private mutating func leave(from ring: borrowing SampleRing) {
    let left = ring.weight(start)
    weight -= left
    if !measures.isEmpty {
      if keepsSums { addToSums(start, weight: left, sign: -1, from: ring) }
      for index in trackers.indices { trackers[index].leave(ring[start].value) }
    }
    start += 1
  }

  /// Computes the sums anew, so that no rounding accumulates.
  private mutating func refresh(from ring: borrowing SampleRing) {
    freshUntil = end
    guard keepsSums else { return }
    energy = CompensatedSum()
    begin(LineSums(anchor: ring[start]))
    for sequence in start..<end {
      addToSums(sequence, weight: ring.weight(sequence), sign: 1, from: ring)
    }
  }

  /// - Parameter share: that of a percentile, or `RankTracker.median`.
  mutating func rank(_ share: Double, from ring: borrowing SampleRing, _ scratch: inout [Double]) -> Double? {
    guard start < end else { return nil }
    let number = trackers.firstIndex { $0.share == share } ?? trackers.count
    if number == trackers.count {
      measures.insert(.ranks)
      trackers.append(RankTracker(share: share))
      trackers[number].invalidate()
    }
    return trackers[number].value(of: start..<end, in: ring, &scratch)
  }
}

extension SlidingWindow {
  /// Which samples are in it, and the sums, which depend in their last bits on how it came here.
  func write(to writer: inout StateWriter) {
    writer.number(UInt64(clamping: length))
    writer.byte(measures.rawValue)
    writer.count(count)
    guard count > 0 else { return }
    writer.count(end - freshUntil)
    if measures.contains(.energy) { energy.write(to: &writer) }
    if !measures.isDisjoint(with: [.line, .moments]) {
      line.write(to: &writer, values: !measures.contains(.line))
    }
  }

  mutating func readSums(from reader: inout StateReader) throws(StateDamage) {
    if measures.contains(.energy) { try energy.read(from: &reader) }
    if !measures.isDisjoint(with: [.line, .moments]) {
      try sums[0].read(from: &reader, values: !measures.contains(.line))
    }
  }

  /// Puts itself over the newest samples of a ring, with the sums of a window of the same length and measures.
  /// - Parameter stale: how many samples have come since the sums were computed anew.
  mutating func restore(_ other: SlidingWindow, count: Int, stale: Int, from ring: borrowing SampleRing) {
    reset()
    start = ring.end - count
    end = ring.end
    freshUntil = end - stale
    if start < end { leavesAt = ring[start].time + length }
    for sequence in start..<end {
      let weight = ring.weight(sequence)
      self.weight += weight
      enter(sequence, weight: weight, from: ring)
    }
    for index in trackers.indices { trackers[index].invalidate() }
    energy = other.energy
    sums = other.sums
  }
}
