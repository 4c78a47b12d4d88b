/// All devices of a scenario, living through the same virtual time.
import Configuration
import EstateModel

public struct Simulation {
  public let scenario: Scenario
  public private(set) var now: Timestamp
  private var models: [any DeviceModel] = []
  private var silences: [String: [SilenceIncident]] = [:]
  private var online: [Device]

  /// Puts a model behind every device that plays.
  /// - Parameters:
  ///   - catalogue: all estates; those that the scenario doesn't name are left out.
  ///   - seed: in place of the scenario's.
  /// - Returns: nil when the scenario names what the catalogue doesn't have; `diagnostics` says where.
  public init?(
    _ scenario: Scenario, catalogue: Catalogue, seed: UInt64? = nil, diagnostics: Diagnostics
  ) {
    self.scenario = scenario
    now = scenario.start
    let catalogue = Simulation.players(scenario, catalogue, diagnostics)
    online = catalogue.devices
    let incidents = IncidentsByTarget(scenario, catalogue, diagnostics)
    guard !diagnostics.hasErrors else { return nil }
    silences = incidents.silences
    let seed = seed ?? scenario.seed
    for estate in catalogue.estates {
      let devices = catalogue.devices.filter { $0.estate == estate.id }
      let probes = devices.filter { $0.kind == .sewerLevelProbe || $0.kind == .meterWellProbe }
      if !probes.isEmpty {
        models.append(
          SewerProbes(
            estate: estate, devices: probes, start: scenario.start, seed: seed, weather: scenario.weather,
            incidents: incidents.sewers[estate.id] ?? []))
      }
      for device in devices {
        models.append(Vitals(device, start: scenario.start, seed: seed))
        if let model = model(of: device, in: estate, seed: seed, incidents) { models.append(model) }
      }
    }
  }

  /// What stands between these devices and the broker; nil when all speak natively and nothing goes wrong.
  /// - Parameters:
  ///   - format: in place of the scenario's.
  ///   - seed: in place of the scenario's.
  public func wire(_ format: FormatChoice? = nil, seed: UInt64? = nil, _ diagnostics: Diagnostics) -> Wire? {
    let format = format ?? scenario.format
    for fault in scenario.faults {
      for path in fault.devices where !online.contains(where: { $0.path == path }) {
        diagnostics.error(
          "no device '\(path)' plays here\(suggestion(for: path, in: online.map(\.path)))", at: fault.location
        )
      }
    }
    guard format != .one(.native) || !scenario.faults.isEmpty else { return nil }
    return Wire(
      online, format: format, faults: scenario.faults, seed: seed ?? scenario.seed, start: scenario.start,
      end: scenario.end)
  }

  /// What stands at the broker before the first reading: every device is online.
  public func opening() -> [Publication] {
    online.map { .status(of: $0, isOnline: true, at: scenario.start) }
  }

  /// Lives up to and including `time`. - Returns: what the devices say, in order of time.
  public mutating func live(until time: Timestamp) -> [Publication] {
    var said: [Publication] = []
    for index in models.indices { models[index].live(until: time, into: &said) }
    for (path, incidents) in silences {
      guard let device = online.first(where: { $0.path == path }) else { continue }
      let prefix = "estates/\(path)/"
      said.removeAll { message in
        message.topic.hasPrefix(prefix) && incidents.contains { $0.holds(at: message.time) }
      }
      for incident in incidents {
        if now < incident.from, incident.from <= time {
          said.append(.status(of: device, isOnline: false, at: incident.from))
        }
        if now < incident.until, incident.until <= time, incident.until < scenario.end {
          said.append(.status(of: device, isOnline: true, at: incident.until))
        }
      }
    }
    now = time
    // The order of models decides between messages of the same millisecond.
    return said.enumerated()
      .sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
      .map(\.element)
  }

  private static func players(_ scenario: Scenario, _ catalogue: Catalogue, _ diagnostics: Diagnostics)
    -> Catalogue
  {
    guard let estates = scenario.estates else { return catalogue }
    for estate in estates where catalogue.estate(estate) == nil {
      diagnostics.error(
        "unknown estate '\(estate)'\(suggestion(for: estate, in: catalogue.estates.map(\.id)))",
        at: scenario.location)
    }
    return catalogue.restricted(to: Set(estates))
  }

