/// Which readings have been taken in lately, so that one delivered again is recognised.
import EstateModel

/// Remembers the last 131,072 readings at least, a quarter more at most, by a fingerprint of device, signal, event
/// time and event. Remembering writes one number; only a question builds an index.
struct RecentReadings {
  /// A run of readings in the order in which they came, and an index over the first of them.
  private struct Generation {
    var prints: ContiguousArray<UInt64> = []
    /// Position + 1 by the print's low bits, open addressing; empty until somebody asks.
    var table: ContiguousArray<UInt32> = []
    var indexed = 0

    /// Forgets all, and keeps the memory: in steady state nothing is allocated.
    mutating func clear() {
      prints.removeAll(keepingCapacity: true)
      indexed = 0
      for place in table.indices { table[place] = 0 }
    }

    mutating func contains(_ print: UInt64) -> Bool {
      guard !prints.isEmpty else { return false }
      if table.isEmpty { table = ContiguousArray(repeating: 0, count: 2 * RecentReadings.generation) }
      let mask = table.count - 1
      while indexed < prints.count {
        var place = Int(truncatingIfNeeded: prints[indexed]) & mask
        while table[place] != 0 { place = (place + 1) & mask }
        indexed += 1
        table[place] = UInt32(indexed)
      }
      var place = Int(truncatingIfNeeded: print) & mask
      while table[place] != 0 {
        if prints[Int(table[place]) - 1] == print { return true }
        place = (place + 1) & mask
      }
      return false
    }
  }

  /// A power of two.
  static let generation = 32_768
  /// One more than are full.
  private var generations = ContiguousArray(repeating: Generation(), count: 5)
  private var youngest = 0

  mutating func remember(_ reading: Reading) {
    if generations[youngest].prints.count == Self.generation {
      youngest = (youngest + 1) % generations.count
      generations[youngest].clear()
    }
    generations[youngest].prints.append(Self.print(of: reading))
  }

  /// Whether the same device has said the same signal for the same time before.
  mutating func contains(_ reading: Reading) -> Bool {
    let print = Self.print(of: reading)
    for number in generations.indices where generations[number].contains(print) { return true }
    return false
  }

  private static func print(of reading: Reading) -> UInt64 {
    // Two visits may be told of in one millisecond, and a visit may begin and end in one.
    let phase = UInt64(reading.marks.intersection([.begin, .end]).rawValue)
    var hash = mix(UInt64(bitPattern: reading.time.milliseconds) ^ (phase << 56))
    hash = mix(hash ^ (UInt64(reading.device.raw) << 16 | UInt64(reading.signal.raw)))
    return reading.event == 0 ? hash : mix(hash ^ reading.event)
  }

  /// Spreads every bit over all others. Source: Steele, Lea, Flood: SplitMix64, 2014.
  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9e37_79b9_7f4a_7c15
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
