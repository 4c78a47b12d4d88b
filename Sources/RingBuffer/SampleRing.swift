/// The readings of one signal in the order of their event time, as many as the longest window asks for.

/// One reading: when and how much.
public struct Sample: Sendable, BitwiseCopyable {
  /// Milliseconds since 1970.
  public var time: Int64
  public var value: Double

  @inlinable public init(time: Int64, value: Double) { (self.time, self.value) = (time, value) }
}

/// A ring of samples sorted by time. Its memory grows with use up to the capacity chosen at first; in steady
/// state nothing is allocated. Samples are named by sequence numbers, which only a late insertion shifts.
public struct SampleRing: Sendable {
  public enum Insertion: Equatable, Sendable {
    case appended
    /// Took its place before samples that had come earlier; windows have to be rebuilt.
    case late
    /// A sample of the same millisecond is there already; nothing changed.
    case duplicate
    /// Older than the oldest of a full ring; nothing changed.
    case tooOld
  }

  /// The newest sample's time; `Int64.min` before the first.
  public private(set) var lastTime = Int64.min
  public private(set) var lastValue = 0.0
  fileprivate var samples: [Sample] = []
  /// 10^(value/10) of the newest samples, by their sequence numbers: a power of two of them, or none.
  fileprivate var energies: [Double] = []
  /// Sequence number of the oldest sample.
  public private(set) var first = 0
  /// For how long a sample stands at most, in milliseconds.
  public let step: Int64
  /// For how long the oldest sample stands: that is known from the one before it, which may be gone.
  private var firstWeight: Int64 = 0
  private var held: Int32 = 0
  /// Where in `samples` the oldest one lies.
  private var head: Int32 = 0
  private let limit: Int32
  /// Up to here the storage doubles; beyond, it grows by a half.
  private let usual: Int32
  /// Of how many samples energies are kept.
  private let energyRoom: Int32

  /// - Parameters:
  ///   - capacity: the most samples that are kept, at least 2.
  ///   - usual: how many there will be when nothing is out of the ordinary.
  ///   - step: the usual time between two samples, in milliseconds: the longest that one stands for.
  ///   - energies: of how many of the newest samples energies will be asked for; those of others are computed then.
  public init(capacity: Int, usual: Int? = nil, step: Int64, energies: Int = 0) {
    limit = Int32(max(2, capacity))
    self.usual = min(limit, Int32(usual ?? capacity))
    self.step = max(1, step)
    let room = min(capacity, energies)
    energyRoom = room > 0 ? 1 << (Int32.bitWidth - (Int32(room) - 1).leadingZeroBitCount) : 0
  }

  public var holdsEnergy: Bool { energyRoom > 0 }

  struct Layout: Hashable {
    var limit: Int32
    var usual: Int32
    var energyRoom: Int32
    var step: Int64
  }

  var layout: Layout { Layout(limit: limit, usual: usual, energyRoom: energyRoom, step: step) }

  public var capacity: Int { Int(limit) }
  public var count: Int { Int(held) }
  /// The sequence number behind the newest sample's.
  public var end: Int { first + Int(held) }
  public var isFull: Bool { held >= limit }
  public var last: Sample? { end > first ? Sample(time: lastTime, value: lastValue) : nil }
  public subscript(sequence: Int) -> Sample { samples[slot(sequence)] }

  /// For how long a sample stands: the milliseconds since the one before it, at most the step.
  @inline(__always) public func weight(_ sequence: Int) -> Int64 {
    sequence > first ? min(step, self[sequence].time - self[sequence - 1].time) : firstWeight
  }

  /// 10^(value/10)
  @inline(__always) public func energy(_ sequence: Int) -> Double {
    sequence >= end - energies.count
      ? energies[sequence & (energies.count - 1)] : computedEnergy(sequence)
  }

  @inline(never) private func computedEnergy(_ sequence: Int) -> Double {
    soundEnergy(ofLevel: self[sequence].value)
  }

