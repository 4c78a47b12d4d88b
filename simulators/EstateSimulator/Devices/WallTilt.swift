/// A tilt sensor on a free-standing wall.
import EstateModel
import Foundation

struct WallTilt: DeviceModel {
  /// After a knock the sensor wakes and reports often for a while.
  private static let wakeInterval: Int64 = 60_000
  private static let wakeLength: Int64 = 15 * 60_000

  private let device: Device
  private let baseline: Double
  private let weather: Weather
  private let incidents: [WallIncident]
  /// Degrees of tilt from the coldest to the warmest hour of a day with 12 K of swing. A good MEMS part shows 0.003 to
  /// 0.0115: movesolutions.it, read 2025.
  private let thermalSwing: Double
  private var random: RandomStream
  private var hours: LocalHours
  private var schedule: ReportSchedule
  private var extra: [Timestamp]
  private var knocks: [Timestamp]

  init(
    _ device: Device, timeZone: TimeZone, start: Timestamp, seed: UInt64, weather: Weather,
    incidents: [WallIncident] = []
  ) {
    self.device = device
    self.weather = weather
    self.incidents = incidents
    baseline = device.attributes["baseline"]?.base ?? 0
    random = RandomStream(seed: seed, name: device.path)
    thermalSwing = random.even(0.003...0.009)
    hours = LocalHours(timeZone)
    schedule = ReportSchedule(path: device.path, interval: device.reportInterval, start: start)
    knocks = incidents.filter { $0.jump != 0 }.map(\.from).sorted()
    // The sample from just before the knock is in the sensor's memory, and goes out too.
    var samples: Set<Timestamp> = []
    for knock in knocks {
      samples.insert(knock - 1000)
      for sample in 0..<Self.wakeLength / Self.wakeInterval {
        samples.insert(knock + sample * Self.wakeInterval + 1000)
      }
    }
    extra = samples.filter { $0 > start }.sorted()
  }

  mutating func live(until time: Timestamp, into messages: inout [Publication]) {
    while true {
      let regular = schedule.next
      let wake = extra.first ?? .distantFuture
      let knock = knocks.first ?? .distantFuture
      let next = min(regular, wake, knock)
      guard next <= time else { return }
      if next == knock {
        knocks.removeFirst()
        let id = "\(device.id)-\(knock.milliseconds)"
        messages.append(.event(of: device, "knock", .begin, id: id, at: knock, start: knock))
        messages.append(.event(of: device, "knock", .end, id: id, at: knock, start: knock))
        continue
      }
      if next == wake { extra.removeFirst() }
      if next == regular { schedule.advance() }
      let air = weather.temperature(atHour: hours.hour(at: next))
      messages.append(
        .reading(
          of: device, at: next, ("tilt", tilt(at: next), 4), ("temperature", air + 0.2 * random.normal(), 1)))
    }
  }

  /// Degrees.
  private mutating func tilt(at time: Timestamp) -> Double {
    let hour = hours.hour(at: time - 45 * 60_000)
    let warmth = weather.swing == 0 ? 0 : (weather.temperature(atHour: hour) - weather.temperature) / 12
    let sensor = 0.0006 * random.normal()
    let gust = 0.00002 * weather.wind * weather.wind * random.normal()
    return baseline + thermalSwing * warmth + sensor + gust
      + incidents.reduce(0) { $0 + $1.shift(at: time) }
  }
}
