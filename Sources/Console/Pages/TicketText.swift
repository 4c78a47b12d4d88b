/// What a ticket waits for, its clocks and its steps, in the words of one reader.
import EstateModel
import Foundation
import Tickets

extension View {
  /// What comes next on a ticket, with the clock that runs.
  func next(_ ticket: Ticket) -> String {
    if let pause = ticket.pause {
      let until = LocalTime.text(pause.until, in: zone(ticket.estate))
      return
        "\(speech("next.paused")): \(speech("pause.\(pause.reason.rawValue)")), \(speech("next.until")) \(until)"
    }
    if let watch = watch(ticket) { return watch }
    if let clock = running(ticket) {
      let what = speech("clock.\(clock.kind.rawValue)")
      return clock.due < now
        ? "\(what): \(speech("next.overdue")) \(speech.duration(now - clock.due))"
        : "\(what): \(speech("next.within")) \(speech.duration(clock.due - now))"
    }
    return speech(
      "next.\(ticket.normalSince != nil && ticket.state.isWorking ? "normal" : ticket.state.rawValue)")
  }

  /// `ok`, `soon` or `overdue`: how a ticket stands by its clock.
  func urgency(_ ticket: Ticket) -> String {
    guard ticket.isOpen, !ticket.isPaused, let clock = running(ticket) else { return "ok" }
    if clock.due < now { return "overdue" }
    return clock.warn <= now ? "soon" : "ok"
  }

  /// The one that runs out, or ran out, first.
  private func running(_ ticket: Ticket) -> ServiceClock? {
    guard ticket.isOpen else { return nil }
    return ticket.clocks.filter(\.isRunning).min { $0.due < $1.due }
  }

  /// What still has to be seen before a resolved ticket counts as verified; nil: nothing is watched.
  func watch(_ ticket: Ticket) -> String? {
    guard ticket.state == .resolved, let watch = ticket.watch else { return nil }
    if !ticket.activeAlarms.isEmpty { return speech("watch.active") }
    if !watch.blind.isEmpty {
      return "\(speech("watch.blind")): \(watch.blind.joined(separator: ", "))"
    }
    let until = max(watch.from, ticket.normalSince ?? watch.from) + watch.quiet
    return "\(speech("watch.until")) \(LocalTime.text(until, in: zone(ticket.estate)))"
  }

  func line(_ clock: ServiceClock, on ticket: Ticket) -> [String: Any] {
    let zone = zone(ticket.estate)
    let level: String
    let state: String
    if let met = clock.met {
      level = met <= clock.due ? "met" : "late"
      state = "\(speech("clock-state.\(level)")) \(LocalTime.text(met, in: zone))"
    } else if ticket.isPaused {
      (level, state) = ("paused", speech("clock-state.paused"))
    } else if clock.due < now {
      (level, state) = ("overdue", "\(speech("next.overdue")) \(speech.duration(now - clock.due))")
    } else {
      level = clock.warn <= now ? "soon" : "running"
      state = "\(speech("next.within")) \(speech.duration(clock.due - now))"
    }
    return [
      "name": speech("clock.\(clock.kind.rawValue)"), "level": level, "state": state,
      "due": LocalTime.text(clock.due, in: zone), "working": clock.isWorking,
    ]
  }

