/// What each fault does to a device's words and to single messages.
import EstateModel

extension Wire {
  /// What the device measures: what is stuck or drifts. Its battery and its radio go their own way.
  private static let measured: Set<String> = ["laeq", "level", "tilt", "temperature", "rain", "distance"]

  mutating func changed(
    _ publication: Publication, _ values: [Publication.Value], by fault: Fault, _ path: String
  ) -> Publication {
    var values = values
    var isChanged = false
    for index in values.indices {
      let signal = values[index].signal
      switch fault.kind {
      case .batteryDying where signal == "battery":
        let share = Double(publication.time - fault.from) / Double(max(1, fault.until - fault.from))
        values[index].value = max(2, values[index].value * (1 - share))
      case .stuck where Self.measured.contains(signal):
        let key = path + "/" + signal
        let first = stuck[key] ?? values[index].value
        stuck[key] = first
        values[index].value = first
      case .drifting where Self.measured.contains(signal):
        values[index].value += fault.amount * Double(publication.time - fault.from) / 3_600_000
      case .noisy where Self.measured.contains(signal):
        values[index].value += fault.amount * (randoms[path]?.normal() ?? 0)
      default: continue
      }
      isChanged = true
    }
    guard isChanged else { return publication }
    counts.note(fault.kind, path)
    var payload = "{\"ts\":\(publication.time.milliseconds)"
    for value in values { payload += ",\"\(value.signal)\":\(fixed(value.value, decimals: value.decimals))" }
    return Publication(
      time: publication.time, topic: publication.topic, payload: payload + "}", content: .reading(values))
  }

  /// A single message, which a fault may hit.
  mutating func send(_ message: WireMessage, _ values: Int, _ path: String, _ voice: DeviceVoice) {
    if let before = held.removeValue(forKey: path) {
      pass([message], path, voice)
      var overtaken = before
      overtaken.time = message.time
      sent.append(overtaken)
      counts.note(.outOfOrder, path)
      if voice.speech.isNumbered { counts.visible.disordered += 1 }
      return
    }
    switch draw(message.time, path, voice)?.kind {
    case .duplicated:
      pass([message, message], path, voice)
      counts.note(.duplicated, path)
      if voice.speech.isNumbered {
        counts.visible.repeats += 1
      } else {
        counts.visible.duplicates += values
      }
    case .outOfOrder: held[path] = message
    case .late:
      var late = message
      late.time = message.time + (messageFaults.first { $0.kind == .late }?.by ?? 0)
      waiting.append(Waiting(message: late, device: path, taken: message.time, isLate: true))
    case .malformed: garble(message, path, voice)
    default: pass([message], path, voice)
    }
  }

  /// At most one fault hits a message.
  private mutating func draw(_ time: Timestamp, _ path: String, _ voice: DeviceVoice) -> Fault? {
    var chance = randoms[path]?.unit() ?? 1
    for fault in messageFaults where fault.holds(at: time) {
      guard fault.devices.isEmpty || fault.devices.contains(path) else { continue }
      defer { chance -= fault.share }
      if chance >= 0, chance < fault.share { return isPossible(fault, time, voice) ? fault : nil }
    }
    return nil
  }

  private func isPossible(_ fault: Fault, _ time: Timestamp, _ voice: DeviceVoice) -> Bool {
    let interval = voice.device.reportInterval
    // What is lost must be seen by what comes after it, and nothing is compared before there is a first.
    guard time - start > 2 * interval, end - time > 3 * interval else { return false }
    switch fault.kind {
    // One connection keeps the order, and its numbers are those of a whole node.
    case .duplicated: return voice.speech != .sparkplug
    // Later than some minutes is late.
    case .outOfOrder: return voice.speech != .sparkplug && interval <= 180_000
    case .late:
      // A number that is too old says nothing any more.
      let isTooOld = voice.speech.isNumbered && fault.by / max(1, interval) > 50
      return voice.speech != .sparkplug && !isTooOld && end - time > fault.by + 60_000
    case .malformed: return true
    default: return false
    }
  }

  private mutating func garble(_ message: WireMessage, _ path: String, _ voice: DeviceVoice) {
    var broken = message
    counts.note(.malformed, path)
    if voice.speech == .sparkplug {
      broken.payload = [UInt8](repeating: 0xFF, count: max(4, message.payload.count / 2))
      counts.noteProblem("wrong-shape")
      garbled.insert(voice.device.estate)
    } else {
      broken.payload = Array(message.payload.prefix(message.payload.count / 2))
      counts.noteProblem("not-json")
      if voice.speech.isNumbered { lost[path, default: 0] += 1 }
    }
    sent.append(broken)
  }

