/// An edge node with the devices behind it: births, numbers, deaths. All with QoS 1 where the standard has 0, so that
/// nothing overtakes the simulator's clock.
import EstateModel

struct SparkplugNode {
  /// All estates are one group.
  static let group = "estates"

  let name: String
  private var next: UInt8 = 0
  private var birthNumber: UInt64 = 0
  private(set) var isBorn = false

  init(name: String) { self.name = name }

  /// Births have the number 0; what follows counts on to 255 and from 0 again.
  private mutating func sequence() -> UInt8 {
    defer { next &+= 1 }
    return next
  }

  mutating func birth(at time: Timestamp) -> WireMessage {
    next = 0
    isBorn = true
    var writer = SparkplugWriter(time: time, sequence: sequence())
    writer.add(birthNumber: birthNumber, at: time)
    return message("NBIRTH", writer, at: time)
  }

  /// All that the device has told so far, under names and numbers.
  mutating func birth(of voice: inout DeviceVoice, at time: Timestamp) -> WireMessage {
    voice.isBorn = true
    let moment = voice.uniqueTime(time)
    var writer = SparkplugWriter(time: moment, sequence: sequence())
    for (alias, metric) in voice.metrics.enumerated() {
      // What "level" means differs from maker to maker without its unit.
      let unit = metric.signal == "level" ? "m" : nil
      writer.add(name: metric.signal, alias: alias + 1, value: metric.rounded, unit: unit, at: moment)
    }
    return message("DBIRTH", writer, at: time, device: voice.address)
  }

  mutating func death(of voice: inout DeviceVoice, at time: Timestamp) -> WireMessage {
    voice.isBorn = false
    return message(
      "DDEATH", SparkplugWriter(time: time, sequence: sequence()), at: time, device: voice.address)
  }

  /// A message with the values; before the first, and when a value comes up that no birth has named, births.
  mutating func data(
    _ values: [Publication.Value], of voice: inout DeviceVoice, at time: Timestamp
  ) -> [WireMessage] {
    var isNew = !voice.isBorn
    var aliases: [Int] = []
    for value in values {
      if let place = voice.metrics.firstIndex(where: { $0.signal == value.signal }) {
        voice.metrics[place] = value
        aliases.append(place + 1)
      } else {
        voice.metrics.append(value)
        isNew = true
      }
    }
    var messages = isBorn ? [] : [birth(at: time)]
    if isNew { return messages + [birth(of: &voice, at: time)] }
    let moment = voice.uniqueTime(time)
    var writer = SparkplugWriter(time: moment, sequence: sequence())
    for (alias, value) in zip(aliases, values) {
      writer.add(name: nil, alias: alias, value: value.rounded, at: moment)
    }
    messages.append(message("DDATA", writer, at: time, device: voice.address))
    return messages
  }

  private func message(
    _ kind: String, _ writer: SparkplugWriter, at time: Timestamp, device: String? = nil
  ) -> WireMessage {
    let end = device.map { "/\($0)" } ?? ""
    return WireMessage(
      time: time, topic: "spBv1.0/\(Self.group)/\(kind)/\(name)\(end)", payload: writer.finished())
  }
}

extension Publication.Value {
  /// With the digits that the device writes.
  var rounded: Double { Double(fixed(value, decimals: decimals)) ?? value }
}