  private func model(of device: Device, in estate: Estate, seed: UInt64, _ incidents: IncidentsByTarget)
    -> (any DeviceModel)?
  {
    let start = scenario.start
    let zone = estate.timeZone
    switch device.kind {
    case .elevatorNoiseMeter:
      return ElevatorNoise(
        device, timeZone: zone, start: start, seed: seed, incidents: incidents.elevators[device.path] ?? [])
    case .noiseMeter:
      return AmbientNoise(device, timeZone: zone, start: start, seed: seed)
    case .wallTiltSensor:
      return WallTilt(
        device, timeZone: zone, start: start, seed: seed, weather: scenario.weather,
        incidents: incidents.walls[device.path] ?? [])
    case .entranceCamera:
      return EntranceCamera(
        device, timeZone: zone, start: start, seed: seed, incidents: incidents.cameras[device.path] ?? [])
    case .rainGauge:
      return RainGauge(device, start: start, weather: scenario.weather)
    case .uplinkGateway:
      return UplinkGateway(device, start: start, seed: seed)
    case .sewerLevelProbe, .meterWellProbe:
      return nil
    }
  }
}

/// The incidents of a scenario, sorted to the devices and estates that they happen to.
private struct IncidentsByTarget {
  var sewers: [String: [SewerIncident]] = [:]
  var elevators: [String: [ElevatorIncident]] = [:]
  var walls: [String: [WallIncident]] = [:]
  var cameras: [String: [CameraIncident]] = [:]
  var silences: [String: [SilenceIncident]] = [:]

  init(_ scenario: Scenario, _ catalogue: Catalogue, _ diagnostics: Diagnostics) {
    func isDevice(_ incident: Incident, _ kind: DeviceKind?) -> Bool {
      guard let index = catalogue.device(path: incident.target) else {
        let paths = catalogue.devices.map(\.path)
        diagnostics.error(
          "no device '\(incident.target)' plays here\(suggestion(for: incident.target, in: paths))",
          at: incident.location)
        return false
      }
      guard let kind, catalogue[index].kind != kind else { return true }
      diagnostics.error(
        "'\(incident.target)' is a \(catalogue[index].kind.rawValue), expected a \(kind.rawValue)",
        at: incident.location)
      return false
    }
    for incident in scenario.incidents {
      let target = incident.target
      switch incident.event {
      case .elevator(let event) where isDevice(incident, .elevatorNoiseMeter):
        elevators[target, default: []].append(event)
      case .wall(let event) where isDevice(incident, .wallTiltSensor):
        walls[target, default: []].append(event)
      case .camera(let event) where isDevice(incident, .entranceCamera):
        cameras[target, default: []].append(event)
      case .silence(let event) where isDevice(incident, nil):
        silences[target, default: []].append(event)
      case .sewer(let event) where Self.isPipe(event, target, catalogue, incident.location, diagnostics):
        sewers[target, default: []].append(event)
      default:
        continue
      }
    }
  }

  private static func isPipe(
    _ event: SewerIncident, _ estate: String, _ catalogue: Catalogue, _ location: SourceLocation,
    _ diagnostics: Diagnostics
  ) -> Bool {
    guard let estate = catalogue.estate(estate) else {
      diagnostics.error(
        "no estate '\(estate)' plays here\(suggestion(for: estate, in: catalogue.estates.map(\.id)))",
        at: location)
      return false
    }
    guard let well = estate.place(event.from) else {
      let wells = estate.places.filter { $0.downstream != nil }.map(\.id)
      diagnostics.error(
        "unknown well '\(event.from)'\(suggestion(for: event.from, in: wells))", at: location)
      return false
    }
    guard let towards = event.towards, towards != well.downstream else { return true }
    diagnostics.error(
      "no pipe runs from '\(event.from)' to '\(towards)'; the next place is '\(well.downstream ?? "none")'",
      at: location)
    return false
  }
}
