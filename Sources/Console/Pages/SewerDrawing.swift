/// A sewer as a line of wells, each with the fill of its pipe.
import EstateModel
import Foundation
import Tickets

struct SewerDrawing {
  let plan: EstatePlan
  let wells: [Place]

  private static let pitch = 84.0
  private static let box = (width: 46.0, height: 96.0, top: 40.0)

  /// Water stands in the well up to its cover; the dashed line is the crown of the pipe.
  var svg: String {
    let width = Int(Double(wells.count) * Self.pitch + 20)
    let label =
      (["\(plan.view.speech("estate.sewer")):"]
      + wells.map { "\(plan.view.speech($0.title)) \(fillText($0))" })
      .joined(separator: " ")
    var text =
      "<svg width=\"\(width)\" height=\"196\" viewBox=\"0 0 \(width) 196\" role=\"img\" aria-label=\"\(label.escapedForHTML)\">"
    for (index, well) in wells.enumerated() where index + 1 < wells.count {
      let x = Self.pitch * Double(index) + 10 + Self.pitch / 2
      let next = wells[index + 1]
      let isBlocked = plan.tickets.contains { $0.place == well.id && $0.towards == next.id }
      let y = Self.box.top + Self.box.height - 4
      text +=
        "<line class=\"pipe\(isBlocked ? " blocked" : "")\" x1=\"\(n(x + Self.box.width / 2))\" x2=\"\(n(x + Self.pitch - Self.box.width / 2))\" y1=\"\(n(y))\" y2=\"\(n(y))\"/>"
      let arrow = x + Self.pitch / 2
      text +=
        "<path class=\"pipe-arrow\" d=\"M\(n(arrow - 5)) \(n(y - 15))l10 5l-10 5z\"/>"
    }
    for (index, well) in wells.enumerated() {
      text += drawing(of: well, at: Self.pitch * Double(index) + 10 + Self.pitch / 2)
    }
    return text + "</svg>"
  }

  private func drawing(of well: Place, at x: Double) -> String {
    let (box, view) = (Self.box, plan.view)
    let isAlarmed = plan.devices.contains { $0.place == well.id && plan.alarmed.contains($0.path) }
    let mark = isAlarmed ? " alarm" : ""
    let left = x - box.width / 2
    var text =
      "<text class=\"well-title\" x=\"\(n(x))\" y=\"18\">\(view.speech(well.title).escapedForHTML)</text>"
    text +=
      "<rect class=\"well-box\(mark)\" x=\"\(n(left))\" y=\"\(n(box.top))\" width=\"\(n(box.width))\" height=\"\(n(box.height))\" rx=\"4\"/>"
    if let level = level(of: well), let share = share(level, of: well) {
      let height = max(1, min(1, share) * (box.height - 3))
      text +=
        "<rect class=\"well-water\(mark)\" x=\"\(n(left + 1.5))\" y=\"\(n(box.top + box.height - 1.5 - height))\" width=\"\(n(box.width - 3))\" height=\"\(n(height))\" rx=\"2\"/>"
      if let bore = well.attributes["bore"]?.base, let crown = self.share(bore, of: well) {
        let y = box.top + box.height - 1.5 - crown * (box.height - 3)
        text +=
          "<line class=\"well-crown\" x1=\"\(n(left))\" x2=\"\(n(left + box.width))\" y1=\"\(n(y))\" y2=\"\(n(y))\"/>"
      }
      text += "<text class=\"well-text\" x=\"\(n(x))\" y=\"178\">\(String(format: "%.2f m", level))</text>"
    }
    return text
      + "<text class=\"well-title\" x=\"\(n(x))\" y=\"160\">\(isAlarmed ? "▲ " : "")\(fillText(well))</text>"
  }

  /// `84 %` of the pipe.
  private func fillText(_ well: Place) -> String {
    guard let level = level(of: well), let bore = well.attributes["bore"]?.base, bore > 0 else { return "–" }
    return "\(Int((level / bore * 100).rounded())) %"
  }

  private func level(of well: Place) -> Double? {
    for device in plan.devices where device.place == well.id {
      if let level = plan.states[device.path]?.values["level"]?.value { return level }
    }
    return nil
  }

  /// Of the height from the invert to the cover; shallow levels are stretched, so that a flow can be seen.
  private func share(_ level: Double, of well: Place) -> Double? {
    guard let cover = (well.attributes["cover"] ?? well.attributes["depth"])?.base, cover > 0 else {
      return nil
    }
    return (max(0, level) / cover).squareRoot()
  }

  private func n(_ value: Double) -> String { String(format: "%.1f", value) }
}
