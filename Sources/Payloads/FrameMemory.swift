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
}
