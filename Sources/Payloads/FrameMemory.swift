/// The last frames of each device: LoRaWAN devices repeat what nobody acknowledged, and one uplink is one reading.
import EstateModel

struct FrameMemory {
  /// Off where payloads are only looked at.
  private let isOn: Bool
  /// The last four frames by device, newest first.
  private var frames: ContiguousArray<SIMD4<UInt64>> = []

  init(isOn: Bool) { self.isOn = isOn }

  /// Remembers a frame.
  /// - Returns: false when it is one of the device's last four.
  mutating func isNew(_ frame: UInt64, of device: DeviceIndex) -> Bool {
    guard isOn else { return true }
    let position = Int(device.raw)
    while frames.count <= position { frames.append(.zero) }
    let known = frames[position]
    // 0 stands for none.
    let frame = frame == 0 ? 1 : frame
    if any(known .== SIMD4(repeating: frame)) { return false }
    frames[position] = SIMD4(frame, known.x, known.y, known.z)
    return true
  }

  /// By device; a counter below 0: none yet.
  private var last: ContiguousArray<(session: UInt64, counter: Int64)> = []

  /// Messages that the device has sent since its last one and that did not arrive; 0 after a new start.
  mutating func missed(counter: Int64, session: UInt64, of device: DeviceIndex) -> Int {
    guard isOn else { return 0 }
    let position = Int(device.raw)
    while last.count <= position { last.append((0, -1)) }
    let before = last[position]
    last[position] = (session, counter)
    guard before.counter >= 0, before.session == session, counter > before.counter else { return 0 }
    return Int(clamping: counter - before.counter - 1)
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
  /// Messages that did not arrive since the one before.
  public var missed = 0

  public init(device: DeviceIndex, rssi: Double? = nil, snr: Double? = nil, counter: Int64? = nil) {
    (self.device, self.rssi, self.snr, self.counter) = (device, rssi, snr, counter)
  }
}
