/// What is known of a device: its last word, its values, and the life that it leads.
import EstateModel

/// What is known of a device at the moment.
public struct DeviceState: Hashable, Sendable, Codable {
  public struct Value: Hashable, Sendable, Codable {
    /// In the signal's unit; nil for a fault.
    public var value: Double?
    /// Milliseconds since 1970.
    public var time: Int64

    public init(value: Double, time: Timestamp) {
      (self.value, self.time) = (value.isFinite ? value : nil, time.milliseconds)
    }
  }

  /// Path.
  public var device: String
  /// Milliseconds since 1970; nil: never.
  public var lastSeen: Int64?
  /// What its status topic said; nil: it said nothing.
  public var online: Bool?
  /// The newest of each signal, by name.
  public var values: [String: Value]
  /// nil: nothing has come of it since the gateway keeps this.
  public var life: DeviceLife?

  public init(
    device: String, lastSeen: Timestamp?, online: Bool? = nil, values: [String: Value] = [:],
    life: DeviceLife? = nil
  ) {
    (self.device, self.lastSeen, self.online) = (device, lastSeen?.milliseconds, online)
    (self.values, self.life) = (values, life)
  }
}

/// How a device fares: its radio, its clock, its battery, and how it joined. Counts are since it was first heard.
public struct DeviceLife: Hashable, Sendable, Codable {
  public var messages = 0
  /// Messages that had come before, by their numbers, and were dropped.
  public var repeats = 0
  /// Messages that never came, by their numbers.
  public var missed = 0
  /// Messages that were overtaken by a later one.
  public var disordered = 0
  /// Messages more than ``lateAfter`` older at their arrival than the device's usually are.
  public var late = 0
  public var joins = 0
  /// Milliseconds since 1970, as are all times.
  public var lastJoin: Int64?
  /// Since when `online` is what it is.
  public var linkSince: Int64?
  /// Of the newest message whose network tells: dBm and dB.
  public var rssi: Double?
  public var snr: Double?
  /// Milliseconds by which the device's clock is ahead of the gateway's; behind when below 0. What messages need for
  /// their way can't be told from a clock that is behind, so the quickest of the last messages counts.
  public var clockOffset: Int64?
  public var battery = BatteryDays()
  public var frames: FrameMark?

  /// Milliseconds.
  public static let lateAfter: Int64 = 300_000

  public init() {}
}
