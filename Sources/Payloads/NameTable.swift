/// Names found by their raw bytes: what keeps String out of the way of a message.
import EstateModel

/// A hash table with open addressing from UTF-8 bytes to a number.
struct NameTable {
  private struct Slot {
    var hash: UInt64
    var start: UInt32
    var count: UInt32
    /// .max: empty.
    var value: UInt32
  }

  private var slots: ContiguousArray<Slot>
  private var bytes: ContiguousArray<UInt8> = []
  private(set) var count = 0

  init(_ names: some Sequence<(name: String, value: UInt32)> = EmptyCollection()) {
    slots = Self.emptySlots(16)
    for (name, value) in names { insert(name, value) }
  }

  private static func emptySlots(_ count: Int) -> ContiguousArray<Slot> {
    ContiguousArray(repeating: Slot(hash: 0, start: 0, count: 0, value: .max), count: count)
  }

  /// A name that is already there keeps its first number.
  mutating func insert(_ name: String, _ value: UInt32) {
    var name = name
    name.withUTF8 { text in
      let key = UnsafeRawBufferPointer(text)
      guard self[key] == nil else { return }
      if (count + 1) * 2 > slots.count { grow() }
      let start = UInt32(bytes.count)
      bytes.append(contentsOf: key)
      place(Slot(hash: Self.mixed(key), start: start, count: UInt32(key.count), value: value))
      count += 1
    }
  }

  /// The number of a name; nil when the table doesn't have it.
  subscript(key: UnsafeRawBufferPointer) -> UInt32? {
    let hash = Self.mixed(key)
    let mask = slots.count - 1
    var position = Int(truncatingIfNeeded: hash) & mask
    while slots[position].value != .max {
      let slot = slots[position]
      if slot.hash == hash, Int(slot.count) == key.count, matches(slot, key) { return slot.value }
      position = (position + 1) & mask
    }
    return nil
  }

  private func matches(_ slot: Slot, _ key: UnsafeRawBufferPointer) -> Bool {
    let start = Int(slot.start)
    for offset in 0..<key.count where bytes[start + offset] != key[offset] { return false }
    return true
  }

  private static func mixed(_ key: UnsafeRawBufferPointer) -> UInt64 {
    let hash = StableHash.of(key)
    return hash ^ (hash >> 29)
  }

  private mutating func place(_ slot: Slot) {
    let mask = slots.count - 1
    var position = Int(truncatingIfNeeded: slot.hash) & mask
    while slots[position].value != .max { position = (position + 1) & mask }
    slots[position] = slot
  }

  private mutating func grow() {
    let old = slots
    slots = Self.emptySlots(old.count * 2)
    for slot in old where slot.value != .max { place(slot) }
  }
}
