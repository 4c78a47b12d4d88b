/// A building with its units, a wall, a gate or a garage as a picture: what is measured where, at a glance.
import EstateModel
import Foundation

/// All pictures stand on the same ground, so that side by side they are the estate seen from the street.
struct PlaceDrawing {
  let plan: EstatePlan
  let place: Place
  /// Of this place and what is in it.
  let devices: [Device]

  private static let (roof, ground) = (54.0, 156.0)
  /// The first line of words below the ground, behind the meter wells.
  private static let words = 190.0
  private static let column = 92.0
  /// Sound levels between these fill the bar: a quiet room and a lorry beside the bed.
  private static let sound = 25.0...65.0
  /// A wall's lean is shown so many times as large, to be seen at all.
  private static let lean = 8.0

  var svg: String {
    switch place.kind {
    case .building: building
    case .wall: wall
    case .gate, .gatehouse, .garage: gate
    default: plain
    }
  }

  // MARK: A building

  private var building: String {
    let units = plan.estate.places.filter { $0.kind == .unit && $0.parent == place.id }
    let columns: [Place] = units.isEmpty ? [place] : units
    let width = max(Self.column, Self.column * Double(columns.count)) + 24
    let own = devices.filter { device in !units.contains { plan.isInside(device.place, $0.id) } }
    var text =
      "<path class=\"house\" d=\"M6 \(n(Self.roof))L\(n(width / 2)) 12L\(n(width - 6)) \(n(Self.roof))V\(n(Self.ground))H6z\"/>"
    for (index, unit) in columns.enumerated() {
      let left = 12 + Self.column * Double(index)
      if index > 0 {
        text +=
          "<line class=\"party-wall\" x1=\"\(n(left))\" x2=\"\(n(left))\" y1=\"\(n(Self.roof + 4))\" y2=\"\(n(Self.ground))\"/>"
      }
      let inside = units.isEmpty ? [] : devices.filter { plan.isInside($0.place, unit.id) }
      text += rooms(of: inside, at: left)
      if !units.isEmpty { text += label(unit, x: left + Self.column / 2, y: Self.roof + 14) }
      text += captions(inside, x: left + Self.column / 2, y: Self.words)
    }
    let lines =
      columns.map { unit in units.isEmpty ? 0 : devices.count { plan.isInside($0.place, unit.id) } }.max()
      ?? 0
    for (index, device) in own.prefix(4).enumerated() {
      let y = Self.words + Double(min(4, lines) + index) * 16
      text += caption(device, x: width / 2, y: y, isNamed: !units.isEmpty)
    }
    return frame(width, text, lines: min(4, lines) + own.count)
  }

  /// What hangs and runs in one unit: the elevator with its noise, the wall beside it, the meter well below.
  private func rooms(of devices: [Device], at left: Double) -> String {
    var text = ""
    let (top, bottom) = (Self.roof + 22, Self.ground - 4)
    for device in devices {
      let mark = mark(device)
      switch device.kind {
      case .elevatorNoiseMeter, .noiseMeter:
        let x = left + 22
        text +=
          "<rect class=\"shaft\" x=\"\(n(x))\" y=\"\(n(top))\" width=\"14\" height=\"\(n(bottom - top))\" rx=\"2\"/>"
        if let level = value(device, "laeq") {
          let span = Self.sound.upperBound - Self.sound.lowerBound
          let height = max(2, min(1, (level - Self.sound.lowerBound) / span) * (bottom - top))
          text +=
            "<rect class=\"sound \(mark)\" x=\"\(n(x + 2))\" y=\"\(n(bottom - height))\" width=\"10\" height=\"\(n(height))\" rx=\"2\"/>"
        }
      case .wallTiltSensor: text += leaning(device, x: left + 54, top: top, bottom: Self.ground)
      case .meterWellProbe:
        let (x, y) = (left + Self.column / 2 - 10, Self.ground + 17)
        text +=
          "<rect class=\"well-box \(mark)\" x=\"\(n(x))\" y=\"\(n(y - 16))\" width=\"20\" height=\"16\" rx=\"2\"/>"
        if let level = value(device, "level"), level > 0 {
          let height = max(2, min(13, level / 0.5 * 13))
          text +=
            "<rect class=\"well-water \(mark)\" x=\"\(n(x + 1.5))\" y=\"\(n(y - 1.5 - height))\" width=\"17\" height=\"\(n(height))\"/>"
        }
      case .sewerLevelProbe, .entranceCamera, .rainGauge, .uplinkGateway: break
      }
    }
    return text
  }

  // MARK: Walls, gates

  private var wall: String {
    let width = max(120, Self.column * Double(devices.count) + 24)
    var text =
      "<rect class=\"bricks\" x=\"6\" y=\"\(n(Self.roof + 30))\" width=\"\(n(width - 12))\" height=\"\(n(Self.ground - Self.roof - 30))\"/>"
    for (index, device) in devices.enumerated() {
      let x = 12 + Self.column * (Double(index) + 0.5)
      text += leaning(device, x: x, top: Self.roof + 10, bottom: Self.ground)
      text += captions([device], x: x, y: Self.words)
    }
    return frame(width, text)
  }

