/// A ticket's step in words.
import EstateModel
import Tickets

extension TicketEvent {
  /// `opened by alarm A-… (sewer-full at w06)`, `resolved: pipe flushed`
  var summary: String {
    switch payload {
    case .opened(let opening, let alarm):
      "opened for \(opening.responsible.title.en): \(alarm.map(Self.words) ?? opening.title?.en ?? opening.category)"
    case .joined(let alarm, _): "joined by \(Self.words(alarm))"
    case .cleared(let alarm):
      "\(alarm.withdrawn.map { "ended, nothing measured (\($0.rawValue))" } ?? "cleared"): \(Self.words(alarm))"
    case .reopened(let alarm, _, let note): "reopened: \(alarm.map(Self.words) ?? note)"
    case .assigned(let party): "assigned to \(party.title.en)"
    case .informed(let parties, _): "informed: \(Self.names(parties))"
    case .paused(let pause, let note): "paused (\(pause.reason.rawValue)): \(note)"
    case .resolved(let resolution): Self.words(resolution)
    case .verified(let proof, let note):
      proof == nil ? "verified: \(note)" : "verified: all signals stayed normal"
    case .merged(let into, let note): "merged into \(into)" + (note.isEmpty ? "" : ": \(note)")
    case .absorbed(let absorption): "took in \(absorption.ticket) with \(absorption.alarms.count) alarms"
    case .scheduled: "clocks set"
    case .reminded(let reminder): Self.words(reminder)
    case .escalated(let escalation):
      "\(escalation.clock.rawValue) missed; "
        + (escalation.party.map { "now asked: \($0.title.en)" } ?? "the chain is at its end")
    case .prioritised(let priority, let informed, let note):
      "now \(priority.rawValue)" + (note.isEmpty ? "" : " (\(note))")
        + (informed.isEmpty ? "" : ", informed: \(Self.names(informed))")
    case .watched: "watched anew"
    case .recurred(let occurrence): "came again: \(occurrence.ticket)"
    case .contacted(let contact):
      "\(contact.channel.rawValue)\(contact.reference.map { " (\($0))" } ?? "") from \(contact.from): \(contact.note)"
        + Self.words(contact)
        + (contact.affected.isEmpty ? "" : "; suffers, too: \(contact.affected.joined(separator: ", "))")
    case .visited(let visit):
      "visit of \(visit.minutes) min by \(visit.attendees.joined(separator: ", ")): \(visit.note)"
    case .council(let council):
      "council of \(council.parties.joined(separator: ", ")): \(council.outcome)"
    case .proposed(let proposal): "proposal \(proposal.number): \(proposal.text)"
    case .consented(let consent):
      "\(consent.household) on proposal \(consent.proposal): \(consent.vote.rawValue)"
    case .decided(let decision): "proposal \(decision.proposal) \(decision.outcome.rawValue)"
    case .inspected(let inspection):
      "inspected \(inspection.place)\(inspection.household.map { " \($0)" } ?? ""): \(inspection.finding)"
        + " (\(inspection.plan.rawValue)\(inspection.isDone ? ", done" : ""))"
    case .acknowledged, .arrived, .commented, .resumed, .closed, .cancelled:
      note.isEmpty ? kind.rawValue : "\(kind.rawValue): \(note)"
    }
  }

  private static func words(_ alarm: AlarmFacts) -> String {
    let place = alarm.towards.map { "\(alarm.place)→\($0)" } ?? alarm.place
    return "\(alarm.rule) at \(place), \(alarm.priority.rawValue) (\(alarm.alarm))"
  }

  /// What the sensors say to it.
  private static func words(_ contact: Contact) -> String {
    guard let sighting = contact.sighting else { return "" }
    let readings = sighting.readings.map { reading in
      "\(reading.label) \(reading.value.map { String(format: "%.4g", $0) } ?? "unknown") \(reading.unit)"
    }
    let measured = readings.isEmpty ? "" : " (\(readings.joined(separator: ", ")))"
    return switch sighting.confirms {
    case true?: " [the sensors show it: \(sighting.alarms.joined(separator: ", "))\(measured)]"
    case false?: " [\(sighting.devices.joined(separator: ", ")): nothing unusual\(measured)]"
    case nil: " [no sensor there can tell]"
    }
  }

  private static func words(_ resolution: Resolution) -> String {
    var text = "resolved (\(resolution.measure.rawValue)): \(resolution.note)"
    if let cause = resolution.cause { text += "; cause: \(cause)" }
    if !resolution.items.isEmpty {
      text += "; " + resolution.items.map { "\($0.count) \($0.what)" }.joined(separator: ", ")
    }
    return text
  }

  private static func words(_ reminder: Reminder) -> String {
    switch reminder.reason {
    case .halfTime: "half of the time is over: \(reminder.clock?.rawValue ?? "")"
    case .dueSoon: "nearly out of time: \(reminder.clock?.rawValue ?? "")"
    case .look: "the alarms cleared before anyone came: please look"
    case .followUp: "no sensor can tell whether it is done: please look and ask"
    case .blind: "can't be verified by silent devices: \(reminder.text ?? ""); please look"
    case .item: "due: \(reminder.text ?? "")"
    }
  }

  private static func names(_ parties: [TicketParty]) -> String {
    parties.map(\.title.en).joined(separator: ", ")
  }
}
