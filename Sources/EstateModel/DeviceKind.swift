/// The kinds of device that an estate has, and what each of them can report.

/// What a device is for. Rules name a kind in `on:` and run once for each device of it.
public enum DeviceKind: String, CaseIterable, Sendable {
  case elevatorNoiseMeter = "elevator-noise-meter"
  case noiseMeter = "noise-meter"
  case wallTiltSensor = "wall-tilt-sensor"
  case sewerLevelProbe = "sewer-level-probe"
  case meterWellProbe = "meter-well-probe"
  case entranceCamera = "entrance-camera"
  case rainGauge = "rain-gauge"
  case uplinkGateway = "uplink-gateway"

  /// Signals that every device may report about itself.
  public static let common = [
    "battery", "battery.voltage", "rssi", "snr", "lqi", "available", "temperature", "humidity", "position",
    "temperature.alarm",
  ]

  private static let sound = [
    "laeq", "laf", "lafmax", "lceq", "lcf", "lcfmax", "lzeq", "lzf", "lzfmax", "sound", "sound.avg",
    "sound.peak",
  ]

  /// The kind's own signals.
  public var signals: [String] {
    switch self {
    case .elevatorNoiseMeter: Self.sound + ["trip"]
    case .noiseMeter: Self.sound
    case .wallTiltSensor:
      [
        "tilt", "tilt.x", "tilt.y", "tilt.z", "tilt.alarm.x", "tilt.alarm.y", "tilt.alarm.z", "knock",
        "vibration",
      ]
    case .sewerLevelProbe, .meterWellProbe:
      [
        "level", "distance", "fill", "pressure", "voltage", "current", "loop.current", "distance.alarm",
        "level.alarm",
      ]
    case .entranceCamera:
      [
        "person", "car", "loitering", "intrusion", "line-crossing", "left-object", "review-alert", "tamper",
        "video-loss", "motion", "pir", "object", "people", "people.in", "people.out", "cars", "open",
      ]
    case .rainGauge: ["rain"]
    case .uplinkGateway: ["voltage", "power", "current"]
    }
  }

  public func reports(_ signal: String) -> Bool { Self.reported[self]?.contains(signal) ?? false }

  private static let reported = Dictionary(
    uniqueKeysWithValues: allCases.map { ($0, Set($0.signals + common)) })

  /// How often such a device reports when its catalogue entry doesn't say, in milliseconds.
  public var usualReportInterval: Int64 {
    switch self {
    case .elevatorNoiseMeter, .noiseMeter: 60_000
    case .wallTiltSensor, .rainGauge: 600_000
    case .sewerLevelProbe, .meterWellProbe: 300_000
    case .entranceCamera, .uplinkGateway: 60_000
    }
  }
}
