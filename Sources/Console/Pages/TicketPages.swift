/// The list of tickets, one ticket, and the steps that people take on it.
import EstateModel
import Foundation
import HTTPTypes
import Hummingbird
import Store
import Tickets

extension PageRoutes {
  private static let pageSize = 60

  @Sendable func tickets(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let query = Query(request)
    let view = view(context.preferences)
    let chosen = query.text("state") ?? "open"
    var filter = TicketQuery.open
    if chosen == "all" {
      filter.states = nil
    } else if chosen != "open" {
      filter.states = try query.choice("state", of: Ticket.State.self).map { [$0] }
    }
    filter.estate = query.text("estate")
    var after: (priority: Priority, opened: Int64, id: String)?
    if let cursor = query.text("cursor") {
      let parts = try Cursor.parts(cursor, count: 3)
      guard let priority = Priority(rawValue: parts[0]), let opened = Int64(parts[1]) else {
        throw Problem(.badRequest, "'cursor' belongs to another list")
      }
      after = (priority, opened, parts[2])
    }
    let (wanted, key) = (filter, after)
    let (found, position) = try await store.read {
      (try $0.tickets(wanted, after: key, limit: Self.pageSize + 1), try $0.latestStep())
    }
    let part = found.prefix(Self.pageSize)
    let filters = (["open"] + Ticket.State.allCases.map(\.rawValue) + ["all"]).map { name -> [String: Any] in
      [
        "href": "/tickets?state=\(name)", "on": name == chosen,
        "text": view.speech(name == "all" ? "tickets.all" : "state.\(name)"),
      ]
    }
    var values: [String: Any] = ["tickets": part.map(view.card), "filters": filters]
    if found.count > Self.pageSize, let last = part.last {
      let cursor = Cursor.text(last.priority.rawValue, "\(last.opened)", last.id)
      values["next"] = "/tickets?state=\(chosen)&cursor=\(cursor)"
    }
    return pages.page(
      pages.part("tickets", values, context.preferences), title: view.speech("nav.tickets"),
      section: "tickets",
      request: request, context: context, attributes: liveAttributes(view.speech, position: position))
  }

  @Sendable func ticket(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    try await ticketPage(request, context, message: nil)
  }

  private func ticketPage(
    _ request: Request, _ context: ConsoleContext, message: String?, status: HTTPResponse.Status = .ok
  ) async throws -> Response {
    let id = try context.name("ticket")
    let position = try await store.read { try $0.latestStep() }
    guard let (ticket, events) = try await store.read({ try $0.ticket(id) }) else {
      throw Problem.notFound("there is no ticket '\(id)'")
    }
    let ids = ticket.alarms.map(\.facts.alarm)
    let alarms = try await store.read { reader in try ids.compactMap { try reader.alarm($0) } }
    let view = view(context.preferences)
    var values = facts(ticket, view)
    if let message { values["message"] = message }
    values["alarms"] = alarms.map { evidence($0, view) }
    values["events"] = events.reversed().map { line($0, view, zone: view.zone(ticket.estate)) }
    if let plot = try await plot(of: ticket, alarms: alarms, view) { values["plot"] = plot }
    if let identity = context.identity, identity.access >= .operator, case .session(let csrf) = identity.proof
    {
      values["csrf"] = csrf
      values["canAct"] = true
      for action in ticket.state.allowedActions { values[action.rawValue] = true }
      values["roles"] = Role.allCases.map { role -> [String: Any] in
        let title = catalogue.estate(ticket.estate)?.party(role).title ?? role.title
        return ["value": role.rawValue, "text": view.speech(title), "on": role == ticket.responsible.role]
      }
      values["measures"] = choices(Resolution.Measure.self, "measure", view, chosen: .other)
      values["reasons"] = choices(Pause.Reason.self, "pause", view, chosen: .parts)
      values["channels"] = choices(Contact.Channel.self, "channel", view, chosen: .telephone)
    }
    var response = pages.page(
      pages.part("ticket", values, context.preferences), title: "\(view.speech(ticket.title)) \(ticket.id)",
      section: "ticket", request: request, context: context,
      attributes: liveAttributes(view.speech, position: position))
    response.status = status
    return response
  }

  /// A form's step; afterwards the ticket is shown anew.
  @Sendable func ticketStep(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let id = try context.name("ticket")
    let speech = pages.speech(context.preferences)
    guard let action = context.form["step"].flatMap(Ticket.Action.init) else {
      throw Problem(.badRequest, "the form names no step")
    }
    let body = TransitionBody(step: action, form: context.form)
    let account = try context.signedIn().account
    do {
      let step = try body.command(now: api.now)
      try await api.mailbox.step(
        step, on: id, by: account, expecting: context.form["sequence"].flatMap(Int.init), store: store)
    } catch let problem as Problem {
      let message: String
      switch problem.status {
      case .preconditionFailed, .conflict: message = speech("ticket.changed")
      case .unprocessableContent: message = "\(speech("ticket.refused")) \(problem.detail)"
      default: throw problem
      }
      return try await ticketPage(request, context, message: message, status: problem.status)
    }
    api.audit.note("ticket-\(action.rawValue)", by: account, about: id)
    return .seeOther("/tickets/\(id)")
  }

