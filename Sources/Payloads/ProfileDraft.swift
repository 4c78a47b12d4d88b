/// A first draft of a profile from one message: what can be guessed is written, what can't is asked for.
import CSimdjson
import EstateModel

/// Writes YAML for `config/profiles/models`.
///
///     let draft = ProfileDraft(profiles: profiles)
///     print(draft.text(payload: bytes, topic: "site/well-3/up", name: "my-model"))
public struct ProfileDraft {
  /// Signals by the plain names that the vocabulary has.
  private let known: [String: SignalSource]

  public init(profiles: [Profile]) {
    var known: [String: SignalSource] = [:]
    for source in profiles.flatMap(\.vocabulary) {
      for name in source.paths.compactMap(\.keys.first) where known[plainName(name)] == nil {
        known[plainName(name)] = source
      }
    }
    self.known = known
  }

  /// Where each network server puts the decoded values, by keys that only it has.
  private static let networks: [(name: String, mark: String, decoded: [String], raw: String)] = [
    ("chirpstack-v4", "deviceInfo", ["object"], "data"), ("chirpstack-v3", "devEUI", ["object"], "data"),
    ("ttn-v3", "uplink_message", ["uplink_message.decoded_payload"], "uplink_message.frm_payload"),
    ("loriot", "EUI", ["decoded"], "data"),
  ]

  /// - Parameters:
  ///   - topic: on which the message came, if it is known.
  ///   - name: the model's name.
  /// - Returns: nil when the payload isn't a JSON object.
  public func text(payload: [UInt8], topic: String?, name: String) -> String? {
    let parser = JSONParser(capacity: PayloadDecoder.maximumPayload, depth: PayloadDecoder.maximumDepth)
    var root = json_value()
    guard payload.withUnsafeBytes({ parser.parse($0, into: &root) }) == nil, root.kind == JSON_OBJECT else {
      return nil
    }
    let memory = PathMemory()
    func find(_ path: String, in value: json_value) -> json_value {
      JSONPath(path).map { memory.plan($0)(value) } ?? json_value()
    }
    guard let network = Self.networks.first(where: { !find($0.mark, in: root).isAbsent }) else {
      return profile(root, parser, topic, name)
    }
    let object = network.decoded.map { find($0, in: root) }.first { $0.kind == JSON_OBJECT }
    guard let object else { return codec(find(network.raw, in: root), network.name, name) }
    let fields = Array(parser.fields(of: object).fields)
    var lines = [
      "# What is odd about this device?", "model: \(name)", "source: where its keys and units are documented",
    ]
    let (signals, marks) = self.signals(fields, parser, prefix: "")
    lines.append("# The keys by which it is recognized: best those that no other model has.")
    lines.append("has: [\(marks.prefix(3).map(quoted).joined(separator: ", "))]")
    return (lines + ["signals:"] + signals).joined(separator: "\n") + "\n"
  }

  /// A device that publishes by itself.
  private func profile(_ root: json_value, _ parser: JSONParser, _ topic: String?, _ name: String) -> String {
    var levels = (topic ?? "site/device/up").split(separator: "/", omittingEmptySubsequences: false).map(
      String.init)
    // Most often the level before the last names the device.
    levels[max(0, levels.count - 2)] = "{device}"
    let fields = Array(parser.fields(of: root).fields)
    let (signals, _) = self.signals(fields, parser, prefix: "")
    return
      ([
        "# What is odd about this device?", "profile: \(name)",
        "source: where its keys and units are documented",
        "# Which level is the device?", "topic: \"\(levels.joined(separator: "/"))\"", "device: \"{device}\"",
        "# time: {at: the key of its time, form: rfc3339}    # or epoch-s, epoch-ms; without it the arrival counts",
        "signals:",
      ] + signals).joined(separator: "\n") + "\n"
  }

  /// The network server has no codec: the bytes have to be described.
  private func codec(_ raw: json_value, _ network: String, _ name: String) -> String {
    let text = raw.isString ? String(decoding: raw.textBytes, as: UTF8.self) : "none"
    return """
      # \(network) sends only the device's own bytes: \(text.prefix(80))
      # Give the device a codec there, or describe its bytes here; and a `model:` in a file of its own says which
      # value is which signal.
      codec: \(name)
      source: where its bytes are documented
      bytes: big
      names: [\(quoted(name))]
      layouts:
        - read:
            first_value: u16
            second_value: i16 / 10

      """
  }

  /// A line for each value, and the keys by which the model may be recognized.
  private func signals(_ fields: [json_field], _ parser: JSONParser, prefix: String) -> (
    lines: [String], marks: [String]
  ) {
    var lines: [String] = []
    var marks: [String] = []
    var taken: Set<SignalIndex> = []
    for field in fields {
      let key = String(decoding: field.keyBytes, as: UTF8.self)
      let path = prefix + (key.contains(".") ? "\"\(key)\"" : key)
      guard !privateKeys.contains(key), key.utf8.count <= 64, !key.contains("\n") else { continue }
      if field.value.kind == JSON_OBJECT, prefix.isEmpty {
        let inner = Array(parser.fields(of: field.value).fields)
        if inner.contains(where: { $0.keyBytes.isEqual(to: "value") }) {
          if let line = line(key, path, "", taken: &taken) {
            (lines, marks) = (lines + [line], marks + [key])
          }
          continue
        }
        let found = signals(inner, parser, prefix: path + ".")
        (lines, marks) = (lines + found.lines, marks + (found.lines.isEmpty ? [] : [path]))
        continue
      }
      if let line = line(key, path, example(field.value), taken: &taken) {
        lines.append(line)
        marks.append(path)
      } else if field.value.isNumber || field.value.isString {
        lines.append("  # ?: {from: \(quoted(path)), unit: ?}    # \(example(field.value))")
      }
    }
    return (lines, marks)
  }

  private func line(_ key: String, _ path: String, _ example: String, taken: inout Set<SignalIndex>)
    -> String?
  {
    guard let source = known[plainName(key)], taken.insert(source.signal).inserted else { return nil }
    let signal = Signal[source.signal]
    let comment = example.isEmpty ? "" : "    # \(example)"
    if signal.unit.symbol.isEmpty { return "  \(signal.name): \(quoted(path))\(comment)" }
    if source.isUnitStated {
      return "  # In which unit?\n  \(signal.name): {from: \(quoted(path)), unit: \(signal.unit)}\(comment)"
    }
    return "  \(signal.name): {from: \(quoted(path)), unit: \(quoted(source.unit.symbol))}\(comment)"
  }

  private func example(_ value: json_value) -> String {
    if value.isNumber { return plainNumber(value.number) }
    if value.isString { return "'\(printable(value.textBytes, limit: 24))'" }
    return value.kind == JSON_BOOL ? (value.number != 0 ? "true" : "false") : ""
  }

  /// Quotes where YAML needs them.
  private func quoted(_ text: String) -> String {
    let isPlain =
      text.utf8.allSatisfy { isPlainASCII($0) } && !text.isEmpty && !text.utf8.allSatisfy { $0 < 58 }
    return isPlain ? text : "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
  }

  private func isPlainASCII(_ byte: UInt8) -> Bool {
    isPlain(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
  }
}
