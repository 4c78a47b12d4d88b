/// Rules as they run: what they watch, how good their alarms are, what of them is shelved.
import EstateModel
import Foundation
import Gateway
import Hummingbird
import RuleTools
import Rules
import Store
import Tickets

extension PageRoutes {
  @Sendable func rules(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    try await rulesPage(request, context)
  }

  /// Shelves a rule at one device, from a form.
  @Sendable func shelve(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let rule = try context.name("rule")
    let path = (context.form["device"] ?? "").split(separator: "/", maxSplits: 1).map(String.init)
    let speech = pages.speech(context.preferences)
    guard path.count == 2, let hours = context.form["hours"].flatMap(Int64.init), (1...168).contains(hours)
    else {
      return try await rulePage(request, context, message: speech("shelve.expected"))
    }
    let order = Suppression.Order(
      .shelved, .init(estate: path[0], device: path[1], rule: rule), until: api.now + hours * 3_600_000,
      why: context.form["why"] ?? "")
    do { _ = try await api.suppress(order, by: try context.signedIn().account) } catch let problem as Problem
    {
      guard problem.status == .unprocessableContent else { throw problem }
      return try await rulePage(request, context, message: "\(speech("ticket.refused")) \(problem.detail)")
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

  private func rulesPage(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let view = view(context.preferences)
    let speech = view.speech
    let since = Timestamp(milliseconds: view.now - 30 * 86_400_000)
    let (list, position) = try await store.read { (try $0.ruleCounts(since: since), try $0.latestStep()) }
    let shelved = try await store.read { try $0.suppressions() }.filter { $0.ended == nil }
    let found = try await api.alarmQuality.quality(days: 30, at: view.now)
    let counts = Dictionary(list.map { ($0.rule, $0) }, uniquingKeysWith: { $1 })
    let faulty = Dictionary(found.advice.map { ($0.rule, $0) }, uniquingKeysWith: { first, _ in first })
    let rules = api.configuration.rules.rules.map { rule -> [String: Any] in
      let count = counts[rule.id]
      var values: [String: Any] = [
        "id": rule.id, "title": speech(rule.title), "priority": rule.priority.rawValue,
        "watches": watches(rule, view), "raised": count?.raised ?? 0,
        "quality": (faulty[rule.id]?.faults ?? []).map { speech("fault.\($0.rawValue)") }
          .joined(separator: speech.isChinese ? "、" : ", "),
      ]
      if let active = count?.active, active > 0 { values["active"] = active }
      return values
    }.sorted { ($0["raised"] as? Int ?? 0) > ($1["raised"] as? Int ?? 0) }
    var values: [String: Any] = [
      "rules": rules, "shelved": shelved.map { line($0, view) }, "hasShelved": !shelved.isEmpty,
      "figures": figures(found.quality, view),
    ]
    let tries = api.backtests.all.prefix(5).map { backtestLine($0, view) }
    (values["tries"], values["hasTries"]) = (tries, !tries.isEmpty)
    if let csrf = actingForm(context) { (values["canAct"], values["csrf"]) = (true, csrf) }
    return pages.page(
      pages.part("rules", values, context.preferences), title: speech("nav.rules"), section: "rules",
      request: request, context: context, attributes: liveAttributes(speech, position: position))
  }

  /// The token of forms, for those who may act.
  func actingForm(_ context: ConsoleContext) -> String? {
    guard let identity = context.identity, identity.access >= .operator,
      case .session(let csrf) = identity.proof
    else { return nil }
    return csrf
  }

  private func watches(_ rule: Rule, _ view: View) -> String {
    let devices = catalogue.devices.count { rule.kinds.contains($0.kind) }
    let kinds =
      rule.kinds.count == DeviceKind.allCases.count
      ? view.speech("tickets.all")
      : rule.kinds.map { view.speech("kind.\($0.rawValue)") }.joined(separator: ", ")
    return "\(kinds) · \(devices) \(view.speech("rules.devices"))"
  }

  private func figures(_ quality: AlarmQuality, _ view: View) -> [[String: Any]] {
    let speech = view.speech
    func figure(_ key: String, _ value: String, note: String = "", bad: Bool = false) -> [String: Any] {
      ["title": speech("quality.\(key)"), "value": value, "note": note, "level": bad ? "warn" : ""]
    }
    let urgent = quality.priorities.first { $0.priority == .p1 }
    return [
      figure(
        "alarms", "\(quality.count)",
        note: "\(plainNumber(quality.perHour, digits: 2)) \(speech("quality.per-hour"))"),
      figure(
        "ten-minutes", "\(quality.mostInTenMinutes)", note: speech("quality.ten-minutes-limit"),
        bad: quality.mostInTenMinutes > AlarmQuality.floodLimit),
      figure(
        "floods", "\(quality.floods)", note: speech.duration(quality.floodTime), bad: quality.floods > 0),
      figure("chattering", "\(quality.chattering.count)", bad: !quality.chattering.isEmpty),
      figure("stale", "\(quality.stale.count)", bad: !quality.stale.isEmpty),
      figure(
        "urgent", urgent.map { "\(Int(($0.share * 100).rounded())) %" } ?? "–",
        note: speech("quality.urgent-limit"), bad: (urgent?.share ?? 0) > 0.05 && quality.count >= 20),
    ]
  }

  @Sendable func rule(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    try await rulePage(request, context, message: nil)
  }

  func rulePage(
    _ request: Request, _ context: ConsoleContext, message: String?, filled: [String: String] = [:]
  ) async throws -> Response {
    let id = try context.name("rule")
    guard let rule = api.configuration.rules.rules.first(where: { $0.id == id }) else {
      throw Problem.notFound("there is no rule '\(id)'")
    }
    let view = view(context.preferences)
    let speech = view.speech
    let since = Timestamp(milliseconds: view.now - 30 * 86_400_000)
    let (list, position) = try await store.read { (try $0.ruleCounts(since: since), try $0.latestStep()) }
    let count = list.first { $0.rule == id }
    let found = try await api.alarmQuality.quality(days: 30, at: view.now)
    let clear: String =
      switch rule.clearText {
      case nil: speech("rules.not-raise")
      case "manual": speech("rules.manual")
      case .some(let text): text
      }
    var raised = "\(count?.raised ?? 0) \(speech("rules.times"))"
    if let active = count?.active, active > 0 { raised += " · \(active) \(speech("rules.active"))" }
    var values: [String: Any] = [
      "id": rule.id, "title": speech(rule.title), "priority": rule.priority.rawValue, "raise": rule.raiseText,
      "watches": watches(rule, view),
      "delay": rule.onDelay == 0 ? speech("rules.at-once") : speech.duration(rule.onDelay), "clear": clear,
      "clearDelay": rule.offDelay == 0 ? speech("rules.at-once") : speech.duration(rule.offDelay),
      "category": speech(api.configuration.routing.category(rule.category).title), "raised": raised,
    ]
    if let source = rule.source { values["source"] = source }
    let sources = found.quality.sources.filter { $0.rule == id }
    values["hasSources"] = !sources.isEmpty
    values["sources"] = sources.prefix(10).map { line($0, view) }
    if let advice = found.advice.first(where: { $0.rule == id }) {
      values["advice"] = advice.faults.map {
        ["fault": speech("fault.\($0.rawValue)"), "text": speech("advice.\($0.rawValue)")]
      }
    }
    let tries = api.backtests.all.filter { $0.rule == id }.prefix(5).map { backtestLine($0, view) }
    (values["tries"], values["hasTries"]) = (tries, !tries.isEmpty)
    if let message { values["message"] = message }
    if let csrf = actingForm(context) {
      (values["canAct"], values["csrf"]) = (true, csrf)
      values["devices"] = catalogue.devices.filter { rule.kinds.contains($0.kind) }.prefix(500).map(\.path)
      values["hours"] = [1, 2, 8, 24, 72, 168].map { hours -> [String: Any] in
        ["value": hours, "text": speech.duration(Int64(hours) * 3_600_000), "on": hours == 2]
      }
      values["trial"] = trialForm(rule, filled)
    }
    var response = pages.page(
      pages.part("rule", values, context.preferences), title: speech(rule.title), section: "rules",
      request: request, context: context, attributes: liveAttributes(speech, position: position))
    if message != nil { response.status = .unprocessableContent }
    return response
  }

  private func line(_ source: AlarmQuality.Source, _ view: View) -> [String: Any] {
    let device = catalogue.device(path: source.device)
    return [
      "device": device.map { view.speech(catalogue[$0].title) } ?? source.device, "path": source.device,
      "estate": view.estate(String(source.device.prefix { $0 != "/" })), "count": source.count,
      "lasted": source.medianDuration.map { view.speech.duration($0) } ?? "–",
      "chattered": source.chatterings == 0 ? "–" : "\(source.chatterings) \(view.speech("rules.times"))",
    ]
  }
}
