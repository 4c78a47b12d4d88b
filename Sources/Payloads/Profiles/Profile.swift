/// What a device profile says, as read from `config/profiles/*.yaml` and checked.
import Configuration
import EstateModel

/// One profile: a network server's envelope, a device model inside such envelopes, both in one, a way to read raw
/// bytes, or a list of names that values have anywhere.
public struct Profile: Sendable {
  public var name: String
  public var location: SourceLocation
  /// Networks and complete profiles: topics, device, time.
  var envelope: Envelope?
  /// Models and complete profiles: signals and events.
  var body: Body?
  /// Raw bytes to named values.
  var codecs: [Codec] = []
  /// Signals by the names that vendors give them.
  var vocabulary: [SignalSource] = []
  /// What follows from those.
  var computed: [ComputedSource] = []
  /// Keys that it declares private, besides the common ones.
  public internal(set) var ownPrivate: Set<String> = []

  /// A model lives inside a network's envelope.
  var isModel: Bool { envelope == nil && body != nil }
  var isNetwork: Bool { envelope != nil && body == nil }
}

/// Who sends, when, and where the decoded values are.
struct Envelope: Sendable {
  enum Address: Sendable {
    case path(JSONPath)
    /// The same for all messages.
    case constant(String)
  }

  /// Formats that paths can't express have code of their own.
  enum Format: String, CaseIterable, Sendable {
    case json
    case text
    case senml
    case sparkplug = "sparkplug-b"
  }

  var topics: [TopicPattern] = []
  var format = Format.json
  /// Tried in this order.
  var device: [Address] = []
  /// The first that is there counts.
  var times: [TimeSource] = []
  /// The first that is there counts.
  var decoded: [JSONPath] = []
  /// Each key of this object holds a message of its own; the key has this name.
  var each: (path: JSONPath, name: String)?
  /// The device's own bytes, for when nothing is decoded.
  var raw: RawSource?
  /// Messages for which these don't hold are ignored.
  var conditions: [Condition] = []
  var has: [JSONPath] = []
  var lacks: [JSONPath] = []
  /// Plain texts that say whether the device is there; then there is nothing else in the message.
  var status: [(text: String, isOnline: Bool)] = []
  /// Where such a text stands when the payload is JSON.
  var statusPath: JSONPath?
  /// The message says no more than that the device is there.
  var isSeenOnly = false
  /// The device has joined its network; no more than that.
  var isJoin = false
  /// The message says that the device is there, or has gone.
  var isOnline: Bool?
  /// Known, and of no use.
  var isIgnored = false
  /// Messages of devices that the catalogue doesn't have are no problem.
  var ignoresUnknown = false
  /// Also comes compressed, on the topic with `/gzip` behind it.
  var isCompressed = false
  /// Numbers a device's messages; the same number twice in one session is one message.
  var counter: JSONPath?
  /// Changes when the counter starts again.
  var session: JSONPath?
  /// The network's own values, of which models take what they name.
  var link: [SignalSource] = []
}

struct RawSource: Sendable {
  var path: JSONPath
  var isHex: Bool
  var port: JSONPath?
  /// Texts that may name the model.
  var names: [JSONPath]
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
  /// The model's names, as network server or catalogue write them; one of them must be given.
  var names: [String] = []
  var link: [(signal: SignalIndex, location: SourceLocation)] = []
  var signals: [SignalSource] = []
  /// Signals that follow from others.
  var computed: [ComputedSource] = []
  var events: [EventSource] = []
  var history: [HistorySource] = []
  /// Values in the vocabulary are read too, by their own keys.
  var byName = false
  /// The value's name, where it stands outside the value.
  var nameFrom: JSONPath?
  /// Its unit, likewise.
  var unitFrom: JSONPath?

  /// Of two models that fit, the one that asks for more is meant.
  var specificity: Int {
    has.count + (hasAny.isEmpty ? 0 : 1) + conditions.count + envelopeConditions.count
      + (names.isEmpty ? 0 : 1)
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
  /// Numbers without a unit of their own are left out.
  var isUnitStated = false
  /// Where the payload names its unit.
  var unitPath: JSONPath?
  /// value = (number * scale + offset) in `unit`.
  var scale = 1.0
  var offset = 0.0
  /// What stands for a fault, and what it means.
  var faults: [Sentinel] = []
  /// What stands for nothing at all.
  var absent: [Sentinel] = []
  /// A place that holds a text only when the device can't measure.
  var faultPath: JSONPath?
  /// Read only where these hold.
  var conditions: [Condition] = []
  /// A fault where one of these holds.
  var faultConditions: [Condition] = []
  /// Texts that stand for values.
  var states: [(text: String, value: Double)] = []
  /// Any other text is 0: for device states of which only some matter.
  var elseState: Double?
  /// A list holds values of one kind, newest first, with this time between them.
  var series: (period: JSONPath, unit: Unit)?
}

/// How an event is read.
struct EventSource: Sendable {
  enum Kind: Sendable {
    case fixed(SignalIndex)
    /// Kinds that the map doesn't name are `other`, or left out.
    case mapped([JSONPath], [(text: String, kind: SignalIndex)], other: SignalIndex?)
  }
  enum Step: String, CaseIterable, Sendable {
    case begin, update, end
    /// Begins and ends at once.
    case moment
  }
  enum Phases: Sendable {
    case moment
    case mapped([JSONPath], [(text: String, step: Step)])
  }

  var kind: Kind
  var phases: Phases
  /// Where the device names its events; nil: begin and end are matched by `keys`.
  var id: JSONPath?
  var keys: [JSONPath] = []
  var start: TimeSource?
  var zones: JSONPath?
  var active: JSONPath?
  /// Lasts while one of the zones is one that the catalogue names for the device, and is told of once it has lasted so
  /// many milliseconds; nil: no such event.
  var stay: Int64?
}

/// Stored values with times of their own, in a list beside the live ones.
struct HistorySource: Sendable {
  var list: JSONPath
  var time: TimeSource
}
