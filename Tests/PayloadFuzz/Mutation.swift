/// How a message may be damaged, by seed.

/// SplitMix64. Source: Steele, Lea, Flood, Fast splittable pseudorandom number generators, 2014.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

private let fragments: [[UInt8]] = [
  "null", "NaN", "-Infinity", "1e400", "1e308", "-0", "true", "{}", "[]", "\"\"", "\"2799 mm\"", "{", "}",
  "[", "]",
  ",", ":", "\\u0001NaN", "\\", "9223372036854775808", "18446744073709551616", "0.1e-400", "\u{0}", "\"ts\":",
  "-",
].map { Array($0.utf8) }

/// One to three damages.
func mutated(_ bytes: [UInt8], _ random: inout SplitMix, isText: Bool = true) -> [UInt8] {
  var bytes = bytes
  for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
    let place = Int.random(in: 0..<bytes.count, using: &random)
    switch Int.random(in: 0..<(isText ? 12 : 5), using: &random) {
    case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
    case 1: bytes.remove(at: place)
    case 2: bytes.insert(contentsOf: fragments.randomElement(using: &random) ?? [], at: place)
    case 3: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...40, using: &random)))
    case 4 where !isText: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
    case 4...10:
      // Exchanges one number or word for a fragment: most of these are still JSON.
      let end = bytes[place...].firstIndex { ",}] ".utf8.contains($0) } ?? bytes.count
      let start = (bytes[..<place].lastIndex { ":[ ".utf8.contains($0) } ?? -1) + 1
      bytes.replaceSubrange(start..<max(start, end), with: fragments.randomElement(using: &random) ?? [])
    default:
      let end = min(bytes.count, place + Int.random(in: 1...40, using: &random))
      bytes.append(contentsOf: bytes[place..<end])
    }
  }
  return bytes
}
