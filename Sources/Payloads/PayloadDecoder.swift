/// Topic and bytes in, readings out: the door through which everything that devices say comes in.
import CSimdjson
import EstateModel

/// Decodes one message at a time. The results of the last message stand in its properties until the next one.
///
///     let decoder = PayloadDecoder(catalogue: catalogue, profiles: profiles)
///     decoder.decode(topic: topic, payload: payload, now: arrival, isRetained: false, isDuplicate: false)
///     for reading in decoder.readings { ring.append(reading) }
///
/// A bad message or value lands in ``problems``; whatever is good in the same message is decoded all the same.
/// Nothing is thrown, and a good native reading allocates nothing. Not for two threads at once.
///
/// One thread owns a decoder, and nothing in it calls back from the midst of a change: its hot properties do without
/// the checks at run time that two such changes overlap.
public final class PayloadDecoder {
  /// Longest payload that is read, in bytes.
  public static let maximumPayload = 256 * 1024
  /// Deepest nesting that is read.
  public static let maximumDepth = 64

  @exclusivity(unchecked) public internal(set) var readings: ContiguousArray<Reading> = []
  @exclusivity(unchecked) public internal(set) var events: [EventDetail] = []
  @exclusivity(unchecked) public internal(set) var problems: [PayloadProblem] = []
  @exclusivity(unchecked) public internal(set) var statusChanges: [(device: DeviceIndex, isOnline: Bool)] = []
  /// Who sent the last message, also when no reading came of it: the device is alive.
  @exclusivity(unchecked) public internal(set) var sender: DeviceIndex?

  /// The device had sent this very message before, by its frame counter; nothing was decoded. A message that the
  /// broker flags as delivered again is decoded all the same: the first delivery may have been lost on the way.
  @exclusivity(unchecked) public internal(set) var isRepeat = false

  /// Sparkplug nodes, as `group/node`, that are to tell all their metrics again: publish
  /// `Node Control/Rebirth` to them.
  @exclusivity(unchecked) public internal(set) var rebirths: [String] = []

  /// How well the sender is heard, where its network tells.
  @exclusivity(unchecked) public internal(set) var link: RadioLink?

  /// Milliseconds by which the last message's own time lies behind its arrival, below 0 when it is ahead; the least
  /// where it holds several times. Nil: it had no time of its own, or the broker had kept it.
  @exclusivity(unchecked) public internal(set) var lag: Int64?

  /// The sender has joined its network.
  @exclusivity(unchecked) public internal(set) var hasJoined = false

