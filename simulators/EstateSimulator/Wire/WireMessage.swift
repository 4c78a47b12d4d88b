/// A message as it stands on the wire.
import EstateModel

public struct WireMessage: Hashable, Sendable {
  /// Virtual time at which it is sent.
  public var time: Timestamp
  public var topic: String
  public var payload: [UInt8]
  public var qos: Int32
  public var isRetained: Bool

  public init(
    time: Timestamp, topic: String, payload: [UInt8], qos: Int32 = 1, isRetained: Bool = false
  ) {
    (self.time, self.topic, self.payload) = (time, topic, payload)
    (self.qos, self.isRetained) = (qos, isRetained)
  }

  public init(time: Timestamp, topic: String, text: String, qos: Int32 = 1, isRetained: Bool = false) {
    self.init(time: time, topic: topic, payload: Array(text.utf8), qos: qos, isRetained: isRetained)
  }

  public init(_ native: Publication) {
    self.init(
      time: native.time, topic: native.topic, text: native.payload, isRetained: native.isRetained)
  }
}

/// What a device speaks.
public enum WireFormat: String, CaseIterable, Sendable {
  /// Gatehouse's own topics.
  case native
  /// ChirpStack 4 with the makers' codecs.
  case chirpstack
  /// The Things Stack 3 without codecs: raw bytes where the device's are known.
  case ttn
  /// Sparkplug B: an edge node for each estate.
  case sparkplug
  /// SenML in JSON.
  case senml

  /// Messages are numbered by the device.
  var isNumbered: Bool { self == .chirpstack || self == .ttn }
  /// The device's own clock tells the time of a message.
  var hasOwnClock: Bool { self == .native || self == .senml }
}

/// Which devices speak what.
public enum FormatChoice: Sendable, Equatable {
  case one(WireFormat)
  /// Each in turn, in the order of the catalogue.
  case mixed

  public static let names = WireFormat.allCases.map(\.rawValue) + ["mixed"]

  public init?(_ text: String) {
    if text == "mixed" {
      self = .mixed
    } else if let format = WireFormat(rawValue: text) {
      self = .one(format)
    } else {
      return nil
    }
  }

  func format(of position: Int) -> WireFormat {
    switch self {
    case .one(let format): format
    case .mixed: WireFormat.allCases[position % WireFormat.allCases.count]
    }
  }
}
