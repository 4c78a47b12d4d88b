/// Alarms that nothing ends but a person: a wall that stands still again isn't mended by that.
import EstateModel
import Rules
import Tickets

extension Core {
  /// Somebody who has looked says that it is done: the ticket's alarms of rules with `clear: manual` end with that, if
  /// nothing else stands against the step. Where the condition still holds, its delay begins anew.
  mutating func endByHand(_ step: TicketCommand.Step, on id: String, by: String) {
    guard case .verify(let note) = step.plain, note.contains(where: { !$0.isWhitespace }),
      let ticket = book.tickets[id], ticket.state == .resolved, ticket.resolvedBy != by
    else { return }
    let manual = Set(engine.ruleSet.rules.filter { $0.clearText == "manual" }.map(\.id))
    let active = ticket.activeAlarms.map(\.facts)
    guard active.allSatisfy({ manual.contains($0.rule) }) else { return }
    for alarm in active {
      _ = engine.clear(
        rule: alarm.rule, device: "\(ticket.estate)/\(alarm.device)", at: engine.clock)
    }
    collect()
  }
}

extension TicketCommand.Step {
  /// Without the condition that nothing has changed meanwhile.
  fileprivate var plain: TicketCommand.Step {
    if case .since(_, let step) = self { step.plain } else { self }
  }
}
