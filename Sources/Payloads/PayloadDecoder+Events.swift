/// Events of cameras and other devices: begin, update and end of something that lasts.
import CSimdjson
import EstateModel

/// An event as it was found in a payload, before it becomes a reading and a detail.
struct FoundEvent {
  var kind: SignalIndex
  var phase: EventDetail.Phase
  /// Empty: the device gave none.
  var id: String
  var start: Timestamp?
  /// nil: the message says nothing of zones.
  var zones: [String]?
  var isActive: Bool
  var label: String?
  /// Begins and ends with this one message.
  var isMoment = false
  /// Its device tells of begin and end only.
  var isLasting = false
}

extension PayloadDecoder {
  /// Longest id and zone name, and most zones, that are kept.
  static let maximumIDLength = 128
  static let maximumZoneLength = 64
  static let maximumZones = 32

  func decodeEvent(_ device: DeviceIndex, _ message: Message) {
    guard parse(message, device: name(of: device)) else { return }
    guard root.kind == JSON_OBJECT else {
      return report(device, .wrongShape, "found \(root.kindName), expected an object")
    }
    var time = json_value()
    var start = json_value()
    var event = json_value()
    var phase = json_value()
    var id = json_value()
    var zones = json_value()
    var active = json_value()
    for field in parser.fields(of: root).fields {
      let key = field.keyBytes
      if key.isEqual(to: "ts") { time = field.value }
      if key.isEqual(to: "start") { start = field.value }
      if key.isEqual(to: "event") { event = field.value }
      if key.isEqual(to: "phase") { phase = field.value }
      if key.isEqual(to: "id") { id = field.value }
      if key.isEqual(to: "zones") { zones = field.value }
      if key.isEqual(to: "active") { active = field.value }
    }
    guard event.isString else {
      return report(device, .wrongShape, "'event' is \(event.kindName), expected a kind of event")
    }
    guard let kind = signals[event.textBytes], signals.form(kind) == .event else {
      return report(device, .unknownSignal, "event '\(printable(event.textBytes, limit: 48))'")
    }
    guard phase.isString, let phase = eventPhase(phase.textBytes) else {
      return report(device, signal: kind, .wrongShape, "'phase' must be begin, update or end")
    }
    append(
      FoundEvent(
        kind: kind, phase: phase, id: eventID(id), start: eventStart(start, form: .native, device),
        zones: eventZones(zones), isActive: active.kind == JSON_BOOL ? active.number != 0 : phase != .end),
      origin(device, time, form: .native, message))
  }

  func append(_ event: FoundEvent, _ origin: Origin) {
    var event = event
    var origin = origin
    var start = event.start ?? origin.time
    if start > origin.time {
      report(origin.device, signal: event.kind, .badTime, "the event starts after its message")
      start = origin.time
    }
    if event.id.isEmpty { event.id = "\(Signal[event.kind].name)-\(start.milliseconds)" }
    if event.phase == .begin { origin.marks.insert(.begin) }
    if event.isLasting, event.phase != .end { origin.marks.insert(.lasting) }
    if event.phase == .end || event.isMoment { origin.marks.insert(.end) }
    var dwell = Double(origin.time - start) / 1000
    if origin.marks.contains(.arrivalTime), !signals.allows(dwell, event.kind) {
      // A message without a time of its own about something of long ago: an old capture, not an event that lasts.
      dwell = 0
      origin.marks.insert(.historical)
    }
    let count = readings.count
    append(dwell, event.kind, origin)
    guard readings.count > count else { return }
    readings[count].event = Self.hash(event.id)
    // A camera that tells no zones is believed wherever it looks.
    if readings[count].quality == .good, let zones = event.zones, !devices.counts(zones, for: origin.device) {
      readings[count].quality = .outsideZone
    }
    events.append(
      EventDetail(
        device: name(of: origin.device), kind: Signal[event.kind].name, phase: event.phase, id: event.id,
        zones: event.zones ?? [], active: event.isActive, startMilliseconds: start.milliseconds,
        timeMilliseconds: origin.time.milliseconds, label: event.label))
  }

