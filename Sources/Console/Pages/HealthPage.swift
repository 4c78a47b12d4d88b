/// *Health*: how the gateway itself is doing.
import EstateModel
import Foundation
import Gateway
import Hummingbird
import Store

extension PageRoutes {
  @Sendable func health(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let view = view(context.preferences)
    let (figures, problems, outbox, position) = try await store.read {
      (try $0.figures(), try $0.problems(), try $0.outboxCounts(), try $0.latestStep())
    }
    let zone = catalogue.estates.first?.timeZone ?? .gmt
    let lines = problems.sorted { $0.last > $1.last }.prefix(100).map { problem -> [String: Any] in
      [
        "device": problem.device, "reason": view.reason(problem.reason), "detail": problem.detail,
        "count": problem.count, "last": LocalTime.text(problem.last, in: zone),
      ]
    }
    let channels = outbox.map { entry -> [String: Any] in
      [
        "channel": entry.channel, "state": view.speech("outbox.\(entry.state.rawValue)"),
        "count": entry.count,
        "level": entry.state == .dead ? "trouble" : "", "oldest": LocalTime.text(entry.oldest, in: zone),
      ]
    }
    var values: [String: Any] = [
      "gauges": gauges(figures, outbox, zone, view), "problems": lines, "hasProblems": !lines.isEmpty,
      "channels": channels, "hasChannels": !channels.isEmpty,
    ]
    if let reload = api.status().lastReload { values["reload"] = self.reload(reload, view, zone) }
    return pages.page(
      pages.part("health", values, context.preferences),
      title: view.speech("nav.health"), section: "health", request: request, context: context,
      attributes: liveAttributes(view.speech, position: position, every: 2))
  }

  /// What became of the last wish to read the configuration again.
  private func reload(_ report: ReloadReport, _ view: View, _ zone: TimeZone) -> [String: Any] {
    let isRefused = report.result == .refused
    let restart = report.needsRestart.map { "\($0): \(view.speech("health.needs-restart"))" }
    return [
      "level": isRefused ? "bad" : "",
      "head": "\(LocalTime.text(report.at, in: zone)) · \(report.by) · "
        + view.speech(isRefused ? "health.refused" : "health.reloaded"),
      "lines": report.changes + restart, "text": report.problems.joined(separator: "\n"),
      "hasText": !report.problems.isEmpty,
    ]
  }

  private func gauges(_ figures: StoreFigures, _ outbox: [OutboxCount], _ zone: TimeZone, _ view: View)
    -> [[String: Any]]
  {
    let speech = view.speech
    let status = api.status()
    let rates = api.feed.rates
    let isLinked = status.link == "connected"
    func gauge(_ key: String, _ value: String, _ unit: String = "", note: String = "", bad: Bool = false)
      -> [String: Any]
    {
      [
        "key": key, "title": speech("health.\(key)"), "value": value, "unit": unit, "note": note,
        "level": bad ? "bad" : "",
      ]
    }
    func rate(_ key: String, _ count: (GatewayStatus) -> Int) -> [String: Any] {
      var values = gauge(
        key, rates.perSecond(count).map { plainNumber($0, digits: 1) } ?? "–", "/ s",
        note: "\(count(status)) \(speech("health.since-start"))")
      values["svg"] = Sparkline.svg(rates.course(count), label: speech("health.course"))
      return values
    }
    func waiting(_ state: OutboxEntry.State) -> Int {
      outbox.filter { $0.state == state }.reduce(0) { $0 + $1.count }
    }
    let oldest = outbox.filter { $0.state == .pending }.map(\.oldest).min()
    let dead = waiting(.dead)
    return [
      gauge(
        "time", status.now.map { String(LocalTime.text($0, in: zone, seconds: true).dropFirst(6)) } ?? "–",
        note: status.now.map { "\(LocalTime.text($0, in: zone).prefix(5)) \(zone.identifier)" }
          ?? speech("health.waiting")),
      gauge(
        "broker", speech(isLinked ? "now.link.up" : "now.link.down"),
        note: isLinked ? speech(status.isCaughtUp ? "health.caught-up" : "health.backlog") : status.link,
        bad: !isLinked),
      rate("messages", \.messages),
      rate("readings", \.readings),
      gauge("ring", "\(Int((status.stagingFill * 100).rounded()))", "%", bad: status.stagingFill > 0.8),
      gauge(
        "commit", rates.meanCommit.map { plainNumber($0, digits: 1) } ?? "–", "ms",
        note: "\(speech("health.longest")) \(Int(status.longestCommit)) ms · \(status.commits)"),
      gauge(
        "keeping", speech(status.commitFailure == nil ? "health.kept" : "health.not-kept"),
        note: status.commitFailure ?? "", bad: status.commitFailure != nil),
      gauge(
        "database", String(format: "%.1f", Double(figures.size) / 1e6), "MB",
        note:
          "\(figures.batches) \(speech("health.batches")) · \(figures.alarms) \(speech("health.alarms")) · \(figures.tickets) \(speech("health.tickets"))"
      ),
      gauge(
        "outbox", "\(waiting(.pending) + waiting(.held))", speech("health.waiting-messages"),
        note: [
          oldest.map { "\(speech("health.oldest")) \(LocalTime.text($0, in: zone))" },
          dead > 0 ? "\(dead) \(speech("outbox.dead"))" : nil,
        ].compactMap { $0 }.joined(separator: " · "), bad: dead > 0),
      gauge(
        "devices", "\(status.reporting)", "/ \(status.devices)",
        note: "\(status.silent) \(speech("devices.silent")) · \(status.neverSeen) \(speech("devices.never"))"),
      gauge("listeners", "\(api.feed.subscribers)", note: "\(api.feed.cutOff) \(speech("health.cut-off"))"),
    ]
  }
}
