/// How a session stands with its broker.

public enum LinkState: Equatable, Sendable {
  /// `reason` is for people: "never connected", "Connection Refused: not authorised.", …
  case disconnected(reason: String)
  case connecting
  case connected(since: ContinuousClock.Instant)

  public var isConnected: Bool {
    if case .connected = self { true } else { false }
  }
}

/// A topic filter and what the broker said to it.
public struct Subscription: Equatable, Sendable {
  public enum State: Equatable, Sendable {
    /// Not yet answered.
    case pending
    /// The QoS that the broker will deliver with; may be lower than the one asked for.
    case granted(qos: Int32)
    /// The broker said 0x80. Asked again with back-off; `attempts` counts the refusals.
    case refused(attempts: Int)
  }
  public let filter: String
  /// The QoS asked for.
  public let qos: Int32
  public internal(set) var state: State

  public init(filter: String, qos: Int32, state: State) {
    (self.filter, self.qos, self.state) = (filter, qos, state)
  }
}
