/// All level probes of one estate's sewers, and those in the water-meter wells beside them.
import EstateModel

struct SewerProbes: DeviceModel {
  /// What a well would get on average if all got the same, cubic metres a second: some sixty people.
  private static let meanInflow = 0.0001
  /// Roofs and yard that drain into one well although they shouldn't, square metres.
  private static let rainArea = 400.0
  /// Sewage fills a meter well to its neighbour's height with this time constant, seconds.
  private static let seepage = 300.0

  /// Least between 2 and 5, most at 7 to 9 and 18 to 22.
  private static let dailyInflow = DailyPattern([
    0.5, 0.4, 0.3, 0.3, 0.3, 0.5, 1.0, 2.0, 2.2, 1.7, 1.2, 1.1, 1.2, 1.0, 0.8, 0.8, 0.9, 1.2, 1.8, 2.0, 1.9,
    1.8,
    1.2, 0.8,
  ]).normalised

  /// How much more or less than usual a well's houses use.
  private struct Usage {
    var random: RandomStream
    var wander = Wander(spread: 0.12, memory: 60)
    var factor = 1.0

    /// Changes every ten seconds.
    mutating func advance() {
      wander.step(&random)
      factor = max(0.2, 1 + wander.value)
    }
  }

  private struct Probe {
    var device: Device
    /// Position of the well that it hangs in, or that the meter well lies beside.
    var well: Int?
    /// Meter wells: the neighbour's level at which sewage comes in, metres.
    var sill: Double?
    var level = 0.0
    var random: RandomStream
    var schedule: ReportSchedule
  }

  private let weather: Weather
  private let blockages: [(well: Int, incident: SewerIncident)]
  private var network: SewerNetwork
  /// Each well's share of the houses; 1 on average.
  private let share: [Double]
  private var inflow: [Double]
  private var open: [Double]
  private var usage: [Usage]
  private var probes: [Probe]
  private var hours: LocalHours
  private var now: Timestamp

  init(
    estate: Estate, devices: [Device], start: Timestamp, seed: UInt64, weather: Weather,
    incidents: [SewerIncident] = []
  ) {
    self.weather = weather
    let places = estate.places.filter { $0.kind == .well || $0.kind == .septicTank }
    let position = Dictionary(
      places.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    let wells = places.map { place in
      SewerNetwork.Well(
        downstream: place.downstream.flatMap { position[$0] },
        bore: place.attributes["bore"]?.base ?? 0.3,
        cover: place.attributes["cover"]?.base ?? place.attributes["depth"]?.base ?? 1.6,
        area: place.kind == .septicTank ? 12 : 2.2)
    }
    network = SewerNetwork(wells: wells, outflow: Self.meanInflow * Double(max(1, wells.count)))
    share = Self.shares(of: places)
    inflow = wells.map { _ in 0 }
    open = wells.map { _ in 1 }
    usage = places.map { Usage(random: RandomStream(seed: seed, name: "\(estate.id)/\($0.id)")) }
    blockages = incidents.compactMap { incident in position[incident.from].map { ($0, incident) } }
    probes = devices.map { device in
      let isMeterWell = device.kind == .meterWellProbe
      return Probe(
        device: device,
        well: isMeterWell ? Self.neighbour(of: device, in: estate, position) : position[device.place],
        sill: isMeterWell ? device.attributes["sill"]?.base ?? 1 : nil,
        random: RandomStream(seed: seed, name: device.path),
        schedule: ReportSchedule(path: device.path, interval: device.reportInterval, start: start))
    }
    hours = LocalHours(estate.timeZone)
    now = start
    settle()
  }

  /// The well beside a meter well: in the same unit, and with a sill of its own where one well has it.
  private static func neighbour(of device: Device, in estate: Estate, _ position: [String: Int]) -> Int? {
    guard let place = estate.place(device.place) else { return nil }
    if let next = place.downstream.flatMap({ position[$0] }) { return next }
    let beside = estate.places.filter { $0.kind == .well && $0.parent == place.parent }
    return (beside.first { $0.attributes["sill"] != nil } ?? beside.last).flatMap { position[$0.id] }
  }

  /// The houses of a unit drain into its first well; its other wells get what trickles in on the way. Wells that belong
  /// to no unit get all the same.
  private static func shares(of places: [Place]) -> [Double] {
    var units: Set<String> = []
    let weights = places.map { place -> Double in
      if place.kind == .septicTank { return 0 }
      guard let unit = place.parent else { return 1 }
      return units.insert(unit).inserted ? 1 : 0.05
    }
    let total = weights.reduce(0, +)
    return weights.map { total > 0 ? $0 * Double(places.count) / total : 0 }
  }

  /// Runs the sewer until it stands as it would at this hour, so that a scenario begins in the middle of life.
  private mutating func settle() {
    let factor = Self.dailyInflow.value(at: hours.hour(at: now))
    for well in inflow.indices { inflow[well] = Self.meanInflow * share[well] * factor }
    for _ in 0..<7200 { network.step(inflow: inflow, open: open) }
  }

  mutating func live(until time: Timestamp, into messages: inout [Publication]) {
    while now < time {
      let factor = Self.meanInflow * Self.dailyInflow.value(at: hours.hour(at: now))
      let rain = weather.rainRate(at: now) / 3_600_000 * Self.rainArea
      let usageChanges = now.milliseconds % 10_000 == 0
      for well in inflow.indices {
        if usageChanges { usage[well].advance() }
        inflow[well] = share[well] * factor * usage[well].factor + rain
        open[well] = 1
      }
      for (well, incident) in blockages where incident.holds(at: now) { open[well] = 1 - incident.severity }
      network.step(inflow: inflow, open: open)
      now = now + 1000
      for index in probes.indices { speak(index, &messages) }
    }
  }

  private mutating func speak(_ index: Int, _ messages: inout [Publication]) {
    if let sill = probes[index].sill, let well = probes[index].well {
      // Sewage that has come in stays until it is pumped out.
      let outside = network.levels[well] - sill
      if outside > probes[index].level {
        probes[index].level += (outside - probes[index].level) / Self.seepage
      }
    } else if let well = probes[index].well {
      probes[index].level = network.levels[well]
    }
    guard now == probes[index].schedule.next else { return }
    probes[index].schedule.advance()
    let isDry = probes[index].sill != nil && probes[index].level < 0.001
    let noise = 0.0012 * probes[index].random.normal()
    let level = isDry ? 0 : max(0, probes[index].level + noise)
    messages.append(.reading(of: probes[index].device, at: now, ("level", level, 3)))
  }
}
