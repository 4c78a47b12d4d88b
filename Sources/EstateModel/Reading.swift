/// What comes out of a payload: one value of one signal of one device at one time.

/// How far a reading may be trusted.
public enum Quality: UInt8, Sendable, BitwiseCopyable {
  case good = 0
  /// Outside the signal's physical range.
  case outOfRange = 1
  /// The device itself says that it can't measure; the value is NaN.
  case fault = 2
  /// Camera events outside the zones that count.
  case outsideZone = 3
  /// Jumped faster than physically possible, or the clock is off.
  case implausible = 4

  public var name: String {
    switch self {
    case .good: "good"
    case .outOfRange: "out-of-range"
    case .fault: "fault"
    case .outsideZone: "outside-zone"
    case .implausible: "implausible"
    }
  }
}

/// Circumstances of a reading.
public struct ReadingMarks: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public let rawValue: UInt8
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The device gave no usable time: the arrival time stands in.
  public static let arrivalTime = ReadingMarks(rawValue: 1)
  /// From a device's store: belongs to history, no live rule looks at it.
  public static let historical = ReadingMarks(rawValue: 2)
  /// First, middle and last message of an event.
  public static let begin = ReadingMarks(rawValue: 4)
  public static let end = ReadingMarks(rawValue: 8)
  /// The broker flagged the message as delivered again.
  public static let duplicate = ReadingMarks(rawValue: 16)
  /// Of an event whose device tells its begin and its end, and nothing in between.
  public static let lasting = ReadingMarks(rawValue: 32)
}

/// The pipeline's unit of work: 48 bytes, no references.
public struct Reading: Hashable, Sendable, BitwiseCopyable {
  /// Event time: the device's where it is sane, else the arrival's.
  public var time: Timestamp
  public var arrival: Timestamp
  /// In the signal's unit; NaN for a fault; for an event the seconds since it began.
  public var value: Double
  /// Events: a hash of the event's id, the same for all its messages. 0 otherwise.
  public var event: UInt64
  public var device: DeviceIndex
  public var signal: SignalIndex
  public var quality: Quality
  public var marks: ReadingMarks

  @inlinable public init(
    device: DeviceIndex, signal: SignalIndex, time: Timestamp, arrival: Timestamp, value: Double,
    quality: Quality = .good, marks: ReadingMarks = [], event: UInt64 = 0
  ) {
    self.time = time
    self.arrival = arrival
    self.value = value
    self.event = event
    self.device = device
    self.signal = signal
    self.quality = quality
    self.marks = marks
  }
}

/// What a camera event carries besides its reading. Names, faces and plates are dropped before it is made.
public struct EventDetail: Hashable, Sendable, Codable {
  public enum Phase: String, Sendable, Codable { case begin, update, end }

  public var device: String
  public var kind: String
  public var phase: Phase
  public var id: String
  public var zones: [String]
  public var active: Bool
  public var startMilliseconds: Int64
  public var timeMilliseconds: Int64
  /// What kind of object a camera sees, where `kind` is only `object`: `bicycle`, `dog`.
  public var label: String?

  public init(
    device: String, kind: String, phase: Phase, id: String, zones: [String], active: Bool,
    startMilliseconds: Int64, timeMilliseconds: Int64, label: String? = nil
  ) {
    self.label = label
    (self.device, self.kind, self.phase, self.id, self.zones) = (device, kind, phase, id, zones)
    (self.active, self.startMilliseconds, self.timeMilliseconds) = (
      active, startMilliseconds, timeMilliseconds
    )
  }
}
