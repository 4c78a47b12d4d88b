/// Why a device can't be enrolled or revoked.

public enum DeviceAccessError: Error, Equatable, CustomStringConvertible {
  case badName(String)
  case badTopic(String)
  /// Neither in the catalogue, nor said which topics are its own.
  case unknownDevice(String, hint: String)
  case enrolled(String)
  case notEnrolled(String)
  case unusable(path: String, reason: String)
  case program(String, status: Int32, output: String)
  /// Revoked on disk, but the running broker did not take it in.
  case notCutOff(String, reason: String)

  public var description: String {
    switch self {
    case .badName(let name):
      "device '\(name)': expected 1 to 64 letters, digits, '-', '_', '.' and '/'"
    case .badTopic(let topic):
      "topic '\(topic)': expected a topic filter whose first level is a name, such as zigbee2mqtt/pump/#"
    case .unknownDevice(let name, let hint):
      "device '\(name)' is not in the catalogue\(hint); a bridge that speaks for others needs --topic"
    case .enrolled(let name):
      "device '\(name)' is enrolled already; --replace makes its old credentials worthless"
    case .notEnrolled(let name): "device '\(name)' is not enrolled"
    case .unusable(let path, let reason): "\(path): \(reason)"
    case .program(let name, let status, let output): "\(name) ended with status \(status): \(output)"
    case .notCutOff(let name, let reason):
      "device '\(name)' can't come back, but whether it is still connected is not known: \(reason)"
    }
  }
}
