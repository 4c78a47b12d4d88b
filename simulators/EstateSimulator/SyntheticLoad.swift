/// Estates that exist only to find out what a gateway can take: four kinds of devices that never give cause for alarm.
import EstateModel
import Foundation

/// Readings of `load-0/noise-0`, `load-0/well-0`, …, a hundred devices to an estate, with the real time as their time.
public struct SyntheticLoad {
  /// Devices of one estate: 40 noise meters, 40 probes in one line of wells, 10 tilt sensors, 10 cameras.
  public static let devicesInEstate = 100

  /// What one device publishes.
  private struct Member {
    var topic: String
    var signal: String
    var base: Double
    var spread: Double
    var decimals: Int
  }

  private let members: [Member]
  private var random: RandomStream
  private var next = 0

  public init(devices: Int, seed: UInt64 = 1) {
    members = (0..<max(1, devices)).map { number in
      let estate = "load-\(number / Self.devicesInEstate)"
      func member(_ device: String, _ signal: String, _ base: Double, _ spread: Double, _ decimals: Int)
        -> Member
      {
        Member(
          topic: "estates/\(estate)/\(device)/reading", signal: signal, base: base, spread: spread,
          decimals: decimals)
      }
      let index = number % Self.devicesInEstate
      return switch index {
      case 0..<40: member("noise-\(index)", "laeq", 26, 3, 2)
      case 40..<80: member("well-\(index - 40)", "level", 0.06, 0.02, 3)
      case 80..<90: member("wall-\(index - 80)", "tilt", 0, 0.004, 4)
      default: member("camera-\(index - 90)", "battery", 90, 5, 0)
      }
    }
    random = RandomStream(seed: seed, name: "load")
  }

  /// The next device's reading.
  public mutating func reading(at time: Timestamp) -> Publication {
    defer { next = (next + 1) % members.count }
    let member = members[next]
    let value = fixed(member.base + member.spread * random.unit(), decimals: member.decimals)
    return Publication(
      time: time, topic: member.topic, payload: "{\"ts\":\(time.milliseconds),\"\(member.signal)\":\(value)}")
  }

  /// Publishes at a steady rate.
  /// - Parameters:
  ///   - rate: readings a second.
  ///   - record: gets each publication that is handed to the broker.
  /// - Throws: ``LinkError``, or what `record` throws.
  public mutating func run(
    rate: Double, for length: Duration, to link: BrokerLink, record: (Publication) throws -> Void = { _ in },
    shouldStop: () -> Bool = { false }
  ) throws -> PlaySummary {
    let began = ContinuousClock.now
    var sent = 0
    while true {
      let elapsed = ContinuousClock.now - began
      if elapsed >= length || shouldStop() { break }
      let due = Int((elapsed / .seconds(1)) * rate)
      let now = Timestamp(Date())
      // In portions, so that a broker that lags is seen by the window and not by a growing queue.
      for _ in 0..<min(500, max(0, due - sent)) {
        let publication = reading(at: now)
        try record(publication)
        try link.publish(publication)
        sent += 1
      }
      if sent >= due { try link.serve(until: .now + .milliseconds(2)) }
    }
    let isComplete = ContinuousClock.now - began >= length
    try link.finish()
    return PlaySummary(
      messages: sent, realSeconds: (ContinuousClock.now - began) / .seconds(1), reached: Timestamp(Date()),
      isComplete: isComplete)
  }

  /// The estates of so many devices as a catalogue has them: (file name, YAML).
  /// - Parameter reportInterval: `10 s`; nil: as is usual for each kind.
  public static func catalogue(devices: Int, reportInterval: String? = nil) -> [(name: String, text: String)]
  {
    (0..<(max(1, devices) + devicesInEstate - 1) / devicesInEstate).map { estate in
      let count = min(devicesInEstate, devices - estate * devicesInEstate)
      return ("load-\(estate).yaml", document(estate: "load-\(estate)", devices: count, reportInterval))
    }
  }

  /// Sixteen hexadecimal digits, as LoRaWAN devices have; quoted, because some have digits only.
  private static func address(estate: String, _ index: Int) -> String {
    let number = (Int(estate.split(separator: "-").last ?? "") ?? 0) * devicesInEstate + index
    let digits = String(number, radix: 16)
    return "\"24e124fe" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits + "\""
  }

  private static func document(estate: String, devices count: Int, _ reportInterval: String?) -> String {
    let interval = reportInterval.map { ", report-interval: \($0)" } ?? ""
    var places = ["  - {id: flat, kind: flat}"]
    func address(_ index: Int) -> String { "address: \(Self.address(estate: estate, index))" }
    var devices: [String] = []
    for index in 0..<count {
      switch index {
      case 0..<40:
        devices.append(
          "  - {id: noise-\(index), kind: elevator-noise-meter, at: flat\(interval), \(address(index)), "
            + "background: 26 dBA, limit-night: 30 dBA, limit-day: 40 dBA}")
      case 40..<80:
        let well = index - 40
        let isLast = well == 39 || index == count - 1
        places.append(
          "  - {id: w\(well), kind: well, sewer: main, \(isLast ? "" : "downstream: w\(well + 1), ")"
            + "bore: 0.30 m, cover: 1.6 m, depth: 1.6 m}")
        devices.append(
          "  - {id: well-\(well), kind: sewer-level-probe, at: w\(well)\(interval), \(address(index))}")
      case 80..<90:
        places.append("  - {id: wall-\(index - 80), kind: wall}")
        devices.append(
          "  - {id: wall-\(index - 80), kind: wall-tilt-sensor, at: wall-\(index - 80)\(interval), \(address(index)), "
            + "baseline: 0 deg}")
      default:
        places.append("  - {id: gate-\(index - 90), kind: gate}")
        devices.append(
          "  - {id: camera-\(index - 90), kind: entrance-camera, at: gate-\(index - 90)\(interval), \(address(index)), "
            + "zones: [gate]}"
        )
      }
    }
    return """
      estate: \(estate)
      title: \(estate)
      community: load
      sub-district: load
      district: load
      management: none
      places:
      \(places.joined(separator: "\n"))
      devices:
      \(devices.joined(separator: "\n"))

      """
  }
}
