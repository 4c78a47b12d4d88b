/// Rules as they run, and the gateway's own figures.
import EstateModel
import Foundation
import Gateway
import Hummingbird
import Rules
import Store

extension PageRoutes {
  @Sendable func rules(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let view = view(context.preferences)
    let speech = view.speech
    let since = Timestamp(milliseconds: view.now - 30 * 86_400_000)
    let (list, position) = try await store.read { (try $0.ruleCounts(since: since), try $0.latestStep()) }
    let counts = Dictionary(list.map { ($0.rule, $0) }, uniquingKeysWith: { $1 })
    let rules = api.configuration.rules.rules.map { rule -> [String: Any] in
      let count = counts[rule.id]
      let devices = catalogue.devices.count { rule.kinds.contains($0.kind) }
      let kinds =
        rule.kinds.count == DeviceKind.allCases.count
        ? speech("tickets.all") : rule.kinds.map { speech("kind.\($0.rawValue)") }.joined(separator: ", ")
      var raised = "\(count?.raised ?? 0) \(speech("rules.times"))"
      if let active = count?.active, active > 0 { raised += " · \(active) \(speech("rules.active"))" }
      let clear: String =
        switch rule.clearText {
        case nil: speech("rules.not-raise")
        case "manual": speech("rules.manual")
        case .some(let text): text
        }
      var values: [String: Any] = [
        "id": rule.id, "title": speech(rule.title), "priority": rule.priority.rawValue,
        "raise": rule.raiseText,
        "kinds": kinds, "devices": "\(devices) \(speech("rules.devices"))",
        "delay": rule.onDelay == 0 ? speech("rules.at-once") : speech.duration(rule.onDelay), "clear": clear,
        "category": speech(api.configuration.routing.category(rule.category).title), "raised": raised,
      ]
      if let source = rule.source { values["source"] = source }
      return values
    }
    return pages.page(
      pages.part("rules", ["rules": rules], context.preferences), title: speech("nav.rules"),
      section: "rules",
      request: request, context: context, attributes: liveAttributes(speech, position: position))
  }

  @Sendable func health(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let view = view(context.preferences)
    let speech = view.speech
    let (figures, problems, position) = try await store.read {
      (try $0.figures(), try $0.problems(), try $0.latestStep())
    }
    let status = api.status()
    let zone = catalogue.estates.first?.timeZone ?? .gmt
    let isLinked = status.link == "connected"
    func gauge(_ key: String, _ value: String, _ unit: String = "", note: String = "", bad: Bool = false)
      -> [String: Any]
    {
      [
        "key": key, "title": speech("health.\(key)"), "value": value, "unit": unit, "note": note,
        "level": bad ? "bad" : "",
      ]
    }
    let gauges = [
      gauge(
        "time", status.now.map { String(LocalTime.text($0, in: zone, seconds: true).dropFirst(6)) } ?? "–",
        note: status.now.map { "\(LocalTime.text($0, in: zone).prefix(5)) \(zone.identifier)" }
          ?? speech("health.waiting")),
      gauge(
        "broker", speech(isLinked ? "now.link.up" : "now.link.down"), note: isLinked ? "" : status.link,
        bad: !isLinked),
      gauge("messages", "\(status.messages)", note: speech("health.since-start")),
      gauge("readings", "\(status.readings)", note: speech("health.since-start")),
      gauge("ring", "\(Int((status.stagingFill * 100).rounded()))", "%", bad: status.stagingFill > 0.8),
      gauge(
        "commit", "\(Int(status.longestCommit))", "ms", note: "\(status.commits) \(speech("health.commits"))"),
      gauge(
        "database", String(format: "%.1f", Double(figures.size) / 1e6), "MB",
        note: "\(figures.batches) \(speech("health.batches"))"),
      gauge(
        "devices", "\(status.reporting)", "/ \(status.devices)",
        note: "\(status.silent) \(speech("devices.silent")) · \(status.neverSeen) \(speech("devices.never"))"),
      gauge("listeners", "\(api.feed.subscribers)", note: "\(api.feed.cutOff) \(speech("health.cut-off"))"),
    ]
    let lines = problems.sorted { $0.last > $1.last }.prefix(100).map { problem -> [String: Any] in
      [
        "device": problem.device, "reason": problem.reason, "detail": problem.detail, "count": problem.count,
        "last": LocalTime.text(problem.last, in: zone),
      ]
    }
    return pages.page(
      pages.part(
        "health", ["gauges": gauges, "problems": lines, "hasProblems": !lines.isEmpty], context.preferences),
      title: speech("nav.health"), section: "health", request: request, context: context,
      attributes: liveAttributes(speech, position: position, every: 2))
  }
}
