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
}

/// The samples later than `now - length`, up to and with `now`. Entering and leaving costs the same for any length.
///
/// Sums start anew each time that the window has been exchanged completely, so that no rounding accumulates.
struct SlidingWindow: Sendable {
  /// Milliseconds.
  let length: Int64
  private(set) var measures: WindowMeasures
  private(set) var start = 0
  private(set) var end = 0
  /// Milliseconds that the samples stand for.
  private(set) var weight: Int64 = 0
  private(set) var energy = CompensatedSum()
  private(set) var line = LineSums()
  private(set) var smallest = MonotonicQueue(keepsSmallest: true)
  private(set) var largest = MonotonicQueue(keepsSmallest: false)
  /// When the oldest sample of the last rebuilding has left, it is time for the next.
  private var freshUntil = 0

  init(length: Int64, measures: WindowMeasures) {
    self.length = length
    self.measures = measures
  }

  var count: Int { end - start }

  /// Only before the first sample.
  mutating func measure(_ more: WindowMeasures) { measures.formUnion(more) }

  /// Takes in the ring's newest sample.
  mutating func append(from ring: SampleRing) {
    let sequence = ring.end - 1
    if start == end {
      reset()
      start = sequence
      freshUntil = sequence + 1
    }
    end = ring.end
    enter(ring[sequence], sequence)
  }

  /// Lets go of samples at or before a time, in milliseconds.
  mutating func evict(through time: Int64, from ring: SampleRing) {
    guard start < end, ring[start].time <= time else { return }
    while start < end {
      let sample = ring[start]
      guard sample.time <= time else { break }
      leave(sample)
    }
    settle(from: ring)
  }

  /// Lets go of the oldest sample, which the ring is about to forget.
  mutating func evictFirst(from ring: SampleRing) {
    leave(ring[start])
    settle(from: ring)
  }

  /// Computes everything anew, after a sample took its place among older ones.
  mutating func rebuild(from ring: SampleRing, notBefore time: Int64) {
    reset()
    start = ring.firstSequence(notBefore: time)
    end = ring.end
    freshUntil = end
    guard start < end else { return }
    line = LineSums(anchor: ring[start])
    for sequence in start..<end { enter(ring[sequence], sequence) }
  }

  private mutating func reset() {
    weight = 0
    energy = CompensatedSum()
    line = LineSums()
    smallest.removeAll()
    largest.removeAll()
  }

  private mutating func enter(_ sample: Sample, _ sequence: Int) {
    weight += sample.weight
    if measures.contains(.energy) { energy.add(sample.energy * Double(sample.weight)) }
    if measures.contains(.line) {
      line.add(sample, sign: 1)
    } else if measures.contains(.moments) {
      line.addValue(sample, sign: 1)
    }
    if measures.contains(.minimum) { smallest.append(sequence: sequence, value: sample.value) }
    if measures.contains(.maximum) { largest.append(sequence: sequence, value: sample.value) }
  }

  private mutating func leave(_ sample: Sample) {
    weight -= sample.weight
    if measures.contains(.energy) { energy.add(-sample.energy * Double(sample.weight)) }
    if measures.contains(.line) {
      line.add(sample, sign: -1)
    } else if measures.contains(.moments) {
      line.addValue(sample, sign: -1)
    }
    start += 1
  }

  private mutating func settle(from ring: SampleRing) {
    if start == end {
      reset()
    } else if start >= freshUntil {
      rebuild(from: ring, notBefore: ring[start].time)
    } else {
      smallest.drop(before: start)
      largest.drop(before: start)
    }
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
      try line.read(from: &reader, values: !measures.contains(.line))
    }
  }

  /// Puts itself over the newest samples of a ring, with the sums of a window of the same length and measures.
  /// - Parameter stale: how many samples have come since the sums were computed anew.
  mutating func restore(_ other: SlidingWindow, count: Int, stale: Int, from ring: SampleRing) {
    reset()
    start = ring.end - count
    end = ring.end
    freshUntil = end - stale
    for sequence in start..<end { enter(ring[sequence], sequence) }
    energy = other.energy
    line = other.line
  }
}
