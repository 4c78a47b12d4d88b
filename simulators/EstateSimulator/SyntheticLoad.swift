/// Many noise meters that exist only to find out what a gateway can take.
import EstateModel
import Foundation

/// Readings of `load-0/noise-0`, `load-0/noise-1`, …, a hundred meters to an estate, with the real time as their time.
public struct SyntheticLoad {
  private static let devicesInEstate = 100

  private let topics: [String]
  private var random: RandomStream
  private var next = 0

  public init(devices: Int, seed: UInt64 = 1) {
    topics = (0..<max(1, devices)).map {
      "estates/load-\($0 / Self.devicesInEstate)/noise-\($0 % Self.devicesInEstate)/reading"
    }
    random = RandomStream(seed: seed, name: "load")
  }

  /// The next device's reading.
  public mutating func reading(at time: Timestamp) -> Publication {
    defer { next = (next + 1) % topics.count }
    let level = fixed(26 + 3 * random.unit(), decimals: 2)
    return Publication(
      time: time, topic: topics[next], payload: "{\"ts\":\(time.milliseconds),\"laeq\":\(level)}")
  }

  /// Publishes at a steady rate. - Parameter rate: readings a second. - Throws: ``LinkError``.
  public mutating func run(
    rate: Double, for length: Duration, to link: BrokerLink, shouldStop: () -> Bool = { false }
  ) throws(LinkError) -> PlaySummary {
    let began = ContinuousClock.now
    var sent = 0
    while true {
      let elapsed = ContinuousClock.now - began
      if elapsed >= length || shouldStop() { break }
      let due = Int((elapsed / .seconds(1)) * rate)
      let now = Timestamp(Date())
      // In portions, so that a broker that lags is seen by the window and not by a growing queue.
      for _ in 0..<min(500, max(0, due - sent)) {
        try link.publish(reading(at: now))
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
}