  private func facts(_ ticket: Ticket, _ view: View) -> [String: Any] {
    let zone = view.zone(ticket.estate)
    var values: [String: Any] = [
      "id": ticket.id, "title": view.speech(ticket.title), "priority": ticket.priority.rawValue,
      "state": ticket.state.rawValue, "stateText": view.speech("state.\(ticket.state.rawValue)"),
      "estateID": ticket.estate, "estate": view.estate(ticket.estate), "sequence": ticket.sequence,
      "place": view.location(ticket.place, ticket.towards, in: ticket.estate),
      "party": view.speech(ticket.responsible.title), "next": view.next(ticket),
      "onset": LocalTime.text(ticket.onset, in: zone), "onsetMs": ticket.onset,
      "age": view.speech.duration(view.now - ticket.onset),
    ]
    if !ticket.others.isEmpty {
      values["others"] = ticket.others.map { view.speech($0.title) }
        .joined(separator: view.speech.isChinese ? "、" : ", ")
    }
    if let normal = ticket.normalSince { values["normal"] = LocalTime.text(normal, in: zone) }
    let clocks = ticket.clocks.map { view.line($0, on: ticket) }
    (values["clocks"], values["hasClocks"]) = (clocks, !clocks.isEmpty)
    if let pause = ticket.pause {
      values["paused"] =
        "\(view.speech("pause.\(pause.reason.rawValue)")) · \(view.speech("next.until")) \(LocalTime.text(pause.until, in: zone))"
    }
    if let supervisor = ticket.supervisor { values["supervisor"] = view.speech(supervisor.title) }
    if let watch = view.watch(ticket) { values["watch"] = watch }
    if let proof = ticket.proof {
      values["proof"] =
        "\(LocalTime.text(proof.from, in: zone)) – \(LocalTime.text(proof.until, in: zone)) · "
        + proof.sensors.map(\.device).joined(separator: ", ")
    }
    values["links"] = links(ticket, view)
    return values
  }

  /// Other tickets that this one has to do with.
  private func links(_ ticket: Ticket, _ view: View) -> [[String: Any]] {
    var links: [(String, String)] = []
    if let former = ticket.former { links.append(("former", former)) }
    if let root = ticket.rootCause { links.append(("root-cause", root)) }
    if let other = ticket.mergedInto { links.append(("merged-into", other)) }
    links += ticket.absorbed.map { ("absorbed", $0) }
    links += ticket.occurrences.map { ("occurrence", $0.ticket) }
    return links.map { ["kind": view.speech("ticket.\($0)"), "id": $1] }
  }

  private func evidence(_ stored: StoredAlarm, _ view: View) -> [String: Any] {
    let alarm = stored.raised
    let zone = view.zone(alarm.estate)
    let kind = stored.isActive ? "raised" : "cleared"
    var times = "\(view.speech("alarm.raised")) \(LocalTime.text(alarm.at, in: zone))"
    if let cleared = stored.cleared {
      times += " · \(view.speech("alarm.cleared")) \(LocalTime.text(cleared, in: zone))"
    }
    return [
      "id": alarm.alarm, "kind": kind, "mark": stored.isActive ? "▲" : "▽", "title": view.speech(alarm.title),
      "kindText": view.location(alarm.place, alarm.towards, in: alarm.estate), "rule": alarm.rule,
      "device": "\(alarm.estate)/\(alarm.device)", "times": times, "hasEvidence": !alarm.evidence.isEmpty,
      "evidence": alarm.evidence.map { part -> [String: Any] in
        [
          "label": part.label,
          "value": part.value.map { "\(View.number($0)) \(part.unit)" }
            ?? view.speech("ticket.unknown"),
        ]
      },
    ]
  }

  private func choices<Choice: RawRepresentable & CaseIterable & Equatable>(
    _ type: Choice.Type, _ prefix: String, _ view: View, chosen: Choice
  ) -> [[String: Any]] where Choice.RawValue == String {
    type.allCases.map {
      ["value": $0.rawValue, "text": view.speech("\(prefix).\($0.rawValue)"), "on": $0 == chosen]
    }
  }

  private func line(_ event: TicketEvent, _ view: View, zone: TimeZone) -> [String: Any] {
    var values: [String: Any] = [
      "sequence": event.sequence, "kind": event.kind.rawValue, "time": LocalTime.text(event.at, in: zone),
      "what": view.speech("event.\(event.kind.rawValue)"),
      "by": "\(event.by) · \(view.speech("by.\(event.via.rawValue)"))",
    ]
    if !event.note.isEmpty { values["note"] = event.note }
    if let detail = view.detail(event, zone) { values["detail"] = detail }
    return values
  }
}
