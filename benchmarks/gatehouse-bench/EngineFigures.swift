/// Readings through the default rules.
import ArgumentParser
import CAllocationCount
import EstateModel
import EstateSimulator
import Foundation
import Gateway
import Rules

func engineFigures(_ workshop: Workshop, runs: Int) throws -> [Figure] {
  var small: [Double] = []
  var large: [Double] = []
  var ratios: [Double] = []
  var minutes: [Double] = []
  var allocations: [Double] = []
  let places = try (workshop.folder(devices: 1000), workshop.folder(devices: 100_000))
  defer {
    places.0.remove()
    places.1.remove()
  }
  var few = try EngineRun(places.0, devices: 1000)
  // A day fills every window of the thousand; the others' are on their way. First the thousand all by themselves:
  // what reading a large catalogue leaves behind would scatter their samples over the heap.
  few.play(minutes: 26 * 60)
  var many = try EngineRun(places.1, devices: 100_000)
  many.play(minutes: 60)
  for _ in 0..<runs {
    let one = few.play(minutes: 600)
    allocations.append(Double(one.allocations) / Double(one.readings))
    let other = many.play(minutes: 10)
    small.append(one.microseconds)
    large.append(other.microseconds)
    ratios.append(other.microseconds / one.microseconds)
    minutes.append(one.minute)
  }
  return [
    Figure(name: "engine, a reading, 1,000 devices", unit: "µs", values: small, target: 0.25),
    Figure(name: "engine, a reading, 100,000 devices", unit: "µs", values: large),
    Figure(name: "engine, 100,000 devices to 1,000", unit: "times", values: ratios, target: 2),
    Figure(name: "engine, a minute that passes, 1,000 devices", unit: "µs", values: minutes),
    Figure(name: "heap allocations for a reading", unit: "", values: allocations, target: 0),
  ]
}

/// An engine, and devices that report as often as is usual for their kinds.
struct EngineRun {
  private(set) var engine: RuleEngine
  private var now = Timestamp(milliseconds: 1_776_096_000_000)
  private var minute = 0
  /// Per device: signal, base value, spread, minutes between its readings.
  private let members: [(signal: SignalIndex, base: Double, spread: Double, every: Int)]
  private var random = SystemlessRandom(state: 1)
  private var due: [Reading] = []

  init(_ place: Workplace, devices: Int) throws {
    let loaded = try place.loaded()
    engine = RuleEngine(rules: loaded.rules, catalogue: loaded.catalogue, start: now)
    guard let laeq = Signal.named("laeq"), let level = Signal.named("level"), let tilt = Signal.named("tilt"),
      let battery = Signal.named("battery")
    else { throw BenchError("a signal is missing") }
    members = loaded.catalogue.devices.map { device in
      switch device.kind {
      case .sewerLevelProbe: (level, 0.06, 0.02, 5)
      case .wallTiltSensor: (tilt, 0, 0.004, 10)
      case .entranceCamera: (battery, 90, 5, 1)
      default: (laeq, 26, 3, 1)
      }
    }
    guard members.count == devices else { throw BenchError("\(members.count) devices instead of \(devices)") }
    due.reserveCapacity(devices)
  }

  /// Plays on. Only the engine's own work is timed, and its allocations are counted; what the gateway does between
  /// batches is done between the minutes.
  /// - Returns: readings, microseconds for one, microseconds in which the rules saw a minute pass, and how often the
  ///   allocator was called meanwhile.
  @discardableResult
  mutating func play(minutes: Int) -> (
    readings: Int, microseconds: Double, minute: Double, allocations: UInt
  ) {
    var readings = 0
    var ingesting = 0.0
    var advancing = 0.0
    var allocations: UInt = 0
    for _ in 0..<minutes {
      minute += 1
      due.removeAll(keepingCapacity: true)
      for (number, member) in members.enumerated() where (minute + number) % member.every == 0 {
        let time = now + 59_000
        due.append(
          Reading(
            device: DeviceIndex(UInt32(number)), signal: member.signal, time: time, arrival: time,
            value: member.base + member.spread * random.unit()))
      }
      now = now + 60_000
      let before = allocation_count()
      let start = computingTime()
      // Up to the readings' second, so that time that passes is not counted as theirs.
      engine.advance(to: now + (-1500))
      let middle = computingTime()
      engine.ingest(contentsOf: due)
      ingesting += computingTime() - middle
      advancing += middle - start
      allocations += allocation_count() - before
      engine.lookAhead()
      readings += due.count
    }
    return (
      readings, ingesting / Double(readings) * 1e6, advancing / Double(minutes) * 1e6, allocations
    )
  }
}

/// A small generator, so that the bench's own work is next to nothing.
struct SystemlessRandom {
  var state: UInt64

  mutating func unit() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(state >> 11) / 9_007_199_254_740_992
  }
}