  /// An event as a profile describes it.
  func read(_ event: EventPlan, _ object: json_value, _ origin: Origin) {
    guard let (kind, label) = kind(of: event, object, origin) else { return }
    var phase = EventDetail.Phase.begin
    var isMoment = true
    if case .mapped(let paths, let pairs) = event.phases {
      isMoment = false
      guard let value = firstValue(paths, object), let found = pairs.first(where: { value.reads($0.text) })
      else {
        return report(
          origin.device, signal: kind, .wrongShape, "the phase is none of those in the profile")
      }
      isMoment = found.step == .moment
      phase = EventDetail.Phase(rawValue: found.step.rawValue) ?? .begin
    }
    var start = event.start.flatMap { eventStart($0.path(object), form: $0.form, origin.device) }
    var id = event.id.map { eventID($0(object)) } ?? ""
    let zones = event.zones.flatMap { eventZones($0(object)) }
    let own = UInt64(kind.raw) ^ UInt64(origin.device.raw) &* 0x9e37_79b9_7f4a_7c15
    if let (least, column) = event.stay {
      guard devices.hasZones(origin.device), !id.isEmpty else { return }
      let stay = openEvents.stay(
        own ^ Self.hash(id),
        isInside: phase != .end && devices.counts(zones ?? [], for: origin.device), isOver: phase == .end,
        at: origin.time, since: start,
        before: Int64(min(max(0, devices.attribute(column, of: origin.device)), 86_400) * 1000), least: least)
      guard let stay else { return }
      (phase, start) = (stay.phase, stay.start)
      id += "@\(stay.start.milliseconds)"
    } else if event.id == nil {
      var key = own
      for path in event.keys {
        let value = path(object)
        if value.isString { key = key &* 31 ^ StableHash.of(value.textBytes) }
      }
      if !isMoment {
        let step = openEvents.step(key, phase, at: origin.time)
        (phase, start) = (step.phase, step.start)
      }
      let time = (start ?? origin.time).milliseconds
      id = event.keys.isEmpty ? "" : "\(Signal[kind].name)-\(time)-\(key % 10_000)"
    }
    let active = event.active.map { $0(object) }
    append(
      FoundEvent(
        kind: kind, phase: phase, id: id, start: start,
        zones: zones,
        isActive: active.flatMap { $0.kind == JSON_BOOL ? $0.number != 0 : nil }
          ?? (phase != .end && !isMoment),
        label: label, isMoment: isMoment, isLasting: event.isLasting && !isMoment),
      origin)
  }

  private static func hash(_ text: String) -> UInt64 {
    var text = text
    return text.withUTF8 { StableHash.of(UnsafeRawBufferPointer($0)) }
  }

  private func firstValue(_ paths: [PathPlan], _ object: json_value) -> json_value? {
    for path in paths {
      let value = path(object)
      if !value.isEmpty, !(value.isString && value.count == 0) { return value }
    }
    return nil
  }

  private func printableLabel(_ text: UnsafeRawBufferPointer) -> String {
    printable(text, limit: Self.maximumZoneLength)
  }

  /// nil: what the profile leaves out is not watched.
  private func kind(of event: EventPlan, _ object: json_value, _ origin: Origin) -> (SignalIndex, String?)? {
    switch event.kind {
    case .fixed(let signal): return (signal, nil)
    case .mapped(let paths, let pairs, let other):
      guard let value = firstValue(paths, object) else { return nil }
      guard value.isString else {
        report(origin.device, .wrongShape, "the kind of event is \(value.kindName), expected text")
        return nil
      }
      let label = { self.printableLabel(value.textBytes) }
      if let pair = pairs.first(where: { $0.text.matches(value.textBytes) }) {
        return (pair.kind, pair.isOwnName ? nil : label())
      }
      return other.map { ($0, label()) }
    }
  }

  func eventPhase(_ text: UnsafeRawBufferPointer) -> EventDetail.Phase? {
    if text.isEqual(to: "begin") { return .begin }
    if text.isEqual(to: "update") { return .update }
    if text.isEqual(to: "end") { return .end }
    return nil
  }

  func eventStart(_ value: json_value, form: TimeForm, _ device: DeviceIndex) -> Timestamp? {
    if let start = Timestamp(value, form: form) { return start }
    if !value.isEmpty { report(device, .badTime, "'start' is \(value.kindName), expected a time") }
    return nil
  }

  /// Texts and whole numbers are ids; anything else counts as none.
  func eventID(_ value: json_value) -> String {
    if value.isString { return printable(value.textBytes, limit: Self.maximumIDLength) }
    return value.kind == JSON_INTEGER ? String(value.integer) : ""
  }

  func eventZones(_ value: json_value) -> [String]? {
    if value.isEmpty { return nil }
    if value.isString { return [printable(value.textBytes, limit: Self.maximumZoneLength)] }
    return value.items(Self.maximumZones).filter(\.isString)
      .map { printable($0.textBytes, limit: Self.maximumZoneLength) }
  }
}
