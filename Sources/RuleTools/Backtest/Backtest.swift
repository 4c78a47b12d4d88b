/// Other rules over stored readings: what they would have raised.
import EstateModel
import Rules
import Store

/// An alarm from its raising to its end.
public struct AlarmSpan: Hashable, Sendable {
  public var raised: AlarmTransition
  /// Milliseconds since 1970; nil: not cleared by the end of what was looked at.
  public var cleared: Int64?

  public init(raised: AlarmTransition, cleared: Int64? = nil) {
    (self.raised, self.cleared) = (raised, cleared)
  }

  /// `estate/device`
  public var device: String { "\(raised.estate)/\(raised.device)" }

  func overlaps(_ other: AlarmSpan) -> Bool {
    raised.at <= (other.cleared ?? .max) && other.raised.at <= (cleared ?? .max)
  }

  /// Steps put together to alarms, in the order of their raising. A clearing without its raising is left out.
  public static func spans(_ transitions: some Sequence<AlarmTransition>) -> [AlarmSpan] {
    var spans: [AlarmSpan] = []
    var open: [String: Int] = [:]
    for transition in transitions {
      switch transition.kind {
      case .raised:
        // The same alarm is raised once, however often it is told.
        if open[transition.alarm] != nil { continue }
        open[transition.alarm] = spans.count
        spans.append(AlarmSpan(raised: transition))
      case .cleared:
        if let index = open[transition.alarm], spans[index].cleared == nil {
          spans[index].cleared = transition.at
        }
      }
    }
    return spans
  }
}

/// Plays stored readings through rules.
public struct Backtest: Sendable {
  public let rules: RuleSet
  public let catalogue: Catalogue
  public let since: Timestamp
  /// Not included.
  public let until: Timestamp

  public struct Played: Sendable {
    /// Every alarm that the rules would have raised, also those before `since` that led to it.
    public var alarms: [AlarmSpan] = []
    public var readings = 0
    /// Readings of devices that the catalogue no longer has.
    public var skipped = 0
    public var batches = 0
    /// The engine's clock at the end.
    public var reached: Timestamp?
    /// Stopped by hand before the end.
    public var wasStopped = false

    public init() {}
  }

  public init(rules: RuleSet, catalogue: Catalogue, since: Timestamp, until: Timestamp) {
    (self.rules, self.catalogue, self.since, self.until) = (rules, catalogue, since, until)
  }

  /// How long before `since` the playing begins, so that windows and delays are what they were: milliseconds.
  public var leadIn: Int64 {
    (rules.rules.map { $0.longestWindow + $0.onDelay + $0.offDelay }.max() ?? 0) + 3_600_000
  }

  private enum Stop: Error { case end, byHand }

  /// - Parameter progress: is told the engine's clock and how many readings have been played after each batch; false
  ///   stops.
  public func play(
    _ reader: StoreReader, progress: (_ now: Timestamp, _ readings: Int) -> Bool = { _, _ in true }
  ) throws -> Played {
    let start = since - leadIn
    var played = Played()
    // Where the store begins later, watching begins with it: hours without readings would only make devices silent.
    var watching: RuleEngine?
    var transitions: [AlarmTransition] = []
    do {
      let replayed = try reader.replay(since: start, catalogue: catalogue) { now, readings in
        guard now < until else { throw Stop.end }
        var engine =
          watching ?? RuleEngine(rules: rules, catalogue: catalogue, start: max(start, now - 60_000))
        watching = nil
        defer { watching = engine }
        for reading in readings { engine.ingest(reading) }
        engine.advance(to: now)
        transitions += engine.takeTransitions()
        played.readings += readings.count
        played.batches += 1
        played.reached = now
        if !progress(now, played.readings) { throw Stop.byHand }
      }
      played.skipped = replayed.skipped
    } catch Stop.end {
    } catch Stop.byHand {
      played.wasStopped = true
    }
    played.alarms = AlarmSpan.spans(transitions)
    return played
  }
}
