/// What time it is for the gateway.
import EstateModel
import Foundation

/// The clock is handed to everything that decides; only this file reads the system's.
///
/// A wall clock is not believed blindly. The gateway's time runs with the monotonic clock and follows the wall's
/// small corrections. When the wall steps by more than a second, the gateway's time goes on as before until the step
/// has lasted for ten minutes: a clock that is set wrong and set right again changes nothing. Only then it is
/// followed. A wall that was never set (before the year 2020) is followed at once when somebody sets it.
public struct GatewayClock: Sendable {
  public enum Source: String, CaseIterable, Sendable {
    /// The system's time.
    case wall
    /// The time that a simulator announces on `simulation/clock`: a slow machine delays such a run, but
    /// never changes its result.
    case simulation
  }

  /// What became of the wall clock's last step, in milliseconds; positive is forward.
  package enum Step: Equatable, Sendable {
    /// The wall differs from the gateway's time by so much. The gateway goes on as before.
    case noticed(by: Int64)
    /// The wall is back where it was.
    case undone
    /// The step has lasted: the gateway's time has moved by so much.
    case followed(by: Int64)
  }

  /// Differences up to here are corrections, as time servers make them.
  static let correction: Int64 = 1000
  /// A step must have lasted so long before it is followed, in milliseconds.
  package static let confirmation: Int64 = 600_000
  /// 2020-01-01: no gateway is older.
  static let earliestBelieved = Timestamp(milliseconds: 1_577_836_800_000)

  public let source: Source
  /// nil while a simulated clock has not started, and before the first look at the wall.
  public private(set) var now: Timestamp?
  /// Wall less monotonic, as it is believed.
  private var offset: Int64?
  /// Another difference, and since when it has been seen.
  private var suspect: (offset: Int64, since: Int64)?
  /// Simulated: nothing has been announced since the gateway started.
  private var isSilent = true

  /// - Parameter resumed: where a simulated clock goes on: what was announced before a restart.
  public init(_ source: Source, resumed: Timestamp? = nil) {
    self.source = source
    if source == .simulation { now = resumed }
  }

  /// A look at the system's clocks. Never goes back by a correction.
  /// - Returns: what is worth telling.
  package mutating func observe(_ moment: Moment) -> Step? {
    guard source == .wall else { return nil }
    let found = moment.wall.milliseconds - moment.monotonic
    guard let known = offset else {
      offset = found
      now = moment.wall
      return nil
    }
    let difference = found - known
    if abs(difference) <= Self.correction {
      offset = found
      let wasSuspected = suspect != nil
      suspect = nil
      run(moment)
      return wasSuspected ? .undone : nil
    }
    let isNew = suspect.map { abs($0.offset - found) > Self.correction } ?? true
    if isNew { suspect = (found, moment.monotonic) }
    let wasNeverSet = Timestamp(milliseconds: known + moment.monotonic) < Self.earliestBelieved
    if wasNeverSet || moment.monotonic - (suspect?.since ?? 0) >= Self.confirmation {
      offset = found
      suspect = nil
      now = moment.wall
      return .followed(by: difference)
    }
    run(moment)
    return isNew ? .noticed(by: difference) : nil
  }

  private mutating func run(_ moment: Moment) {
    let time = Timestamp(milliseconds: moment.monotonic + (offset ?? 0))
    now = max(time, now ?? time)
  }

  /// Simulated time only moves forward; but the first word after a start may be that of another, earlier run.
  mutating func announce(_ time: Timestamp) {
    defer { isSilent = false }
    let isAnotherRun = isSilent && (now.map { time < $0 - 86_400_000 } ?? true)
    if isAnotherRun || time > now ?? .distantPast { now = time }
  }

  public static var wall: Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }

  /// Milliseconds of a clock that nobody sets: for intervals.
  public static var monotonic: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
