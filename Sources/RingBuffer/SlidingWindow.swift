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
  /// When the oldest sample will have left, in milliseconds since 1970; `Int64.max` when there is none.
  private(set) var leavesAt = Int64.max
  /// Milliseconds that the samples stand for.
  private(set) var weight: Int64 = 0
  private(set) var energy = CompensatedSum()
  /// How many samples it holds: always the newest of the ring.
  private var held: Int32 = 0
  /// So many have to leave until all of the last rebuilding have left: then it is time for the next.
  private var fresh: Int32 = 0
  private(set) var measures: WindowMeasures
  // What only some windows keep. Of sums and extremes there is one, or none.
  private var trackers: [RankTracker] = []
  fileprivate var lines: [LineSums] = []
  private var extremes: [Extremes] = []

  private struct Extremes: Sendable {
    var smallest = MonotonicQueue()
    /// Of the values with the other sign.
    var largest = MonotonicQueue()
  }

  init(length: Int64, measures: WindowMeasures) {
    self.length = length
    self.measures = []
    measure(measures)
  }

  var count: Int { Int(held) }
  /// nil when the window is empty, or doesn't measure it.
  var minimum: Double? { extremes.first?.smallest.smallest }
  var maximum: Double? { extremes.first?.largest.smallest.map { -$0 } }
  var line: LineSums { lines.first ?? LineSums() }
  fileprivate var keepsLine: Bool { !measures.isDisjoint(with: [.line, .moments]) }
  private var keepsExtremes: Bool { !measures.isDisjoint(with: [.minimum, .maximum]) }
  private var keepsMore: Bool { !measures.subtracting(.energy).isEmpty }

  /// Sequence number of the oldest sample.
  @inline(__always) func start(in ring: borrowing SampleRing) -> Int { ring.end - Int(held) }

  /// Only before the first sample.
  mutating func measure(_ additional: WindowMeasures) {
    measures.formUnion(additional)
    if keepsLine, lines.isEmpty { lines = [LineSums()] }
    if keepsExtremes, extremes.isEmpty { extremes = [Extremes()] }
  }

  private mutating func begin(_ line: LineSums) { if keepsLine { lines[0] = line } }

  /// Takes in the ring's newest sample, which stands for `weight` milliseconds. Before that the window has to be moved
  /// on, while that sample is not in the ring yet: in this order, so that it makes no difference whether others have
  /// moved it already.
  @inline(__always) mutating func append(from ring: borrowing SampleRing, weight: Int64) {
    if held == 0 {
      reset()
      fresh = 1
      leavesAt = ring.lastTime + length
    }
    held += 1
    self.weight += weight
    if measures.isEmpty { return }
    let sequence = ring.end - 1
    if measures.contains(.energy) { energy.add(ring.energy(sequence) * Double(weight)) }
    if keepsMore { enter(sequence, from: ring, told: true) }
  }

  /// Lets go of samples at or before `now - length`, in milliseconds.
  @inline(__always) mutating func move(to now: Int64, from ring: borrowing SampleRing) {
    if leavesAt <= now { evict(to: now, from: ring) }
  }

  private mutating func evict(to now: Int64, from ring: borrowing SampleRing) {
    // The time of the oldest one less `now - length`.
    while held > 0, leavesAt <= now { evictFirst(from: ring) }
  }

  /// Lets go of the oldest sample, which the ring is about to forget.
  mutating func evictFirst(from ring: borrowing SampleRing) {
    leave(from: ring)
    // Sample by sample, so that the sums' last bits don't depend on how often the window is moved.
    if held == 0 {
      reset()
      return
    }
    let start = start(in: ring)
    leavesAt = ring[start].time + length
    if measures.contains(.minimum) { extremes[0].smallest.drop(before: start) }
    if measures.contains(.maximum) { extremes[0].largest.drop(before: start) }
    if fresh <= 0 { refresh(from: ring) }
  }

  /// Computes everything anew, after a sample took its place among older ones.
  mutating func rebuild(from ring: borrowing SampleRing, notBefore time: Int64) {
    reset()
    let start = ring.firstSequence(notBefore: time)
    held = Int32(ring.end - start)
    fresh = held
    guard held > 0 else { return }
    leavesAt = ring[start].time + length
    begin(LineSums(anchor: ring[start]))
    fill(from: ring)
  }

  /// Takes in all that it holds. Ranks are looked for when they are asked for.
  private mutating func fill(from ring: borrowing SampleRing) {
    for sequence in start(in: ring)..<ring.end {
      let weight = ring.weight(sequence)
      self.weight += weight
      if measures.contains(.energy) { energy.add(ring.energy(sequence) * Double(weight)) }
      if keepsMore { enter(sequence, from: ring, told: false) }
    }
    for index in trackers.indices { trackers[index].invalidate() }
  }

  private mutating func reset() {
    leavesAt = .max
    weight = 0
    energy = CompensatedSum()
    begin(LineSums())
    for index in extremes.indices {
      extremes[index].smallest.removeAll()
      extremes[index].largest.removeAll()
    }
    for index in trackers.indices { trackers[index].clear() }
  }

  /// - Parameter told: whether ranks hear of it.
  private mutating func enter(_ sequence: Int, from ring: borrowing SampleRing, told: Bool) {
    let sample = ring[sequence]
    if measures.contains(.line) {
      lines[0].add(sample, sign: 1)
    } else if measures.contains(.moments) {
      lines[0].addValue(sample, sign: 1)
    }
    if measures.contains(.minimum) { extremes[0].smallest.append(sequence: sequence, value: sample.value) }
    if measures.contains(.maximum) { extremes[0].largest.append(sequence: sequence, value: -sample.value) }
    if told { for index in trackers.indices { trackers[index].enter(sample.value) } }
  }

  private mutating func leave(from ring: borrowing SampleRing) {
    let start = start(in: ring)
    let left = ring.weight(start)
    weight -= left
    if measures.contains(.energy) { energy.add(-ring.energy(start) * Double(left)) }
    if keepsMore {
      let sample = ring[start]
      if measures.contains(.line) {
        lines[0].add(sample, sign: -1)
      } else if measures.contains(.moments) {
        lines[0].addValue(sample, sign: -1)
      }
      for index in trackers.indices { trackers[index].leave(sample.value) }
    }
    held -= 1
    fresh -= 1
  }

  /// Computes the sums anew, so that no rounding accumulates.
  private mutating func refresh(from ring: borrowing SampleRing) {
    fresh = held
    let start = start(in: ring)
    if measures.contains(.energy) {
      energy = CompensatedSum()
      for sequence in start..<ring.end {
        energy.add(ring.energy(sequence) * Double(ring.weight(sequence)))
      }
    }
    guard keepsLine else { return }
    lines[0] = LineSums(anchor: ring[start])
    for sequence in start..<ring.end {
      if measures.contains(.line) {
        lines[0].add(ring[sequence], sign: 1)
      } else {
        lines[0].addValue(ring[sequence], sign: 1)
      }
    }
  }

  /// - Parameter share: that of a percentile, or `RankTracker.median`.
  mutating func rank(_ share: Double, from ring: borrowing SampleRing, _ scratch: inout [Double]) -> Double? {
    guard held > 0 else { return nil }
    let number = trackers.firstIndex { $0.share == share } ?? trackers.count
    if number == trackers.count {
      measures.insert(.ranks)
      trackers.append(RankTracker(share: share))
      trackers[number].invalidate()
    }
    return trackers[number].value(of: start(in: ring)..<ring.end, in: ring, &scratch)
  }
}

