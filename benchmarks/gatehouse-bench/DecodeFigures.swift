/// One payload to readings.
import EstateModel
import Foundation
import Payloads

func decodeFigures(_ workshop: Workshop, runs: Int) throws -> [Figure] {
  let place = try workshop.folder(devices: 1000)
  defer { place.remove() }
  let loaded = try place.loaded()
  let native = (
    topic: Array("estates/load-7/noise-7/reading".utf8),
    payload: Array(#"{"ts":1776114000000,"laeq":27.31,"battery":97}"#.utf8)
  )
  let example = try published(workshop, "milesight-ws302-chirpstack")
  let now = Timestamp(milliseconds: 1_776_114_000_500)
  let decoder = PayloadDecoder(
    catalogue: loaded.catalogue, profiles: loaded.profiles, unknownDevices: .refuse)
  // The published message comes from a device that the catalogue lacks.
  let lenient = PayloadDecoder(
    catalogue: loaded.catalogue, profiles: loaded.profiles, unknownDevices: .register)

  func microseconds(_ decoder: PayloadDecoder, _ message: (topic: [UInt8], payload: [UInt8]), rounds: Int)
    throws -> Double
  {
    try message.topic.withUnsafeBytes { topic in
      try message.payload.withUnsafeBytes { payload in
        let start = computingTime()
        var readings = 0
        for _ in 0..<rounds {
          decoder.decode(topic: topic, payload: payload, now: now)
          readings += decoder.readings.count
        }
        let took = computingTime() - start
        guard readings > rounds else {
          throw BenchError("a payload gave \(readings) readings in \(rounds) rounds")
        }
        return took / Double(rounds) * 1e6
      }
    }
  }
  _ = try microseconds(decoder, native, rounds: 100_000)
  _ = try microseconds(lenient, example, rounds: 20_000)
  return [
    Figure(
      name: "decode a native payload", unit: "µs",
      values: try (0..<runs).map { _ in try microseconds(decoder, native, rounds: 1_000_000) }, target: 0.5),
    Figure(
      name: "decode a ChirpStack payload of \(example.payload.count) bytes", unit: "µs",
      values: try (0..<runs).map { _ in try microseconds(lenient, example, rounds: 300_000) }, target: 1.5),
  ]
}

/// A message of a real device, from the examples of the tests.
private func published(_ workshop: Workshop, _ name: String) throws -> (topic: [UInt8], payload: [UInt8]) {
  let file = workshop.root.appendingPathComponent("Tests/PayloadsTests/Examples/published.jsonl")
  for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
    guard let fields = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
      fields["name"] as? String == name, let topic = fields["topic"] as? String,
      let payload = fields["payload"]
    else { continue }
    return (Array(topic.utf8), Array(try JSONSerialization.data(withJSONObject: payload)))
  }
  throw BenchError("\(file.path): no \(name)")
}
