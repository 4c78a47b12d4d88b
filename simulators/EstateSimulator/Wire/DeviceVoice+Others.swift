/// Devices that need no network server: SenML (RFC 8428), and cameras behind Frigate.
import EstateModel

extension DeviceVoice {
  /// - Parameter clock: milliseconds by which the device's clock is ahead.
  func senML(_ values: [Publication.Value], at time: Timestamp, clock: Int64) -> WireMessage {
    let seconds = Double((time + clock).milliseconds) / 1000
    let records = values.map { value in
      // Units of the registry where it has one; the name tells the others.
      let unit: String? =
        switch value.signal {
        case "level", "distance": "m"
        case "temperature": "Cel"
        case "battery": "%EL"
        case "voltage": "V"
        default: nil
        }
      return "\"n\":\"\(value.signal)\"," + (unit.map { "\"u\":\"\($0)\"," } ?? "")
        + "\"v\":\(fixed(value.value, decimals: value.decimals))}"
    }
    let base = "[{\"bn\":\"\(address)/\",\"bt\":\(fixed(seconds, decimals: 3)),"
    return WireMessage(
      time: time, topic: "senml/\(address)", text: base + records.joined(separator: ",{") + "]")
  }

  /// Frigate's message for a visit.
  func frigate(
    _ phase: EventDetail.Phase, id: String, start: Timestamp, zones: [String], at time: Timestamp
  ) -> WireMessage {
    let type =
      switch phase {
      case .begin: "new"
      case .update: "update"
      case .end: "end"
      }
    func seconds(_ time: Timestamp) -> String { fixed(Double(time.milliseconds) / 1000, decimals: 3) }
    let end = phase == .end ? seconds(time) : "null"
    let zones = zones.map { "\"\($0)\"" }.joined(separator: ",")
    let object =
      "{\"id\":\"\(id)\",\"camera\":\"\(address)\",\"frame_time\":\(seconds(time)),\"label\":\"person\","
      + "\"sub_label\":null,\"false_positive\":false,\"start_time\":\(seconds(start)),\"end_time\":\(end),"
      + "\"score\":0.83,\"box\":[415,489,528,700],\"current_zones\":[\(zones)],\"entered_zones\":[\(zones)],"
      + "\"active\":\(phase != .end),\"stationary\":false}"
    return WireMessage(
      time: time, topic: "frigate/events",
      text: "{\"type\":\"\(type)\",\"before\":\(object),\"after\":\(object)}")
  }

  func frigateStatus(_ isOnline: Bool, at time: Timestamp) -> WireMessage {
    WireMessage(
      time: time, topic: "frigate/\(address)/status/detect", text: isOnline ? "online" : "offline")
  }
}
