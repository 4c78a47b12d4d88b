/// One device as it speaks a format: its address, its counters, and the words of its model.
import EstateModel

/// What a format needs to remember of a device from message to message.
struct DeviceVoice {
  let device: Device
  let format: WireFormat
  /// By which the catalogue knows it on other topics than the native ones.
  let address: String
  /// Of the next message.
  var counter: Int64 = 0
  /// Sessions so far: each join begins one.
  var session = 1
  /// Radio strength as it was last told.
  var rssi = -95.0
  /// Messages of one device have times of their own.
  var lastTime = Timestamp.distantPast
  /// Sparkplug: the last value of each metric, in the order in which they came up.
  var metrics: [Publication.Value] = []
  var isBorn = false

  init(_ device: Device, format: WireFormat) {
    self.device = device
    // Who has no address can only be known by the native topics.
    address = device.address ?? ""
    self.format = device.kind == .uplinkGateway || device.address == nil ? .native : format
  }

  /// In which its readings go out.
  var speech: WireFormat { isCamera ? .native : format }

  var isCamera: Bool { device.kind == .entranceCamera }

  /// Whether the format has words for it; otherwise it goes out natively.
  func speaks(_ content: Publication.Content) -> Bool {
    switch (format, content) {
    case (.native, _): false
    // Frigate says who is in which zone. What it says counts as loitering where the catalogue names zones.
    case (_, .event(let kind, _, _, _, _)):
      isCamera && (kind == "person" || kind == "loitering" && !device.zones.isEmpty)
    case (_, .reading): !isCamera
    // LoRaWAN and SenML know no last will.
    case (.sparkplug, .status): !isCamera
    case (_, .status): true
    }
  }

  mutating func uniqueTime(_ time: Timestamp) -> Timestamp {
    lastTime = max(time, lastTime + 1)
    return lastTime
  }

  /// What the maker's codec says, and the bytes that it says it of. Milesight: WS302, EM310-TILT, EM500-SWL.
  static func words(_ values: [Publication.Value]) -> (object: [(String, String)], bytes: [UInt8]) {
    var object: [(String, String)] = []
    var bytes: [UInt8] = []
    func word(_ number: Double, _ scale: Double) -> [UInt8] {
      let whole = Int16(clamping: Int((number * scale).rounded()))
      return [UInt8(truncatingIfNeeded: whole), UInt8(truncatingIfNeeded: whole >> 8)]
    }
    for value in values {
      switch value.signal {
      case "battery":
        let level = min(100, max(0, value.value.rounded()))
        object.append(("battery", fixed(level, decimals: 0)))
        bytes += [0x01, 0x75, UInt8(level)]
      case "laeq":
        object += [
          ("LAF", fixed(value.value + 0.4, decimals: 1)), ("LAeq", fixed(value.value, decimals: 1)),
          ("LAFmax", fixed(value.value + 1.2, decimals: 1)),
        ]
        // Weighting A, time weighting fast.
        bytes +=
          [0x05, 0x5B, 0x05] + word(value.value + 0.4, 10) + word(value.value, 10)
          + word(value.value + 1.2, 10)
      case "tilt":
        object += [
          ("angle_x", fixed(value.value, decimals: 2)), ("angle_y", "0"),
          ("angle_z", fixed(90 - value.value, decimals: 2)), ("threshold_x", "\"normal\""),
          ("threshold_y", "\"normal\""), ("threshold_z", "\"normal\""),
        ]
        bytes += [0x03, 0xCF] + word(value.value, 100) + [0, 0] + word(90 - value.value, 100) + [0]
      case "level":
        // Whole centimetres.
        object.append(("depth", fixed(value.value * 100, decimals: 0)))
        bytes += [0x03, 0x77] + word(max(0, value.value), 100)
      case "rain": object.append(("rain_mm", fixed(value.value, decimals: 2)))
      default: break
      }
    }
    return (object, bytes)
  }

  var model: String {
    switch device.kind {
    case .elevatorNoiseMeter, .noiseMeter: "WS302"
    case .wallTiltSensor: "EM310-TILT"
    case .sewerLevelProbe, .meterWellProbe: "EM500-SWL"
    default: device.kind.rawValue
    }
  }
}

/// Base64 of RFC 4648, section 4.
func base64(_ bytes: [UInt8]) -> String {
  let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  var text: [UInt8] = []
  for start in stride(from: 0, to: bytes.count, by: 3) {
    let group = bytes[start..<min(bytes.count, start + 3)]
    var bits: UInt32 = 0
    for (place, byte) in group.enumerated() { bits |= UInt32(byte) << UInt32(16 - 8 * place) }
    for place in 0..<4 {
      text.append(
        place <= group.count ? letters[Int(bits >> UInt32(18 - 6 * place) & 63)] : UInt8(ascii: "="))
    }
  }
  return String(decoding: text, as: UTF8.self)
}
