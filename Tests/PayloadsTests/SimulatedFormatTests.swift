/// What the simulator's devices say in each format is what they say natively, as far as their makers' formats carry it.
import Configuration
import EstateModel
import EstateSimulator
import Foundation
import Payloads
import Testing

@Suite("Simulated devices")
struct SimulatedFormatTests {
  private static let seeds = folderOfPackage.appendingPathComponent("seeds")

  private struct Heard: Hashable {
    var device: DeviceIndex
    var signal: String
  }

  /// An hour and a half of all estates, decoded with the shipped profiles.
  private func heard(_ format: WireFormat) throws -> (
    values: [Heard: [Double]], problems: [PayloadProblem], names: [String]
  ) {
    let diagnostics = Diagnostics()
    let catalogue = Catalogue(seeds: Self.seeds, diagnostics: diagnostics)
    let scenario = try #require(
      Scenario.all(
        in: folderOfPackage.appendingPathComponent("simulators/scenarios"), diagnostics: diagnostics
      ).first { $0.name == "ordinary-day" })
    var simulation = try #require(Simulation(scenario, catalogue: catalogue, diagnostics: diagnostics))
    var wire = simulation.wire(.one(format), diagnostics)
    try diagnostics.check()
    let decoder = PayloadDecoder(
      catalogue: catalogue, profiles: try shippedProfiles(), tolerance: .unlimited)
    var values: [Heard: [Double]] = [:]
    var problems: [PayloadProblem] = []
    let opening = simulation.opening()
    var messages = wire?.opening(opening) ?? opening.map(WireMessage.init)
    // 15:00: it rains.
    let end = scenario.start + 16 * 3_600_000
    var now = end - 90 * 60_000
    _ = simulation.live(until: now)
    while now < end {
      now = now + 60_000
      let said = simulation.live(until: now)
      messages += wire?.messages(said, until: now) ?? said.map(WireMessage.init)
    }
    for message in messages {
      decoder.decode(
        topic: Array(message.topic.utf8), payload: message.payload, now: message.time,
        isRetained: message.isRetained)
      problems += decoder.problems
      // Of a visit its begin and end: formats tell of it in between as often as they like.
      for reading in decoder.readings
      where reading.quality == .good
        && (reading.event == 0 || !reading.marks.isDisjoint(with: [.begin, .end]))
      {
        values[Heard(device: reading.device, signal: Signal[reading.signal].name), default: []]
          .append(reading.value)
      }
    }
    return (values, problems, catalogue.devices.map(\.path))
  }

  /// How finely each format tells what is measured; 0: it doesn't tell it.
  private static func step(_ signal: String, _ format: WireFormat) -> Double {
    switch (format, signal) {
    // The level in whole centimetres, no thermometer: EM310-TILT, EM500-SWL, WS302.
    case (.chirpstack, "laeq"), (.ttn, "laeq"): 0.1
    case (.chirpstack, "level"), (.ttn, "level"): 0.01
    case (.chirpstack, "battery"), (.ttn, "battery"): 1
    // Angles in hundredths, of which the decoder makes one.
    case (.chirpstack, "tilt"), (.ttn, "tilt"): 0.0102
    case (.chirpstack, "temperature"), (.ttn, "temperature"): 0
    case (.chirpstack, "rssi"), (.ttn, "rssi"): 0
    default: 1e-6
    }
  }

  /// What was found, without values that only repeat the one before them where something else was said.
  private static func without(repeated found: [Double], _ said: [Double]) -> [Double] {
    var kept: [Double] = []
    for value in found where kept.count < said.count {
      if abs(value - said[kept.count]) < 1e-6 || value != kept.last { kept.append(value) }
    }
    return kept
  }

  @Test(
    "Every format carries what the native one says, to the last digit that its devices write",
    arguments: [WireFormat.chirpstack, .ttn, .sparkplug, .senml])
  func formats(_ format: WireFormat) throws {
    let native = try heard(.native)
    let other = try heard(format)
    #expect(native.problems.isEmpty)
    #expect(other.problems.isEmpty, "\(other.problems.prefix(3))")
    var compared: Set<String> = []
    for (key, values) in native.values {
      let step = Self.step(key.signal, format)
      guard
        ["laeq", "level", "tilt", "temperature", "battery", "rain", "person"].contains(
          key.signal),
        step > 0
      else { continue }
      var found = other.values[key] ?? []
      // A birth tells again what was told before.
      if format == .sparkplug { found = Self.without(repeated: found, values) }
      let device = native.names[Int(key.device.raw)]
      #expect(found.count == values.count, "\(device) \(key.signal)")
      for (a, b) in zip(values, found) {
        #expect(abs(a - b) <= step / 2 + 1e-9, "\(device) \(key.signal): \(a) \(b)")
      }
      compared.insert(key.signal)
    }
    #expect(compared.isSuperset(of: ["laeq", "level", "battery", "person"]))
    if [.chirpstack, .ttn].contains(format) {
      #expect(other.values.keys.contains { $0.signal == "tilt.x" })
    }
  }

  @Test("The same seed makes the same faults, and every message is counted")
  func faults() throws {
    let diagnostics = Diagnostics()
    let catalogue = Catalogue(seeds: Self.seeds, diagnostics: diagnostics)
    let document = try #require(
      Document(
        text: """
          scenario: faulty
          title: faulty
          estates: [luyuan]
          start: 2026-04-21T09:00:00+08:00
          duration: 3 h
          format: mixed
          faults:
            - {kind: duplicated, share: 0.1}
            - {kind: malformed, share: 0.1}
            - {kind: wrong-clock, share: 0.3, by: 10 min}
            - {kind: silent, devices: [luyuan/probe-w01], at: 1 h, for: 30 min}
          expect: {tickets: []}
          """, file: "faulty.yaml", diagnostics: diagnostics))
    let scenario = try #require(Scenario(document: document, diagnostics: diagnostics))
    func play(step: Int64) throws -> (messages: [WireMessage], counts: FaultCounts) {
      var simulation = try #require(Simulation(scenario, catalogue: catalogue, diagnostics: diagnostics))
      var wire = try #require(simulation.wire(nil, diagnostics))
      var messages = wire.opening(simulation.opening())
      var now = scenario.start
      while now < scenario.end {
        now = min(now + step, scenario.end)
        messages += wire.messages(simulation.live(until: now), until: now)
      }
      return (messages, wire.counts)
    }
    let first = try play(step: 10_000)
    let second = try play(step: 60_000)
    try diagnostics.check()
    #expect(first.counts.injected == second.counts.injected)
    #expect(Set(first.messages) == Set(second.messages))
    #expect(first.counts.messages == first.messages.count)
    #expect(first.counts.visible.problems["not-json"] ?? 0 > 0)
    let silent = first.messages.filter { $0.topic.hasPrefix("estates/luyuan/probe-w01/") }
    #expect(
      !silent.contains {
        !$0.isRetained && $0.time > scenario.start + 3_600_000 && $0.time < scenario.start + 5_400_000
      })
    #expect(silent.contains { $0.isRetained && $0.payload == Array("offline".utf8) })
  }
}
