/// Which of a device's numbered messages have come: LoRaWAN devices repeat what nobody acknowledged, and one uplink is
/// one reading.
import EstateModel

/// The newest number of each device, and which of the 64 before it have come.
struct FrameMemory {
  /// What a number says about its message.
  struct Verdict: Equatable {
    var isRepeat = false
    /// It comes after one that was sent later.
    var isDisordered = false
    /// Messages before it that have not come; -1 when it is one that was counted as missing.
    var missed = 0
  }

  /// Messages that can be missing at once.
  private static let widestGap: Int64 = 10_000

  /// Off where payloads are only looked at.
  private let isOn: Bool
  private var marks: ContiguousArray<FrameMark?> = []

  init(isOn: Bool) { self.isOn = isOn }

  mutating func restore(_ mark: FrameMark, of device: DeviceIndex) {
    reserve(device)
    marks[Int(device.raw)] = mark
  }

  func mark(of device: DeviceIndex) -> FrameMark? {
    marks.indices.contains(Int(device.raw)) ? marks[Int(device.raw)] : nil
  }

  private mutating func reserve(_ device: DeviceIndex) {
    while marks.count <= Int(device.raw) { marks.append(nil) }
  }

  /// Remembers a message.
  mutating func take(counter: Int64, session: UInt64, of device: DeviceIndex) -> Verdict {
    guard isOn, counter >= 0 else { return Verdict() }
    reserve(device)
    let position = Int(device.raw)
    guard let before = marks[position], before.session == session else {
      marks[position] = FrameMark(session: session, counter: counter, arrived: 1)
      return Verdict()
    }
    let ahead = counter - before.counter
    if ahead > 0 {
      // A leap so wide is a counter that was set, not messages that were lost.
      let isLeap = ahead > Self.widestGap
      marks[position]?.counter = counter
      marks[position]?.arrived = ahead < 64 ? before.arrived << UInt64(ahead) | 1 : 1
      return Verdict(missed: isLeap ? 0 : Int(ahead - 1))
    }
    // A device that counts from 0 again, in a network that tells no session.
    let isNewStart = -ahead >= 64 || (counter < 2 && before.counter > 8)
    if isNewStart {
      marks[position] = FrameMark(session: session, counter: counter, arrived: 1)
      return Verdict()
    }
    let bit: UInt64 = 1 << UInt64(-ahead)
    if before.arrived & bit != 0 { return Verdict(isRepeat: true) }
    marks[position]?.arrived |= bit
    // What is older than the first that was heard never counted as missing.
    return Verdict(isDisordered: true, missed: before.counter - counter < before.span ? -1 : 0)
  }
}

/// How well a device is heard by its network, as of its last message.
public struct RadioLink: Hashable, Sendable {
  public var device: DeviceIndex
  /// dBm, at the gateway that is listed first.
  public var rssi: Double?
  /// dB
  public var snr: Double?
  /// The device's own number for the message.
  public var counter: Int64?
  /// Messages that did not arrive since the one before; -1 when this one had been counted so.
  public var missed = 0
  /// Sent before one that has come already.
  public var isDisordered = false

  public init(device: DeviceIndex, rssi: Double? = nil, snr: Double? = nil, counter: Int64? = nil) {
    (self.device, self.rssi, self.snr, self.counter) = (device, rssi, snr, counter)
  }
}
