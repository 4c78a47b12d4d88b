/// Damaged messages of every format: whatever arrives, the decoder neither stops nor makes up a number.
import Configuration
import EstateModel
import Foundation
import Payloads

public struct PayloadFuzz: Sendable {
  public struct Outcome {
    public var readings = 0
    public var problems = 0
    /// Events and changes of status.
    public var others = 0
    /// What must not be, at most ten.
    public var flaws: [String] = []
  }

  /// A message and how it may be damaged.
  private struct Seed: Sendable {
    var topic: [UInt8]
    var payload: [UInt8]
    /// Where the payload holds a device's own bytes as base64: those are damaged, and the envelope is not.
    var raw: [UInt8]?
  }

  /// Published messages of each format, and native ones.
  private let seeds: [String: [Seed]]
  private let profiles: [Profile]

  public var formats: [String] { seeds.keys.sorted() }

  /// - Parameter root: the folder with config/ and Tests/.
  public init(root: URL) throws {
    let diagnostics = Diagnostics()
    let documents = Document.all(
      in: root.appendingPathComponent("config/profiles"), prefix: "config/profiles", diagnostics: diagnostics)
    profiles = Profile.read(documents, diagnostics: diagnostics)
    try diagnostics.check()
    let file = root.appendingPathComponent("Tests/PayloadsTests/Examples/conformance.jsonl")
    var seeds: [String: [Seed]] = [:]
    for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
      try Self.add(line, to: &seeds)
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
    self.seeds = seeds
  }

  private static func add(_ line: Substring, to seeds: inout [String: [Seed]]) throws {
    guard let fields = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
      let format = fields["format"] as? String, let topic = fields["topic"] as? String
    else { return }
    let payload: [UInt8]
    if let text = fields["payload_b64"] as? String {
      payload = Array(Data(base64Encoded: text) ?? Data())
    } else if fields["text_payload"] as? Bool == true, let text = fields["payload"] as? String {
      payload = Array(text.utf8)
    } else {
      payload = Array(
        try JSONSerialization.data(
          withJSONObject: fields["payload"] ?? [:] as [String: Any], options: [.sortedKeys]))
    }
    seeds[format, default: []].append(Seed(topic: Array(topic.utf8), payload: payload))
    guard fields["needs_codec"] as? Bool == true, format == "chirpstack-v4",
      let text = (fields["payload"] as? [String: Any])?["data"] as? String,
      let bytes = Data(base64Encoded: text)
    else { return }
    seeds["raw bytes", default: []].append(
      Seed(topic: Array(topic.utf8), payload: payload, raw: Array(bytes)))
  }

  /// Decodes so many damaged messages.
  public func run(_ format: String, rounds: Int) -> Outcome {
    var outcome = Outcome()
    guard let seeds = seeds[format] else {
      outcome.flaws.append("no format '\(format)'")
      return outcome
    }
    let decoder = PayloadDecoder(
      catalogue: Catalogue(), profiles: profiles, unknownDevices: .register, tolerance: .unlimited)
    let isText = !["senml-cbor", "sparkplug-b"].contains(format)
    var random = SplitMix(state: 20_260_314)
    for round in 0..<rounds {
      let seed = seeds[round % seeds.count]
      let topic = round % 20 == 19 ? mutated(seed.topic, &random) : seed.topic
      let payload = damaged(seed, isText, &random)
      topic.withUnsafeBytes { topic in
        payload.withUnsafeBytes {
          decoder.decode(topic: topic, payload: $0, now: Timestamp(milliseconds: 1_773_500_966_535))
        }
      }
      check(decoder, round, &outcome)
    }
    return outcome
  }

  private func damaged(_ seed: Seed, _ isText: Bool, _ random: inout SplitMix) -> [UInt8] {
    guard let raw = seed.raw else { return mutated(seed.payload, &random, isText: isText) }
    let bytes = Data(mutated(raw, &random, isText: false)).base64EncodedString()
    let payload = String(decoding: seed.payload, as: UTF8.self)
    return Array(payload.replacingOccurrences(of: Data(raw).base64EncodedString(), with: bytes).utf8)
  }

  private func check(_ decoder: PayloadDecoder, _ round: Int, _ outcome: inout Outcome) {
    func flaw(_ text: String) {
      if outcome.flaws.count < 10 { outcome.flaws.append("round \(round): \(text)") }
    }
    for reading in decoder.readings {
      if reading.value.isFinite == (reading.quality == .fault) { flaw("\(reading)") }
      if reading.quality == .good, !Signal[reading.signal].range.contains(reading.value) {
        flaw("\(reading) is out of range")
      }
    }
    outcome.readings += decoder.readings.count
    outcome.problems += decoder.problems.count
    outcome.others += decoder.events.count + decoder.statusChanges.count
    guard round % 10 == 0 else { return }
    for line in decoder.lines() where (try? JSONSerialization.jsonObject(with: Data(line.utf8))) == nil {
      flaw(line)
    }
  }
}