  @exclusivity(unchecked) var frames: FrameMemory
  var openEvents = EventMemory()
  var sparkplug = SparkplugMemory()
  @exclusivity(unchecked) var devices: DeviceDirectory
  let parser = JSONParser(capacity: PayloadDecoder.maximumPayload, depth: PayloadDecoder.maximumDepth)
  let signals = SignalDirectory()
  let tolerance: ClockTolerance
  let plan: ProfilePlan
  private let rootPrefix: [UInt8]
  /// For JSON inside JSON, and for what codecs make of raw bytes.
  let inner = JSONParser(capacity: PayloadDecoder.maximumPayload, depth: PayloadDecoder.maximumDepth)
  /// Values of the model's own keys in the object that is being read, and which of them are there.
  let places = UnsafeMutableBufferPointer<json_value>.allocate(capacity: BodyPlan.maximumPlaces)
  @exclusivity(unchecked) var present: UInt64 = 0
  var bytes = RawBytes()
  var writer = JSONObjectWriter()
  private let compressed = GzipReader(limit: PayloadDecoder.maximumPayload)
  @exclusivity(unchecked) var root = json_value()
  @exclusivity(unchecked) var document = json_value()
  @exclusivity(unchecked) var rootValues = RootValues()
  /// Where the topic's levels lie.
  @exclusivity(unchecked) var levels = UnsafeBufferPointer<Range<Int>>(start: nil, count: 0)
  let levelRoom = UnsafeMutableBufferPointer<Range<Int>>.allocate(
    capacity: 2 * TopicPattern.maximumLevels + 1)
  /// Of the keys of the object that is being read.
  let hashes = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: JSONParser.roomCount)

  /// - Parameters:
  ///   - root: the topic levels before `{estate}/{device}/reading`.
  ///   - tolerance: how far a device's clock may be off before the arrival time stands in.
  public init(
    catalogue: Catalogue, profiles: [Profile] = [], root: String = "estates",
    unknownDevices: UnknownDevices = .refuse, tolerance: ClockTolerance = .usual
  ) {
    plan = ProfilePlan(profiles)
    devices = DeviceDirectory(catalogue, unknown: unknownDevices, attributes: plan.attributes)
    frames = FrameMemory(isOn: unknownDevices == .refuse)
    places.initialize(repeating: json_value())
    levelRoom.initialize(repeating: 0..<0)
    hashes.initialize(repeating: 0)
    rootPrefix = Array((root + "/").utf8)
    self.tolerance = tolerance
    readings.reserveCapacity(JSONParser.roomCount)
    topicFilters =
      ["reading", "event", "status", "reading/gzip"].map { "\(root)/+/+/\($0)" } + plan.topicFilters
  }

  deinit {
    places.deallocate()
    levelRoom.deallocate()
    hashes.deallocate()
    rootValues.places.deallocate()
  }

  /// Takes over what another has been told and won't be told again: which metrics Sparkplug nodes have announced, and,
  /// where devices have the same numbers, which events are open and which frames have been seen.
  public func takeMemory(of other: PayloadDecoder) {
    sparkplug = other.sparkplug
    guard devices.hasSameNames(as: other.devices) else { return }
    openEvents = other.openEvents
    frames = other.frames
  }

  /// What to subscribe to: the native topics, and those of all profiles.
  public let topicFilters: [String]

  /// The catalogue's path of a device, or the name under which it was registered.
  public func name(of device: DeviceIndex) -> String { devices.name(of: device) }

  /// Which of the device's numbered messages have come: to be kept over a restart.
  public func frameMark(of device: DeviceIndex) -> FrameMark? { frames.mark(of: device) }
  public func restore(_ mark: FrameMark, of device: DeviceIndex) { frames.restore(mark, of: device) }

  /// Decodes one message.
  /// - Parameters:
  ///   - now: when it arrived.
  ///   - isRetained: the broker had kept it; without a time of its own it counts as historical.
  ///   - isDuplicate: the broker says that it may have delivered it before.
  public func decode(
    topic: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer, now: Timestamp, isRetained: Bool = false,
    isDuplicate: Bool = false
  ) {
    readings.removeAll(keepingCapacity: true)
    if !events.isEmpty { events.removeAll(keepingCapacity: true) }
    if !problems.isEmpty { problems.removeAll(keepingCapacity: true) }
    if !statusChanges.isEmpty { statusChanges.removeAll(keepingCapacity: true) }
    if !rebirths.isEmpty { rebirths.removeAll(keepingCapacity: true) }
    sender = nil
    link = nil
    lag = nil
    hasJoined = false
    isRepeat = false
    let isCompressed = topic.hasSuffix("/gzip")
    var payload = payload
    var topic = topic
    if isCompressed {
      topic = UnsafeRawBufferPointer(rebasing: topic.dropLast(5))
      guard let expanded = compressed.expand(payload) else {
        return report(
          printable(topic), .notCompressed, "\(payload.count) bytes that are no gzip, or too much in it")
      }
      payload = expanded
    }
    let message = Message(
      payload: payload, arrival: now, isRetained: isRetained, marks: isDuplicate ? .duplicate : [])
    if isNative(topic) {
      decodeNative(UnsafeRawBufferPointer(rebasing: topic[rootPrefix.count...]), message)
    } else {
      decodeByProfile(topic, message)
    }
  }

  @inline(__always)
  private func isNative(_ topic: UnsafeRawBufferPointer) -> Bool {
    guard topic.count > rootPrefix.count else { return false }
    for index in rootPrefix.indices where topic[index] != rootPrefix[index] { return false }
    return true
  }
}

/// What all values of one message share.
struct Message {
  let payload: UnsafeRawBufferPointer
  let arrival: Timestamp
  let isRetained: Bool
  /// Marks that each of its readings gets.
  var marks: ReadingMarks
}

/// The device and time that readings are made with.
struct Origin {
  var device: DeviceIndex
  var time: Timestamp
  var arrival: Timestamp
  var marks: ReadingMarks
}

/// The signals by name, with what each message needs of them in flat arrays.
struct SignalDirectory {
  private let byName = NameTable(Signal.all.enumerated().map { ($1.name, UInt32($0)) })
  private let bounds: ContiguousArray<(lower: Double, upper: Double, form: Signal.Form)> = ContiguousArray(
    Signal.all.map { ($0.range.lowerBound, $0.range.upperBound, $0.form) })

