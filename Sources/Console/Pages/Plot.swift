/// A ticket's readings with the rule's limit, as a picture in the page and as data for a script.
import EstateModel
import Foundation
import Rules
import Store
import Tickets

extension PageRoutes {
  private static let points = 400

  /// nil when the alarm's device measures nothing that can be drawn.
  func plot(of ticket: Ticket, alarms: [StoredAlarm], _ view: View) async throws -> [String: Any]? {
    guard let alarm = alarms.first(where: { $0.raised.place == ticket.place }) ?? alarms.first,
      let index = catalogue.device(path: "\(alarm.raised.estate)/\(alarm.raised.device)")
    else { return nil }
    let device = catalogue[index]
    guard let name = device.kind.mainSignal, let signal = Signal.named(name) else { return nil }
    let since = Timestamp(milliseconds: ticket.onset - 2 * 3_600_000)
    let end = max(min(view.now, (ticket.closed ?? view.now) + 3_600_000), ticket.onset + 600_000)
    let until = Timestamp(milliseconds: min(end, ticket.onset + 7 * 86_400_000))
    let path = device.path
    let found = try await api.history.read {
      try $0.history(device: path, signal: name, since: since, until: until)
    }
    let points = Thinning.thinned(found.filter { $0.quality == .good && $0.value.isFinite }, to: Self.points)
    guard points.count > 1 else { return nil }
    let rule = api.configuration.rules.rules.first { $0.id == alarm.raised.rule }
    let limits =
      rule.map { Limits.of($0.raiseText, signal: name, unit: Signal[signal].unit, device: device) } ?? []
    let zone = view.zone(ticket.estate)
    var moments: [(at: Int64, text: String)] = [(ticket.opened, view.speech("alarm.raised"))]
    if let at = ticket.acknowledged { moments.append((at, view.speech("event.acknowledged"))) }
    if let at = ticket.normalSince { moments.append((at, view.speech("alarm.cleared"))) }
    if let at = ticket.resolved { moments.append((at, view.speech("event.resolved"))) }
    let drawing = PlotDrawing(
      points: points.map { (Double($0.time.milliseconds), $0.value) }, limits: limits, moments: moments,
      limitText: view.speech("ticket.threshold"), unit: Signal[signal].unit,
      clock: { LocalTime.clock(Int64($0), in: zone) })
    let title = "\(view.speech(device.title)), \(view.speech("signal.\(name)"))"
    let latest = points.last.map { View.text($0.value, Signal[signal].unit) } ?? ""
    var caption = "\(title): \(latest)"
    if let limit = limits.first {
      caption += ", \(view.speech("ticket.threshold")) \(View.text(limit, Signal[signal].unit))"
    }
    return [
      "name": title, "caption": caption, "svg": drawing.svg(label: caption),
      "json": drawing.json(name: title, zone: zone.identifier),
    ]
  }
}