  /// The plumb line and, leaning away from it, the wall.
  private func leaning(_ device: Device, x: Double, top: Double, bottom: Double) -> String {
    var text = "<line class=\"plumb\" x1=\"\(n(x))\" x2=\"\(n(x))\" y1=\"\(n(top))\" y2=\"\(n(bottom))\"/>"
    guard let tilt = value(device, "tilt") else { return text }
    let angle = min(30, max(-30, tilt * Self.lean)) * .pi / 180
    let length = bottom - top
    text +=
      "<line class=\"lean \(mark(device))\" x1=\"\(n(x + sin(angle) * length))\" y1=\"\(n(bottom - cos(angle) * length))\" x2=\"\(n(x))\" y2=\"\(n(bottom))\"/>"
    return text
  }

  private var gate: String {
    let width = max(150, Self.column * Double(devices.count) + 24)
    var text = ""
    if place.kind == .garage {
      text +=
        "<path class=\"house\" d=\"M12 \(n(Self.ground))V88H\(n(width - 12))V\(n(Self.ground))\"/><path class=\"opening\" d=\"M34 \(n(Self.ground))V104H\(n(width - 34))V\(n(Self.ground))z\"/>"
    } else {
      text +=
        "<path class=\"house\" d=\"M10 \(n(Self.ground))V84H44V\(n(Self.ground))zM\(n(width - 22)) \(n(Self.ground))V96H\(n(width - 12))V\(n(Self.ground))z\"/>"
      text += "<line class=\"barrier\" x1=\"44\" y1=\"116\" x2=\"\(n(width - 22))\" y2=\"116\"/>"
    }
    for (index, device) in devices.enumerated() {
      let x = 12 + Self.column * (Double(index) + 0.5)
      if device.kind == .entranceCamera {
        text +=
          "<path class=\"camera \(mark(device))\" d=\"M\(n(x - 12)) 62h18v14h-18zM\(n(x + 6)) 66l9 -4v14l-9 -4z\"/>"
      }
      text += captions([device], x: x, y: Self.words)
    }
    return frame(width, text)
  }

  private var plain: String {
    let width = max(110, Self.column * Double(devices.count) + 24)
    var text =
      "<rect class=\"house\" x=\"10\" y=\"90\" width=\"\(n(width - 20))\" height=\"\(n(Self.ground - 90))\" rx=\"4\"/>"
    for (index, device) in devices.enumerated() {
      text += captions([device], x: 12 + Self.column * (Double(index) + 0.5), y: Self.words)
    }
    return frame(width, text)
  }

  // MARK: Words

  private func frame(_ width: Double, _ content: String, lines: Int = 1) -> String {
    let height = Int(Self.words) + 16 * min(8, max(1, lines))
    return
      "<svg width=\"\(Int(width))\" height=\"\(height)\" viewBox=\"0 0 \(Int(width)) \(height)\" role=\"group\" aria-label=\"\(plan.view.speech(place.title).escapedForHTML)\">"
      + content
      + "<line class=\"ground\" x1=\"0\" x2=\"\(Int(width))\" y1=\"\(n(Self.ground))\" y2=\"\(n(Self.ground))\"/></svg>"
  }

  private func label(_ place: Place, x: Double, y: Double) -> String {
    "<text class=\"well-title\" x=\"\(n(x))\" y=\"\(n(y))\">\(plan.view.speech(place.title).escapedForHTML)</text>"
  }

  private func captions(_ devices: [Device], x: Double, y: Double) -> String {
    devices.prefix(4).enumerated().map { caption($0.element, x: x, y: y + Double($0.offset) * 16) }.joined()
  }

  /// `▲ 47.0 dB(A)`: a sign for the state, never the colour alone; leads to the device.
  private func caption(_ device: Device, x: Double, y: Double, isNamed: Bool = false) -> String {
    let view = plan.view
    let level = plan.level(device)
    let state = view.speech("devices.\(level)")
    let reading = view.reading(device, plan.states[device.path]).text
    let sign = ["alarm": "▲", "ok": "●", "never": "○"][level] ?? "□"
    let name = "\(view.speech(device.title)): \(reading.isEmpty ? "" : reading + ", ")\(state)"
    let isHeard = level == "ok" || level == "alarm"
    let value = isHeard && !reading.isEmpty ? reading : state
    let said = isNamed ? "\(view.speech(device.title)) \(value)" : value
    return
      "<a href=\"/devices?find=\(device.path.escapedForQuery)\" aria-label=\"\(name.escapedForHTML)\"><title>\(name.escapedForHTML)</title><text class=\"says \(level)\" x=\"\(n(x))\" y=\"\(n(y))\">\(sign) \(said.escapedForHTML)</text></a>"
  }

  private func mark(_ device: Device) -> String { plan.alarmed.contains(device.path) ? "alarm" : "" }

  private func value(_ device: Device, _ signal: String) -> Double? {
    plan.states[device.path]?.values[signal]?.value
  }

  private func n(_ value: Double) -> String { plainNumber(value, digits: 1) }
}
