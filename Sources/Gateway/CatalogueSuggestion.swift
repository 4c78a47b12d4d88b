/// What the catalogue might say of a device that nobody has claimed.
import EstateModel
import Foundation
import Payloads

/// Reads a device's last message with the profiles that are there, and guesses the rest.
public struct CatalogueSuggestion {
  private let decoder: PayloadDecoder
  private let topicRoot: String

  public init(_ configuration: LoadedConfiguration) {
    topicRoot = configuration.settings.topicRoot
    decoder = PayloadDecoder(
      catalogue: Catalogue(), profiles: configuration.profiles, root: topicRoot, unknownDevices: .register,
      tolerance: .unlimited)
  }

  /// An entry for an estate's file, with question marks where a person must say it.
  public func entry(for device: UnclaimedDevice) -> String {
    var signals: [String] = []
    if let payload = device.payload {
      let topic = Array(device.topic.utf8)
      topic.withUnsafeBytes { topic in
        Array(payload.utf8).withUnsafeBytes {
          decoder.decode(topic: topic, payload: $0, now: Timestamp(milliseconds: device.last))
        }
      }
      for reading in decoder.readings where !signals.contains(Signal[reading.signal].name) {
        signals.append(Signal[reading.signal].name)
      }
    }
    let isNative = device.topic.hasPrefix(topicRoot + "/")
    let own = isNative ? device.name.split(separator: "/").last.map(String.init) ?? "" : device.name
    var lines = ["- id: \(identifier(own))"]
    if let kind = Self.kind(signals) {
      lines.append("  kind: \(kind.rawValue)    # it says \(signals.joined(separator: ", "))")
    } else {
      lines.append("  kind: ?    # \(DeviceKind.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    lines += ["  title: {zh: \"?\", en: \"?\"}", "  at: ?    # the place's id"]
    if !isNative { lines.append("  address: \(quoted(device.name))") }
    if device.messages > 2 {
      let seconds = Double(device.last - device.first) / Double(device.messages - 1) / 1000
      if seconds >= 1 { lines.append("  report-interval: \(Int(seconds.rounded())) s") }
    }
    if let model = model(device.payload) { lines.append("  model: \(quoted(model))") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The kind with most of the signals as its own; nil when none has any.
  private static func kind(_ signals: [String]) -> DeviceKind? {
    let counts = DeviceKind.allCases.map { kind in
      (kind, signals.count { kind.signals.contains($0) })
    }
    // Meters at elevators are meters; which of them hang there nobody can guess.
    let order: [DeviceKind] = [
      .noiseMeter, .wallTiltSensor, .sewerLevelProbe, .entranceCamera, .rainGauge, .uplinkGateway,
    ]
    let best = counts.filter { order.contains($0.0) }.map(\.1).max() ?? 0
    guard best > 0 else { return nil }
    return order.first { kind in counts.contains { $0.0 == kind && $0.1 == best } }
  }

  /// What the network server calls the model.
  private func model(_ payload: String?) -> String? {
    guard let payload,
      let root = try? JSONSerialization.jsonObject(with: Data(payload.utf8)) as? [String: Any]
    else { return nil }
    let versions = (root["uplink_message"] as? [String: Any])?["version_ids"] as? [String: Any]
    let text =
      (root["deviceInfo"] as? [String: Any])?["deviceProfileName"] as? String ?? versions?["model_id"]
      as? String
    return text.flatMap { $0.isEmpty || $0.utf8.count > 64 || $0.contains("\n") ? nil : $0 }
  }

  /// Small letters, digits and hyphens.
  private func identifier(_ name: String) -> String {
    let plain = String(
      name.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
    let short = plain.split(separator: "-").joined(separator: "-")
    return short.isEmpty ? "?" : short.first?.isNumber == true ? "device-\(short)" : short
  }

  private func quoted(_ text: String) -> String {
    "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
  }
}
