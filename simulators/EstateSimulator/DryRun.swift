/// A scenario without a broker: every message in the order in which a player publishes it.
import EstateModel

extension Player {
  /// Prints what `play` would publish, as `topic<TAB>payload`, without waiting.
  public func printMessages(of source: some Playable, to print: (String) -> Void) {
    var source = source
    func say(_ message: Publication) { print("\(message.topic)\t\(message.payload)") }
    let step = speed.step(clockStep: source.clockStep)
    var now = source.start
    say(.clock(now))
    for message in source.opening() { say(message) }
    while now < source.end, !shouldStop() {
      let next: Timestamp = min(now + step, source.end)
      for message in source.live(until: next) { say(message) }
      now = next
      say(.clock(now))
    }
    say(.end(now))
  }
}
