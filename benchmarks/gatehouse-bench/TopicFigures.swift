/// Whether more profiles make a message slower: its topic is found in a tree, level by level.
import Configuration
import EstateModel
import Foundation
import Payloads

func topicFigures(_ workshop: Workshop, runs: Int) throws -> [Figure] {
  let place = try workshop.folder(devices: 1000)
  defer { place.remove() }
  let loaded = try place.loaded()
  let extra = try (0..<1000).map { number in
    let diagnostics = Diagnostics()
    let text = """
      profile: extra-\(number)
      topic: ["extra-\(number)/{device}/up", "application/{application}/device/{device}/event/extra-\(number)"]
      device: "{device}"
      signals: {temperature: {from: t, unit: degC}}
      """
    guard let document = Document(text: text, file: "extra-\(number).yaml", diagnostics: diagnostics) else {
      throw BenchError("extra profile \(number)")
    }
    let profiles = Profile.read([document], diagnostics: diagnostics)
    try diagnostics.check()
    return profiles
  }.flatMap(\.self)
  let topic = Array("application/1/device/24e124fe00000000/event/status".utf8)
  let payload = Array(#"{"margin":7,"batteryLevel":75.2}"#.utf8)
  let decoders = [loaded.profiles, loaded.profiles + extra].map {
    PayloadDecoder(catalogue: loaded.catalogue, profiles: $0, unknownDevices: .refuse)
  }
  func microseconds(_ decoder: PayloadDecoder) throws -> Double {
    let rounds = 300_000
    return try topic.withUnsafeBytes { topic in
      try payload.withUnsafeBytes { payload in
        let start = computingTime()
        for _ in 0..<rounds {
          decoder.decode(topic: topic, payload: payload, now: Timestamp(milliseconds: 1_773_500_967_000))
        }
        let took = computingTime() - start
        guard decoder.readings.count == 1 else { throw BenchError("the message gave no reading") }
        return took / Double(rounds) * 1e6
      }
    }
  }
  for decoder in decoders { _ = try microseconds(decoder) }
  // In turn, so that what disturbs one disturbs the other.
  let pairs = try (0..<runs).map { _ in (try microseconds(decoders[0]), try microseconds(decoders[1])) }
  return [
    Figure(
      name: "decode a ChirpStack status message, \(loaded.profiles.count) profiles", unit: "µs",
      values: pairs.map(\.0)),
    Figure(
      name: "decode, 1,000 more profiles to none", unit: "times", values: pairs.map { $0.1 / $0.0 },
      target: 1.1),
  ]
}
