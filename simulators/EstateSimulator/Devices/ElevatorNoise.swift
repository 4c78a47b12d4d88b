/// A sound level meter in the bedroom beside an elevator shaft.
import EstateModel
import Foundation

/// Energy mean of sound levels second by second.
struct LevelMean: Sendable {
  private var energy = 0.0
  private var seconds = 0

  mutating func add(_ level: Double) {
    energy += pow(10, level / 10)
    seconds += 1
  }

  /// dB(A); nil when nothing was added. Starts anew.
  mutating func take() -> Double? {
    defer { (energy, seconds) = (0, 0) }
    return seconds > 0 ? 10 * log10(energy / Double(seconds)) : nil
  }
}

/// Sum of two sounds, dB.
func levelSum(_ a: Double, _ b: Double) -> Double { 10 * log10(pow(10, a / 10) + pow(10, b / 10)) }

struct ElevatorNoise: DeviceModel {
  /// Parts of a trip, with the level that each has above the cruise: the motor pulls, the brake bites, doors rattle.
  private struct Trip {
    var start: Timestamp
    var cruise: Int
    var second = 0

    static let departure = 3
    static let arrival = 3
    static let doors = 6
    var length: Int { Self.departure + cruise + Self.arrival + Self.doors }

    /// dB relative to the cruise.
    var excess: Double {
      if second < Self.departure { return 2.5 }
      if second < Self.departure + cruise { return 0 }
      return second < Self.departure + cruise + Self.arrival ? 2 : 0.5
    }
  }

  /// Trips an hour: a house of about fifty people, who leave between 7 and 9 and come back between 17 and 19.
  private static let tripsAnHour = DailyPattern([
    2, 1, 1, 1, 1, 3, 8, 24, 26, 16, 12, 13, 16, 12, 10, 11, 16, 26, 26, 18, 14, 10, 5, 3,
  ])

  private let device: Device
  private let background: Double
  /// Level of a well-kept elevator's cruise: heard in daytime, and below every limit when averaged over a night.
  private let cruise: Double
  private let incidents: [ElevatorIncident]
  private var random: RandomStream
  private var drift = Wander(spread: 0.4, memory: 600)
  private var hours: LocalHours
  private var schedule: ReportSchedule
  private var now: Timestamp
  private var mean = LevelMean()
  private var trip: Trip?

  init(
    _ device: Device, timeZone: TimeZone, start: Timestamp, seed: UInt64, incidents: [ElevatorIncident] = []
  ) {
    self.device = device
    self.incidents = incidents
    background = device.attributes["background"]?.base ?? 26
    let nightLimit = device.attributes["limit-night"]?.base ?? 30
    cruise = max(background, min(background + 6, nightLimit + 2))
    random = RandomStream(seed: seed, name: device.path)
    hours = LocalHours(timeZone)
    schedule = ReportSchedule(path: device.path, interval: device.reportInterval, start: start)
    now = start
  }

  mutating func live(until time: Timestamp, into messages: inout [Publication]) {
    while now < time {
      let second = now
      now = now + 1000
      mean.add(level(of: second, &messages))
      if now == schedule.next {
        schedule.advance()
        if let level = mean.take() {
          messages.append(.reading(of: device, at: now, ("laeq", level, 2)))
        }
      }
      depart(&messages)
    }
  }

  /// The level over the second that begins at `second`. Each second takes the same count of random numbers.
  private mutating func level(of second: Timestamp, _ messages: inout [Publication]) -> Double {
    drift.step(&random)
    let jitter = random.normal()
    let active = incidents.last { $0.holds(at: second) }
    let quiet = active?.background ?? background + drift.value + 0.2 * jitter
    guard var running = trip else { return quiet }
    let cruise = cruise + (active?.wear ?? 0) + running.excess + 0.7 * jitter
    running.second += 1
    trip = running
    if running.second >= running.length {
      trip = nil
      messages.append(event(.end, start: running.start, at: now))
    }
    return active?.tripLevel ?? levelSum(quiet, cruise)
  }

  /// Begins a trip if it is time for one.
  private mutating func depart(_ messages: inout [Publication]) {
    let luck = random.unit()
    let cruiseLength = 5 + Int(random.unit() * 16)
    guard trip == nil else { return }
    let active = incidents.last { $0.holds(at: now) }
    let isDue: Bool
    if let active, let every = active.tripEvery {
      isDue = (now - active.from) % every == 0
    } else {
      isDue = luck < Self.tripsAnHour.value(at: hours.hour(at: now)) / 3600
    }
    guard isDue else { return }
    let length = active?.tripLength.map { Int($0 / 1000) - Trip.departure - Trip.arrival - Trip.doors }
    trip = Trip(start: now, cruise: length ?? cruiseLength)
    messages.append(event(.begin, start: now, at: now))
  }

  private func event(_ phase: EventDetail.Phase, start: Timestamp, at time: Timestamp) -> Publication {
    .event(
      of: device, "trip", phase, id: "\(device.id)-\(start.milliseconds)", at: time, start: start)
  }
}
