/// Names found by their raw bytes: what keeps String out of the way of a message.
import EstateModel

/// A hash table with open addressing from UTF-8 bytes to a number.
struct NameTable {
  fileprivate struct Slot {
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
  @inline(__always) subscript(key: UnsafeRawBufferPointer) -> UInt32? {
    slots.withUnsafeBufferPointer { slots in
      bytes.withUnsafeBufferPointer { Self.find(key, Self.mixed(key), slots, $0) }
    }
  }

  /// A table that grows no more, in memory of the plans.
  struct View {
    fileprivate let slots: Kept<Slot>
    fileprivate let bytes: Kept<UInt8>
    let count: Int

    init() { (slots, bytes, count) = (Kept(), Kept(), 0) }

    fileprivate init(_ table: NameTable, _ memory: PathMemory) {
      (slots, bytes, count) = (memory.keep(table.slots), memory.keep(table.bytes), table.count)
    }

    @inline(__always) subscript(key: UnsafeRawBufferPointer) -> UInt32? { self[key, NameTable.mixed(key)] }

    /// - Parameter hash: what `mixed` makes of the key.
    @inline(__always) subscript(key: UnsafeRawBufferPointer, hash: UInt64) -> UInt32? {
      count == 0 ? nil : NameTable.find(key, hash, slots.buffer, bytes.buffer)
    }
  }

  func view(in memory: PathMemory) -> View { View(self, memory) }

  private static func find(
    _ key: UnsafeRawBufferPointer, _ hash: UInt64, _ slots: UnsafeBufferPointer<Slot>,
    _ bytes: UnsafeBufferPointer<UInt8>
  ) -> UInt32? {
    let mask = slots.count - 1
    var position = Int(truncatingIfNeeded: hash) & mask
    while slots[position].value != .max {
      let slot = slots[position]
      if slot.hash == hash, Int(slot.count) == key.count {
        let start = Int(slot.start)
        let name = UnsafeRawBufferPointer(
          rebasing: UnsafeRawBufferPointer(bytes)[start..<(start + key.count)])
        if same(name, key) { return slot.value }
      }
      position = (position + 1) & mask
    }
    return nil
  }

  /// Whether two texts of one length are the same. Names are short: a call of memcmp costs more than the comparison.
  @inline(__always) private static func same(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool
  {
    func word(_ text: UnsafeRawBufferPointer, _ start: Int) -> UInt64 {
      text.loadUnaligned(fromByteOffset: start, as: UInt64.self)
    }
    let count = a.count
    if count < 8 {
      for position in 0..<count where a[position] != b[position] { return false }
      return true
    }
    var start = 0
    while start + 8 < count {
      if word(a, start) != word(b, start) { return false }
      start += 8
    }
    return word(a, count - 8) == word(b, count - 8)
  }

  /// Eight bytes at a time; only for tables in memory.
  @inline(__always) static func mixed(_ key: UnsafeRawBufferPointer) -> UInt64 {
    var hash = UInt64(truncatingIfNeeded: key.count) &* 0x9e37_79b9_7f4a_7c15
    func add(_ word: UInt64) {
      hash = (hash ^ word) &* 0xbf58_476d_1ce4_e5b9
      hash ^= hash >> 32
    }
    var start = 0
    while start + 8 <= key.count {
      add(key.loadUnaligned(fromByteOffset: start, as: UInt64.self))
      start += 8
    }
    // The last bytes: words that overlap are as good.
    if start < key.count {
      if key.count >= 8 {
        add(key.loadUnaligned(fromByteOffset: key.count - 8, as: UInt64.self))
      } else if key.count >= 4 {
        let low = UInt64(key.loadUnaligned(as: UInt32.self))
        add(low | UInt64(key.loadUnaligned(fromByteOffset: key.count - 4, as: UInt32.self)) << 32)
      } else {
        add(UInt64(key[0]) | UInt64(key[key.count / 2]) << 8 | UInt64(key[key.count - 1]) << 16)
      }
    }
    return hash
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
