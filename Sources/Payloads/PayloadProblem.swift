/// What was wrong with a message or a value in it, for counters and a log line.
import EstateModel

/// One thing wrong with one message. It never carries text from fields that no profile names.
public struct PayloadProblem: Hashable, Sendable {
  public enum Reason: String, CaseIterable, Sendable, Codable {
    case unknownTopic = "unknown-topic"
    /// The topic is not UTF-8.
    case badTopic = "bad-topic"
    case unknownDevice = "unknown-device"
    case empty
    case notJSON = "not-json"
    case notUTF8 = "not-utf8"
    /// The topic ends with `/gzip`, the payload is none.
    case notCompressed = "not-compressed"
    case tooLarge = "too-large"
    case tooDeep = "too-deep"
    case wrongShape = "wrong-shape"
    case unknownSignal = "unknown-signal"
    /// The device says that it can't measure: null, a text or a number that stands for a fault.
    case fault
    case notANumber = "not-a-number"
    case numberTooLarge = "number-too-large"
    case outOfRange = "out-of-range"
    /// A unit in the payload that doesn't fit the signal.
    case wrongUnit = "wrong-unit"
    case badTime = "bad-time"
    case timeInPast = "time-in-past"
    case timeInFuture = "time-in-future"
    /// The sender's own numbers show that messages did not arrive.
    case lostMessages = "lost-messages"
    /// The network server sent raw bytes only: it has no codec for the device.
    case undecoded
    /// The device has spent its budget of messages.
    case flooding
    /// No profile has the keys that this object has.
    case unknownModel = "unknown-model"
  }

  /// The device's path or address, or the topic's device part as far as it is printable.
  public var device: String
  public var signal: SignalIndex?
  public var reason: Reason
  public var detail: String

  public init(device: String, signal: SignalIndex? = nil, reason: Reason, detail: String) {
    (self.device, self.signal, self.reason, self.detail) = (device, signal, reason, detail)
  }
}

extension PayloadProblem: CustomStringConvertible {
  public var description: String {
    let name = signal.map { " \(Signal[$0].name):" } ?? ""
    return "\(device):\(name) \(reason.rawValue)\(detail.isEmpty ? "" : ": \(detail)")"
  }
}

/// Foreign bytes as text for one log line: no control characters, bad UTF-8 replaced, at most `limit` bytes of it.
func printable(_ bytes: UnsafeRawBufferPointer, limit: Int = 96) -> String {
  // Nearly all names are plain ASCII.
  if bytes.count <= limit, bytes.allSatisfy({ $0 >= 32 && $0 < 127 }) {
    return String(decoding: bytes, as: UTF8.self)
  }
  var text = ""
  for scalar in String(decoding: bytes.prefix(limit), as: UTF8.self).unicodeScalars {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: text.unicodeScalars.append("?")
    default: text.unicodeScalars.append(scalar)
    }
  }
  return bytes.count > limit ? text + "…" : text
}
