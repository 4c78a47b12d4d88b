/// Reads one incident of a scenario: `at`, `kind`, and what that kind needs.
import Configuration
import EstateModel

private enum IncidentKind: String, CaseIterable {
  case sewerBlockage = "sewer-blockage"
  case elevatorNoise = "elevator-noise"
  case wallCreep = "wall-creep"
  case wallRamp = "wall-ramp"
  case wallJump = "wall-jump"
  case loitering
  case courier
  case crowd
  case deviceSilent = "device-silent"
}

extension Incident {
  init?(_ node: Node, start: Timestamp, end: Timestamp, _ diagnostics: Diagnostics) {
    guard let fields = Fields(node, of: "an incident", diagnostics: diagnostics) else { return nil }
    let kind = fields.choice("kind", as: IncidentKind.self)
    let at = fields.required("at")?.duration(diagnostics)
    guard let kind, let at else { return nil }
    let from = start + at
    if from >= end {
      diagnostics.error("'at' lies at or after the scenario's end", at: fields.keyLocation("at"))
    }
    let target = fields.text(kind == .sewerBlockage ? "estate" : "device")
    var reader = IncidentReader(fields: fields, diagnostics: diagnostics, from: from, end: end)
    let event = reader.event(kind)
    fields.finish()
    guard let target, let event else { return nil }
    self.init(event: event, target: target, location: fields.location)
  }
}

private struct IncidentReader {
  let fields: Fields
  let diagnostics: Diagnostics
  let from: Timestamp
  let end: Timestamp

  /// `for`, or until the scenario ends.
  private var until: Timestamp { fields.optional("for")?.duration(diagnostics).map { from + $0 } ?? end }

  private func quantity(_ key: String, _ unit: Unit) -> Double? {
    fields.optional(key)?.quantity(unit, diagnostics)?.base
  }

  private func required(_ key: String, _ unit: Unit) -> Double? {
    fields.required(key)?.quantity(unit, diagnostics)?.base
  }

  mutating func event(_ kind: IncidentKind) -> Incident.Event? {
    switch kind {
    case .sewerBlockage: sewer()
    case .elevatorNoise: elevator()
    case .wallCreep: wall(rate: "rate", perDay: true)
    case .wallRamp: wall(rate: "rate", perDay: false)
    case .wallJump:
      required("angle", .degree).map { angle in
        var incident = WallIncident(from: from, until: end)
        incident.jump = angle
        return .wall(incident)
      }
    case .loitering, .courier, .crowd: camera(kind)
    case .deviceSilent: .silence(SilenceIncident(from: from, until: until))
    }
  }

  private func sewer() -> Incident.Event? {
    let well = fields.text("from")
    let towards = fields.text("towards")
    let severity = quantity("severity", .number) ?? 1
    if !(0...1).contains(severity) {
      diagnostics.error(
        "found \(plainNumber(severity)), expected a share from 0 to 1", at: fields.keyLocation("severity"))
    }
    guard let well else { return nil }
    return .sewer(
      SewerIncident(
        from: well, towards: towards, since: from, until: until, severity: min(1, max(0, severity))))
  }

  private func elevator() -> Incident.Event? {
    var incident = ElevatorIncident(from: from, until: until)
    incident.wear = quantity("wear", .decibel) ?? 0
    incident.tripEvery = fields.optional("trip-every")?.duration(diagnostics)
    incident.tripLength = fields.optional("trip-length")?.duration(diagnostics)
    incident.tripLevel = quantity("trip-level", .dBA)
    incident.background = quantity("background", .dBA)
    for (key, value) in [("trip-every", incident.tripEvery), ("trip-length", incident.tripLength)] {
      if let value, value < 1000 || value % 1000 != 0 {
        diagnostics.error("found \(value) ms, expected whole seconds", at: fields.keyLocation(key))
        return nil
      }
    }
    return .elevator(incident)
  }

  private func wall(rate key: String, perDay: Bool) -> Incident.Event? {
    let hour = Unit("h", .time, scale: 3600)
    let unit = perDay ? .degree / Unit("day", .time, scale: 86_400) : .degree / hour
    guard let rate = required(key, unit) else { return nil }
    var incident = WallIncident(from: from, until: until)
    incident.rate = rate * 3600
    return .wall(incident)
  }

  private func camera(_ kind: IncidentKind) -> Incident.Event? {
    let zones = fields.list("zones").compactMap { $0.text(diagnostics) }
    let people = fields.optional("people")?.integer(diagnostics) ?? 1
    if !(1...500).contains(people) {
      diagnostics.error("found \(people), expected 1 to 500 people", at: fields.keyLocation("people"))
      return nil
    }
    // A courier looks for a number for a minute and a half.
    let stay: Int64? =
      kind == .courier
      ? fields.optional("stay")?.duration(diagnostics) ?? 90_000
      : fields.required("stay")?.duration(diagnostics)
    return stay.map {
      .camera(CameraIncident(from: from, stay: $0, people: people, zones: zones.isEmpty ? nil : zones))
    }
  }
}
