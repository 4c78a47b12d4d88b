/// Rules as they run, and the gateway's own figures.
import EstateModel
import Foundation
import Gateway
import Hummingbird
import Rules
import Store
import Tickets

extension PageRoutes {
  @Sendable func rules(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    try await rulesPage(request, context, message: nil)
  }

  /// Shelves a rule at one device, from a form.
  @Sendable func shelve(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let rule = try context.name("rule")
    let path = (context.form["device"] ?? "").split(separator: "/", maxSplits: 1).map(String.init)
    let speech = pages.speech(context.preferences)
    guard path.count == 2, let hours = context.form["hours"].flatMap(Int64.init), (1...168).contains(hours)
    else {
      return try await rulesPage(request, context, message: speech("shelve.expected"))
    }
    let order = Suppression.Order(
      .shelved, .init(estate: path[0], device: path[1], rule: rule), until: api.now + hours * 3_600_000,
      why: context.form["why"] ?? "")
    do { _ = try await api.suppress(order, by: try context.signedIn().account) } catch let problem as Problem
    {
      guard problem.status == .unprocessableContent else { throw problem }
      return try await rulesPage(request, context, message: "\(speech("ticket.refused")) \(problem.detail)")
    }
    return .seeOther("/rules")
  }

  @Sendable func unshelve(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    _ = try await api.end(try context.name("suppression"), by: try context.signedIn().account)
    return .seeOther("/rules")
  }

  private func line(_ suppression: Suppression, _ view: View) -> [String: Any] {
    let (scope, zone) = (suppression.scope, view.zone(suppression.scope.estate))
    let rule = scope.rule.flatMap { id in api.configuration.rules.rules.first { $0.id == id } }
    let device = scope.device.flatMap { id in catalogue.device(path: "\(scope.estate)/\(id)") }
    let what = [
      rule.map { view.speech($0.title) } ?? scope.rule, view.estate(scope.estate),
      device.map { view.speech(catalogue[$0].title) } ?? scope.device,
      scope.place.map { view.place($0, in: scope.estate) },
    ].compactMap { $0 }.joined(separator: " · ")
    let until = suppression.until.map { "\(view.speech("next.until")) \(LocalTime.text($0, in: zone))" }
    let from = suppression.from > view.now ? "\(LocalTime.text(suppression.from, in: zone)) – " : ""
    return [
      "id": suppression.id, "kind": view.speech("suppression.\(suppression.kind.rawValue)"), "what": what,
      "until": from + (until ?? view.speech("suppression.open")), "why": suppression.why,
      "by": suppression.by,
    ]
  }

  private func rulesPage(_ request: Request, _ context: ConsoleContext, message: String?) async throws
    -> Response
  {
    let view = view(context.preferences)
    let speech = view.speech
    let since = Timestamp(milliseconds: view.now - 30 * 86_400_000)
    let (list, position) = try await store.read { (try $0.ruleCounts(since: since), try $0.latestStep()) }
    let shelved = try await store.read { try $0.suppressions() }.filter { $0.ended == nil }
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
    var values: [String: Any] = [
      "rules": rules, "shelved": shelved.map { line($0, view) }, "hasShelved": !shelved.isEmpty,
    ]
    if let message { values["message"] = message }
    if let identity = context.identity, identity.access >= .operator, case .session(let csrf) = identity.proof
    {
      (values["canAct"], values["csrf"]) = (true, csrf)
      // A longer list helps nobody: whoever has that many devices types the name.
      values["devices"] = catalogue.devices.prefix(500).map(\.path)
      values["hours"] = [1, 2, 8, 24, 72, 168].map { hours -> [String: Any] in
        ["value": hours, "text": speech.duration(Int64(hours) * 3_600_000), "on": hours == 2]
      }
    }
    var response = pages.page(
      pages.part("rules", values, context.preferences), title: speech("nav.rules"), section: "rules",
      request: request, context: context, attributes: liveAttributes(speech, position: position))
    if message != nil { response.status = .unprocessableContent }
    return response
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
    var values: [String: Any] = ["gauges": gauges, "problems": lines, "hasProblems": !lines.isEmpty]
    if let reload = status.lastReload { values["reload"] = self.reload(reload, view, zone) }
    return pages.page(
      pages.part("health", values, context.preferences),
      title: speech("nav.health"), section: "health", request: request, context: context,
      attributes: liveAttributes(speech, position: position, every: 2))
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
}
