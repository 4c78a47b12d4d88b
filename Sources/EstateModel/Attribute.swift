/// What the catalogue may say about a device or its place, with the unit that each attribute has.

public struct Attribute: Sendable {
  public let name: String
  public let unit: Unit
  public let meaning: String

  public static let all: [Attribute] = [
    Attribute("depth", .metre, "well: from cover to invert"),
    Attribute("bore", .metre, "well: inner diameter of its pipe; 100 % fill"),
    Attribute("cover", .metre, "well: level at which it overflows, above the invert"),
    Attribute("sill", .metre, "level at which sewage enters the neighbouring meter well"),
    Attribute("mount-height", .metre, "sensor above the invert: level = mount-height - distance"),
    Attribute("report-interval", .second, "time between two readings in normal operation"),
    Attribute("background", .dBA, "noise without the source, measured at commissioning"),
    Attribute("noise-floor", .dBA, "the meter's own noise: it can't prove limits near it"),
    Attribute("trip-level", .dBA, "elevator: highest level of a usual trip (LAFmax) at commissioning"),
    Attribute("limit-day", .dBA, "reference value for 06:00 to 22:00, by zone and room"),
    Attribute("limit-night", .dBA, "reference value for 22:00 to 06:00, by zone and room"),
    Attribute("baseline", .degree, "tilt at commissioning"),
    Attribute(
      "baseline-x", .degree, "angle of a tilt sensor's first axis to the horizontal at commissioning"),
    Attribute("baseline-y", .degree, "of its second axis"),
    Attribute("baseline-z", .degree, "of its third axis"),
    Attribute("baseline-temperature", .celsius, "temperature at commissioning"),
    Attribute("height", .metre, "wall: lever arm that turns tilt into displacement"),
    Attribute("loitering-time", .second, "camera: so long somebody is in a zone before Frigate says so"),
    Attribute("range", .metre, "camera or radar probe: how far it sees"),
  ]

  public static func named(_ name: String) -> Attribute? { all.first { $0.name == name } }

  private init(_ name: String, _ unit: Unit, _ meaning: String) {
    (self.name, self.unit, self.meaning) = (name, unit, meaning)
  }
}
