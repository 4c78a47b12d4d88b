/// A measured figure: some runs, of which the median counts.
import Foundation

struct Figure: Codable {
  var name: String
  var unit: String
  /// One value a run.
  var values: [Double]
  /// The value that is aimed at, and whether more or less is better.
  var target: Double?
  var isAtLeast = false

  var median: Double {
    let ordered = values.sorted()
    guard !ordered.isEmpty else { return .nan }
    let middle = ordered.count / 2
    return ordered.count % 2 == 1 ? ordered[middle] : (ordered[middle - 1] + ordered[middle]) / 2
  }

  /// nil without a target.
  var isMet: Bool? { target.map { isAtLeast ? median >= $0 : median <= $0 } }

  var row: [String] {
    [
      name, "\(Self.text(median)) \(unit)",
      "\(Self.text(values.min() ?? .nan)) … \(Self.text(values.max() ?? .nan))",
      target.map { "\(isAtLeast ? "≥" : "≤") \(Self.text($0))" } ?? "",
      isMet.map { $0 ? "met" : "missed" } ?? "",
    ]
  }

  static func text(_ value: Double) -> String {
    if value == 0 { return "0" }
    let digits = max(0, 2 - Int(log10(abs(value)).rounded(.down)))
    return String(format: "%.\(min(6, digits))f", value)
  }
}

/// All figures of one call.
struct Report: Codable {
  var machine: Machine
  var date: String
  var figures: [Figure] = []

  var table: String {
    let rows = [["figure", "median", "min … max", "target", ""]] + figures.map(\.row)
    let widths = (0..<5).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}

/// What was measured on.
struct Machine: Codable {
  var processor: String
  var cores: Int
  var memoryGB: Double
  var system: String

  static func here() -> Machine {
    func line(_ path: String, _ start: String) -> String? {
      (try? String(contentsOfFile: path, encoding: .utf8))?.split(separator: "\n").map(String.init)
        .first { $0.hasPrefix(start) }
    }
    let processor = line("/proc/cpuinfo", "model name")?.split(separator: ":").last.map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    let memory = line("/proc/meminfo", "MemTotal")?.split(separator: " ").compactMap { Double($0) }.first
    let system = line("/etc/os-release", "PRETTY_NAME")?.split(separator: "=").last.map {
      $0.trimmingCharacters(in: CharacterSet(charactersIn: "\""))
    }
    return Machine(
      processor: processor ?? "unknown", cores: ProcessInfo.processInfo.activeProcessorCount,
      memoryGB: ((memory ?? 0) / 104_857.6).rounded() / 10, system: system ?? "unknown")
  }
}

/// What keeps a figure from being measured.
struct BenchError: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}
