/// The staging ring: nothing is lost, nothing is overwritten.
import RingBuffer
import Testing

@Suite("Staging ring") struct RingBufferTests {
  @Test("A full ring refuses and keeps what it has")
  func refusesWhenFull() {
    var ring = RingBuffer<Int>(capacity: 3)
    let accepted = (1...4).map { ring.append($0) }
    #expect(accepted == [true, true, true, false])
    #expect(ring.isFull)
    #expect([ring[0], ring[1], ring[2]] == [1, 2, 3])
    let oldest = ring.popFirst()
    #expect(oldest == 1)
    _ = ring.append(5)
    #expect([ring[0], ring[1], ring[2]] == [2, 3, 5])
  }

  @Test("Elements leave in the order in which they came, round after round", arguments: [1, 2, 3, 7, 64])
  func keepsOrder(capacity: Int) {
    var ring = RingBuffer<Int>(capacity: capacity)
    var next = 0
    var expected = 0
    for round in 0..<500 {
      for _ in 0..<(round % (capacity + 2)) where ring.append(next) { next += 1 }
      for _ in 0..<(round * 7 % (capacity + 1)) {
        guard let element = ring.popFirst() else { break }
        #expect(element == expected)
        expected += 1
      }
      #expect(ring.count == next - expected)
    }
    #expect(expected > 100)
  }

  @Test("An emptied ring starts anew")
  func empties() {
    var ring = RingBuffer<Int>(capacity: 2)
    _ = ring.append(1)
    _ = ring.append(2)
    _ = ring.popFirst()
    ring.removeAll()
    #expect(ring.isEmpty)
    let accepted = (8...10).map { ring.append($0) }
    #expect(accepted == [true, true, false])
    let elements = (0..<3).map { _ in ring.popFirst() }
    #expect(elements == [8, 9, nil])
  }
}
