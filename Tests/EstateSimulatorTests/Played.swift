import EstateModel
import EstateSimulator
import Foundation

/// What a scenario's devices said, sorted for questions.
struct Played {
  struct Sample {
    /// Minutes after the start.
    var minute: Double
    var value: Double
  }
  struct Event: Decodable {
    var ts: Int64
    var event: String
    var phase: String
    var id: String
    var start: Int64
    var zones: [String]?
    var active: Bool
    var dwell: Double { Double(ts - start) / 1000 }
  }

  struct Unreadable: Error { var line: String }

  /// By `estate/device` and signal.
  private(set) var samples: [String: [String: [Sample]]] = [:]
  private(set) var events: [String: [Event]] = [:]

  init(
    _ scenario: Scenario, seed: UInt64? = nil, reportInterval: Double? = nil,
    devices isPlaying: (Device) -> Bool = { _ in true }
  ) throws {
    for line in try lines(
      of: scenario, seed: seed, reportInterval: reportInterval, devices: isPlaying
    ).readings {
      let parts = line.split(separator: "\t")
      let topic = parts[0].split(separator: "/")
      let path = "\(topic[1])/\(topic[2])"
      if topic[3] == "event" {
        events[path, default: []].append(try JSONDecoder().decode(Event.self, from: Data(parts[1].utf8)))
      }
      guard topic[3] == "reading" else { continue }
      // {"ts":1776114004000,"level":0.046}: no nesting, no blanks, so that a day is read in seconds.
      var minute = Double.nan
      for field in parts[1].dropFirst().dropLast().split(separator: ",") {
        let pair = field.split(separator: ":")
        guard pair.count == 2, let value = Double(pair[1]) else { throw Unreadable(line: line) }
        if pair[0] == "\"ts\"" {
          minute = (value - Double(scenario.start.milliseconds)) / 60_000
        } else {
          samples[path, default: [:]][String(pair[0].dropFirst().dropLast()), default: []]
            .append(Sample(minute: minute, value: value))
        }
      }
    }
  }

  func values(_ path: String, _ signal: String) -> [Sample] { samples[path]?[signal] ?? [] }

  /// The first minute at which a level is reached.
  func minute(_ path: String, _ signal: String, atLeast level: Double) -> Double? {
    values(path, signal).first { $0.value >= level }?.minute
  }
}

/// Energy mean, GB 3096-2008, 3.2: each value stands for the same time.
func energyMean(_ levels: some Collection<Double>) -> Double {
  10 * log10(levels.reduce(0) { $0 + pow(10, $1 / 10) } / Double(levels.count))
}
