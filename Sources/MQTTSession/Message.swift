/// One PUBLISH as the library hands it over.

/// A view into the library's buffers. Valid only during the call that hands it over; nothing is copied.
public struct Message {
  /// UTF-8, without a terminating zero.
  public let topic: UnsafeRawBufferPointer
  public let payload: UnsafeRawBufferPointer
  /// 0, 1 or 2
  public let qos: Int32
  /// True when the broker had kept this message from before the subscription.
  public let isRetained: Bool
  /// The packet identifier that its PUBACK will name; 0 with QoS 0.
  public let identifier: Int32

  public init(
    topic: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer, qos: Int32, isRetained: Bool,
    identifier: Int32
  ) {
    (self.topic, self.payload, self.qos) = (topic, payload, qos)
    (self.isRetained, self.identifier) = (isRetained, identifier)
  }
}
