/// Damaged messages: whatever arrives, the decoder neither stops nor makes up a number.
import EstateModel
import Foundation
import Payloads
import Testing

/// SplitMix64. Source: Steele, Lea, Flood, Fast splittable pseudorandom number generators, 2014.
private struct SplitMix: RandomNumberGenerator {
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

@Suite struct MutationTests {
  private func mutated(_ bytes: [UInt8], _ random: inout SplitMix) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<12, using: &random) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes.remove(at: place)
      case 2: bytes.insert(contentsOf: fragments.randomElement(using: &random) ?? [], at: place)
      case 3: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...40, using: &random)))
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

  @Test("20,000 damaged messages: no crash, no reading without a finite value unless it is a fault")
  func mutations() throws {
    let decoder = openDecoder(try shippedProfiles())
    var messages = try Example.published().map { (topic: Array($0.topic.utf8), payload: $0.payload) }
    let native = #"{"ts": 1773500966535, "level": 1.25, "battery": 57, "tamper": false, "distance": null}"#
    let event =
      #"{"ts": "2026-03-14T15:09:26Z", "event": "person", "phase": "begin", "id": "a", "zones": ["gate"], "start": 1773500960000}"#
    messages.append((Array("estates/luyuan/probe-w01/reading".utf8), Array(native.utf8)))
    messages.append((Array("estates/luyuan/gate-1/event".utf8), Array(event.utf8)))
    var random = SplitMix(state: 20_260_314)
    var counts = (readings: 0, faults: 0, problems: 0, events: 0)
    for round in 0..<20_000 {
      let message = messages[round % messages.count]
      let topic = round % 10 == 9 ? mutated(message.topic, &random) : message.topic
      decoder.decode(topic: topic, payload: mutated(message.payload, &random))
      for reading in decoder.readings {
        let isSound = reading.value.isFinite != (reading.quality == .fault)
        if !isSound { Issue.record("round \(round): \(reading)") }
        if reading.quality == .good, !Signal[reading.signal].range.contains(reading.value) {
          Issue.record("round \(round): \(reading) is out of range")
        }
        if reading.quality == .fault { counts.faults += 1 } else { counts.readings += 1 }
      }
      counts.problems += decoder.problems.count
      counts.events += decoder.events.count
      for line in decoder.lines() {
        let parsed = try? JSONSerialization.jsonObject(with: Data(line.utf8))
        if parsed == nil { Issue.record("round \(round): \(line)") }
      }
    }
    // The damage must reach all ways through the decoder, or the test says nothing.
    #expect(counts.readings > 5_000)
    #expect(counts.faults > 300)
    #expect(counts.problems > 5_000)
    #expect(counts.events > 500)
  }
}
