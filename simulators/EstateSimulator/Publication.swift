/// What goes out on MQTT: topic and payload as native devices write them.
import EstateModel

public struct Publication: Hashable, Sendable {
  /// Virtual time at which the device speaks.
  public var time: Timestamp
  public var topic: String
  public var payload: String
  /// Status messages are kept by the broker.
  public var isRetained: Bool
  /// What it says, for other formats than the native one; nil: the text is all there is.
  public var content: Content?

  public enum Content: Hashable, Sendable {
    case reading([Value])
    case event(kind: String, phase: EventDetail.Phase, id: String, start: Timestamp, zones: [String])
    case status(isOnline: Bool)
  }

  public struct Value: Hashable, Sendable {
    public var signal: String
    /// In the signal's unit.
    public var value: Double
    public var decimals: Int

    public init(_ signal: String, _ value: Double, decimals: Int) {
      (self.signal, self.value, self.decimals) = (signal, value, decimals)
    }
  }

  public init(
    time: Timestamp, topic: String, payload: String, isRetained: Bool = false, content: Content? = nil
  ) {
    (self.time, self.topic, self.payload, self.isRetained) = (time, topic, payload, isRetained)
    self.content = content
  }

  /// `estates/{estate}/{device}/reading` with one or more signals.
  /// - Parameter values: (signal, value in the signal's unit, decimals).
  static func reading(
    of device: Device, at time: Timestamp, _ values: (signal: String, value: Double, decimals: Int)...
  ) -> Publication {
    var payload = "{\"ts\":\(time.milliseconds)"
    for (signal, value, decimals) in values {
      payload += ",\"\(signal)\":\(fixed(value, decimals: decimals))"
    }
    return Publication(
      time: time, topic: "estates/\(device.path)/reading", payload: payload + "}",
      content: .reading(values.map { Value($0.signal, $0.value, decimals: $0.decimals) }))
  }

  /// `estates/{estate}/{device}/event`. - Parameter zones: nil for devices without a picture.
  static func event(
    of device: Device, _ event: String, _ phase: EventDetail.Phase, id: String, at time: Timestamp,
    start: Timestamp, zones: [String]? = nil
  ) -> Publication {
    let list = zones.map { ",\"zones\":[\($0.map { "\"\($0)\"" }.joined(separator: ","))]" } ?? ""
    return Publication(
      time: time, topic: "estates/\(device.path)/event",
      payload:
        "{\"ts\":\(time.milliseconds),\"event\":\"\(event)\",\"phase\":\"\(phase.rawValue)\",\"id\":\"\(id)\""
        + ",\"start\":\(start.milliseconds)\(list),\"active\":\(phase != .end)}",
      content: .event(kind: event, phase: phase, id: id, start: start, zones: zones ?? []))
  }

  /// `estates/{estate}/{device}/status`, retained.
  static func status(of device: Device, isOnline: Bool, at time: Timestamp) -> Publication {
    Publication(
      time: time, topic: "estates/\(device.path)/status", payload: isOnline ? "online" : "offline",
      isRetained: true, content: .status(isOnline: isOnline))
  }

  /// The time that the gateway lives by in simulated runs.
  static func clock(_ now: Timestamp) -> Publication {
    Publication(time: now, topic: "simulation/clock", payload: "{\"now\":\(now.milliseconds)}")
  }

  static func end(_ now: Timestamp) -> Publication {
    Publication(time: now, topic: "simulation/end", payload: "{\"now\":\(now.milliseconds)}")
  }
}

/// A decimal with a fixed number of digits, the same on every machine: `26.00`, `-0.007`.
func fixed(_ value: Double, decimals: Int) -> String {
  var scale = 1.0
  for _ in 0..<decimals { scale *= 10 }
  guard value.isFinite, abs(value) * scale < 9e15 else { return "null" }
  let whole = Int64((value * scale).rounded())
  let digits = String(whole.magnitude)
  let sign = whole < 0 ? "-" : ""
  guard decimals > 0 else { return sign + digits }
  let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
  return sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
}
