/// Bars of a week, a group for each day, as inline SVG. Colours come from style sheets, and patterns say the same.
import EstateModel
import Foundation

enum DayPlot {
  private static let (width, height, left, bottom, top) = (640.0, 150.0, 34.0, 24.0, 8.0)

  static func alarms(_ days: [WeeklyReport.Day], _ zone: TimeZone, _ words: ReportWords) -> String {
    let series = Priority.allCases.enumerated().map { index, priority in
      (name: priority.rawValue, style: priority.rawValue.lowercased(), values: days.map { $0.alarms[index] })
    }
    return bars(series, days, zone, title: words["plot-alarms"], isStacked: true)
  }

  static func tickets(_ days: [WeeklyReport.Day], _ zone: TimeZone, _ words: ReportWords) -> String {
    bars(
      [
        (words["opened"], "opened", days.map(\.opened)), (words["closed"], "closed", days.map(\.closed)),
      ], days, zone, title: words["plot-tickets"], isStacked: false)
  }

  private static func bars(
    _ series: [(name: String, style: String, values: [Int])], _ days: [WeeklyReport.Day], _ zone: TimeZone,
    title: String, isStacked: Bool
  ) -> String {
    let totals = days.indices.map { day in
      isStacked ? series.reduce(0) { $0 + $1.values[day] } : series.map { $0.values[day] }.max() ?? 0
    }
    let most = roundedUp(totals.max() ?? 0)
    let (plotHeight, step) = (height - bottom - top, (width - left) / Double(max(1, days.count)))
    func y(_ value: Int) -> Double { top + plotHeight * (1 - Double(value) / Double(most)) }
    var svg =
      "<svg class=\"bars\" viewBox=\"0 0 \(Int(width)) \(Int(height))\" role=\"img\" aria-label=\"\(title)\"><title>\(title)</title>"
    for value in Set([0, most / 2, most]).sorted() {
      svg +=
        "<line class=\"grid\" x1=\"\(n(left))\" x2=\"\(n(width))\" y1=\"\(n(y(value)))\" y2=\"\(n(y(value)))\"/>"
      svg +=
        "<text class=\"axis\" x=\"\(n(left - 5))\" y=\"\(n(y(value) + 4))\" text-anchor=\"end\">\(value)</text>"
    }
    for (day, facts) in days.enumerated() {
      let x = left + step * Double(day)
      let date = LocalText.day(facts.start, in: zone).dropFirst(5)
      svg +=
        "<text class=\"axis\" x=\"\(n(x + step / 2))\" y=\"\(n(height - 7))\" text-anchor=\"middle\">\(date)</text>"
      let wide = isStacked ? step * 0.5 : step * 0.28
      var base = 0
      for (number, one) in series.enumerated() where one.values[day] > 0 {
        let value = one.values[day]
        let from = isStacked ? base : 0
        let barX = isStacked ? x + step * 0.25 : x + step * 0.2 + Double(number) * wide * 1.1
        svg +=
          "<rect class=\"\(one.style)\" x=\"\(n(barX))\" y=\"\(n(y(from + value)))\" width=\"\(n(wide))\""
        svg += " height=\"\(n(y(from) - y(from + value)))\"><title>\(one.name): \(value)</title></rect>"
        base += value
      }
    }
    svg += "</svg><p class=\"legend\">"
    for one in series { svg += "<span class=\"\(one.style)\">\(one.name) \(one.values.reduce(0, +))</span>" }
    return svg + "</p>"
  }

  /// A number that halves well.
  private static func roundedUp(_ value: Int) -> Int {
    var step = 2
    while step < value { step *= step % 3 == 0 || step < 8 ? 2 : 3 }
    return max(2, step)
  }

  private static func n(_ value: Double) -> String { String(format: "%.1f", value) }
}
