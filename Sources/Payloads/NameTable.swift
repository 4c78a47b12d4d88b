/// Names found by their raw bytes: what keeps String out of the way of a message.
import EstateModel

/// A hash table with open addressing from UTF-8 bytes to a number.
struct NameTable {
  fileprivate struct Slot {
    /// The upper half of the name's hash.
    var hash: UInt32
    /// Among the entries; .max: empty.
    var entry: UInt32

    init(_ hash: UInt64, _ entry: UInt32) { (self.hash, self.entry) = (UInt32(hash >> 32), entry) }
  }

  fileprivate struct Entry {
    /// Where the name lies among the bytes, and how long it is.
    var start: UInt32
    var count: UInt32
    var value: UInt32
  }

  private var slots: ContiguousArray<Slot>
  private var entries: ContiguousArray<Entry> = []
  private var bytes: ContiguousArray<UInt8> = []
  var count: Int { entries.count }

  init(_ names: some Sequence<(name: String, value: UInt32)> = EmptyCollection()) {
    let names = Array(names)
    var room = 16
    while room < names.count * 2 { room *= 2 }
    slots = Self.emptySlots(room)
    entries.reserveCapacity(names.count)
    bytes.reserveCapacity(names.reduce(0) { $0 + $1.name.utf8.count })
    for (name, value) in names { insert(name, value) }
  }

  private static func emptySlots(_ count: Int) -> ContiguousArray<Slot> {
    ContiguousArray(repeating: Slot(0, .max), count: count)
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
      entries.append(Entry(start: start, count: UInt32(key.count), value: value))
      place(UInt32(entries.count - 1), Self.mixed(key))
    }
  }

  /// The number of a name; nil when the table doesn't have it.
  @inline(__always) subscript(key: UnsafeRawBufferPointer) -> UInt32? {
    slots.withUnsafeBufferPointer { slots in
      entries.withUnsafeBufferPointer { entries in
        bytes.withUnsafeBufferPointer { Self.find(key, Self.mixed(key), slots, entries, $0) }
      }
    }
  }

  /// A table that grows no more, in memory of the plans.
  struct View {
    fileprivate let slots: Kept<Slot>
    fileprivate let entries: Kept<Entry>
    fileprivate let bytes: Kept<UInt8>
    let count: Int

    init() { (slots, entries, bytes, count) = (Kept(), Kept(), Kept(), 0) }

    fileprivate init(_ table: NameTable, _ memory: PathMemory) {
      (slots, entries) = (memory.keep(table.slots), memory.keep(table.entries))
      (bytes, count) = (memory.keep(table.bytes), table.count)
    }

    @inline(__always) subscript(key: UnsafeRawBufferPointer) -> UInt32? { self[key, NameTable.mixed(key)] }

    /// - Parameter hash: what `mixed` makes of the key.
    @inline(__always) subscript(key: UnsafeRawBufferPointer, hash: UInt64) -> UInt32? {
      count == 0 ? nil : NameTable.find(key, hash, slots.buffer, entries.buffer, bytes.buffer)
    }
  }

  func view(in memory: PathMemory) -> View { View(self, memory) }

  private static func find(
    _ key: UnsafeRawBufferPointer, _ hash: UInt64, _ slots: UnsafeBufferPointer<Slot>,
    _ entries: UnsafeBufferPointer<Entry>, _ bytes: UnsafeBufferPointer<UInt8>
  ) -> UInt32? {
    let mask = slots.count - 1
    var position = Int(truncatingIfNeeded: hash) & mask
    while slots[position].entry != .max {
      let slot = slots[position]
      if slot.hash == UInt32(hash >> 32) {
        let entry = entries[Int(slot.entry)]
        let start = Int(entry.start)
        if Int(entry.count) == key.count {
          let name = UnsafeRawBufferPointer(
            rebasing: UnsafeRawBufferPointer(bytes)[start..<(start + key.count)])
          if same(name, key) { return entry.value }
        }
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

  private mutating func place(_ entry: UInt32, _ hash: UInt64) {
    let mask = slots.count - 1
    var position = Int(truncatingIfNeeded: hash) & mask
    while slots[position].entry != .max { position = (position + 1) & mask }
    slots[position] = Slot(hash, entry)
  }

  private mutating func grow() {
    slots = Self.emptySlots(slots.count * 2)
    bytes.withUnsafeBytes { bytes in
      for (number, entry) in entries.enumerated() {
        let name = bytes[Int(entry.start)..<Int(entry.start + entry.count)]
        place(UInt32(number), Self.mixed(UnsafeRawBufferPointer(rebasing: name)))
      }
    }
  }
}
