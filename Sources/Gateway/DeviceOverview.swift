/// A device as people look at it: what the catalogue expects of it, and how it fares.
import EstateModel
import Store

public struct DeviceOverview: Codable, Sendable {
  public enum Presence: String, Codable, Sendable {
    case online
    /// Its last will, or its network, says so.
    case offline
    /// Nothing came for three of its intervals.
    case silent
    /// Nothing has ever come.
    case never
  }

  /// Path.
  public var device: String
  public var kind: String
  public var place: String
  public var model: String?
  public var address: String?
  public var presence: Presence
  /// What its last word about its link was; nil: it said none.
  public var online: Bool?
  /// Milliseconds since 1970, as are all times.
  public var lastSeen: Int64?
  /// Since when `online` is what it is.
  public var linkSince: Int64?
  /// Milliseconds between two messages in normal operation.
  public var expectedInterval: Int64
  /// Percent.
  public var battery: Double?
  /// Days until the battery is empty, where its last days tell.
  public var batteryDaysLeft: Double?
  /// dBm and dB.
  public var rssi: Double?
  public var snr: Double?
  public var messages: Int
  public var repeats: Int
  public var missed: Int
  /// Of all messages that it has sent, those that came; nil where its messages have no numbers.
  public var deliveryRatio: Double?
  public var disordered: Int
  public var late: Int
  public var joins: Int
  public var lastJoin: Int64?
  /// Milliseconds by which its clock is ahead; behind when below 0.
  public var clockOffset: Int64?
  /// Its clock is off by more than ``clockTolerance``.
  public var hasWrongClock: Bool
  /// It says that it has been moved from its place.
  public var hasMoved: Bool
  /// The newest of each signal, by name.
  public var values: [String: DeviceState.Value]

  /// Milliseconds.
  public static let clockTolerance: Int64 = 60_000

  /// - Parameters:
  ///   - state: nil: nothing has ever come.
  ///   - now: the gateway's time.
  public init(_ device: Device, _ state: DeviceState?, now: Timestamp) {
    let life = state?.life ?? DeviceLife()
    self.device = device.path
    kind = device.kind.rawValue
    place = device.place
    (model, address) = (device.model, device.address)
    online = state?.online
    lastSeen = state?.lastSeen
    expectedInterval = device.reportInterval
    let age = state?.lastSeen.map { now.milliseconds - $0 }
    presence =
      if state?.online == false { .offline } else if let age {
        age > 3 * device.reportInterval ? .silent : .online
      } else { .never }
    linkSince = life.linkSince
    battery = state?.values["battery"]?.value
    batteryDaysLeft = life.battery.daysLeft
    (rssi, snr) = (
      life.rssi ?? state?.values["rssi"]?.value, life.snr ?? state?.values["snr"]?.value
    )
    (messages, repeats, missed) = (life.messages, life.repeats, life.missed)
    deliveryRatio =
      life.frames == nil ? nil : Double(messages) / Double(max(1, messages + missed))
    (disordered, late) = (life.disordered, life.late)
    (joins, lastJoin) = (life.joins, life.lastJoin)
    clockOffset = life.clockOffset
    hasWrongClock = abs(life.clockOffset ?? 0) > Self.clockTolerance
    hasMoved = state?.values["position"]?.value == 1
    values = state?.values ?? [:]
  }

  /// Of every device of the catalogue.
  public static func all(_ catalogue: Catalogue, _ states: [DeviceState], now: Timestamp) -> [DeviceOverview]
  {
    let known = Dictionary(states.map { ($0.device, $0) }, uniquingKeysWith: { $1 })
    return catalogue.devices.map { DeviceOverview($0, known[$0.path], now: now) }
  }
}
