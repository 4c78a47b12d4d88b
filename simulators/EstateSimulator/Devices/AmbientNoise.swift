/// A sound level meter in a yard or a flat, away from elevators.
import EstateModel
import Foundation

struct AmbientNoise: DeviceModel {
  /// dB above the night's background, by the hour: traffic, children, kitchens.
  private static let bustle = DailyPattern([
    0.5, 0, 0, 0, 0, 0.5, 2, 5, 6, 5.5, 5, 5, 5, 4.5, 4.5, 5, 5.5, 6, 6, 5, 4, 2.5, 1.2, 0.8,
  ])

  private let device: Device
  private let background: Double
  private var random: RandomStream
  private var drift = Wander(spread: 0.4, memory: 300)
  private var hours: LocalHours
  private var schedule: ReportSchedule
  private var now: Timestamp
  private var mean = LevelMean()

  init(_ device: Device, timeZone: TimeZone, start: Timestamp, seed: UInt64) {
    self.device = device
    let nightLimit = device.attributes["limit-night"]?.base ?? 45
    // Whatever the catalogue says, an ordinary night stays below its limit.
    background = min(device.attributes["background"]?.base ?? 40, nightLimit - 2.5) - 0.5
    random = RandomStream(seed: seed, name: device.path)
    hours = LocalHours(timeZone)
    schedule = ReportSchedule(path: device.path, interval: device.reportInterval, start: start)
    now = start
  }

  mutating func live(until time: Timestamp, into messages: inout [Publication]) {
    while now < time {
      drift.step(&random)
      let bustle = Self.bustle.value(at: hours.hour(at: now))
      mean.add(background + drift.value + bustle + 0.5 * random.normal())
      now = now + 1000
      if now == schedule.next {
        schedule.advance()
        if let level = mean.take() {
          messages.append(.reading(of: device, at: now, ("laeq", level, 2)))
        }
      }
    }
  }
}
