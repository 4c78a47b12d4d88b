/// One payload to readings.
import EstateModel
import Foundation
import Payloads

func decodeFigures(_ workshop: Workshop, runs: Int) throws -> [Figure] {
  let place = try workshop.folder(devices: 1000)
  defer { place.remove() }
  try """
  estate: example
  title: example
  community: load
  sub-district: load
  district: load
  management: none
  places: [{id: flat, kind: flat}]
  devices: [{id: meter, kind: noise-meter, at: flat, address: 24e124743d012345}]

  """.write(
    to: place.folder.appendingPathComponent("seeds/estates/example.yaml"), atomically: true, encoding: .utf8)
  let loaded = try place.loaded()
  let native = (
    topic: Array("estates/load-7/noise-7/reading".utf8),
    payload: Array(#"{"ts":1773500966000,"laeq":27.31,"battery":97}"#.utf8)
  )
  let example = try published(workshop, "milesight-ws302-chirpstack")
  guard let counter = firstIndex(of: "\"fCnt\": 100000", in: example.payload).map({ $0 + 8 }) else {
    throw BenchError("no frame counter in the example")
  }
  let now = Timestamp(milliseconds: 1_773_500_967_000)
  let decoder = PayloadDecoder(
    catalogue: loaded.catalogue, profiles: loaded.profiles, unknownDevices: .refuse)
  /// - Parameter counter: where six digits count the frames; a device's repeated frame isn't decoded.
  func microseconds(_ message: (topic: [UInt8], payload: [UInt8]), counter: Int? = nil, rounds: Int) throws
    -> Double
  {
    var payload = message.payload
    return try message.topic.withUnsafeBytes { topic in
      try payload.withUnsafeMutableBytes { payload in
        let start = computingTime()
        var readings = 0
        for _ in 0..<rounds {
          if let counter { count(up: payload, at: counter) }
          decoder.decode(topic: topic, payload: UnsafeRawBufferPointer(payload), now: now)
          readings += decoder.readings.count
        }
        let took = computingTime() - start
        if let problem = decoder.problems.first { throw BenchError("a payload that is in order: \(problem)") }
        guard readings > rounds else {
          throw BenchError("a payload gave \(readings) readings in \(rounds) rounds")
        }
        return took / Double(rounds) * 1e6
      }
    }
  }
  _ = try microseconds(native, rounds: 100_000)
  _ = try microseconds(example, counter: counter, rounds: 20_000)
  return [
    Figure(
      name: "decode a native payload", unit: "µs",
      values: try (0..<runs).map { _ in try microseconds(native, rounds: 1_000_000) }, target: 0.5),
    Figure(
      name: "decode a ChirpStack payload of \(example.payload.count) bytes", unit: "µs",
      values: try (0..<runs).map { _ in try microseconds(example, counter: counter, rounds: 300_000) },
      target: 1.5),
  ]
}

/// A message of a real device, from the examples of the tests.
private func published(_ workshop: Workshop, _ name: String) throws -> (topic: [UInt8], payload: [UInt8]) {
  let file = workshop.root.appendingPathComponent("Tests/PayloadsTests/Examples/published.jsonl")
  for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
    guard let fields = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
      fields["name"] as? String == name, let topic = fields["topic"] as? String,
      let payload = object(after: "\"payload\": ", in: line)
    else { continue }
    let counted = payload.replacing(/"fCnt": \d+/, with: "\"fCnt\": 100000")
    return (Array(topic.utf8), Array(counted.utf8))
  }
  throw BenchError("\(file.path): no \(name)")
}

/// An object as it stands in the text, its keys in their order.
private func object(after key: String, in line: Substring) -> Substring? {
  guard let start = line.range(of: key)?.upperBound else { return nil }
  var depth = 0
  var isText = false
  var isEscaped = false
  for index in line[start...].indices {
    let character = line[index]
    if isText {
      if !isEscaped, character == "\"" { isText = false }
      isEscaped = !isEscaped && character == "\\"
      continue
    }
    switch character {
    case "\"": isText = true
    case "{": depth += 1
    case "}":
      depth -= 1
      if depth == 0 { return line[start...index] }
    default: break
    }
  }
  return nil
}

private func firstIndex(of text: String, in bytes: [UInt8]) -> Int? {
  bytes.firstRange(of: Array(text.utf8))?.lowerBound
}

/// Adds one to a number of six digits.
private func count(up bytes: UnsafeMutableRawBufferPointer, at start: Int) {
  var index = start + 5
  while index >= start {
    if bytes[index] < 0x39 {
      bytes[index] += 1
      return
    }
    bytes[index] = 0x30
    index -= 1
  }
}