  /// When a link that is gone at `time` comes back; nil while it is there.
  func linkIsBack(_ fault: Fault, _ time: Timestamp) -> Timestamp? {
    let phase = (time - fault.from) % fault.by
    guard phase >= fault.by - fault.gone else { return nil }
    return time + (fault.by - phase)
  }

  /// Radio messages are gone; what runs over a connection waits for it.
  mutating func lose(
    _ messages: [WireMessage], until up: Timestamp, _ path: String, _ voice: DeviceVoice
  ) {
    if voice.speech.isNumbered {
      lost[path, default: 0] += messages.count
      return
    }
    for message in messages where voice.speech != .sparkplug {
      var waits = message
      waits.time = up
      waiting.append(Waiting(message: waits, device: path, taken: message.time))
    }
  }

  /// A reading that was taken at `taken` arrives.
  mutating func hear(_ path: String, _ taken: Timestamp, at time: Timestamp) {
    noteSilence(path, until: time)
    heard[path] = max(heard[path] ?? taken, taken)
  }

  mutating func noteSilence(_ path: String, until time: Timestamp) {
    guard let last = heard[path], let voice = voices[path] else { return }
    let patience = max(3 * voice.device.reportInterval, 300_000)
    guard time - last > patience else { return }
    counts.visible.silences.append(
      FaultCounts.Silence(device: path, at: (last + patience).milliseconds))
  }

  mutating func die(_ voice: inout DeviceVoice, at time: Timestamp) {
    guard let message = nodes[voice.device.estate]?.death(of: &voice, at: time) else { return }
    noteGarbled(voice.device.estate, message)
    sent.append(message)
  }

  /// Links that come and go, devices that start anew or fall silent, between `turned` and `time`.
  mutating func turnFaults(until time: Timestamp) {
    defer { turned = time }
    for (path, fault) in turning {
      guard var voice = voices[path] else { continue }
      func isReached(_ moment: Timestamp) -> Bool { turned < moment && moment <= time && moment < end }
      switch fault.kind {
      case .silent:
        if isReached(fault.from) { tell(&voice, isOnline: false, at: fault.from) }
        if isReached(fault.until) { tell(&voice, isOnline: true, at: fault.until) }
      case .reboot where isReached(fault.from):
        counts.note(.reboot, path)
        restart(&voice, path, at: fault.from)
      case .flapping:
        let gone = max(0, (turned - fault.from) / fault.by - 1)
        var moment = fault.from + gone * fault.by + (fault.by - fault.gone)
        while moment <= min(time, fault.until - 1) {
          if isReached(moment) {
            counts.note(.flapping, path)
            tell(&voice, isOnline: false, at: moment)
          }
          if isReached(moment + fault.gone) { tell(&voice, isOnline: true, at: moment + fault.gone) }
          moment = moment + fault.by
        }
      default: continue
      }
      voices[path] = voice
    }
  }

  private mutating func restart(_ voice: inout DeviceVoice, _ path: String, at time: Timestamp) {
    if voice.speech.isNumbered {
      // What was lost before it can't be seen any more.
      lost[path] = nil
      sent.append(voice.join(at: time))
      counts.visible.joins += 1
      return
    }
    tell(&voice, isOnline: false, at: time)
    tell(&voice, isOnline: true, at: time + 1000)
  }

  /// A last will and its opposite, where the format has them.
  private mutating func tell(_ voice: inout DeviceVoice, isOnline: Bool, at time: Timestamp) {
    switch voice.speech {
    case .native:
      sent.append(WireMessage(.status(of: voice.device, isOnline: isOnline, at: time)))
    case .sparkplug where !isOnline && voice.isBorn: die(&voice, at: time)
    default: break
    }
  }

  /// Nodes that were asked tell all they know.
  mutating func answerBirths() {
    for estate in asked.sorted() {
      guard var node = nodes[estate], node.isBorn else { continue }
      let birth = node.birth(at: now)
      noteGarbled(estate, birth)
      sent.append(birth)
      for path in voices.keys.sorted() {
        guard var voice = voices[path], voice.isBorn, voice.device.estate == estate else { continue }
        sent.append(node.birth(of: &voice, at: now))
        hear(path, now, at: now)
        voices[path] = voice
      }
      nodes[estate] = node
    }
    asked.removeAll()
  }
}
