/// The time as it is handed in: nothing behind the pipeline's door reads a clock.
import EstateModel
import Foundation

/// One instant, told by both of the system's clocks.
package struct Moment: Sendable, Equatable {
  /// Milliseconds of a clock that nobody sets: for intervals.
  package var monotonic: Int64
  /// What the system takes for the time of day. Somebody may set it at any moment.
  package var wall: Timestamp

  package init(monotonic: Int64, wall: Timestamp) { (self.monotonic, self.wall) = (monotonic, wall) }

  /// Now, by the system.
  package static var system: Moment { Moment(monotonic: GatewayClock.monotonic, wall: GatewayClock.wall) }
}
