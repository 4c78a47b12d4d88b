/// A watch proves nothing while the devices that should tell don't report.
import EstateModel

extension TicketBook {
  /// Tickets that are being watched by a device of this estate.
  private func watched(by device: String, in estate: String) -> [Ticket] {
    watching.sorted().compactMap { tickets[$0] }.filter { ticket in
      ticket.estate == estate && ticket.alarms.contains { $0.facts.device == device }
    }
  }

  /// An alarm says that a device is out of order: the watches that lean on it stop, and a person is asked to look.
  func blinded(_ transition: AlarmTransition) -> [Ticket] {
    guard transition.category == Self.maintenanceCategory else { return [] }
    return watched(by: transition.device, in: transition.estate)
  }

  mutating func goneBlind(_ transition: AlarmTransition) -> [TicketEvent] {
    blinded(transition).compactMap { ticket in
      guard var watch = ticket.watch, !watch.blind.contains(transition.device) else { return nil }
      watch.blind = (watch.blind + [transition.device]).sorted()
      return remindOfBlindness(ticket, watch, at: transition.at)
    }
  }

  mutating func remindOfBlindness(_ ticket: Ticket, _ watch: Watch, at: Int64) -> TicketEvent {
    var terms = followUpTerms(ticket, at: at)
    // Those that run already go on.
    if ticket.clock(.followUp)?.isRunning == true { terms.clocks = nil }
    terms.watch = watch
    return append(
      .reminded(Reminder(.blind, text: watch.blind.joined(separator: " "))), to: ticket.id, at: at,
      by: Self.clockName, via: .clock, terms: terms)
  }

  /// An alarm of a ticket ended because nobody watches any more: the device proves nothing about it.
  mutating func goneUnwatched(_ transition: AlarmTransition, on id: String) -> [TicketEvent] {
    guard transition.withdrawn != nil, let ticket = tickets[id], ticket.state == .resolved,
      var watch = ticket.watch, !watch.blind.contains(transition.device)
    else { return [] }
    watch.blind = (watch.blind + [transition.device]).sorted()
    return [remindOfBlindness(ticket, watch, at: transition.at)]
  }

  /// The device reports again: the quiet time begins anew.
  mutating func seesAgain(_ transition: AlarmTransition) -> [TicketEvent] {
    // That nobody looks whether it is silent doesn't mean that it speaks.
    guard transition.withdrawn == nil, !isBlind(transition.device, in: transition.estate) else { return [] }
    return blinded(transition).compactMap { ticket in
      guard var watch = ticket.watch, watch.blind.contains(transition.device),
        !ticket.unproved.contains(where: { $0.facts.device == transition.device })
      else { return nil }
      watch.blind.removeAll { $0 == transition.device }
      watch.from = transition.at
      return append(
        .watched, to: ticket.id, at: transition.at, by: transition.rule, via: .rule,
        terms: Terms(watch: watch))
    }
  }
}
