/// What time it is for the gateway.
import EstateModel
import Foundation

/// The clock is handed to everything that decides; only this file reads the system's.
public struct GatewayClock: Sendable {
  public enum Source: String, CaseIterable, Sendable {
    /// The system's time.
    case wall
    /// The time that a simulator announces on `simulation/clock`: a slow machine delays such a run, but
    /// never changes its result.
    case simulation
  }

  public let source: Source
  /// The latest announced time; nil before the first.
  public private(set) var announced: Timestamp?

  public init(_ source: Source) { self.source = source }

  /// nil while a simulated clock has not started.
  public var now: Timestamp? {
    switch source {
    case .wall: Self.wall
    case .simulation: announced
    }
  }

  /// Simulated time only moves forward.
  public mutating func announce(_ time: Timestamp) {
    if time > announced ?? .distantPast { announced = time }
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
