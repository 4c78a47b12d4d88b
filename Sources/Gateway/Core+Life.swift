/// What the core tells of its devices' lives, and of itself.
import EstateModel
import RingBuffer

extension Core {
  var hasStateChanges: Bool { states.hasChanges }

  /// Sparkplug nodes that are to be asked for all their metrics now.
  mutating func takeRebirths() -> [String] { clock.now.map { rebirths.take(at: $0) } ?? [] }

  /// Figures that change with time and not with messages.
  mutating func refreshStatus() {
    status.now = clock.now?.milliseconds
    status.activeAlarms = engine.activeAlarms.count
    status.openTickets = book.openCount
    let counts = states.counts
    (status.repeats, status.missedFrames) = (counts.repeats, counts.missed)
    (status.disordered, status.late, status.joins) = (counts.disordered, counts.late, counts.joins)
    (status.rebirthsAsked, status.unclaimed) = (rebirths.asked, unclaimed.count)
    status.stagingFill = Double(staging.count) / Double(staging.capacity)
    guard let now = clock.now else { return }
    (status.reporting, status.silent, status.neverSeen) = (0, 0, 0)
    // By number: a whole device would be copied, with all its texts.
    for number in catalogue.devices.indices {
      guard let seen = states.lastSeen(number) else {
        status.neverSeen += 1
        continue
      }
      if now - seen > 3 * catalogue.devices[number].reportInterval {
        status.silent += 1
      } else {
        status.reporting += 1
      }
    }
  }
}