  @inline(__always) fileprivate func slot(_ sequence: Int) -> Int {
    let position = Int(head) + (sequence - first)
    return position >= samples.count ? position - samples.count : position
  }

  /// Forgets all samples, and keeps the memory.
  mutating func removeAll() { (first, held, head, lastTime) = (end, 0, 0, .min) }

  /// Forgets the oldest sample.
  public mutating func dropFirst() {
    guard end > first else { return }
    if end > first + 1 { firstWeight = weight(first + 1) }
    head = Int32(slot(first + 1))
    first += 1
    held -= 1
    if held == 0 { lastTime = .min }
  }

  /// Puts a sample in its place. A full ring refuses: drop the oldest first.
  /// - Parameter time: milliseconds since 1970.
  public mutating func insert(time: Int64, value: Double) -> Insertion {
    if end == first || time > lastTime {
      guard !isFull else { return .tooOld }
      append(Sample(time: time, value: value))
      return .appended
    }
    let position = firstSequence(notBefore: time)
    if self[position].time == time { return .duplicate }
    if isFull { return .tooOld }
    if count >= samples.count { grow() }
    held += 1
    var sequence = end - 1
    while sequence > position {
      let (to, from) = (slot(sequence), slot(sequence - 1))
      samples[to] = samples[from]
      sequence -= 1
    }
    samples[slot(position)] = Sample(time: time, value: value)
    for sequence in max(first, end - energies.count)..<end { keepEnergy(of: self[sequence].value, sequence) }
    if position == first { firstWeight = step }
    return .late
  }

  /// Sequence number of the first sample at or after a time; `end` when all are older.
  public func firstSequence(notBefore time: Int64) -> Int {
    var low = first
    var high = end
    while low < high {
      let middle = (low + high) / 2
      if self[middle].time < time { low = middle + 1 } else { high = middle }
    }
    return low
  }

  mutating func setFirstWeight(_ weight: Int64) { firstWeight = min(step, weight) }

  var oldestWeight: Int64 { firstWeight }

  @inline(__always) private mutating func append(_ sample: Sample) {
    if count >= samples.count { grow() }
    if held == 0 { firstWeight = step }
    held += 1
    samples[slot(end - 1)] = sample
    if holdsEnergy { keepEnergy(of: sample.value, end - 1) }
    (lastTime, lastValue) = (sample.time, sample.value)
  }

  @inline(__always) private mutating func keepEnergy(of level: Double, _ sequence: Int) {
    energies[sequence & (energies.count - 1)] = soundEnergy(ofLevel: level)
  }

  private mutating func grow() {
    // From sixteen on: what smaller ones would leave behind is of no use to anybody.
    let double = max(16, samples.count * 2)
    let size = min(
      capacity, samples.count < usual ? min(double, Int(usual)) : samples.count + samples.count / 2 + 2)
    var larger = Array(repeating: Sample(time: 0, value: 0), count: size)
    for sequence in first..<end { larger[sequence - first] = samples[slot(sequence)] }
    if energies.isEmpty, holdsEnergy { energies = Array(repeating: 0, count: Int(energyRoom)) }
    samples = larger
    head = 0
  }
}

// By pointer, and addresses first: of a value that is passed on there would be a copy, and a copy of an array is counted.
extension UnsafePointer<SampleRing> {
  @inline(__always) func prefetchHeads() {
    prefetchLines(at: pointee.samples.address(0) - arrayHead, bytes: 16)
    if pointee.holdsEnergy { prefetchLines(at: pointee.energies.address(0) - arrayHead, bytes: 16) }
  }

  /// Waits for what ``prefetchHeads()`` asked for, where that hasn't come yet.
  @inline(__always) func prefetchSample(_ sequence: Int) {
    prefetchLines(at: pointee.samples.address(pointee.slot(sequence)), bytes: 8)
    guard pointee.holdsEnergy else { return }
    prefetchLines(at: pointee.energies.address(sequence & (pointee.energies.count - 1)), bytes: 8)
  }
}
