/// Messages of devices that have a profile: envelope first, then the model inside it.
import CSimdjson
import EstateModel

extension PayloadDecoder {
  func decodeByProfile(_ topic: UnsafeRawBufferPointer, _ message: Message) {
    splitLevels(of: topic)
    let found = plan.topics.matches(topic, levels)
    guard !found.isEmpty else {
      guard isUTF8(topic) else { return report(printable(topic), .badTopic, "the topic is not UTF-8") }
      return report(printable(topic), .unknownTopic, "no profile has this topic")
    }
    if let envelope = found.map({ plan.envelopes[$0] }).first(where: { !$0.status.isEmpty }) {
      return decodeStatus(envelope, topic, message)
    }
    guard parse(message, device: printable(topic)) else { return }
    for number in found { decode(plan.envelopes[number], topic, message) }
  }

  private func decodeStatus(_ envelope: EnvelopePlan, _ topic: UnsafeRawBufferPointer, _ message: Message) {
    root = json_value()
    guard let device = sender(envelope, topic) else { return }
    guard let status = envelope.status.first(where: { message.payload.trimmed.elementsEqual($0.text) }) else {
      return report(
        device, .wrongShape, "\(message.payload.count) bytes that are no status of \(envelope.name)")
    }
    statusChanges.append((device, status.isOnline))
    // A last will comes from the broker: it is no sign of life.
    if status.isOnline { sender = device }
  }

  private func splitLevels(of topic: UnsafeRawBufferPointer) {
    levels.removeAll(keepingCapacity: true)
    var start = 0
    for (position, byte) in topic.enumerated() where byte == slash {
      levels.append(start..<position)
      start = position + 1
      // Longer than any pattern: it matches none.
      if levels.count > TopicPattern.maximumLevels { return }
    }
    levels.append(start..<topic.count)
  }

  private func decode(_ envelope: EnvelopePlan, _ topic: UnsafeRawBufferPointer, _ message: Message) {
    guard root.kind == JSON_OBJECT || root.kind == JSON_ARRAY else {
      return report(printable(topic), .wrongShape, "found \(root.kindName), expected an object")
    }
    guard envelope.conditions.hold(in: root) else { return }
    guard let device = sender(envelope, topic) else { return }
    sender = device
    if !message.marks.contains(.duplicate), let frame = frame(envelope), !frames.isNew(frame, of: device) {
      isRepeat = true
      return
    }
    var time = json_value()
    var form = TimeForm.native
    for source in envelope.times {
      time = source.path(root)
      form = source.form
      if !time.isEmpty { break }
    }
    let origin = origin(device, time, form: form, message)
    let decoded = envelope.decoded(root)
    if envelope.decoded.isEach {
      guard decoded.kind == JSON_ARRAY else { return reportUndecoded(decoded, device, envelope) }
      for item in decoded.items() { decode(item, envelope, origin) }
    } else if decoded.kind == JSON_OBJECT {
      decode(decoded, envelope, origin)
    } else {
      reportUndecoded(decoded, device, envelope)
    }
  }

  /// The message's number, together with the session in which the device counts.
  private func frame(_ envelope: EnvelopePlan) -> UInt64? {
    guard let counter = envelope.counter?(root), counter.kind == JSON_INTEGER else { return nil }
    let session = envelope.session?(root) ?? json_value()
    let hash = session.isString ? StableHash.of(session.textBytes) : 0
    return hash ^ UInt64(bitPattern: counter.integer) &* 0x9e37_79b9_7f4a_7c15
  }

  private func reportUndecoded(
    _ value: json_value, _ device: DeviceIndex, _ envelope: EnvelopePlan
  ) {
    if value.isEmpty {
      report(device, .undecoded, "no decoded values; does \(envelope.name) have a codec for this device?")
    } else {
      report(device, .wrongShape, "the decoded values are \(value.kindName)")
    }
  }

  /// The device that the message names, by the first address that the catalogue knows.
  private func sender(_ envelope: EnvelopePlan, _ topic: UnsafeRawBufferPointer) -> DeviceIndex? {
    var first: (value: json_value, bytes: UnsafeRawBufferPointer)?
    for address in envelope.addresses {
      switch address {
      case .level(let level):
        let bytes = UnsafeRawBufferPointer(rebasing: topic[levels[level]])
        if let known = devices.knownDevice(address: bytes) { return known }
        if first == nil, !bytes.isEmpty { first = (json_value(), bytes) }
      case .path(let path):
        let value = path(root)
        if value.isString {
          if let known = devices.knownDevice(address: value.textBytes) { return known }
          if first == nil, value.count > 0 { first = (value, value.textBytes) }
        } else if value.kind == JSON_INTEGER {
          var text = String(value.integer)
          if let device = text.withUTF8({ devices.device(address: UnsafeRawBufferPointer($0)) }) {
            return device
          }
        }
      }
    }
    guard let first else {
      report(printable(topic), .unknownDevice, "the message names no device")
      return nil
    }
    if let device = devices.device(address: first.bytes) { return device }
    reportDevice(first.bytes)
    return nil
  }

  private func decode(_ object: json_value, _ envelope: EnvelopePlan, _ origin: Origin) {
    for body in envelope.models where envelope.isComplete || body.fits(object, in: root) {
      for signal in body.signals { read(signal, object, origin) }
      if let history = body.history { read(history, body.signals, object, origin) }
      for signal in body.link { read(signal, root, origin) }
      if let event = body.event { read(event, object, origin) }
      return
    }
    report(origin.device, .unknownModel, "no model of \(envelope.name) has the keys of this message")
  }

  /// Stored values: each item has the time at which it was measured, and no live rule looks at it.
  private func read(
    _ history: (list: PathPlan, time: PathPlan, form: TimeForm), _ signals: [SignalPlan],
    _ object: json_value, _ origin: Origin
  ) {
    for item in history.list(object).items() {
      guard let time = Timestamp(history.time(item), form: history.form),
        time.milliseconds <= origin.arrival.milliseconds.addingReportingOverflow(tolerance.ahead).partialValue
          || tolerance.ahead == .max
      else {
        report(origin.device, .badTime, "a stored value has no time that can be true")
        continue
      }
      var past = origin
      past.time = time
      past.marks = origin.marks.subtracting(.arrivalTime).union(.historical)
      for signal in signals { read(signal, item, past) }
    }
  }

  private func read(_ event: EventPlan, _ object: json_value, _ origin: Origin) {
    let kind: SignalIndex
    switch event.kind {
    case .fixed(let signal): kind = signal
    case .mapped(let path, let pairs):
      let value = path(object)
      guard value.isString else {
        return report(origin.device, .wrongShape, "the kind of event is \(value.kindName), expected text")
      }
      // What the profile leaves out is not watched: no problem.
      guard let pair = pairs.first(where: { value.textBytes.elementsEqual($0.text) }) else { return }
      kind = pair.kind
    }
    let phase = event.phase(object)
    guard phase.isString,
      let phase = event.phases.first(where: { phase.textBytes.elementsEqual($0.text) })?.phase
    else {
      return report(origin.device, signal: kind, .wrongShape, "the phase is none of those in the profile")
    }
    let start = event.start.flatMap { eventStart($0.path(object), form: $0.form, origin.device) }
    let active = event.active.map { $0(object) }
    append(
      FoundEvent(
        kind: kind, phase: phase, id: eventID(event.id(object)), start: start,
        zones: event.zones.map { eventZones($0(object)) } ?? [],
        isActive: active.map { $0.kind == JSON_BOOL ? $0.number != 0 : phase != .end } ?? (phase != .end)),
      origin)
  }
}
