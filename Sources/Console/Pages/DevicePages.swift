/// Devices: what each last said, what is wrong with it, and those that nobody has claimed.
import EstateModel
import Foundation
import Gateway
import Hummingbird
import Store

extension PageRoutes {
  private static let pageSize = 100
  /// Percent.
  private static let lowBattery = 20.0
  /// dBm: below it a radio's messages begin to be lost.
  private static let weakSignal = -110.0

  @Sendable func devices(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let query = Query(request)
    let states = try await api.devices.all()
    let view = view(context.preferences, states)
    let speech = view.speech
    let find = query.text("find")?.removingPercentEncoding?.lowercased() ?? ""
    let show = query.text("show") ?? "all"
    let catalogue = catalogue
    let (problems, unclaimed, alarms, position) = try await store.read {
      (
        try $0.problems(), try $0.unclaimedDevices(besides: catalogue),
        try $0.newestAlarms(activeOnly: true, limit: 5000), try $0.latestStep()
      )
    }
    let alarmed = Set(alarms.map { "\($0.raised.estate)/\($0.raised.device)" })
    let byDevice = Dictionary(grouping: problems, by: \.device)
    func value(_ device: Device, _ signal: String) -> Double? { states[device.path]?.values[signal]?.value }
    let rows = catalogue.devices.filter { device in
      let level = view.level(device, states[device.path], alarmed: alarmed)
      switch show {
      case "alarm", "never": guard level == show else { return false }
      case "silent": guard level == "silent" || level == "offline" else { return false }
      case "problems": guard byDevice[device.path] != nil else { return false }
      case "low":
        guard let battery = value(device, "battery"), battery < Self.lowBattery else { return false }
      case "weak": guard let power = value(device, "rssi"), power < Self.weakSignal else { return false }
      default: break
      }
      guard !find.isEmpty else { return true }
      return [device.path, device.title.zh, device.title.en, device.address ?? ""].contains {
        $0.lowercased().contains(find)
      }
    }
    let start = try query.integer("from", in: 0...1_000_000, else: 0)
    let part = rows.dropFirst(start).prefix(Self.pageSize)
    let filters = ["all", "alarm", "silent", "never", "problems", "low", "weak"].map {
      name -> [String: Any] in
      ["href": "/devices?show=\(name)", "on": name == show, "text": speech("devices.\(name)")]
    }
    let wanted = part.compactMap { device in device.kind.mainSignal.map { (device.path, $0) } }
    let courses = try await sparklines.courses(
      Dictionary(wanted, uniquingKeysWith: { first, _ in first }), now: view.devicesNow)
    var values: [String: Any] = [
      "devices": part.map { device in
        row(device, states[device.path], byDevice[device.path] ?? [], courses[device.path], alarmed, view)
      },
      "filters": filters,
      "find": query.text("find")?.removingPercentEncoding ?? "", "show": show,
    ]
    if start + part.count < rows.count {
      let word = find.isEmpty ? "" : "&find=\(find.escapedForQuery)"
      values["next"] = "/devices?show=\(show)&from=\(start + part.count)\(word)"
    }
    if !unclaimed.isEmpty, find.isEmpty, start == 0 {
      let suggestion = CatalogueSuggestion(api.configuration)
      values["unclaimed"] = [
        "count": unclaimed.count,
        "list": unclaimed.prefix(50).map { line($0, suggestion, view) },
      ]
    }
    return pages.page(
      pages.part("devices", values, context.preferences), title: speech("nav.devices"), section: "devices",
      request: request, context: context, attributes: liveAttributes(speech, position: position, every: 5))
  }

  /// A sender that the catalogue doesn't have, and what to add for it.
  private func line(
    _ device: UnclaimedDevice, _ suggestion: CatalogueSuggestion, _ view: View
  ) -> [String: Any] {
    let estate = device.name.split(separator: "/").first.flatMap { catalogue.estate(String($0)) }
    let zone = (estate ?? catalogue.estates.first)?.timeZone ?? .gmt
    var values: [String: Any] = [
      "device": device.name, "key": device.name.elementKey, "count": device.messages,
      "last": LocalTime.text(device.last, in: zone), "yaml": suggestion.entry(for: device),
    ]
    if let payload = device.payload { values["payload"] = payload }
    return values
  }

  private func row(
    _ device: Device, _ state: DeviceState?, _ problems: [DeviceProblem], _ course: SparklineShelf.Course?,
    _ alarmed: Set<String>, _ view: View
  ) -> [String: Any] {
    let level = view.level(device, state, alarmed: alarmed)
    func value(_ signal: String) -> (text: String, value: Double?) {
      guard let value = state?.values[signal]?.value else { return ("", nil) }
      // A whole number: what stands behind its point is noise.
      return ("\(Int(value.rounded())) \(Signal.named(signal).map { Signal[$0].unit.symbol } ?? "")", value)
    }
    let (battery, power) = (value("battery"), value("rssi"))
    var values: [String: Any] = [
      "key": device.path.elementKey, "title": view.speech(device.title), "path": device.path,
      "estateID": device.estate, "estate": view.estate(device.estate),
      "level": level, "state": view.speech("devices.\(level)"), "reading": view.reading(device, state).text,
      "battery": battery.text, "lowBattery": battery.value.map { $0 < Self.lowBattery } ?? false,
      "signal": power.text, "weakSignal": power.value.map { $0 < Self.weakSignal } ?? false,
      "seen": view.ago(state?.lastSeen),
    ]
    if let points = course?.points,
      let unit = device.kind.mainSignal.flatMap(Signal.named).map({ Signal[$0].unit }),
      let low = points.map(\.value).min(), let high = points.map(\.value).max()
    {
      values["course"] = Sparkline.svg(
        points, label: "\(view.speech("devices.course")): \(View.text(low, unit)) – \(View.text(high, unit))")
    }
    if !problems.isEmpty {
      let list: [String] = problems.map { "\(view.reason($0.reason)) × \($0.count)" }
      values["problems"] = list.joined(separator: ", ")
    }
    return values
  }
}
