/// One published message and what must come out of it, in the words of its publisher.
import EstateModel
import Foundation

struct ConformanceCase {
  var id: String
  var format: String
  var model: String
  var topic: String
  var payload: [UInt8]
  var isRetained: Bool
  /// The message has only the device's raw bytes.
  var needsCodec: Bool
  /// No reading may come out.
  var isNegative: Bool
  var time: Timestamp?
  var expected: [Expectation]

  struct Expectation {
    var quantity: String
    var value: Any?
    var unit: String
    var isFault: Bool
    var time: Any?
    var device: String?
    var isHistorical: Bool
  }

  init(_ line: Substring) throws {
    let fields = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
    id = fields["id"] as? String ?? "?"
    format = fields["format"] as? String ?? "?"
    model = "\(fields["vendor"] as? String ?? "?") \(fields["model"] as? String ?? "?")"
    topic = fields["topic"] as? String ?? ""
    isRetained = fields["retain"] as? Bool ?? false
    needsCodec = fields["needs_codec"] as? Bool ?? false
    if let text = fields["payload_b64"] as? String {
      payload = Array(Data(base64Encoded: text) ?? Data())
    } else if fields["text_payload"] as? Bool == true, let text = fields["payload"] as? String {
      payload = Array(text.utf8)
    } else {
      payload = Array(
        try JSONSerialization.data(
          withJSONObject: fields["payload"] ?? [:] as [String: Any], options: [.sortedKeys]))
    }
    time = (fields["expect_time"] as? String).flatMap { Timestamp(rfc3339: $0) }
    expected = (fields["expect"] as? [[String: Any]] ?? []).map { item in
      let value = item["value"]
      return Expectation(
        quantity: item["quantity"] as? String ?? "?", value: value is NSNull ? nil : value,
        unit: item["unit"] as? String ?? "", isFault: item["quality"] as? String == "fault",
        time: item["time"], device: item["device"] as? String,
        isHistorical: item["historical"] as? Bool ?? false)
    }
    isNegative = fields["negative"] as? Bool ?? false || expected.isEmpty
  }

  static func all() throws -> [ConformanceCase] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Examples/conformance.jsonl")
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(ConformanceCase.init)
  }
}

extension ConformanceCase.Expectation {
  /// The signal that the quantity is kept as; nil for what Gatehouse has no signal for.
  var signal: String? {
    let base = quantity.split(separator: ".").first.map(String.init) ?? quantity
    switch (quantity, unit) {
    case ("sound.leq", "dB(A)"): return "laeq"
    case ("sound.leq", "dB(C)"): return "lceq"
    case ("sound.leq", "dB(Z)"): return "lzeq"
    case ("sound.instant", "dB(A)"): return "laf"
    case ("sound.instant", "dB(C)"): return "lcf"
    case ("sound.instant", "dB(Z)"): return "lzf"
    case ("sound.max", "dB(A)"): return "lafmax"
    case ("sound.max", "dB(C)"): return "lcfmax"
    case ("sound.max", "dB(Z)"): return "lzfmax"
    case ("sound.level", _): return "sound"
    case ("sound.avg", _), ("sound.peak", _), ("tilt.x", _), ("tilt.y", _), ("tilt.z", _): return quantity
    case ("level.percent", _): return "fill"
    case ("tilt.angle", _): return "tilt"
    case ("battery.percent", _): return "battery"
    case ("battery.voltage", _), ("loop.current", _): return quantity
    case ("signal.rssi", _): return "rssi"
    case ("linkquality", _): return "lqi"
    case ("temperature", _), ("humidity", _), ("pressure", _), ("voltage", _), ("current", _), ("power", _),
      ("level", _), ("distance", _):
      return quantity
    case (_, _) where base == "distance" && quantity.dropFirst(9).allSatisfy(\.isNumber): return "distance"
    default: return nil
    }
  }

  /// The published unit as Gatehouse writes it.
  var knownUnit: EstateModel.Unit? {
    switch unit {
    case "Cel": .celsius
    case "%RH": .percent
    default: EstateModel.Unit(symbol: unit)
    }
  }

  /// Numbers that must be found, in the signal's unit.
  func numbers(in signal: Signal) -> [Double] {
    let values = (value as? [Any])?.compactMap { $0 as? Double } ?? (value as? Double).map { [$0] } ?? []
    guard let unit = knownUnit, unit.dimension == signal.unit.dimension else { return values }
    return values.map { $0 * unit.scale / signal.unit.scale }
  }

  /// Milliseconds since 1970, from text, seconds or milliseconds.
  var milliseconds: Int64? {
    if let text = time as? String { return Timestamp(rfc3339: text)?.milliseconds }
    guard let number = time as? Double else { return nil }
    return Int64((number < 1e11 ? number * 1000 : number).rounded())
  }
}
