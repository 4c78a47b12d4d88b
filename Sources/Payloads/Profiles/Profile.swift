/// What a device profile says, as read from `config/profiles/*.yaml` and checked.
import Configuration
import EstateModel

/// One profile: a network server's envelope, a device model inside such envelopes, or both in one.
public struct Profile: Sendable {
  public var name: String
  public var location: SourceLocation
  /// Networks and complete profiles: topics, device, time.
  var envelope: Envelope?
  /// Models and complete profiles: signals and events.
  var body: Body?

  /// A model lives inside a network's envelope.
  var isModel: Bool { envelope == nil }
}

/// Who sends, when, and where the decoded values are.
struct Envelope: Sendable {
  enum Address: Sendable {
    case capture(String)
    case path(JSONPath)
  }

  var topics: [TopicPattern] = []
  /// Tried in this order.
  var device: [Address] = []
  /// The first that is there counts.
  var times: [TimeSource] = []
  var decoded = JSONPath()
  /// Messages for which these don't hold are ignored.
  var conditions: [Condition] = []
  /// Plain texts that say whether the device is there; then there is nothing else in the message.
  var status: [(text: String, isOnline: Bool)] = []
  /// Numbers a device's messages; the same number twice in one session is one message.
  var counter: JSONPath?
  /// Changes when the counter starts again.
  var session: JSONPath?
  /// The network's own values, of which models take what they name.
  var link: [SignalSource] = []
}

struct TimeSource: Sendable {
  var path: JSONPath
  var form: TimeForm
}

/// The signals and events of one device model.
struct Body: Sendable {
  /// nil: all networks.
  var networks: [(name: String, location: SourceLocation)]?
  /// Places that must all be filled for the model to be recognized.
  var has: [JSONPath] = []
  /// Places of which one must be filled.
  var hasAny: [JSONPath] = []
  var conditions: [Condition] = []
  /// What must hold in the envelope around the decoded object.
  var envelopeConditions: [Condition] = []
  var link: [(signal: SignalIndex, location: SourceLocation)] = []
  var signals: [SignalSource] = []
  var event: EventSource?
  var history: HistorySource?

  /// Of two models that fit, the one that asks for more is meant.
  var specificity: Int {
    has.count + (hasAny.isEmpty ? 0 : 1) + conditions.count + envelopeConditions.count
  }
}

/// A value that must, or must not, stand at a path.
struct Condition: Sendable {
  var path: JSONPath
  var text: String
  var isNegated: Bool
}

/// How one signal is read.
struct SignalSource: Sendable {
  var signal: SignalIndex
  /// Alternative places: the first that is there counts.
  var paths: [JSONPath] = []
  /// The payload's unit, where its text doesn't name one.
  var unit: Unit
  /// value = (number * scale + offset) in `unit`.
  var scale = 1.0
  var offset = 0.0
  /// Texts and numbers that stand for a fault, and what they mean.
  var faults: [(text: String, reason: String)] = []
  /// A place that holds a text only when the device can't measure.
  var faultPath: JSONPath?
  /// Read only where these hold.
  var conditions: [Condition] = []
  /// Texts that stand for values.
  var states: [(text: String, value: Double)] = []
}

/// How an event is read.
struct EventSource: Sendable {
  enum Kind: Sendable {
    case fixed(SignalIndex)
    /// Kinds that the map doesn't name are left out.
    case mapped(JSONPath, [(text: String, kind: SignalIndex)])
  }

  var kind: Kind
  var phase: JSONPath
  var phases: [(text: String, phase: EventDetail.Phase)] = []
  var id: JSONPath
  var start: TimeSource?
  var zones: JSONPath?
  var active: JSONPath?
}

/// Stored values with times of their own, in a list beside the live ones.
struct HistorySource: Sendable {
  var list: JSONPath
  var time: TimeSource
}