extension SlidingWindow {
  /// Which samples are in it, and the sums, which depend in their last bits on how it came here.
  func write(to writer: inout StateWriter) {
    writer.number(UInt64(clamping: length))
    writer.byte(measures.rawValue)
    writer.count(count)
    guard count > 0 else { return }
    writer.count(Int(held - fresh))
    if measures.contains(.energy) { energy.write(to: &writer) }
    if keepsLine {
      line.write(to: &writer, values: !measures.contains(.line))
    }
  }

  mutating func readSums(from reader: inout StateReader) throws(StateDamage) {
    if measures.contains(.energy) { try energy.read(from: &reader) }
    if keepsLine {
      try lines[0].read(from: &reader, values: !measures.contains(.line))
    }
  }

  /// Puts itself over the newest samples of a ring, with the sums of a window of the same length and measures.
  /// - Parameter stale: how many samples have come since the sums were computed anew.
  mutating func restore(_ other: SlidingWindow, count: Int, stale: Int, from ring: borrowing SampleRing) {
    reset()
    held = Int32(count)
    fresh = Int32(count - stale)
    if held > 0 { leavesAt = ring[start(in: ring)].time + length }
    fill(from: ring)
    energy = other.energy
    begin(other.line)
  }
}

extension UnsafePointer<SlidingWindow> {
  @inline(__always) func prefetchSums() {
    guard pointee.keepsLine else { return }
    prefetchLines(at: pointee.lines.address(0) - arrayHead, bytes: MemoryLayout<LineSums>.size + arrayHead)
  }
}
