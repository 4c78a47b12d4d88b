/// Rules whose state nobody has kept, played from stored readings: rules that are new or have changed, and all rules of
/// devices that have come back.
import EstateModel
import Foundation
import Rules
import Store

package struct Rebuilt: Sendable {
  package var engine: RuleEngine
  /// The newest batch that is certainly in it.
  var batch: Int64 = 0

  /// What an engine lacks that has taken in a snapshot of other rules or other devices.
  /// - Parameters:
  ///   - watched: when watching began.
  ///   - end: the engine's clock at the snapshot.
  ///   - batch: the snapshot's; what came later is played by the engine itself, also where the clock stood still.
  /// - Returns: nil when it lacks nothing.
  init?(
    of engine: RuleEngine, _ configuration: LoadedConfiguration, log: some BatchLog,
    since watched: Timestamp?, until end: Timestamp, through batch: Int64
  ) throws {
    guard !engine.freshRules(where: { _ in true }).isEmpty else { return nil }
    let heard = Set(try log.deviceStates().map(\.device))
    let fresh = engine.freshRules { heard.contains(configuration.catalogue[$0].path) }
    guard !fresh.isEmpty else { return nil }
    self.init(fresh, configuration, since: watched, until: end)
    var playing = self.engine
    _ = try log.replay(since: playing.start, through: batch, catalogue: configuration.catalogue) {
      now, readings in
      for reading in readings { playing.ingest(reading) }
      playing.advance(to: now)
    }
    playing.advance(to: end)
    _ = playing.takeTransitions()
    self.engine = playing
  }

  private init(
    _ rules: Set<String>, _ configuration: LoadedConfiguration, since watched: Timestamp?,
    until end: Timestamp
  ) {
    let some = configuration.rules.restricted(to: rules)
    engine = RuleEngine(
      rules: some, catalogue: configuration.catalogue,
      start: min(end, max(end - some.horizon, watched ?? .distantPast)))
  }

  /// What a reload will lack, played beside the running gateway. It may take as long as it wants.
  /// - Parameter stop: asked now and then; true ends it.
  /// - Returns: nil when nothing will be lacking, or there is nothing to play.
  package init?(
    from earlier: LoadedConfiguration, to next: LoadedConfiguration, stored: StoreReader,
    stop: () -> Bool = { false }
  ) throws {
    guard let end = try stored.lastBatchTime() else { return nil }
    var fresh = next.rules.fresh(since: earlier.rules)
    let heard = Set(try stored.deviceStates().map(\.device))
    for device in next.catalogue.devices where heard.contains(device.path) {
      if let known = earlier.catalogue.device(path: device.path),
        earlier.catalogue[known].kind == device.kind
      {
        continue
      }
      for rule in next.rules.rules where rule.kinds.contains(device.kind) { fresh.insert(rule.id) }
    }
    guard !fresh.isEmpty else { return nil }
    let watched = try stored.fact(Core.watchedSince).flatMap(Int64.init).map(Timestamp.init(milliseconds:))
    self.init(fresh, next, since: watched, until: end)
    batch = try stored.newestBatch()
    var playing = engine
    struct Stopped: Error {}
    _ = try stored.replay(since: playing.start, catalogue: next.catalogue) { now, readings in
      if stop() { throw Stopped() }
      for reading in readings { playing.ingest(reading) }
      playing.advance(to: now)
      _ = playing.takeTransitions()
    }
    engine = playing
  }

  /// Plays what has come since.
  mutating func catchUp(_ configuration: LoadedConfiguration, log: some BatchLog) throws {
    var playing = engine
    _ = try log.replay(afterBatch: batch, catalogue: configuration.catalogue) { now, readings in
      for reading in readings { playing.ingest(reading) }
      playing.advance(to: now)
    }
    _ = playing.takeTransitions()
    engine = playing
  }
}
