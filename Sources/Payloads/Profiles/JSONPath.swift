/// Where in a JSON document a value stands: `rxInfo[0].rssi`.
import Configuration

/// Keys divided by dots, positions in brackets; `.` is the whole document, `[]` at the end each item of a list.
public struct JSONPath: Hashable, Sendable, CustomStringConvertible {
  public enum Step: Hashable, Sendable {
    case key(String)
    case index(Int)
  }

  public var steps: [Step] = []
  /// Written with `[]` at its end.
  public var isEach = false

  /// The whole document.
  public init() {}

  /// - Returns: nil when the text is no path.
  public init?(_ text: String) {
    guard !text.isEmpty else { return nil }
    if text == "." { return }
    for part in text.split(separator: ".", omittingEmptySubsequences: false) {
      let pieces = part.split(separator: "[", omittingEmptySubsequences: false)
      guard !isEach, let key = pieces.first, !key.contains("]") else { return nil }
      if !key.isEmpty { steps.append(.key(String(key))) }
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

  public var keys: [String] {
    steps.compactMap { if case .key(let key) = $0 { key } else { nil } }
  }

  public var description: String {
    var text = ""
    for step in steps {
      switch step {
      case .key(let key): text += (text.isEmpty ? "" : ".") + key
      case .index(let index): text += "[\(index)]"
      }
    }
    return text.isEmpty ? "." : text + (isEach ? "[]" : "")
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
