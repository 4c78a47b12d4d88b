/// Tickets, places and devices in the words of one reader.
import EstateModel
import Foundation
import Gateway
import Store
import Tickets

struct View {
  let catalogue: Catalogue
  let routing: Routing
  let speech: Speech
  /// The gateway's time, milliseconds since 1970.
  let now: Int64
  /// The time up to which devices are known: their states are kept a little later than readings.
  var devicesNow: Int64

  func zone(_ estate: String) -> TimeZone { catalogue.estate(estate)?.timeZone ?? .gmt }

  func estate(_ id: String) -> String { catalogue.estate(id).map { speech($0.title) } ?? id }

  func place(_ id: String, in estate: String) -> String {
    catalogue.estate(estate)?.place(id).map { speech($0.title) } ?? id
  }

  /// `well 6 → well 7`
  func location(_ place: String, _ towards: String?, in estate: String) -> String {
    let here = self.place(place, in: estate)
    return towards.map { "\(here) → \(self.place($0, in: estate))" } ?? here
  }

  func card(_ ticket: Ticket) -> [String: Any] {
    [
      "id": ticket.id, "priority": ticket.priority.rawValue, "state": ticket.state.rawValue,
      "stateText": speech("state.\(ticket.state.rawValue)"), "title": speech(ticket.title),
      "estate": estate(ticket.estate), "place": location(ticket.place, ticket.towards, in: ticket.estate),
      "party": speech(ticket.responsible.title), "opened": ticket.opened,
      "age": speech.duration(now - ticket.opened),
      "next": next(ticket), "urgency": urgency(ticket),
    ]
  }

  /// The device's usual signal with its unit: `0.24 m`.
  func reading(_ device: Device, _ state: DeviceState?) -> (text: String, value: Double?) {
    guard let signal = device.kind.mainSignal, let value = state?.values[signal]?.value else {
      return ("", nil)
    }
    return (Self.text(value, Signal.named(signal).map { Signal[$0].unit }), value)
  }

  static func text(_ value: Double, _ unit: EstateModel.Unit?) -> String {
    let symbol = unit?.symbol ?? ""
    let number = number(value)
    switch symbol {
    case "": return number
    case "deg": return number + "°"
    case "degC": return number + " °C"
    case "dBA": return number + " dB(A)"
    default: return "\(number) \(symbol)"
    }
  }

  /// With about three digits that count.
  static func number(_ value: Double) -> String {
    String(format: "%.\(abs(value) >= 100 ? 0 : abs(value) >= 10 ? 1 : 2)f", value)
  }

  /// `alarm`, `offline`, `silent`, `never` or `ok`.
  func level(_ device: Device, _ state: DeviceState?, alarmed: Set<String>) -> String {
    if alarmed.contains(device.path) { return "alarm" }
    guard let seen = state?.lastSeen else { return "never" }
    if state?.online == false { return "offline" }
    return devicesNow - seen > 3 * device.reportInterval ? "silent" : "ok"
  }

  /// Why a message could not be used: what has no word is shown as it is.
  func reason(_ reason: String) -> String {
    let key = "reason.\(reason)"
    let text = speech(key)
    return text == key ? reason : text
  }

  func ago(_ milliseconds: Int64?) -> String {
    guard let milliseconds else { return "–" }
    let text = speech.duration(devicesNow - milliseconds)
    return speech.isChinese ? text + speech("devices.ago") : "\(text) \(speech("devices.ago"))"
  }
}

extension DeviceKind {
  /// What a glance at such a device looks for; nil: it measures nothing.
  var mainSignal: String? {
    switch self {
    case .elevatorNoiseMeter, .noiseMeter: "laeq"
    case .wallTiltSensor: "tilt"
    case .sewerLevelProbe, .meterWellProbe: "level"
    case .rainGauge: "rain"
    case .entranceCamera, .uplinkGateway: nil
    }
  }
}

extension String {
  /// Usable as a part of an element's id.
  var elementKey: String { String(map { $0.isLetter || $0.isNumber || $0 == "-" ? $0 : "-" }) }
}
