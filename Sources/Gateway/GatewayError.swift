/// What can stop a gateway or a command, said so that a person can mend it.

public enum GatewayError: Error, CustomStringConvertible {
  case controlSocket(path: String, reason: String)
  case controlLost
  case brokerURL(String)
  case passwordFile(path: String, reason: String)
  /// A name that nothing bears; the text says which.
  case unknown(String)
  /// Stopped with readings that could not be kept, and so were not acknowledged: the broker delivers them again.
  case notCommitted(reason: String)
  /// Another configuration could not be taken over; the one before it still runs.
  case notReloaded(String)
  case simulatorMissing(path: String)
  case simulatorFailed(status: Int32, output: String)

  public var description: String {
    switch self {
    case .controlSocket(let path, let reason):
      "the control socket \(path) can't be made: \(reason); choose a shorter data folder or free its place"
    case .controlLost: "the gateway closed the connection; is it still running?"
    case .brokerURL(let text):
      "broker '\(text)': expected 'embedded', mqtt://host:port or mqtts://host:port"
    case .passwordFile(let path, let reason): "the broker's password file \(path) can't be read: \(reason)"
    case .unknown(let text): text
    case .notCommitted(let reason):
      "stopped without keeping the last readings (\(reason)); they were not acknowledged, so the broker delivers"
        + " them again"
    case .notReloaded(let reason): "the configuration can't be taken over at the moment: \(reason)"
    case .simulatorMissing(let path):
      "estatesim was not found at \(path); build it with 'make build'"
    case .simulatorFailed(let status, let output):
      "estatesim ended with status \(status): \(output)"
    }
  }
}
