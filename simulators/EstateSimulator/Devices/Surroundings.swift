/// The devices around the sensors, and what every device says about itself: rain gauge, uplink gateway, battery, radio.
import EstateModel
import Foundation

struct RainGauge: DeviceModel {
  private let device: Device
  private let weather: Weather
  private var schedule: ReportSchedule

  init(_ device: Device, start: Timestamp, weather: Weather) {
    self.device = device
    self.weather = weather
    schedule = ReportSchedule(path: device.path, interval: device.reportInterval, start: start)
  }

  mutating func live(until time: Timestamp, into messages: inout [Publication]) {
    while schedule.next <= time {
      let at = schedule.next
      schedule.advance()
      // Millimetres since the last report.
      let fallen = weather.rain.reduce(0.0) { sum, rain in
        let overlap = min(at, rain.until) - max(at - schedule.interval, rain.from)
        return sum + rain.rate * Double(max(0, overlap)) / 3_600_000
      }
      messages.append(.reading(of: device, at: at, ("rain", fallen, 2)))
    }
  }
}

struct UplinkGateway: DeviceModel {
  private let device: Device
  private var random: RandomStream
  private var schedule: ReportSchedule

  init(_ device: Device, start: Timestamp, seed: UInt64) {
    self.device = device
    random = RandomStream(seed: seed, name: device.path)
    schedule = ReportSchedule(path: device.path, interval: device.reportInterval, start: start)
  }

  mutating func live(until time: Timestamp, into messages: inout [Publication]) {
    while schedule.next <= time {
      messages.append(
        .reading(
          of: device, at: schedule.next, ("available", 1, 0), ("voltage", 12.1 + 0.05 * random.normal(), 2)))
      schedule.advance()
    }
  }
}

/// Battery and radio strength, once an hour, in a message of their own.
struct Vitals: DeviceModel {
  private let device: Device
  private let start: Timestamp
  private let charge: Double
  private let distanceLoss: Double
  private var random: RandomStream
  private var schedule: ReportSchedule

  init(_ device: Device, start: Timestamp, seed: UInt64) {
    self.device = device
    self.start = start
    random = RandomStream(seed: seed, name: device.path + "/vitals")
    charge = random.even(72...100)
    distanceLoss = random.even(68...102)
    schedule = ReportSchedule(path: device.path + "/vitals", interval: 3_600_000, start: start)
  }

  mutating func live(until time: Timestamp, into messages: inout [Publication]) {
    while schedule.next <= time {
      // A set of lithium cells lasts about five years.
      let days = Double(schedule.next - start) / 86_400_000
      let battery = max(0, charge - days * 100 / 1825)
      messages.append(
        .reading(
          of: device, at: schedule.next, ("battery", battery, 2),
          ("rssi", -distanceLoss + 3 * random.normal(), 0)))
      schedule.advance()
    }
  }
}
