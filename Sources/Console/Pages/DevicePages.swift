/// Devices: what each last said, what is wrong with it, and those that nobody has claimed.
import EstateModel
import Foundation
import Hummingbird
import Store

extension PageRoutes {
  private static let pageSize = 200
  /// Percent.
  private static let lowBattery = 20.0

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
    let rows = catalogue.devices.filter { device in
      let level = view.level(device, states[device.path], alarmed: alarmed)
      switch show {
      case "alarm", "never": guard level == show else { return false }
      case "silent": guard level == "silent" || level == "offline" else { return false }
      case "problems": guard byDevice[device.path] != nil else { return false }
      case "low":
        guard let battery = states[device.path]?.values["battery"]?.value, battery < Self.lowBattery else {
          return false
        }
      default: break
      }
      guard !find.isEmpty else { return true }
      return [device.path, device.title.zh, device.title.en, device.address ?? ""].contains {
        $0.lowercased().contains(find)
      }
    }
    let start = try query.integer("from", in: 0...1_000_000, else: 0)
    let part = rows.dropFirst(start).prefix(Self.pageSize)
    let filters = ["all", "alarm", "silent", "never", "problems", "low"].map { name -> [String: Any] in
      ["href": "/devices?show=\(name)", "on": name == show, "text": speech("devices.\(name)")]
    }
    var values: [String: Any] = [
      "devices": part.map { row($0, states[$0.path], byDevice[$0.path] ?? [], alarmed, view) },
      "filters": filters,
      "find": query.text("find")?.removingPercentEncoding ?? "", "show": show,
    ]
    if start + part.count < rows.count {
      let word = find.isEmpty ? "" : "&find=\(find.escapedForQuery)"
      values["next"] = "/devices?show=\(show)&from=\(start + part.count)\(word)"
    }
    let unclaimed = problems.filter { ["unknown-device"].contains($0.reason) }
    if !unclaimed.isEmpty, find.isEmpty, start == 0 {
      values["unclaimed"] = ["list": unclaimed.prefix(50).map { entry($0, view) }]
    }
    return pages.page(
      pages.part("devices", values, context.preferences), title: speech("nav.devices"), section: "devices",
      request: request, context: context, attributes: liveAttributes(speech, position: position, every: 5))
  }

  private func row(
    _ device: Device, _ state: DeviceState?, _ problems: [DeviceProblem], _ alarmed: Set<String>, _ view: View
  ) -> [String: Any] {
    let level = view.level(device, state, alarmed: alarmed)
    func value(_ signal: String) -> String {
      guard let value = state?.values[signal]?.value else { return "" }
      return View.text(value, Signal.named(signal).map { Signal[$0].unit })
    }
    var values: [String: Any] = [
      "key": device.path.elementKey, "title": view.speech(device.title), "path": device.path,
      "estateID": device.estate,
      "level": level, "state": view.speech("devices.\(level)"), "reading": view.reading(device, state).text,
      "battery": value("battery"), "signal": value("rssi"), "seen": view.ago(state?.lastSeen),
    ]
    if !problems.isEmpty {
      values["problems"] = problems.map { "\($0.reason) × \($0.count)" }.joined(separator: ", ")
    }
    return values
  }

  /// What to add to the catalogue, with the gaps that only a person can fill.
  private func entry(_ problem: DeviceProblem, _ view: View) -> [String: Any] {
    let parts = problem.device.split(separator: "/", maxSplits: 1).map(String.init)
    let zone = parts.first.map(view.zone) ?? .gmt
    let isNative = parts.count == 2
    let id = isNative ? parts[1] : problem.device.elementKey.lowercased()
    var lines = [
      "- id: \(id)", "  kind: \(DeviceKind.allCases.map(\.rawValue).joined(separator: " | "))", "  at: ",
    ]
    if !isNative { lines.append("  address: \(problem.device)") }
    return [
      "device": problem.device, "count": problem.count, "last": LocalTime.text(problem.last, in: zone),
      "yaml": lines.joined(separator: "\n"),
    ]
  }
}
