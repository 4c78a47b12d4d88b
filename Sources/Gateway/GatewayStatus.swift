/// Figures of a running gateway, as the live view and `gatehouse status` show them.
import EstateModel
import Store

public struct GatewayStatus: Codable, Sendable {
  /// The gateway's time, milliseconds since 1970; nil while a simulated clock has not started.
  public var now: Int64?
  public var messages = 0
  public var readings = 0
  public var events = 0
  public var problems = 0
  /// The same by reason, since the start.
  public var problemsByReason: [String: Int] = [:]
  /// Readings that had been delivered before: same device, signal and event time. They changed nothing.
  public var duplicates = 0
  /// Messages that their devices had sent before, by their numbers; they were dropped.
  public var repeats = 0
  /// Messages that never came, by their numbers.
  public var missedFrames = 0
  /// Messages that were overtaken by later ones.
  public var disordered = 0
  /// Messages that came much later than their devices' usually do.
  public var late = 0
  public var joins = 0
  /// Sparkplug nodes that were asked to tell all their metrics again.
  public var rebirthsAsked = 0
  /// Devices that send and are not in the catalogue.
  public var unclaimed = 0
  public var commits = 0
  /// Longest commit so far, milliseconds.
  public var longestCommit: Double = 0
  /// How long commits took.
  public var commitLatency = LatencyHistogram()
  /// From reading a message to the moment at which the alarm that it raised or cleared is kept and told.
  public var alertLatency = LatencyHistogram()
  /// Longest pause for a snapshot of the engine so far, milliseconds.
  public var longestSnapshot: Double = 0
  /// Why the last commit failed; nil while batches can be kept. Nothing is read and nothing is acknowledged then.
  public var commitFailure: String?
  /// Since when nothing can be kept, milliseconds since 1970 by the system's clock.
  public var failingSince: Int64?
  /// False while the broker may still hold messages from before; then silence raises nothing.
  public var isCaughtUp = false
  /// Steps of the system's clock, forward and back.
  public var clockSteps = 0
  public var activeAlarms = 0
  public var openTickets = 0
  public var link = "disconnected"
  public var devices = 0
  /// Devices that reported within three of their intervals.
  public var reporting = 0
  /// Devices that reported, but not within three of their intervals.
  public var silent = 0
  /// Devices from which nothing has come yet.
  public var neverSeen = 0
  /// What waits to be sent, and what was given up; nil: this run sends nothing.
  public var outbox: OutboxFigures?
  public var stagingFill: Double = 0
  public var simulationEnded = false
  /// What became of the last wish to read the configuration again; nil: there was none.
  public var lastReload: ReloadReport?
  /// The pipeline's last sign of life: milliseconds of the machine's monotonic clock.
  public var beat: Int64?

  public init() {}
}