/// The numbers against which a rule compares a signal, where its text says them plainly.
enum Limits {
  /// - Parameters:
  ///   - text: a condition: `level / device.bore >= 80% and …`
  ///   - unit: of the signal; the limits are in it as well.
  static func of(_ text: String, signal: String, unit: EstateModel.Unit, device: Device) -> [Double] {
    func attribute(_ name: Substring) -> Double? {
      device.attributes[String(name)].map { $0.base / unit.scale }
    }
    func quantity(_ text: Substring) -> Double? {
      guard let quantity = Quantity(text.trimmingCharacters(in: CharacterSet(charactersIn: " ()"))) else {
        return nil
      }
      return quantity.unit.dimension == unit.dimension ? quantity.base / unit.scale : nil
    }
    let parts = text.replacingOccurrences(of: " or ", with: " and ").components(separatedBy: " and ")
    for part in parts {
      guard let match = part.firstMatch(of: /^(.*?)\s*(?:>=|>)\s*(.*)$/) else { continue }
      let (left, right) = (match.1, match.2)
      guard left.contains(signal), !left.contains("count("), !left.contains("coverage("),
        !left.contains("downstream.")
      else { continue }
      if let ratio = left.firstMatch(of: /^\(?\s*([a-z.-]+) \/ device\.([a-z-]+)$/), ratio.1 == signal,
        let whole = attribute(ratio.2), let share = Quantity(right), share.unit.dimension == .none
      {
        return [whole * share.base]
      }
      if let offset = left.firstMatch(of: /^\(?\s*abs\(.*- device\.([a-z-]+)\)$/),
        let middle = attribute(offset.1),
        let width = quantity(right)
      {
        return [middle - width, middle + width]
      }
      guard !left.contains("/"), !left.contains("delta("), !left.contains("abs(") else { continue }
      if let name = right.firstMatch(of: /^device\.([a-z-]+)/), let limit = attribute(name.1) {
        return [limit]
      }
      if let limit = quantity(right) { return [limit] }
    }
    return []
  }
}

/// A line plot without script: presentation attributes only, because the page forbids inline styles.
struct PlotDrawing {
  var points: [(at: Double, value: Double)]
  var limits: [Double]
  var moments: [(at: Int64, text: String)]
  var limitText: String
  var unit: EstateModel.Unit
  var clock: (Double) -> String

  private static let (width, height) = (760.0, 272.0)
  private static let (left, right, top, bottom) = (56.0, 12.0, 12.0, 24.0)

  func svg(label: String) -> String {
    guard let first = points.first, let last = points.last, last.at > first.at else { return "" }
    let values = points.map(\.value) + limits
    let (low, high) = (values.min() ?? 0, values.max() ?? 1)
    let margin = (high - low) * 0.08 + (high == low ? 1 : 0)
    func x(_ at: Double) -> Double {
      Self.left + (at - first.at) / (last.at - first.at) * (Self.width - Self.left - Self.right)
    }
    func y(_ value: Double) -> Double {
      Self.top + (high + margin - value) / (high - low + 2 * margin) * (Self.height - Self.top - Self.bottom)
    }
    func n(_ value: Double) -> String { String(format: "%.1f", value) }
    var text =
      "<svg viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" role=\"img\" aria-label=\"\(label.escapedForHTML)\">"
    for step in 0...4 {
      let value = low + (high - low) * Double(step) / 4
      text +=
        "<line class=\"axis\" x1=\"\(n(Self.left))\" x2=\"\(n(Self.width - Self.right))\" y1=\"\(n(y(value)))\" y2=\"\(n(y(value)))\"/>"
      text +=
        "<text class=\"axis-text\" x=\"\(n(Self.left - 6))\" y=\"\(n(y(value) + 4))\" text-anchor=\"end\">\(plainNumber(value, digits: 2))</text>"
      let at = first.at + (last.at - first.at) * Double(step) / 4
      let anchor = step == 0 ? "start" : step == 4 ? "end" : "middle"
      text +=
        "<text class=\"axis-text\" x=\"\(n(x(at)))\" y=\"\(n(Self.height - 6))\" text-anchor=\"\(anchor)\">\(clock(at))</text>"
    }
    for limit in limits {
      text +=
        "<line class=\"limit\" x1=\"\(n(Self.left))\" x2=\"\(n(Self.width - Self.right))\" y1=\"\(n(y(limit)))\" y2=\"\(n(y(limit)))\"/>"
      text +=
        "<text class=\"limit-text\" x=\"\(n(Self.left + 4))\" y=\"\(n(y(limit) - 4))\">\(limitText) \(plainNumber(limit, digits: 3))</text>"
    }
    for moment in moments where (first.at...last.at).contains(Double(moment.at)) {
      let here = n(x(Double(moment.at)))
      text +=
        "<line class=\"moment\" x1=\"\(here)\" x2=\"\(here)\" y1=\"\(n(Self.top))\" y2=\"\(n(Self.height - Self.bottom))\"/>"
      text +=
        "<text class=\"moment-text\" x=\"\(here)\" dx=\"4\" y=\"\(n(Self.top + 10))\">\(moment.text.escapedForHTML)</text>"
    }
    let line = points.map { "\(n(x($0.at))),\(n(y($0.value)))" }.joined(separator: " ")
    return text + "<polyline class=\"series\" points=\"\(line)\"/></svg>"
  }

  func json(name: String, zone: String) -> String {
    struct Moment: Encodable {
      var at: Int64
      var text: String
    }
    struct Body: Encodable {
      var name: String
      var zone: String
      var limit: String
      var limits: [Double]
      var moments: [Moment]
      var points: [[Double]]
    }
    let body = Body(
      name: name, zone: zone, limit: limitText, limits: limits,
      moments: moments.map { Moment(at: $0.at, text: $0.text) },
      points: points.map { [$0.at, $0.value] })
    return (try? JSONEncoder().encode(body)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }
}

extension String {
  var escapedForHTML: String {
    replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
      .replacingOccurrences(of: ">", with: "&gt;").replacingOccurrences(of: "\"", with: "&quot;")
  }
}
