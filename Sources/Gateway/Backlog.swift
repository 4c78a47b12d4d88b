/// Whether the broker still holds messages from a time when nobody listened.

/// While the link is down, and until what the broker kept meanwhile has been read, silence means nothing: the
/// engine's clock stands still. MQTT doesn't tell when a backlog ends. It has ended when a second has passed in which
/// nothing came although nothing was unacknowledged, or in which half of the readings were fresh.
struct Backlog {
  /// Milliseconds over which arrivals are judged.
  static let window: Int64 = 1000
  /// A reading is fresh when its event time is not further behind, in milliseconds.
  static let freshness: Int64 = 10_000
  /// A link that has been up for so long has no backlog, whatever its devices' clocks say.
  static let patience: Int64 = 600_000

  /// Not having listened for so long, in milliseconds, is as good as having had no link.
  static let deafness: Int64 = 10_000

  private(set) var isDrained = false
  private var linkedSince: Int64?
  private var windowStart: Int64 = 0
  private var startedClear = false
  private var messages = 0
  private var readings = 0
  private var fresh = 0

  mutating func lose() { self = Backlog() }

  mutating func note(messages: Int, readings: Int, fresh: Int) {
    guard !isDrained else { return }
    self.messages += messages
    self.readings += readings
    self.fresh += fresh
  }

  /// - Parameters:
  ///   - now: milliseconds of the monotonic clock.
  ///   - isClear: nothing waits for an acknowledgement.
  mutating func judge(_ now: Int64, isLinked: Bool, isClear: Bool) {
    guard isLinked else { return lose() }
    guard !isDrained else { return }
    guard let linkedSince else {
      self.linkedSince = now
      return open(now, isClear)
    }
    guard now - windowStart >= Self.window else { return }
    let isQuiet = startedClear && messages == 0
    let isFresh = readings > 0 && 2 * fresh >= readings
    isDrained = isQuiet || isFresh || now - linkedSince >= Self.patience
    open(now, isClear)
  }

  private mutating func open(_ now: Int64, _ isClear: Bool) {
    (windowStart, startedClear, messages, readings, fresh) = (now, isClear, 0, 0, 0)
  }
}
