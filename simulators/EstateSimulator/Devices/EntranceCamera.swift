/// A camera at a gate, with the analytics that its terminal runs: people, and people who stay.
import EstateModel
import Foundation

struct EntranceCamera: DeviceModel {
  /// Vendors' default: who stays this long in the picture is loitering.
  private static let loiteringAfter: Int64 = 30_000
  private static let updateEvery: Int64 = 5_000
  /// The part of the picture that nobody asked to be watched.
  private static let elsewhere = ["road"]

  /// Visitors an hour, and as many who pass by on the road.
  private static let visitors = DailyPattern([
    2, 1, 1, 1, 1, 4, 14, 40, 44, 24, 18, 20, 26, 18, 14, 16, 24, 42, 46, 30, 22, 14, 7, 4,
  ])

  private struct Stay {
    var id: String
    var start: Timestamp
    var end: Timestamp
    var zones: [String]
  }

  private let device: Device
  private let zones: [String]
  private var incidents: [CameraIncident]
  private var random: RandomStream
  private var hours: LocalHours
  private var schedule: ReportSchedule
  private var now: Timestamp
  private var stays: [Stay] = []
  private var count = 0

  init(
    _ device: Device, timeZone: TimeZone, start: Timestamp, seed: UInt64, incidents: [CameraIncident] = []
  ) {
    self.device = device
    self.incidents = incidents.sorted { $0.from < $1.from }
    zones = device.zones.isEmpty ? ["gate"] : device.zones
    random = RandomStream(seed: seed, name: device.path)
    hours = LocalHours(timeZone)
    schedule = ReportSchedule(path: device.path, interval: device.reportInterval, start: start)
    now = start
  }

  mutating func live(until time: Timestamp, into messages: inout [Publication]) {
    while now < time {
      now = now + 1000
      arrivals(&messages)
      for stay in stays { speak(stay, &messages) }
      stays.removeAll { $0.end <= now }
      if now == schedule.next {
        schedule.advance()
        messages.append(.reading(of: device, at: now, ("available", 1, 0)))
      }
    }
  }

  /// Each second takes the same count of random numbers.
  private mutating func arrivals(_ messages: inout [Publication]) {
    let hour = hours.hour(at: now)
    let rate = Self.visitors.value(at: hour) / 3600
    let comes = random.chance(rate)
    let passes = random.chance(rate)
    let isTalk = random.chance(0.04)
    let share = random.unit()
    if comes {
      // Most walk through; some talk at the gate, a courier looks for a number. None stays long, at night least.
      let isNight = hour >= 22 || hour < 6
      let longest = isNight ? 75.0 : 110.0
      let seconds = isTalk ? 30 + share * (longest - 30) : 4 + share * 22
      begin(Int64(seconds) * 1000, zones: zones, &messages)
    }
    if passes { begin(Int64(3 + share * 12) * 1000, zones: Self.elsewhere, &messages) }
    while let incident = incidents.first, incident.from <= now {
      incidents.removeFirst()
      for _ in 0..<incident.people { begin(incident.stay, zones: incident.zones ?? zones, &messages) }
    }
  }

  private mutating func begin(_ length: Int64, zones: [String], _ messages: inout [Publication]) {
    count += 1
    let stay = Stay(
      id: "\(device.id)-\(now.milliseconds)-\(count)", start: now, end: now + max(1000, length), zones: zones)
    stays.append(stay)
    messages.append(
      .event(of: device, "person", .begin, id: stay.id, at: now, start: now, zones: zones))
  }

  private func speak(_ stay: Stay, _ messages: inout [Publication]) {
    let dwell = now - stay.start
    let isOver = now >= stay.end
    if dwell >= Self.loiteringAfter {
      let sinceFirst = dwell - Self.loiteringAfter
      if isOver || sinceFirst % Self.updateEvery == 0 {
        // A visit that ends with its first half minute never was loitering.
        if !(isOver && sinceFirst == 0) {
          let phase: EventDetail.Phase = sinceFirst == 0 ? .begin : isOver ? .end : .update
          messages.append(
            .event(
              of: device, "loitering", phase, id: "\(stay.id)-l", at: now, start: stay.start,
              zones: stay.zones))
        }
      }
    }
    if isOver {
      messages.append(
        .event(of: device, "person", .end, id: stay.id, at: now, start: stay.start, zones: stay.zones))
    }
  }
}
