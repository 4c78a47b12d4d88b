/// `history:` in `gatehouse.yaml`: how long readings are kept, and how much room they may take.
import Configuration
import EstateModel
import Store

extension Retention {
  /// What isn't said stays standard.
  init(node: Node, _ diagnostics: Diagnostics) {
    self = .standard
    guard let fields = Fields(node, of: "history", diagnostics: diagnostics) else { return }
    defer { fields.finish() }
    if let node = fields.optional("keep"), let time = node.quantity(.second, diagnostics) {
      let days = time.base / 86_400
      if (1...36_500).contains(days) {
        keep = Int64((time.base * 1000).rounded())
      } else {
        diagnostics.error("found \(time), expected a time from 1 d to 36500 d", at: node.location)
      }
    }
    if let node = fields.optional("max-size"), let text = node.text(diagnostics) {
      guard let bytes = Self.bytes(text) else {
        diagnostics.error(
          "found '\(text)', expected a size such as '4 GB'\(Self.hint(text))", at: node.location)
        return
      }
      if bytes >= Self.smallest, bytes <= Self.largest {
        maximumBytes = Int64(bytes)
      } else {
        diagnostics.error("found '\(text)', expected a size from 64 MB to 100 TB", at: node.location)
      }
    }
  }

  /// Tickets, the last hours and two snapshots of the engine need as much.
  private static let smallest = 64e6
  private static let largest = 100e12

  private static let units: [(symbol: String, bytes: Double)] = [
    ("MB", 1e6), ("GB", 1e9), ("TB", 1e12),
    ("MiB", 1_048_576), ("GiB", 1_073_741_824), ("TiB", 1_099_511_627_776),
  ]

  private static func bytes(_ text: String) -> Double? {
    let parts = parts(text)
    guard let number = Double(parts.number), number.isFinite, number >= 0,
      let unit = units.first(where: { $0.symbol == parts.unit })
    else { return nil }
    return number * unit.bytes
  }

  private static func hint(_ text: String) -> String {
    let unit = parts(text).unit.lowercased()
    // Two letters in the other case are too far apart for a mistyped name.
    let near = units.first { $0.symbol.lowercased() == unit }?.symbol
    return near.map { "; did you mean '\($0)'?" } ?? ""
  }

  private static func parts(_ text: String) -> (number: String, unit: String) {
    let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    return (String(number), String(text.dropFirst(number.count).drop(while: \.isWhitespace)))
  }
}
