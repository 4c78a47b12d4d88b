/// What an unknown sender's message looks like, for the person who adds it to the catalogue: keys, numbers and states.
import CSimdjson
import EstateModel

extension PayloadDecoder {
  private static let sketchLength = 400
  private static let sketchDepth = 5
  /// Numbers from here on may be somebody's: a telephone's, an identity card's.
  private static let largestNumber = 1e7
  private static let personalKeys = [
    "name", "face", "plate", "person", "phone", "mobile", "identity", "user", "owner", "resident", "card",
    "label", "thumbnail", "snapshot", "image", "picture", "photo", "secret", "token", "password", "key",
  ]

  /// A sender that the catalogue doesn't have.
  /// - Parameter sent: its message; absent: it is no JSON.
  func reportDevice(_ device: UnsafeRawBufferPointer, sent: json_value = json_value()) {
    guard isUTF8(device) else { return report(printable(device), .badTopic, "the topic is not UTF-8") }
    var detail = "not in the catalogue"
    if !sent.isAbsent { detail += "; sent " + sketch(sent) }
    report(printable(device), .unknownDevice, detail)
  }

  /// `{"level":0.31,"battery":57,"rxInfo":[{"rssi":-97}]}`: no text of it, no long number, nothing below a key that may
  /// be about a person.
  private func sketch(_ value: json_value) -> String {
    var text = ""
    sketch(value, into: &text, depth: 0)
    return text.utf8.count > Self.sketchLength ? text.prefix(Self.sketchLength) + "…" : text
  }

  private func sketch(_ value: json_value, into text: inout String, depth: Int) {
    guard text.utf8.count <= Self.sketchLength else { return }
    switch value.kind {
    case JSON_OBJECT:
      guard depth < Self.sketchDepth else { return text += "{…}" }
      // The room is used again below: what is wanted of it is copied.
      let fields = inner.fields(of: value).fields.map { (printable($0.keyBytes, limit: 40), $0.value) }
      text += "{"
      var isFirst = true
      for (key, value) in fields where Self.isTold(key) {
        if !isFirst { text += "," }
        isFirst = false
        text += "\"\(key)\":"
        sketch(value, into: &text, depth: depth + 1)
      }
      text += "}"
    case JSON_ARRAY:
      guard depth < Self.sketchDepth else { return text += "[…]" }
      let items = value.items(4)
      text += "["
      for (index, item) in items.enumerated() {
        if index > 0 { text += "," }
        sketch(item, into: &text, depth: depth + 1)
      }
      text += "]"
    case JSON_INTEGER, JSON_NUMBER:
      text += abs(value.number) < Self.largestNumber ? plainNumber(value.number) : "#"
    case JSON_BOOL: text += value.number == 0 ? "false" : "true"
    case JSON_NULL: text += "null"
    default: text += "\"…\""
    }
  }

  /// A key is told when it is plain and in no way about a person.
  private static func isTold(_ key: String) -> Bool {
    guard key.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != 34 && $0 != 92 }) else { return false }
    // A vocabulary's signal counts people, it doesn't name them.
    if Signal.named(key) != nil { return true }
    let lower = key.lowercased()
    return !personalKeys.contains { lower.contains($0) }
  }
}
