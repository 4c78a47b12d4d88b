/// Where a device stands with the numbers of its messages.

/// The newest number of a device, and which of those before it have come.
public struct FrameMark: Hashable, Sendable, Codable {
  /// Of the session in which the device counts; 0 where its network tells none.
  public var session: UInt64
  public var counter: Int64
  /// The lowest bit is the newest message, the next the one before.
  public var arrived: UInt64

  public init(session: UInt64, counter: Int64, arrived: UInt64) {
    (self.session, self.counter, self.arrived) = (session, counter, arrived)
  }

  /// How far back the first message lies that is known to have come.
  public var span: Int64 { Int64(63 - arrived.leadingZeroBitCount) }
}
