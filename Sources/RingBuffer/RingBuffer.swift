/// A queue of fixed capacity between one producer and one consumer of the same thread.

/// Elements in the order in which they were appended. Nothing is allocated after `init`, and nothing is ever
/// overwritten: when the ring is full, `append` says so and the producer has to wait.
///
///     var staging = RingBuffer<Reading>(capacity: 4096)
///     guard staging.append(reading) else { return }   // full: leave the socket alone
///     while let reading = staging.popFirst() { engine.ingest(reading) }
public struct RingBuffer<Element: BitwiseCopyable> {
  /// Filled from the front in the first round; its room is reserved in `init`.
  private var storage: [Element] = []
  private var head = 0
  public private(set) var count = 0
  public let capacity: Int

  /// - Parameter capacity: how many elements fit; at least 1.
  public init(capacity: Int) {
    self.capacity = max(1, capacity)
    storage.reserveCapacity(self.capacity)
  }

  public var isEmpty: Bool { count == 0 }
  public var isFull: Bool { count == capacity }

  /// - Returns: false, and nothing is stored, when the ring is full.
  public mutating func append(_ element: Element) -> Bool {
    guard count < capacity else { return false }
    let position = slot(count)
    if position == storage.count {
      storage.append(element)
    } else {
      storage[position] = element
    }
    count += 1
    return true
  }

  /// Takes the oldest element out; nil when the ring is empty.
  public mutating func popFirst() -> Element? {
    guard count > 0 else { return nil }
    let element = storage[head]
    head = slot(1)
    count -= 1
    // From the front again: a ring that is never full then touches only the memory that it needs.
    if count == 0 { head = 0 }
    return element
  }

  /// The element at a position counted from the oldest, which is 0.
  public subscript(position: Int) -> Element {
    precondition(position >= 0 && position < count, "position outside the ring")
    return storage[slot(position)]
  }

  public mutating func removeAll() {
    storage.removeAll(keepingCapacity: true)
    head = 0
    count = 0
  }

  private func slot(_ offset: Int) -> Int {
    let position = head + offset
    return position >= capacity ? position - capacity : position
  }
}

extension RingBuffer: Sendable where Element: Sendable {}
