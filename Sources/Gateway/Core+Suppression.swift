/// Alarms that are kept without a ticket, for as long as somebody wants it so.
import EstateModel
import Rules
import Store
import Tickets

extension Core {
  /// Keeps an alarm behind what suppresses it. An alarm that is on a ticket already goes its way.
  /// - Returns: whether the ticket book need not hear of this step.
  mutating func holds(_ transition: AlarmTransition) -> Bool {
    switch transition.kind {
    case .raised:
      guard !book.knows(alarm: transition.alarm), suppressions.held[transition.alarm] == nil,
        let suppression = suppressions.suppression(of: transition, at: transition.at)
      else { return suppressions.held[transition.alarm] != nil }
      var held = transition
      held.suppressedBy = suppression.id
      suppressions.hold(held)
      batch.transitions.append(held)
    case .cleared:
      guard suppressions.release(cleared: transition) else { return false }
      batch.transitions.append(transition)
    }
    return true
  }

  /// What is over by then ends, and what waited behind it is announced as of then.
  mutating func expireSuppressions(by time: Timestamp) {
    let (ended, released) = suppressions.expire(by: time.milliseconds)
    for suppression in ended { batch.keep(suppression) }
    announce(released, at: time)
  }

  private mutating func announce(_ alarms: [AlarmTransition], at time: Timestamp) {
    for alarm in alarms {
      var late = alarm
      // Its clocks begin now; its onset stays.
      late.at = max(alarm.at, time.milliseconds)
      show(late)
      record(book.apply(late))
    }
  }

  /// A source that comes and goes too fast is shelved for a while, and somebody is to tune it.
  mutating func noteChattering(_ transition: AlarmTransition) {
    guard let shelving = suppressions.noteRaised(transition) else { return }
    batch.keep(shelving)
    let report = Report(
      estate: transition.estate, category: "device-maintenance", place: transition.place, priority: .p4,
      title: Title(
        zh: "告警抖动：\(transition.title.zh)", en: "Chattering alarm: \(transition.title.en)"),
      note: "\(transition.rule) at \(transition.device): \(shelving.why)", from: SuppressionList.gatehouse,
      channel: .message)
    let command = TicketCommand(
      .report(report), ticket: "", by: SuppressionList.gatehouse, at: Timestamp(milliseconds: transition.at),
      via: .rule)
    // Without such a category or place there is nobody to tune it; the shelving itself is told.
    if let events = try? book.perform(command) { record(events) }
  }

  mutating func suppress(_ order: Suppression.Order, by: String) throws(SuppressionError) -> Suppression {
    let device = order.scope.device.map { "\(order.scope.estate)/\($0)" }
    if let rule = order.scope.rule, let device, catalogue.device(path: device) != nil {
      guard engine.ruleSet.rules.contains(where: { $0.id == rule }) else { throw .unknownRule(rule) }
      guard engine.explanation(rule: rule, device: device) != nil else {
        throw .notWatched(rule: rule, device: device)
      }
    }
    let made = try suppressions.set(order, by: by, at: clock.now ?? batch.now) { rule in
      engine.ruleSet.rules.first { $0.id == rule }?.priority
    }
    batch.keep(made)
    return made
  }

  mutating func endSuppression(_ id: String, by: String) throws(SuppressionError) -> Suppression {
    let now = clock.now ?? batch.now
    let (ended, released) = try suppressions.end(id, by: by, at: now)
    batch.keep(ended)
    announce(released, at: now)
    return ended
  }
}
