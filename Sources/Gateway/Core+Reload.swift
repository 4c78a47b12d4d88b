/// What goes on under another configuration, and what ends with the one before.
import EstateModel
import Tickets

extension Core {
  /// Takes over what another configuration doesn't change. Nothing may wait for its commit.
  mutating func goOn(from earlier: Core) {
    let devices = status.devices
    status = earlier.status
    status.devices = devices
    committedProblems = earlier.committedProblems
    keptClock = earlier.keptClock
    policy = earlier.policy
  }

  /// Ends alarms that nobody watches any more, saying why. They prove nothing.
  mutating func withdrawOrphans() {
    guard !orphans.isEmpty else { return }
    passTicketTime(until: engine.clock)
    for orphan in orphans {
      let isGone = catalogue.device(path: "\(orphan.estate)/\(orphan.device)") == nil
      let isRule = engine.ruleSet.rules.contains { $0.id == orphan.rule }
      let end = orphan.ended(
        because: isGone ? .deviceRemoved : isRule ? .notWatched : .ruleRemoved, at: engine.clock)
      if holds(end) { continue }
      let events = book.apply(end)
      batch.transitions.append(end)
      show(end)
      record(events)
    }
    orphans = []
  }
}
