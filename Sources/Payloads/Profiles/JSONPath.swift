/// Where in a JSON document a value stands: `rxInfo[0].rssi`; or which level of the topic: `{device}`.
import Configuration

/// Keys divided by dots, positions in brackets; `.` is the whole document, `*` any key, `[]` at the end each item of
/// a list. A key that has dots in its name stands in quotes: `params."switch:0.1".voltage`.
public struct JSONPath: Hashable, Sendable, CustomStringConvertible {
  public enum Step: Hashable, Sendable {
    case key(String)
    case index(Int)
    /// Any key or position; the first that leads on is taken.
    case any
  }

  public var steps: [Step] = []
  /// Written with `[]` at its end.
  public var isEach = false
  /// A named level of the topic instead of a place in the document.
  public var capture: String?

  /// The whole document.
  public init() {}

  /// - Returns: nil when the text is no path.
  public init?(_ text: String) {
    guard !text.isEmpty else { return nil }
    if text == "." { return }
    if text.hasPrefix("{"), text.hasSuffix("}") {
      let name = String(text.dropFirst().dropLast())
      guard !name.isEmpty, !name.contains(where: { "{}.[]".contains($0) }) else { return nil }
      capture = name
      return
    }
    guard let parts = Self.parts(of: text) else { return nil }
    for part in parts {
      guard !isEach else { return nil }
      switch part {
      case .quoted(let key): steps.append(.key(key))
      case .plain(let part):
        let pieces = part.split(separator: "[", omittingEmptySubsequences: false)
        guard let key = pieces.first, !key.contains("]") else { return nil }
        if !key.isEmpty { steps.append(key == "*" ? .any : .key(String(key))) }
        guard !key.isEmpty || pieces.count > 1 else { return nil }
        for piece in pieces.dropFirst() {
          guard piece.last == "]", !isEach else { return nil }
          let number = piece.dropLast()
          if number.isEmpty {
            isEach = true
          } else {
            guard let index = Int(number), (0..<10_000).contains(index) else { return nil }
            steps.append(.index(index))
          }
        }
      }
    }
  }

  private enum Part { case plain(Substring), quoted(String) }

  /// The text between the dots that stand outside quotes.
  private static func parts(of text: String) -> [Part]? {
    var parts: [Part] = []
    var rest = text[...]
    while true {
      if rest.first == "\"" {
        rest = rest.dropFirst()
        guard let end = rest.firstIndex(of: "\""), end > rest.startIndex else { return nil }
        parts.append(.quoted(String(rest[..<end])))
        rest = rest[rest.index(after: end)...]
      } else {
        let end = rest.firstIndex(of: ".") ?? rest.endIndex
        parts.append(.plain(rest[..<end]))
        rest = rest[end...]
      }
      if rest.isEmpty { return parts }
      guard rest.first == "." else { return nil }
      rest = rest.dropFirst()
    }
  }

  public var keys: [String] {
    steps.compactMap { if case .key(let key) = $0 { key } else { nil } }
  }

  public var description: String {
    if let capture { return "{\(capture)}" }
    var text = ""
    for step in steps {
      let dot = text.isEmpty ? "" : "."
      switch step {
      case .key(let key): text += dot + (key.contains(where: { ".[]\"".contains($0) }) ? "\"\(key)\"" : key)
      case .index(let index): text += "[\(index)]"
      case .any: text += dot + "*"
      }
    }
    return text.isEmpty ? (isEach ? "[]" : ".") : text + (isEach ? "[]" : "")
  }
}

/// Keys that cameras use for names, faces and plates. No profile may read them.
public let privateKeys: Set<String> = [
  "sub_label", "sub_labels", "recognized_license_plate", "license_plate", "plate", "plateNumber", "face",
  "faces", "face_id", "person_name", "name_of_person", "thumbnail", "snapshot", "snapshot_path", "image",
]

extension Node {
  /// A path in the payload; one that leads to private data is refused.
  func path(_ diagnostics: Diagnostics, canEach: Bool = false, extraPrivate: Set<String> = []) -> JSONPath? {
    guard let text = text(diagnostics) else { return nil }
    guard let path = JSONPath(text), canEach || !path.isEach else {
      let example = canEach ? "'object' or 'data[]'" : "'deviceInfo.devEui' or 'rxInfo[0].rssi'"
      diagnostics.error("found '\(text)', expected a path such as \(example)", at: location)
      return nil
    }
    if let key = path.keys.first(where: { privateKeys.contains($0) || extraPrivate.contains($0) }) {
      diagnostics.error(
        "'\(key)' holds private data (names, faces, plates), which must not leave the decoder", at: location)
      return nil
    }
    return path
  }
}
