/// Between what devices want to say and what reaches the broker: formats, and everything that goes wrong on the way.
import EstateModel

/// Turns native publications into messages of each device's format, with faults, and counts them.
///
/// The same seed gives the same messages, whatever the speed.
public struct Wire {
  /// A message that waits: for its hour, for its link, for the one that overtakes it.
  struct Waiting {
    var message: WireMessage
    var device: String
    var taken: Timestamp
    var isLate = false
  }

  public internal(set) var counts = FaultCounts()
  var voices: [String: DeviceVoice] = [:]
  var nodes: [String: SparkplugNode] = [:]
  var randoms: [String: RandomStream] = [:]
  /// Those that hit a device; none is hit by two.
  var deviceFaults: [String: Fault] = [:]
  let messageFaults: [Fault]
  let start: Timestamp
  let end: Timestamp
  var now: Timestamp
  /// Up to here devices have fallen silent, started anew, lost and found their links.
  var turned: Timestamp
  /// Of those whose faults have moments, in the order of their paths.
  let turning: [(path: String, fault: Fault)]
  /// What is to be sent, in the order in which it came up.
  var sent: [WireMessage] = []
  var waiting: [Waiting] = []
  /// The message of a device that the next one overtakes.
  var held: [String: WireMessage] = [:]
  /// Numbers that were used up and did not arrive, by device.
  var lost: [String: Int] = [:]
  /// Sparkplug nodes whose last message could not be read.
  var garbled: Set<String> = []
  /// First values of stuck signals, by device and signal.
  var stuck: [String: Double] = [:]
  var asked: Set<String> = []
  /// When the newest reading that has come from each device was taken.
  var heard: [String: Timestamp] = [:]

  /// - Parameters:
  ///   - devices: all that play, in the order of the catalogue.
  ///   - end: of the scenario; nothing is sent after it.
  public init(
    _ devices: [Device], format: FormatChoice, faults: [Fault] = [], seed: UInt64, start: Timestamp,
    end: Timestamp
  ) {
    (self.start, self.end, now, turned) = (start, end, start, start)
    messageFaults = faults.filter(\.kind.isOfMessages)
    var voices: [String: DeviceVoice] = [:]
    var deviceFaults: [String: Fault] = [:]
    for (position, device) in devices.enumerated() {
      voices[device.path] = DeviceVoice(device, format: format.format(of: position))
      var random = RandomStream(seed: seed, name: device.path + "/faults")
      for fault in faults where !fault.kind.isOfMessages && deviceFaults[device.path] == nil {
        let isMeant = fault.devices.isEmpty || fault.devices.contains(device.path)
        let isDrawn = random.chance(fault.share)
        if isMeant, isDrawn, Self.canHit(fault.kind, voices[device.path]) {
          deviceFaults[device.path] = fault
        }
      }
      randoms[device.path] = random
      nodes[device.estate] = SparkplugNode(name: device.estate)
    }
    (self.voices, self.deviceFaults) = (voices, deviceFaults)
    turning = deviceFaults.filter { [.silent, .reboot, .flapping].contains($0.value.kind) }
      .sorted { $0.key < $1.key }.map { (path: $0.key, fault: $0.value) }
  }

  /// A camera's visits are other people's stories; a clock that the network sets can't be wrong.
  private static func canHit(_ kind: FaultKind, _ voice: DeviceVoice?) -> Bool {
    guard let voice else { return false }
    switch kind {
    case .wrongClock: return voice.speech.hasOwnClock && !voice.isCamera
    case .stuck, .drifting, .noisy, .batteryDying:
      return !voice.isCamera && voice.device.kind != .uplinkGateway
    default: return !voice.isCamera
    }
  }

  /// A node is to tell all its metrics again.
  public mutating func requestBirth(topic: String) {
    let levels = topic.split(separator: "/", omittingEmptySubsequences: false)
    if levels.count == 4, levels[2] == "NCMD" { asked.insert(String(levels[3])) }
  }

  /// What stands at the broker at first.
  public mutating func opening(_ said: [Publication]) -> [WireMessage] {
    for publication in said { say(publication) }
    return take(until: start)
  }

  /// What is sent after the last call's time, up to and including `time`.
  /// - Parameter said: what the devices say in that time, in order.
  public mutating func messages(_ said: [Publication], until time: Timestamp) -> [WireMessage] {
    answerBirths()
    // In the order of time: a node numbers its messages as it sends them.
    for publication in said {
      if publication.time > turned { turnFaults(until: publication.time) }
      say(publication)
    }
    turnFaults(until: time)
    now = time
    let messages = take(until: time)
    if time >= end {
      for path in heard.keys.sorted() { noteSilence(path, until: end) }
    }
    return messages
  }

  private mutating func take(until time: Timestamp) -> [WireMessage] {
    for entry in waiting where entry.message.time <= time {
      sent.append(entry.message)
      if entry.isLate {
        noteLate(entry.device)
      } else {
        hear(entry.device, entry.taken, at: entry.message.time)
      }
    }
    waiting.removeAll { $0.message.time <= time }
    defer { sent.removeAll(keepingCapacity: true) }
    counts.messages += sent.count
    return sent.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
      .map(\.element)
  }

  private mutating func noteLate(_ path: String) {
    counts.note(.late, path)
    counts.visible.late += 1
    if voices[path]?.speech.isNumbered == true { counts.visible.disordered += 1 }
  }

