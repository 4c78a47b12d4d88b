/// What can go wrong between this process and a broker.

/// An operation that the MQTT library or this session refused. A broken link isn't an error; it is a
/// `LinkState`.
public enum MQTTError: Error, Equatable, Sendable, CustomStringConvertible {
  /// An option that no session can be made of.
  case invalidOption(name: String, found: String, expected: String)
  /// The library refused a call. `code` is a `MOSQ_ERR_…` number.
  case client(operation: String, code: Int32, reason: String)
  /// More publications wait for their PUBACK than MQTT has packet identifiers for.
  case tooManyUnacknowledged(limit: Int)

  public var description: String {
    switch self {
    case .invalidOption(let name, let found, let expected):
      "MQTT option \(name): found '\(found)', expected \(expected)"
    case .client(let operation, let code, let reason):
      "MQTT \(operation): \(reason) (\(code))"
    case .tooManyUnacknowledged(let limit):
      "MQTT publish: \(limit) publications wait for the broker's acknowledgement; drain before publishing more"
    }
  }
}
