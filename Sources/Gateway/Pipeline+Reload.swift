/// Another configuration, between two batches.
import EstateModel
import Rules
import Store
import Tickets

extension Pipeline {
  /// Keeps what waits.
  func keep(at moment: Moment) -> Bool { failure == nil && commit(moment.monotonic) }

  /// Goes on with another configuration. What was read so far is kept and judged by the old one; the next message is
  /// decoded and judged by the new one. Rules that have not changed keep their windows, running delays and alarms; others
  /// are rebuilt from stored readings; alarms of what is gone end, saying why.
  /// - Parameters:
  ///   - rebuilt: what was played beside the gateway; nil: it is played here.
  ///   - outbox: where messages go from now on.
  /// - Returns: for how many milliseconds the pipeline stood still.
  /// - Throws: what stands against it at the moment; nothing has changed then.
  package func reload(
    _ next: LoadedConfiguration, rebuilt: Rebuilt? = nil, outbox: PipelineOutbox? = nil, at moment: Moment
  ) throws -> Int64 {
    let began = GatewayClock.monotonic
    noticeLoss()
    guard failure == nil, commit(moment.monotonic, stateLimit: .max) else {
      throw GatewayError.notReloaded(failure?.reason ?? "nothing can be kept at the moment")
    }
    let bytes = core.engine.snapshot()
    do {
      if !core.isNew, core.clock.now != nil { try log.saveSnapshot(bytes, now: core.engine.clock) }
      try log.use(next.catalogue)
      var renewed = try Recovery.core(
        core, before: configuration, after: next, snapshot: bytes, log: log, rebuilt: rebuilt)
      if let outbox {
        if renewed.policy == nil { renewed.policy = outbox.policy }
        renewed.policy?.use(next.notifications, catalogue: next.catalogue, routing: next.routing)
      } else {
        renewed.policy = nil
      }
      core = renewed
    } catch {
      try? log.use(configuration.catalogue)
      throw GatewayError.notReloaded("\(error)")
    }
    configuration = next
    self.outbox = outbox
    core.withdrawOrphans()
    // What can't be kept now is kept later, like any other batch.
    if commit(moment.monotonic) { saveSnapshot(moment.monotonic) }
    return GatewayClock.monotonic - began
  }
}

extension Recovery {
  /// What goes on under another configuration, everything being committed.
  /// - Parameter bytes: the engine as it is.
  static func core(
    _ core: Core, before: LoadedConfiguration, after: LoadedConfiguration, snapshot bytes: [UInt8],
    log: some BatchLog, rebuilt: Rebuilt?
  ) throws -> Core {
    // Devices that are new are watched from now on.
    var engine = RuleEngine(rules: after.rules, catalogue: after.catalogue, start: core.engine.clock)
    try engine.restore(snapshot: bytes)
    if var rebuilt {
      try rebuilt.catchUp(after, log: log)
      engine.adopt(rebuilt.engine, isOver: core.book.knows(alarm:))
    } else if try log.lastBatchTime() != nil {
      let watched = try log.fact(Core.watchedSince).flatMap(Int64.init).map(Timestamp.init(milliseconds:))
      let rebuilt = try Rebuilt(
        of: engine, after, log: log, since: watched, until: core.engine.clock, through: .max)
      if let rebuilt { engine.adopt(rebuilt.engine, isOver: core.book.knows(alarm:)) }
    }
    let orphans = engine.restore(active: try log.activeAlarms())
    var book = core.book
    book.use(routing: after.routing, catalogue: after.catalogue)
    var suppressions = core.suppressions
    suppressions.use(after.catalogue)
    var (states, recent) = (core.states, core.recent)
    if after.catalogue.paths != before.catalogue.paths {
      states = DeviceStates(after.catalogue, stored: try log.deviceStates())
      recent = RecentReadings()
      let newest = try log.snapshots().first?.batch ?? 0
      _ = try log.replay(afterBatch: max(0, newest - remembered), catalogue: after.catalogue) { _, readings in
        for reading in readings { recent.remember(reading) }
      }
    }
    let isSameDecoding =
      after.catalogue.devices == before.catalogue.devices && after.hasSame(.estates, as: before)
      && after.hasSame(.profiles, as: before)
      && after.hasSame(.main, as: before)
    var renewed = Core(
      after, clock: core.clock, engine: engine, book: book, suppressions: suppressions, states: states,
      recent: recent,
      unclaimed: core.unclaimed.renewed(privateKeys: after.privateKeys, catalogue: after.catalogue),
      isNew: core.isNew, orphans: orphans, decoder: isSameDecoding ? core.decoder : nil)
    if !isSameDecoding { renewed.decoder.takeMemory(of: core.decoder) }
    renewed.goOn(from: core)
    return renewed
  }
}
