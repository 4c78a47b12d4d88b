/// LoRaWAN devices behind a network server: ChirpStack 4 and The Things Stack 3, as their documentation shows messages.
import EstateModel

extension DeviceVoice {
  /// An uplink with these values; nil when the device has no words for any of them.
  mutating func uplink(_ values: [Publication.Value], at time: Timestamp) -> WireMessage? {
    for value in values where value.signal == "rssi" { rssi = value.value.rounded() }
    let (object, bytes) = Self.words(values)
    guard !object.isEmpty else { return nil }
    defer { counter += 1 }
    let moment = uniqueTime(time)
    let fields = object.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",")
    return format == .chirpstack ? chirpStack(fields, bytes, moment) : things(fields, bytes, moment)
  }

  mutating func join(at time: Timestamp) -> WireMessage {
    session += 1
    counter = 0
    let moment = uniqueTime(time)
    if format == .chirpstack {
      return WireMessage(
        time: time, topic: "application/1/device/\(address)/event/join",
        text:
          "{\"time\":\"\(moment.formatted())\",\"deviceInfo\":\(deviceInfo),\"devAddr\":\"\(sessionName)\"}")
    }
    return WireMessage(
      time: time, topic: "v3/estate@ttn/devices/\(address)/join",
      text: "{\"end_device_ids\":\(endDevice),\"received_at\":\"\(moment.formatted())\","
        + "\"join_accept\":{\"session_key_id\":\"\(sessionName)\"}}")
  }

  /// Eight hexadecimal digits.
  private var sessionName: String {
    let digits = String(UInt32(truncatingIfNeeded: session), radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  private var deviceInfo: String {
    "{\"tenantName\":\"Estates\",\"applicationId\":\"1\",\"applicationName\":\"\(device.estate)\","
      + "\"deviceProfileName\":\"\(model)\",\"deviceName\":\"\(device.id)\",\"devEui\":\"\(address)\",\"tags\":{}}"
  }

  private var endDevice: String {
    "{\"device_id\":\"\(address)\",\"application_ids\":{\"application_id\":\"estate\"},"
      + "\"dev_eui\":\"\(address.uppercased())\",\"dev_addr\":\"\(sessionName)\"}"
  }

  private func chirpStack(_ fields: String, _ bytes: [UInt8], _ time: Timestamp) -> WireMessage {
    let id = "\(address)-\(session)-\(counter)"
    return WireMessage(
      time: time, topic: "application/1/device/\(address)/event/up",
      text: "{\"deduplicationId\":\"\(id)\",\"time\":\"\(time.formatted())\",\"deviceInfo\":\(deviceInfo),"
        + "\"devAddr\":\"\(sessionName)\",\"adr\":true,\"dr\":3,\"fCnt\":\(counter),\"fPort\":85,\"confirmed\":false,"
        + "\"data\":\"\(base64(bytes))\",\"object\":{\(fields)},"
        + "\"rxInfo\":[{\"gatewayId\":\"0016c001f153a14c\",\"rssi\":\(fixed(rssi, decimals: 0)),\"snr\":6.5}],"
        + "\"txInfo\":{\"frequency\":470300000}}")
  }

  /// It leaves out what is 0. Values that have no bytes come decoded.
  private func things(_ fields: String, _ bytes: [UInt8], _ time: Timestamp) -> WireMessage {
    let number = counter == 0 ? "" : "\"f_cnt\":\(counter),"
    let content =
      bytes.isEmpty ? "\"decoded_payload\":{\(fields)}" : "\"frm_payload\":\"\(base64(bytes))\""
    return WireMessage(
      time: time, topic: "v3/estate@ttn/devices/\(address)/up",
      text: "{\"end_device_ids\":\(endDevice),\"received_at\":\"\(time.formatted())\",\"uplink_message\":{"
        + "\"session_key_id\":\"\(sessionName)\",\"f_port\":85,\(number)\(content),"
        + "\"rx_metadata\":[{\"gateway_ids\":{\"gateway_id\":\"gtw1\"},\"rssi\":\(fixed(rssi, decimals: 0)),"
        + "\"snr\":7.2}],\"received_at\":\"\(time.formatted())\","
        + "\"version_ids\":{\"brand_id\":\"milesight-iot\",\"model_id\":\"\(model.lowercased())\"}}}")
  }
}