  private mutating func say(_ publication: Publication) {
    let levels = publication.topic.split(separator: "/")
    guard levels.count == 4, let content = publication.content else {
      return sent.append(WireMessage(publication))
    }
    let path = "\(levels[1])/\(levels[2])"
    guard var voice = voices[path] else { return sent.append(WireMessage(publication)) }
    defer { voices[path] = voice }
    let fault = deviceFaults[path].flatMap { $0.holds(at: publication.time) ? $0 : nil }
    if fault?.kind == .silent {
      counts.note(.silent, path)
      return
    }
    var publication = publication
    if case .reading(let values) = content, let fault {
      publication = changed(publication, values, by: fault, path)
    }
    guard case .reading(let values)? = publication.content else {
      return sayOther(publication, &voice, fault)
    }
    let up = fault.flatMap { $0.kind == .flapping ? linkIsBack($0, publication.time) : nil }
    // A node goes on counting; this device's words never reach it.
    if up != nil, voice.speech == .sparkplug { return }
    let clock = fault?.kind == .wrongClock ? fault?.by ?? 0 : 0
    let messages = encode(publication, values, &voice, clock: clock)
    if clock != 0 { noteWrongClock(path, values.count, voice) }
    guard let first = messages.first else { return }
    if let up { return lose(messages, until: up, path, voice) }
    if messages.count > 1 || deviceFaults[path] != nil || voice.speech == .sparkplug && !voice.isBorn {
      return pass(messages, path, voice)
    }
    send(first, values.count, path, voice)
  }

  private mutating func sayOther(
    _ publication: Publication, _ voice: inout DeviceVoice, _ fault: Fault?
  ) {
    guard let content = publication.content, voice.speaks(content) else {
      var native = publication
      if case .event(_, _, _, let start, _)? = publication.content, let fault, fault.kind == .wrongClock {
        native.payload = native.payload.replacing(
          "\(start.milliseconds)", with: "\((start + fault.by).milliseconds)")
        if start != publication.time { native.payload = shifted(native, by: fault.by) }
        // Its message counts at its arrival, which is before the start that it tells.
        if fault.by > 120_000, start + fault.by > publication.time { counts.noteProblem("bad-time") }
        noteWrongClock(voice.device.path, 1, voice)
      }
      return sent.append(WireMessage(native))
    }
    switch content {
    case .event("loitering", let phase, let id, let start, let zones):
      // The person is told of once a minute; the end is the visit's own.
      guard phase != .end, (publication.time - start) % 60_000 == 0 else { return }
      let visit = id.hasSuffix("-l") ? String(id.dropLast(2)) : id
      sent.append(voice.frigate(.update, id: visit, start: start, zones: zones, at: publication.time))
    case .event(_, let phase, let id, let start, let zones):
      sent.append(voice.frigate(phase, id: id, start: start, zones: zones, at: publication.time))
    case .status(let isOnline):
      if voice.isCamera { return sent.append(voice.frigateStatus(isOnline, at: publication.time)) }
      if voice.speech == .sparkplug, voice.isBorn, !isOnline { die(&voice, at: publication.time) }
    case .reading: break
    }
  }

  private mutating func encode(
    _ publication: Publication, _ values: [Publication.Value], _ voice: inout DeviceVoice, clock: Int64
  ) -> [WireMessage] {
    let time = publication.time
    guard voice.speaks(.reading(values)) else {
      var native = publication
      if clock != 0 { native.payload = shifted(native, by: clock) }
      return [WireMessage(native)]
    }
    switch voice.speech {
    case .native: return [WireMessage(publication)]
    case .chirpstack, .ttn: return voice.uplink(values, at: time).map { [$0] } ?? []
    case .senml: return [voice.senML(values, at: time, clock: clock)]
    case .sparkplug:
      return nodes[voice.device.estate]?.data(values, of: &voice, at: time) ?? []
    }
  }

  /// The text with another time.
  private func shifted(_ native: Publication, by clock: Int64) -> String {
    let time = native.time.milliseconds
    return native.payload.replacing("\"ts\":\(time)", with: "\"ts\":\(time + clock)")
  }

  private mutating func noteWrongClock(_ path: String, _ values: Int, _ voice: DeviceVoice) {
    counts.note(.wrongClock, path)
    if !counts.visible.wrongClocks.contains(path) { counts.visible.wrongClocks.append(path) }
    // Ahead by more than two minutes is told, once for each time in the message.
    if let fault = deviceFaults[path], fault.by > 120_000 {
      counts.noteProblem("time-in-future", voice.speech == .senml ? values : 1)
    }
  }

  /// On its way without further faults.
  mutating func pass(_ messages: [WireMessage], _ path: String, _ voice: DeviceVoice) {
    settle(path, voice)
    for message in messages {
      hear(path, message.time, at: message.time)
      if voice.speech == .sparkplug { noteGarbled(voice.device.estate, message) }
      sent.append(message)
    }
  }

  /// The next number that arrives shows how many did not.
  mutating func settle(_ path: String, _ voice: DeviceVoice) {
    guard voice.speech.isNumbered, let count = lost.removeValue(forKey: path) else { return }
    counts.visible.missed += count
  }

  /// A node's number after a message that could not be read has a gap before it; a birth begins anew.
  mutating func noteGarbled(_ estate: String, _ message: WireMessage) {
    guard garbled.remove(estate) != nil else { return }
    if !message.topic.contains("/NBIRTH/") { counts.noteProblem("lost-messages") }
  }
}
