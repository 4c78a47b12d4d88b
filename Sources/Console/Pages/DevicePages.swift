/// Devices: what each last said, what is wrong with it, and those that nobody has claimed.
import EstateModel
import Foundation
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
    let (problems, alarms, position) = try await store.read {
      (try $0.problems(), try $0.newestAlarms(activeOnly: true, limit: 5000), try $0.latestStep())
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
    let unclaimed = problems.filter { $0.reason == "unknown-device" }.sorted { $0.last > $1.last }
    if !unclaimed.isEmpty, find.isEmpty, start == 0 {
      values["unclaimed"] = [
        "count": unclaimed.count,
        "list": unclaimed.prefix(50).map { UnclaimedDevice($0, catalogue).values(view) },
      ]
    }
    return pages.page(
      pages.part("devices", values, context.preferences), title: speech("nav.devices"), section: "devices",
      request: request, context: context, attributes: liveAttributes(speech, position: position, every: 5))
  }

  private func row(
    _ device: Device, _ state: DeviceState?, _ problems: [DeviceProblem], _ course: SparklineShelf.Course?,
    _ alarmed: Set<String>, _ view: View
  ) -> [String: Any] {
    let level = view.level(device, state, alarmed: alarmed)
    func value(_ signal: String) -> (text: String, value: Double?) {
      guard let value = state?.values[signal]?.value else { return ("", nil) }
      return (View.text(value, Signal.named(signal).map { Signal[$0].unit }), value)
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
      values["problems"] = problems.map { "\(view.reason($0.reason)) × \($0.count)" }.joined(separator: ", ")
    }
    return values
  }
}

/// A sender that the catalogue doesn't know, and what to add for it.
struct UnclaimedDevice {
  private let problem: DeviceProblem
  private let zone: TimeZone
  /// `luyuan/probe-w99`, or an address.
  private let isNative: Bool

  init(_ problem: DeviceProblem, _ catalogue: Catalogue) {
    self.problem = problem
    let estate = problem.device.split(separator: "/").first.flatMap { catalogue.estate(String($0)) }
    isNative = estate != nil
    zone = (estate ?? catalogue.estates.first)?.timeZone ?? .gmt
  }

  /// The last message without texts, as its decoder described it; nil: none of it is known.
  private var payload: String? {
    problem.detail.range(of: "; sent ").map { String(problem.detail[$0.upperBound...]) }
  }

  /// The kind of device whose own signals are in the message.
  private var kind: DeviceKind? {
    guard let payload else { return nil }
    return DeviceKind.allCases.first { kind in
      kind.signals.contains { payload.contains("\"\($0)\":") } && kind != .elevatorNoiseMeter
    }
  }

  /// The entry for the estate's file, with the gaps that only a person can fill.
  var yaml: String {
    let id =
      isNative
      ? String(problem.device.drop { $0 != "/" }.dropFirst()) : problem.device.elementKey.lowercased()
    let kinds = DeviceKind.allCases.map(\.rawValue).joined(separator: " | ")
    var lines = [
      "- id: \(id)", "  kind: \(kind?.rawValue ?? "  # \(kinds)")", "  title: {zh: , en: }",
      "  at:   # a place of the estate",
    ]
    if !isNative { lines.append("  address: \(problem.device)") }
    if problem.count > 2 {
      let seconds = Double(problem.last - problem.first) / Double(problem.count - 1) / 1000
      if seconds >= 1 { lines.append("  report-interval: \(Int(seconds.rounded())) s") }
    }
    return lines.joined(separator: "\n")
  }

  func values(_ view: View) -> [String: Any] {
    var values: [String: Any] = [
      "device": problem.device, "key": problem.device.elementKey, "count": problem.count,
      "last": LocalTime.text(problem.last, in: zone), "yaml": yaml,
    ]
    if let payload { values["payload"] = payload }
    return values
  }
}
