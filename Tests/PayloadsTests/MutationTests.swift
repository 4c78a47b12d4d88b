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

/// Rounds for each format; `GATEHOUSE_FUZZ_ROUNDS=1000000` for a long run.
private let rounds =
  ProcessInfo.processInfo.environment["GATEHOUSE_FUZZ_ROUNDS"].flatMap { Int($0) } ?? 20_000

/// A message and how it may be damaged.
private struct Seed: Sendable {
  var topic: [UInt8]
  var payload: [UInt8]
  /// Where the payload holds a device's own bytes as base64: those are damaged, and the envelope is not.
  var raw: [UInt8]?
}

@Suite struct MutationTests {
  private func mutated(_ bytes: [UInt8], _ random: inout SplitMix, isText: Bool = true) -> [UInt8] {
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

  /// The seeds of each format: published messages, and native ones.
  private static func seeds() throws -> [String: [Seed]] {
    var seeds: [String: [Seed]] = [:]
    for item in try ConformanceCase.all() {
      let seed = Seed(topic: Array(item.topic.utf8), payload: item.payload)
      seeds[item.format, default: []].append(seed)
      guard item.needsCodec,
        let root = try JSONSerialization.jsonObject(with: Data(item.payload)) as? [String: Any],
        let text = root["data"] as? String, let bytes = Data(base64Encoded: text),
        item.format == "chirpstack-v4"
      else { continue }
      seeds["raw bytes", default: []].append(
        Seed(topic: seed.topic, payload: item.payload, raw: Array(bytes)))
    }
    seeds["native"] = [
      (
        "estates/luyuan/probe-w01/reading",
        #"{"ts": 1773500966535, "level": 1.25, "battery": 57, "tamper": false, "distance": null}"#
      ),
      (
        "estates/luyuan/gate-1/event",
        #"{"ts": "2026-03-14T15:09:26Z", "event": "person", "phase": "begin", "id": "a", "zones": ["gate"], "start": 1773500960000}"#
      ),
    ].map { Seed(topic: Array($0.0.utf8), payload: Array($0.1.utf8)) }
    return seeds
  }

  @Test(
    "Damaged messages: no crash, and no reading without a finite value unless it is a fault",
    arguments: try Self.seeds().keys.sorted())
  func mutations(_ format: String) throws {
    let decoder = openDecoder(try shippedProfiles())
    let seeds = try #require(try Self.seeds()[format])
    let isBinary = ["senml-cbor", "sparkplug-b"].contains(format)
    var random = SplitMix(state: 20_260_314)
    var counts = (readings: 0, problems: 0, others: 0)
    for round in 0..<rounds {
      let seed = seeds[round % seeds.count]
      let topic = round % 20 == 19 ? mutated(seed.topic, &random) : seed.topic
      if let raw = seed.raw {
        let damaged = Data(mutated(raw, &random, isText: false)).base64EncodedString()
        let payload = String(decoding: seed.payload, as: UTF8.self)
          .replacingOccurrences(of: Data(raw).base64EncodedString(), with: damaged)
        decoder.decode(topic: topic, payload: Array(payload.utf8))
      } else {
        decoder.decode(topic: topic, payload: mutated(seed.payload, &random, isText: !isBinary))
      }
      for reading in decoder.readings {
        let isSound = reading.value.isFinite != (reading.quality == .fault)
        if !isSound { Issue.record("round \(round): \(reading)") }
        if reading.quality == .good, !Signal[reading.signal].range.contains(reading.value) {
          Issue.record("round \(round): \(reading) is out of range")
        }
      }
      counts.readings += decoder.readings.count
      counts.problems += decoder.problems.count
      counts.others += decoder.events.count + decoder.statusChanges.count
      guard round % 10 == 0 else { continue }
      for line in decoder.lines() {
        let parsed = try? JSONSerialization.jsonObject(with: Data(line.utf8))
        if parsed == nil { Issue.record("round \(round): \(line)") }
      }
    }
    // The damage must reach the ways through the decoder, or the test says nothing.
    #expect(counts.readings + counts.others > rounds / 20)
    #expect(counts.problems > rounds / 20)
  }
}
