/// How a device fares, in lines for people.
import EstateModel
import Foundation
import Gateway
import Store

enum DeviceText {
  static let zone = TimeZone(identifier: "Asia/Shanghai") ?? .gmt

  /// `+12 s`, `-3 min`; `-` where the device tells no time.
  static func clock(_ device: DeviceOverview) -> String {
    guard let offset = device.clockOffset else { return "-" }
    let sign = offset < 0 ? "-" : "+"
    let seconds = Double(abs(offset)) / 1000
    if seconds < 120 { return "\(sign)\(plainNumber(seconds, digits: seconds < 10 ? 1 : 0)) s" }
    if seconds < 7200 { return "\(sign)\(plainNumber(seconds / 60, digits: 0)) min" }
    return "\(sign)\(plainNumber(seconds / 3600, digits: 0)) h"
  }

  static func text(_ device: DeviceOverview, _ problems: [DeviceProblem]) -> String {
    var text = ""
    func line(_ name: String, _ value: String?) {
      guard let value else { return }
      text += name.padding(toLength: 12, withPad: " ", startingAt: 0) + value + "\n"
    }
    func time(_ milliseconds: Int64) -> String { LocalTime.text(milliseconds, in: zone) }
    line("device", "\(device.device), \(device.kind) at \(device.place)")
    line("model", device.model)
    line("address", device.address)
    let since = device.online == nil ? "" : device.linkSince.map { ", its link since \(time($0))" } ?? ""
    line("presence", device.presence.rawValue + since)
    line("last seen", device.lastSeen.map(time) ?? "never")
    line("expected", "every \(plainNumber(Double(device.expectedInterval) / 1000, digits: 0)) s")
    if let battery = device.battery {
      let left = device.batteryDaysLeft.map { ", empty in \(plainNumber($0, digits: 0)) days" } ?? ""
      line("battery", "\(plainNumber(battery, digits: 1)) %\(left)")
    }
    if let rssi = device.rssi {
      line(
        "radio",
        "\(plainNumber(rssi, digits: 0)) dBm"
          + (device.snr.map { ", SNR \(plainNumber($0, digits: 1)) dB" } ?? ""))
    }
    let ratio = device.deliveryRatio.map { ", \(plainNumber($0 * 100, digits: 1)) % of all it sent" } ?? ""
    line("messages", "\(device.messages)\(ratio)")
    line(
      "of them",
      "missed \(device.missed), repeated \(device.repeats), overtaken \(device.disordered), late \(device.late)"
    )
    if device.joins > 0 { line("joined", "\(device.joins) times, last \(device.lastJoin.map(time) ?? "-")") }
    if device.clockOffset != nil {
      line("clock", clock(device) + (device.hasWrongClock ? ", wrong" : ""))
    }
    if device.hasMoved { line("position", "moved from its place") }
    for (name, value) in device.values.sorted(by: { $0.key < $1.key }) {
      let unit = Signal.named(name).map { Signal[$0].unit.symbol } ?? ""
      let number = value.value.map { "\(plainNumber($0, digits: 3)) \(unit)" } ?? "fault"
      line(name, "\(number)  \(time(value.time))")
    }
    for problem in problems { line("problem", "\(problem.reason) \(problem.count)×, \(problem.detail)") }
    return text
  }
}
