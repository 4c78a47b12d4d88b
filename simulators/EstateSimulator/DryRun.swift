/// A scenario without a broker: every message in the order in which a player publishes it.
import EstateModel

/// What a player would publish.
/// - Parameters:
///   - step: milliseconds of virtual time between two clock messages.
///   - print: is given `topic<TAB>payload`.
public func dryRun(_ simulation: Simulation, step: Int64 = 1000, print: (String) -> Void) {
  var simulation = simulation
  let scenario = simulation.scenario
  func say(_ message: Publication) { print("\(message.topic)\t\(message.payload)") }
  say(.clock(scenario.start))
  for message in simulation.opening() { say(message) }
  while simulation.now < scenario.end {
    let next: Timestamp = min(simulation.now + max(Int64(1), step), scenario.end)
    for message in simulation.live(until: next) { say(message) }
    say(.clock(next))
  }
  say(.end(scenario.end))
}
