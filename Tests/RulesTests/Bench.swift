/// A small estate, and a stand on which rules are fed readings.
import Configuration
import EstateModel
import Foundation
import Rules

/// Local time in Asia/Shanghai: `at("2026-03-10 21:00:00")`.
func at(_ text: String) -> Timestamp {
  Timestamp(rfc3339: text.replacingOccurrences(of: " ", with: "T") + "+08:00") ?? .distantPast
}

let minute: Int64 = 60_000
let hour: Int64 = 3_600_000

let estateYAML = """
  estate: test
  title: Test
  community: C
  sub-district: S
  district: D
  management: none
  places:
    - {id: flat, kind: flat}
    - {id: wall, kind: wall}
    - {id: gate, kind: gate}
    - {id: w9, kind: well, sewer: main, downstream: w10, bore: 0.30 m, cover: 1.6 m, depth: 1.6 m}
    - {id: w10, kind: well, sewer: main, downstream: w11, bore: 0.30 m, cover: 1.6 m, depth: 1.6 m}
    - {id: w11, kind: well, sewer: main, downstream: w12, bore: 0.30 m, cover: 1.6 m, depth: 1.6 m}
    - {id: w12, kind: well, sewer: main, bore: 0.30 m, cover: 1.6 m, depth: 1.6 m}
  devices:
    - {id: meter, kind: elevator-noise-meter, at: flat, report-interval: 1 s, background: 26 dBA, limit-night: 30 dBA, limit-day: 40 dBA}
    - {id: slow-meter, kind: noise-meter, at: flat, report-interval: 60 s, noise-floor: 30 dBA}
    - {id: tilt, kind: wall-tilt-sensor, at: wall, report-interval: 10 min, baseline: 0 deg}
    - {id: camera, kind: entrance-camera, at: gate, report-interval: 60 s}
    - {id: p9, kind: sewer-level-probe, at: w9, report-interval: 60 s}
    - {id: p10, kind: sewer-level-probe, at: w10, report-interval: 60 s}
    - {id: p11, kind: sewer-level-probe, at: w11, report-interval: 60 s}
    - {id: p12, kind: sewer-level-probe, at: w12, report-interval: 60 s}
    - {id: meter-well, kind: meter-well-probe, at: w12, report-interval: 60 s}
  """

let hoursYAML =
  "night: 22:00-06:00\nday: 06:00-22:00\nnoon-rest: 12:00-14:00\nexam: {dates: [2026-06-07], hours: 08:00-18:00}\n"

/// Rules and devices, checked.
struct Bench {
  let diagnostics = Diagnostics()
  let catalogue: Catalogue
  let rules: RuleSet

  init(_ text: String, hours: String = hoursYAML) {
    let estates = [Document(text: estateYAML, file: "estate.yaml", diagnostics: diagnostics)].compactMap {
      $0
    }
    catalogue = Catalogue(documents: estates, diagnostics: diagnostics)
    let calendars = EstateCalendar.calendars(
      in: [Document(text: hours, file: "hours.yaml", diagnostics: diagnostics)].compactMap { $0 },
      diagnostics: diagnostics)
    let documents = [Document(text: text, file: "rules.yaml", diagnostics: diagnostics)].compactMap { $0 }
    rules = RuleSet(
      documents: documents, calendars: calendars, catalogue: catalogue, diagnostics: diagnostics)
  }

  /// One rule on one kind, with the other keys at their shortest.
  init(on kind: String, _ keys: String) {
    self.init(
      "- rule: r\n  on: \(kind)\n  priority: P3\n  ticket: t\n"
        + keys.split(separator: "\n").map { "  \($0)\n" }.joined())
  }

  /// The rules that ship.
  static func shipped() -> Bench {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("config")
    let names = ["noise", "sewer", "wall", "gate", "devices"]
    let texts = names.compactMap {
      try? String(contentsOf: folder.appendingPathComponent("rules/\($0).yaml"), encoding: .utf8)
    }
    let hours = try? String(
      contentsOf: folder.appendingPathComponent("calendars/hours.yaml"), encoding: .utf8)
    return Bench(texts.joined(separator: "\n"), hours: hours ?? "")
  }

  var messages: [String] { diagnostics.sorted().filter { $0.severity == .error }.map(\.description) }

  func engine(from start: Timestamp) -> RuleEngine {
    RuleEngine(rules: rules, catalogue: catalogue, start: start)
  }

  func reading(
    _ device: String, _ signal: String, _ value: Double, at time: Timestamp, quality: Quality = .good,
    marks: ReadingMarks = [], event: UInt64 = 0
  ) -> Reading {
    Reading(
      device: catalogue.device(path: "test/\(device)") ?? .none,
      signal: Signal.named(signal) ?? SignalIndex(.max), time: time, arrival: time, value: value,
      quality: quality, marks: marks, event: event)
  }
}

/// `raised r 22:45:00`: what happened, in local time.
func log(_ transitions: [AlarmTransition]) -> [String] {
  transitions.map { transition in
    let time = Timestamp(milliseconds: transition.at).formatted(
      in: TimeZone(identifier: "Asia/Shanghai") ?? .gmt)
    return "\(transition.kind) \(transition.rule) \(transition.device) \(time.dropFirst(11).prefix(8))"
  }
}
