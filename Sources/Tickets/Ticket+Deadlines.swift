/// What time alone brings about on a ticket, and when: a function of the ticket and nothing else.
import EstateModel

extension Ticket {
  /// What happens when nobody does anything.
  enum Due: Hashable {
    /// Its clocks have never been set: an event of an older release opened it.
    case schedule
    case stage(ServiceClock.Kind, ServiceClock.Stage)
    case escalate
    case resume
    /// The signal was normal for so long.
    case verify
    /// The work is said to be done, and alarms are still active.
    case stillActive
    case close
    case item(Council.Item)
    case vote(Int)
  }

  /// The next of them; equal moments in the order of the list above.
  var nextDue: (at: Int64, due: Due)? {
    guard isOpen else { return nil }
    var next: (at: Int64, due: Due)?
    func consider(_ at: Int64, _ due: Due) {
      if at < next?.at ?? .max { next = (at, due) }
    }
    if needsSchedule { consider(opened, .schedule) }
    if let pause {
      consider(pause.until, .resume)
    } else {
      for clock in clocks {
        if let stage = clock.nextStage { consider(stage.at, .stage(clock.kind, stage.stage)) }
      }
      if let nextEscalation { consider(nextEscalation, .escalate) }
    }
    if state == .resolved, let watch, watch.blind.isEmpty {
      if activeAlarms.isEmpty {
        consider(max(watch.from, normalSince ?? watch.from) + watch.quiet, .verify)
      } else {
        consider(watch.from + watch.settle, .stillActive)
      }
    }
    if state == .verified, let verified, let closeAfter { consider(verified + closeAfter, .close) }
    for council in councils {
      for item in council.items where item.reminded == nil { consider(item.due, .item(item)) }
    }
    for proposal in proposals where proposal.decision == nil {
      if let deadline = proposal.deadline { consider(deadline, .vote(proposal.number)) }
    }
    return next
  }

  /// Nothing that time brings about leads out of its state. Events of the first release, and those that a repair of
  /// the database has made, set no clocks.
  private var needsSchedule: Bool {
    switch state {
    case .new, .acknowledged, .onSite, .reopened: clock(.resolve)?.isRunning != true
    case .resolved: watch == nil && clock(.followUp)?.isRunning != true
    case .verified: closeAfter == nil && clock(.followUp)?.isRunning != true
    case .closed, .merged, .cancelled: false
    }
  }
}
