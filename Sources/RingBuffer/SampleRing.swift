/// The readings of one signal in the order of their event time, as many as the longest window asks for.
import Foundation

/// One reading: when, how much, and for how long it stands.
public struct Sample: Sendable, BitwiseCopyable {
  /// Milliseconds since 1970.
  public var time: Int64
  public var value: Double
  /// 10^(value/10) where the ring holds energies, else 0.
  public var energy: Double
  /// Milliseconds since the sample before it, at most the ring's step.
  public var weight: Int64
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

  public let capacity: Int
  /// For how long a sample stands at most, in milliseconds.
  public let step: Int64
  public let holdsEnergy: Bool
  /// Sequence number of the oldest sample, and the one behind the newest.
  public private(set) var first = 0
  public private(set) var end = 0
  private var storage: [Sample] = []
  private var mask = -1

  /// - Parameters:
  ///   - capacity: the most samples that are kept, at least 2.
  ///   - step: the usual time between two samples, in milliseconds: the longest that one stands for.
  ///   - holdsEnergy: whether energy means will be asked for.
  public init(capacity: Int, step: Int64, holdsEnergy: Bool = false) {
    self.capacity = max(2, capacity)
    self.step = max(1, step)
    self.holdsEnergy = holdsEnergy
  }

  public var count: Int { end - first }
  public var isFull: Bool { count >= capacity }
  public var last: Sample? { end > first ? storage[(end - 1) & mask] : nil }
  public subscript(sequence: Int) -> Sample { storage[sequence & mask] }

  /// Forgets the oldest sample.
  public mutating func dropFirst() { if end > first { first += 1 } }

  /// Puts a sample in its place. A full ring refuses: drop the oldest first.
  /// - Parameter time: milliseconds since 1970.
  public mutating func insert(time: Int64, value: Double) -> Insertion {
    guard let last else {
      append(time: time, value: value, weight: step)
      return .appended
    }
    if time > last.time {
      guard !isFull else { return .tooOld }
      append(time: time, value: value, weight: min(step, time - last.time))
      return .appended
    }
    let position = firstSequence(notBefore: time)
    if self[position].time == time { return .duplicate }
    if isFull { return .tooOld }
    reserveOneMore()
    var sequence = end
    while sequence > position {
      storage[sequence & mask] = storage[(sequence - 1) & mask]
      sequence -= 1
    }
    end += 1
    let before = position > first ? storage[(position - 1) & mask].time : nil
    storage[position & mask] = sample(
      time: time, value: value, weight: before.map { min(step, time - $0) } ?? step)
    let next = (position + 1) & mask
    storage[next].weight = min(step, storage[next].time - time)
    return .late
  }

  /// For how long the oldest sample stands: that is known from the one before it, which may be gone.
  mutating func setFirstWeight(_ weight: Int64) {
    if count > 0 { storage[first & mask].weight = min(step, weight) }
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

  private func sample(time: Int64, value: Double, weight: Int64) -> Sample {
    Sample(time: time, value: value, energy: holdsEnergy ? pow(10, value / 10) : 0, weight: weight)
  }

  private mutating func append(time: Int64, value: Double, weight: Int64) {
    reserveOneMore()
    storage[end & mask] = sample(time: time, value: value, weight: weight)
    end += 1
  }

  /// Doubles the storage when it is full. Slots follow from sequence numbers, so that each sample is moved once.
  private mutating func reserveOneMore() {
    guard count >= storage.count else { return }
    let size = max(4, storage.count * 2)
    var larger = [Sample](repeating: Sample(time: 0, value: 0, energy: 0, weight: 0), count: size)
    for sequence in first..<end { larger[sequence & (size - 1)] = storage[sequence & mask] }
    storage = larger
    mask = size - 1
  }
}
