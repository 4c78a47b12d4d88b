/// What a restart at this moment would change: nothing, it is hoped.
import EstateModel
import Rules

extension Pipeline {
  /// Plays the log into a second engine and compares what both think of every rule on every device.
  /// - Returns: a line for each difference; nil while something waits for its commit, because that would come again.
  package func rehearseRestart(at moment: Moment) throws -> [String]? {
    guard failure == nil, unacknowledged == 0, !core.hasReadings, !core.isUrgent else { return nil }
    var other = try Recovery.play(
      configuration, log: log, until: core.clock.source == .wall ? moment.wall : nil,
      isOver: core.book.knows(alarm:), logger: logger
    ).engine
    other.advance(to: core.engine.clock)
    var differences: [String] = []
    for device in core.catalogue.devices {
      for rule in configuration.rules.rules {
        guard var here = core.engine.explanation(rule: rule.id, device: device.path),
          var there = other.explanation(rule: rule.id, device: device.path)
        else { continue }
        // Windows' sums may differ in the last digits: they are computed from another first sample.
        (here.raiseParts, there.raiseParts) = ([], [])
        (here.clearParts, there.clearParts) = ([], [])
        if here != there { differences.append("\(here) after a restart: \(there)") }
      }
    }
    return differences
  }
}
