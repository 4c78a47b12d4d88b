/// A scenario without a broker: every message in the order in which a player publishes it.
import EstateModel

extension Player {
  /// Prints what `play` would publish, as `topic<TAB>payload`, without waiting.
  public func printMessages(of source: some Playable, to print: (String) -> Void) {
    var source = source
    var wire = wire
    func say(_ message: Publication) { print("\(message.topic)\t\(message.payload)") }
    func say(_ message: WireMessage) {
      // Bytes that are no text are shown in base64.
      let text = String(validating: message.payload, as: UTF8.self) ?? base64(message.payload)
      print("\(message.topic)\t\(text)")
    }
    let step = speed.step(clockStep: source.clockStep)
    var now = source.start
    say(.clock(now))
    let opening = source.opening()
    for message in wire?.opening(opening) ?? opening.map(WireMessage.init) { say(message) }
    while now < source.end, !shouldStop() {
      let next: Timestamp = min(now + step, source.end)
      let said = source.live(until: next)
      for message in wire?.messages(said, until: next) ?? said.map(WireMessage.init) { say(message) }
      now = next
      say(.clock(now))
    }
    say(.end(now))
  }
}
