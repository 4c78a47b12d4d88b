/// What keeps a restart short and the log small: snapshots of the engine, and compaction in small parts.
import EstateModel

/// When what was done last. Times are monotonic milliseconds.
struct Upkeep {
  /// A snapshot comes early when so many readings have come since the last.
  static let snapshotReadings = 200_000
  /// Taking a snapshot may cost a hundredth of the time, not more.
  static let snapshotShare: Int64 = 100
  /// Between two parts of the tidying while messages come without a pause.
  static let busyPause: Int64 = 1000
  /// After the last part, or after one that failed.
  static let idlePause: Int64 = 10_000

  var lastSnapshot: Int64
  var snapshotTook: Int64 = 0
  var readingsAtSnapshot = 0
  /// A snapshot of this process is in the log: what is before it may be compacted.
  var hasSnapshot = false
  var nextTidying: Int64
  var lastTidying: Int64
  var lastComplaint: Int64 = .min / 2

  init(at now: Int64) { (lastSnapshot, nextTidying, lastTidying) = (now, now + Self.idlePause, now) }
}

extension Pipeline {
  /// To be called where everything is committed. Takes a snapshot or tidies a little, when it is time.
  func keepUp(_ now: Int64) {
    core.lookAhead()
    let isDue =
      now - upkeep.lastSnapshot >= max(snapshotInterval, upkeep.snapshotTook * Upkeep.snapshotShare)
      || core.status.readings - upkeep.readingsAtSnapshot >= Upkeep.snapshotReadings
    if isDue { return saveSnapshot(now) }
    guard mayTidy, upkeep.hasSnapshot, now >= upkeep.nextTidying, !isHeld else { return }
    guard readInTurn == 0 || now - upkeep.lastTidying >= Upkeep.busyPause else { return }
    upkeep.lastTidying = now
    do {
      if try !log.tidy(configuration.settings.retention, now: core.engine.clock) {
        upkeep.nextTidying = now + Upkeep.idlePause
      }
    } catch {
      upkeep.nextTidying = now + Upkeep.idlePause
      complain("old batches can't be compacted: \(error)", now)
    }
  }

  /// Keeps the engine as it is after the newest batch. A failure costs a longer start, and nothing else.
  func saveSnapshot(_ now: Int64) {
    upkeep.lastSnapshot = now
    upkeep.readingsAtSnapshot = core.status.readings
    // Before the first word of a simulated clock there is nothing to keep.
    guard core.clock.now != nil, !core.isNew else { return }
    let start = GatewayClock.monotonic
    do {
      try log.saveSnapshot(core.engine.snapshot(), now: core.engine.clock)
      upkeep.hasSnapshot = true
    } catch {
      complain("no snapshot of the engine could be kept, the next start takes longer: \(error)", now)
    }
    upkeep.snapshotTook = GatewayClock.monotonic - start
    core.recordSnapshot(milliseconds: upkeep.snapshotTook)
  }

  private func complain(_ line: String, _ now: Int64) {
    guard now - upkeep.lastComplaint >= CommitFailure.logInterval else { return }
    upkeep.lastComplaint = now
    logger.warning("\(line)")
  }
}
