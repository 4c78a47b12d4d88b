/// Which sensors would see what a resident reports, and what they measured in that hour.
import EstateModel
import Foundation
import Gateway
import Rules
import Store
import Tickets

struct SensorMatch: Sendable {
  /// So many devices are told of, the nearest to the report's own place first.
  static let most = 6

  private let configuration: LoadedConfiguration

  init(_ configuration: LoadedConfiguration) { self.configuration = configuration }

  /// The report with what is known at its place and hour; alarms are added by the tickets themselves.
  func completed(_ report: Report, in category: Tickets.Category, now: Int64, by reader: StoreReader) throws
    -> Report
  {
    guard let estate = configuration.catalogue.estate(report.estate) else { return report }
    let rules = configuration.rules.rules.filter { $0.category == category.name }
    let kinds = Set(rules.flatMap(\.kinds))
    let near = configuration.catalogue.devices.filter { device in
      device.estate == estate.id && kinds.contains(device.kind)
        && category.concerns(device.place, report.place, in: estate)
    }.sorted { ($0.place == report.place ? 0 : 1, $0.id) < ($1.place == report.place ? 0 : 1, $1.id) }
    var completed = report
    let noticed = report.noticed ?? now
    for device in near.prefix(Self.most) {
      var isHeard = false
      for name in signals(of: device, in: rules) {
        let values = try reader.history(
          device: device.path, signal: name, since: Timestamp(milliseconds: noticed - Sighting.reach),
          until: Timestamp(milliseconds: min(now, noticed + Sighting.reach) + 1)
        ).filter { $0.quality == .good && $0.value.isFinite }.map(\.value)
        guard let lowest = values.min(), let highest = values.max() else { continue }
        isHeard = true
        let unit = Signal.named(name).map { Signal[$0].unit.symbol } ?? ""
        completed.readings.append(Evidence(label: "\(device.id) \(name), lowest", value: lowest, unit: unit))
        completed.readings.append(
          Evidence(label: "\(device.id) \(name), highest", value: highest, unit: unit))
      }
      // Whoever was silent in that hour has seen nothing.
      if isHeard { completed.devices.append(device.id) }
    }
    return completed
  }

  /// Those that the category's rules read.
  private func signals(of device: Device, in rules: [Rule]) -> [String] {
    var names: [String] = []
    for rule in rules where rule.kinds.contains(device.kind) {
      for word in rule.raiseText.split(whereSeparator: {
        !$0.isLetter && !$0.isNumber && $0 != "." && $0 != "_"
      }) {
        let name = String(word)
        if Signal.named(name) != nil, device.kind.reports(name), !names.contains(name) { names.append(name) }
      }
    }
    return names
  }
}
