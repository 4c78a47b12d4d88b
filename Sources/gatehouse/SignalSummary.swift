/// What a stretch of readings amounts to.
import EstateModel
import Foundation

/// Sound levels are averaged as energy, never arithmetically. Source: GB 3096-2008, 3.2.
struct SignalSummary: Encodable {
  var since: String
  var readings: Int
  var unit: String
  /// Energy mean for weighted sound levels, arithmetic mean for everything else.
  var mean: Double
  var min: Double
  var max: Double
  /// Sound levels only: exceeded 10 % and 90 % of the time, by nearest rank.
  var l10: Double?
  var l90: Double?

  init(_ start: Timestamp, _ values: [Double], _ signal: Signal) {
    since = start.formatted()
    readings = values.count
    unit = signal.unit.symbol
    let sorted = values.sorted()
    min = sorted.first ?? .nan
    max = sorted.last ?? .nan
    if signal.unit.dimension.isSoundLevel {
      mean = 10 * log10(values.reduce(0) { $0 + pow(10, $1 / 10) } / Double(values.count))
      l10 = Self.nearestRank(sorted, 0.9)
      l90 = Self.nearestRank(sorted, 0.1)
    } else {
      mean = values.reduce(0, +) / Double(values.count)
    }
  }

  /// The smallest value that at least this share of all values doesn't exceed.
  private static func nearestRank(_ sorted: [Double], _ share: Double) -> Double? {
    guard !sorted.isEmpty else { return nil }
    return sorted[Swift.max(0, Int((share * Double(sorted.count)).rounded(.up)) - 1)]
  }

  func text(in zone: TimeZone) -> String {
    let start = Timestamp(rfc3339: since).map { LocalTime.text($0.milliseconds, in: zone) } ?? since
    var text = "\(start)  \(l10 == nil ? "mean" : "Leq") \(number(mean)) \(unit)"
    if let l10, let l90 { text += "  L10 \(number(l10))  L90 \(number(l90))" }
    return text + "  min \(number(min))  max \(number(max))  (\(readings) readings)"
  }

  private func number(_ value: Double) -> String { String(format: "%.4f", value) }
}