  subscript(name: UnsafeRawBufferPointer) -> SignalIndex? {
    byName[name].map { SignalIndex(UInt16(truncatingIfNeeded: $0)) }
  }
  func form(_ signal: SignalIndex) -> Signal.Form { bounds[Int(signal.raw)].form }
  func allows(_ value: Double, _ signal: SignalIndex) -> Bool {
    let range = bounds[Int(signal.raw)]
    return value >= range.lower && value <= range.upper
  }
}

extension PayloadDecoder {
  /// Parses the payload into `root`; what is wrong with it is reported for `device`.
  func parse(_ message: Message, device: @autoclosure () -> String) -> Bool {
    guard let failure = parser.parse(message.payload, into: &root) else { return true }
    let size = "\(message.payload.count) bytes"
    switch failure {
    case .empty: report(device(), .empty, "no payload")
    case .tooLarge: report(device(), .tooLarge, "\(size); at most \(Self.maximumPayload) are read")
    case .tooDeep: report(device(), .tooDeep, "nested deeper than \(Self.maximumDepth) levels")
    case .notUTF8: report(device(), .notUTF8, "the payload is not UTF-8")
    case .notJSON: report(device(), .notJSON, "\(size) that are not JSON")
    }
    return false
  }

  func report(
    _ device: String, signal: SignalIndex? = nil, _ reason: PayloadProblem.Reason, _ detail: String
  ) {
    problems.append(PayloadProblem(device: device, signal: signal, reason: reason, detail: detail))
  }

  func report(
    _ device: DeviceIndex, signal: SignalIndex? = nil, _ reason: PayloadProblem.Reason, _ detail: String
  ) {
    report(name(of: device), signal: signal, reason, detail)
  }

  /// A number of a signal, in the signal's unit.
  @inline(__always)
  func append(_ value: Double, _ signal: SignalIndex, _ origin: Origin) {
    guard value.isFinite else {
      if value.isNaN {
        appendFault(signal, origin, .notANumber, "NaN")
      } else {
        appendFault(signal, origin, .numberTooLarge, "a number too large for a double, or infinite")
      }
      return
    }
    var quality = Quality.good
    if !signals.allows(value, signal) {
      quality = .outOfRange
      let range = Signal[signal].range
      report(
        origin.device, signal: signal, .outOfRange,
        "\(value) is outside \(plainNumber(range.lowerBound)) to \(plainNumber(range.upperBound))")
    }
    readings.append(
      Reading(
        device: origin.device, signal: signal, time: origin.time, arrival: origin.arrival, value: value,
        quality: quality, marks: origin.marks))
  }

  /// The device can't measure: a reading without a value, and why.
  func appendFault(
    _ signal: SignalIndex, _ origin: Origin, _ reason: PayloadProblem.Reason, _ detail: String
  ) {
    report(origin.device, signal: signal, reason, detail)
    readings.append(
      Reading(
        device: origin.device, signal: signal, time: origin.time, arrival: origin.arrival, value: .nan,
        quality: .fault, marks: origin.marks))
  }

  /// Reads a time; local ones in the device's time zone.
  func time(_ value: json_value, form: TimeForm, _ device: DeviceIndex) -> Timestamp? {
    guard form == .local else { return Timestamp(value, form: form) }
    guard value.isString, let time = Timestamp(local: value.textBytes) else { return nil }
    return time - devices.milliseconds(fromGMT: device, at: time)
  }

  /// The time that counts for a message: the device's where it is believable, else the arrival's.
  /// - Parameter found: what the payload says; absent or null when it says nothing.
  func origin(_ device: DeviceIndex, _ found: json_value, form: TimeForm, _ message: Message)
    -> Origin
  {
    var origin = Origin(device: device, time: message.arrival, arrival: message.arrival, marks: message.marks)
    if let time = time(found, form: form, device) {
      let late = message.arrival.milliseconds.subtractingReportingOverflow(time.milliseconds).partialValue
      if !message.isRetained, late < lag ?? .max { lag = late }
      if -late > tolerance.ahead {
        report(device, .timeInFuture, "\(time.formatted()) is \(-late / 1000) s ahead of the arrival")
      } else if late > tolerance.behind, !message.isRetained {
        report(device, .timeInPast, "\(time.formatted()) is \(late / 1000) s behind the arrival")
      } else {
        origin.time = time
        if late > tolerance.behind { origin.marks.insert(.historical) }
        return origin
      }
    } else if !found.isEmpty {
      report(device, .badTime, "found \(found.kindName), expected a time (\(form.rawValue))")
    }
    origin.marks.insert(.arrivalTime)
    // A kept message without a time may be of any age.
    if message.isRetained { origin.marks.insert(.historical) }
    return origin
  }
}
