/// Prometheus' text format, version 0.0.4.
import Gateway

struct Exposition {
  enum Kind: String { case counter, gauge, histogram }

  private(set) var text = ""

  /// One metric with a sample for each set of labels.
  mutating func add(_ name: String, _ kind: Kind, _ help: String, _ samples: [([(String, String)], Double)]) {
    head(name, kind, help)
    for (labels, value) in samples { line(name, labels, value) }
  }

  mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
    add(name, kind, help, [([], value)])
  }

  mutating func add(_ name: String, _ help: String, _ histogram: LatencyHistogram) {
    head(name, .histogram, help)
    var sum = 0
    for (limit, count) in zip(LatencyHistogram.limits, histogram.counts) {
      sum += count
      line(name + "_bucket", [("le", Self.number(limit))], Double(sum))
    }
    line(name + "_bucket", [("le", "+Inf")], Double(histogram.total))
    line(name + "_sum", [], histogram.sum)
    line(name + "_count", [], Double(histogram.total))
  }

  private mutating func head(_ name: String, _ kind: Kind, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
  }

  private mutating func line(_ name: String, _ labels: [(String, String)], _ value: Double) {
    let list = labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
    text += "\(name)\(list.isEmpty ? "" : "{\(list)}") \(Self.number(value))\n"
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text.unicodeScalars {
      switch character {
      case "\\": result += "\\\\"
      case "\"": result += "\\\""
      case "\n": result += "\\n"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }

  private static func number(_ value: Double) -> String {
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    if let whole = Int64(exactly: value) { return "\(whole)" }
    return "\(value)"
  }
}
