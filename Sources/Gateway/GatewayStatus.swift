/// Figures of a running gateway, as the live view and `gatehouse status` show them.
import EstateModel

public struct GatewayStatus: Codable, Sendable {
  /// The gateway's time, milliseconds since 1970; nil while a simulated clock has not started.
  public var now: Int64?
  public var messages = 0
  public var readings = 0
  public var events = 0
  public var problems = 0
  public var commits = 0
  /// Longest commit so far, milliseconds.
  public var longestCommit: Double = 0
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
  public var stagingFill: Double = 0
  public var simulationEnded = false

  public init() {}
}