  /// What an event says beyond its kind and its note; nil: nothing.
  func detail(_ event: TicketEvent, _ zone: TimeZone) -> String? {
    func names(_ parties: [TicketParty]) -> String? {
      parties.isEmpty
        ? nil : parties.map { speech($0.title) }.joined(separator: speech.isChinese ? "、" : ", ")
    }
    func time(_ milliseconds: Int64) -> String { LocalTime.text(milliseconds, in: zone) }
    switch event.payload {
    case .opened(let opening, let alarm):
      return
        "\(alarm.map { speech($0.title) } ?? opening.title.map { speech($0) } ?? "") → \(speech(opening.responsible.title))"
    case .joined(let alarm, _): return speech(alarm.title)
    case .cleared(let alarm):
      let why = alarm.withdrawn.map { " · " + speech("withdrawn.\($0.rawValue)") } ?? ""
      return speech(alarm.title) + why
    case .reopened(let alarm, _, _): return alarm.map { speech($0.title) }
    case .assigned(let party): return "→ \(speech(party.title))"
    case .informed(let parties, _): return names(parties)
    case .paused(let pause, _):
      return "\(speech("pause.\(pause.reason.rawValue)")), \(speech("next.until")) \(time(pause.until))"
    case .resolved(let resolution):
      let cause = resolution.cause.map { " · \(speech("ticket.cause")): \($0)" } ?? ""
      let items = resolution.items.map { " · \($0.what) ×\($0.count)" }.joined()
      return speech("measure.\(resolution.measure.rawValue)") + cause + items
    case .verified(let proof, _):
      return proof.map { "\(speech("ticket.proof")) \(time($0.from)) – \(time($0.until))" }
    case .merged(let into, _): return "→ \(into)"
    case .absorbed(let absorption): return absorption.ticket
    case .reminded(let reminder):
      let clock = reminder.clock.map { ": \(speech("clock.\($0.rawValue)"))" } ?? ""
      return speech("reminder.\(reminder.reason.rawValue)") + clock + (reminder.text.map { ": \($0)" } ?? "")
    case .escalated(let escalation):
      let whom = escalation.party.map { "→ \(speech($0.title))" } ?? speech("escalation.end")
      return "\(speech("clock.\(escalation.clock.rawValue)")) \(whom)"
    case .prioritised(let priority, let informed, _):
      return "\(priority.rawValue)\(names(informed).map { " → \($0)" } ?? "")"
    case .recurred(let occurrence): return "\(occurrence.ticket) \(time(occurrence.onset))"
    case .contacted(let contact): return "\(contact.from) · \(speech("channel.\(contact.channel.rawValue)"))"
    case .visited(let visit):
      return
        "\(visit.attendees.joined(separator: ", ")) · \(time(visit.start)), \(visit.minutes) \(speech("unit.min"))"
    case .council(let council): return council.parties.joined(separator: ", ")
    case .proposed(let proposal):
      return "\(proposal.number). \(proposal.text) · ¥\(Self.money(proposal.amount))"
    case .consented(let consent):
      return "\(consent.proposal). \(consent.household): \(speech("vote.\(consent.vote.rawValue)"))"
    case .decided(let decision):
      return "\(decision.proposal). \(speech("decision.\(decision.outcome.rawValue)"))"
    case .inspected(let inspection):
      return
        "\(inspection.place)\(inspection.household.map { " \($0)" } ?? "") · \(speech("plan.\(inspection.plan.rawValue)"))"
    case .acknowledged, .arrived, .commented, .resumed, .closed, .cancelled, .scheduled, .watched: return nil
    }
  }

  /// `1,234.05` of 123,405 cents.
  static func money(_ cents: Int64) -> String {
    let rest = cents % 100
    return
      "\((cents / 100).formatted(.number.locale(Locale(identifier: "en_US_POSIX")).grouping(.automatic))).\(rest < 10 ? "0" : "")\(rest)"
  }
}

extension TransitionBody {
  /// Of the fields of a form on the ticket's page; empty ones count as left out.
  init(step: Ticket.Action, form: [String: String]) {
    func filled(_ key: String) -> String? { form[key].flatMap { $0.isEmpty ? nil : $0 } }
    self.step = step
    (note, to, from, cause) = (filled("note"), filled("to"), filled("from"), filled("cause"))
    reason = filled("reason").flatMap(Pause.Reason.init)
    channel = filled("channel").flatMap(Contact.Channel.init)
    measure = filled("measure").flatMap(Resolution.Measure.init)
  }
}
