/// The signals that devices report: names, units and physical ranges.

/// Position of a signal in ``Signal/all``.
public struct SignalIndex: Hashable, Comparable, Sendable, BitwiseCopyable {
  public var raw: UInt16
  @inlinable public init(_ raw: UInt16) { self.raw = raw }
  @inlinable public static func < (a: SignalIndex, b: SignalIndex) -> Bool { a.raw < b.raw }
}

/// One named series of a device: a measured quantity, a yes-or-no state, or a kind of event.
public struct Signal: Sendable {
  public enum Form: Sendable { case measurement, state, event }

  public let name: String
  public let form: Form
  /// The unit in which its readings are kept and printed.
  public let unit: Unit
  /// Values outside can't be true: the reading is kept, marked bad, and left out of conditions.
  public let range: ClosedRange<Double>

  /// Names and units follow the published conformance set; `docs/payloads.md` lists them.
  public static let all: [Signal] =
    levels([("laeq", .dBA), ("laf", .dBA), ("lafmax", .dBA)])
    + levels([
      ("lceq", .dBC), ("lcf", .dBC), ("lcfmax", .dBC), ("lzeq", .dBZ), ("lzf", .dBZ), ("lzfmax", .dBZ),
    ])
    + levels([("sound", .decibel), ("sound.avg", .decibel), ("sound.peak", .decibel)])
    + [
      Signal("level", .metre, -1...30),
      Signal("distance", .metre, 0...30),
      Signal("fill", .percent, 0...200),
      Signal("tilt", .degree, -180...180),
      Signal("tilt.x", .degree, -360...360),
      Signal("tilt.y", .degree, -360...360),
      Signal("tilt.z", .degree, -360...360),
      Signal("temperature", .celsius, -60...125),
      Signal("humidity", .percent, 0...100),
      Signal("pressure", .kilopascal, -200...20_000),
      Signal("rain", .millimetre, 0...1000),
      Signal("battery", .percent, 0...100),
      Signal("battery.voltage", .volt, 0...60),
      Signal("voltage", .volt, -1000...1000),
      Signal("current", .ampere, -1000...1000),
      Signal("power", .watt, -1_000_000...1_000_000),
      Signal("loop.current", .ampere, 0...0.03),
      Signal("rssi", .dBm, -200...20),
      Signal("snr", .decibel, -60...60),
      Signal("lqi", .number, 0...255),
      Signal("available", form: .state),
      Signal("position", form: .state),
      Signal("tamper", form: .state),
      Signal("video-loss", form: .state),
      Signal("open", form: .state),
      Signal("people", .number, 0...100_000),
      Signal("people.in", .number, 0...1_000_000_000),
      Signal("people.out", .number, 0...1_000_000_000),
      Signal("cars", .number, 0...100_000),
    ]
    // What the device itself thinks of its readings: apart from what our rules find.
    + [
      "tilt.alarm.x", "tilt.alarm.y", "tilt.alarm.z", "distance.alarm", "level.alarm", "temperature.alarm",
    ]
    .map { Signal($0, form: .state) }
    + [
      "trip", "person", "car", "loitering", "intrusion", "line-crossing", "left-object", "review-alert",
      "knock", "motion", "pir", "vibration", "object",
    ]
    .map { Signal($0, form: .event) }

  public static let byName: [String: SignalIndex] = Dictionary(
    uniqueKeysWithValues: all.enumerated().map { ($1.name, SignalIndex(UInt16($0))) })

  public static func named(_ name: String) -> SignalIndex? { byName[name] }
  public static subscript(index: SignalIndex) -> Signal { all[Int(index.raw)] }

  private init(_ name: String, _ unit: Unit, _ range: ClosedRange<Double>) {
    (self.name, self.form, self.unit, self.range) = (name, .measurement, unit, range)
  }

  private init(_ name: String, form: Form) {
    (self.name, self.form) = (name, form)
    // An event's value is the time in seconds for which it has lasted; a state's is 0 or 1.
    unit = form == .event ? .second : .number
    range = form == .event ? 0...86_400 * 7 : 0...1
  }

  private static func levels(_ list: [(String, Unit)]) -> [Signal] {
    list.map { Signal($0.0, $0.1, -10...160) }
  }
}
