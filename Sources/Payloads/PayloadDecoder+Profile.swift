/// Messages of devices that have a profile: topic and envelope first, then what is inside.
import CSimdjson
import EstateModel
import Glibc

extension PayloadDecoder {
  func decodeByProfile(_ topic: UnsafeRawBufferPointer, _ message: Message) {
    splitLevels(of: topic)
    let found = plan.topics.matches(topic, levels)
    guard !found.isEmpty else {
      guard isUTF8(topic) else { return report(printable(topic), .badTopic, "the topic is not UTF-8") }
      return report(printable(topic), .unknownTopic, "no profile has this topic")
    }
    var isParsed = false
    for number in found {
      let envelope = plan.envelopes[number]
      if envelope.isIgnored { continue }
      plan.memory.clearCaptures()
      envelope.setCaptures(topic, levels, plan.memory)
      if !envelope.status.isEmpty {
        if decodeStatus(envelope, topic, message) { return }
        continue
      }
      switch envelope.format {
      case .senml: decodeSenML(envelope, topic, message)
      case .sparkplug: decodeSparkplug(topic, message)
      case .text:
        // An empty payload deletes a kept message.
        if message.payload.isEmpty { continue }
        guard isUTF8(message.payload) else {
          report(printable(topic), .notUTF8, "the payload is not UTF-8")
          continue
        }
        root = json_value(text: message.payload.trimmed)
        decode(envelope, topic, message)
      case .json:
        if message.payload.isEmpty, message.isRetained { continue }
        if !isParsed {
          guard parse(message, device: printable(topic)) else { return }
          isParsed = true
          document = root
        }
        root = document
        guard root.kind == JSON_OBJECT || root.kind == JSON_ARRAY else {
          report(printable(topic), .wrongShape, "found \(root.kindName), expected an object")
          continue
        }
        decodeEach(envelope, topic, message)
      }
    }
  }

  /// - Returns: false when the payload is nothing that the profile knows and another profile may.
  private func decodeStatus(_ envelope: EnvelopePlan, _ topic: UnsafeRawBufferPointer, _ message: Message)
    -> Bool
  {
    root = json_value()
    var text = message.payload.trimmed
    if let path = envelope.statusPath, text.first == UInt8(ascii: "{") {
      guard parse(message, device: printable(topic)) else { return true }
      index(envelope)
      guard envelope.applies(to: rootValues) else { return false }
      let value = path(root)
      if value.isString {
        text = value.textBytes
      } else if value.kind == JSON_BOOL {
        let word: StaticString = value.number != 0 ? "true" : "false"
        text = UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
      } else {
        return false
      }
    }
    index(envelope)
    guard let device = sender(envelope, topic) else { return true }
    guard let status = envelope.status.first(where: { text.elementsEqual($0.text) }) else {
      report(device, .wrongShape, "\(message.payload.count) bytes that are no status of \(envelope.name)")
      return true
    }
    statusChanges.append((device, status.isOnline))
    // A last will comes from the broker: it is no sign of life.
    if status.isOnline { sender = device }
    return true
  }

  private func splitLevels(of topic: UnsafeRawBufferPointer) {
    var start = 0
    var count = 0
    while true {
      // Longer than any topic that is used: it matches none.
      guard count < levelRoom.count else {
        levels = UnsafeBufferPointer(rebasing: levelRoom[..<0])
        return
      }
      let found = topic.baseAddress.flatMap { memchr($0 + start, Int32(slash), topic.count - start) }
      let position = found.flatMap { topic.baseAddress?.distance(to: $0) } ?? topic.count
      levelRoom[count] = start..<position
      count += 1
      if found == nil { break }
      start = position + 1
    }
    levels = UnsafeBufferPointer(rebasing: levelRoom[..<count])
  }

  /// Messages that hold those of several devices are taken apart.
  private func decodeEach(_ envelope: EnvelopePlan, _ topic: UnsafeRawBufferPointer, _ message: Message) {
    guard let each = envelope.each else {
      guard root.kind == JSON_ARRAY else { return decode(envelope, topic, message) }
      let items = root.items().filter { $0.kind == JSON_OBJECT }
      if items.isEmpty { return decode(envelope, topic, message) }
      for item in items {
        root = item
        decode(envelope, topic, message)
      }
      return
    }
    index(envelope)
    guard envelope.applies(to: rootValues) else { return }
    let holder = each.path(root)
    guard holder.kind == JSON_OBJECT else { return }
    // A copy: what is inside uses the same room.
    for field in Array(parser.fields(of: holder).fields) {
      plan.memory.setCapture(each.slot, field.keyBytes)
      for item in field.value.kind == JSON_ARRAY ? field.value.items() : [field.value] {
        root = item
        decode(envelope, topic, message)
      }
    }
  }

  private func decode(_ envelope: EnvelopePlan, _ topic: UnsafeRawBufferPointer, _ message: Message) {
    index(envelope)
    guard envelope.each != nil || envelope.applies(to: rootValues) else { return }
    guard let device = sender(envelope, topic) else { return }
    if let isOnline = envelope.isOnline {
      statusChanges.append((device, isOnline))
      // That somebody has gone is told by others.
      guard isOnline else { return }
    }
    sender = device
    readLink(envelope, device)
    if envelope.counter != nil, !message.marks.contains(.duplicate), let frame = frame(envelope) {
      let verdict = frames.take(counter: frame.counter, session: frame.session, of: device)
      if verdict.isRepeat {
        isRepeat = true
        return
      }
      link?.missed = verdict.missed
      link?.isDisordered = verdict.isDisordered
    }
    if envelope.isJoin { hasJoined = true }
    if envelope.isSeenOnly { return }
    var time = json_value()
    var form = TimeForm.native
    for source in envelope.times {
      time = source.path(rootValues)
      form = source.form
      if !time.isEmpty { break }
    }
    decodeContent(envelope, origin(device, time, form: form, message))
  }

  /// Looks the root's keys up once, for all paths of the envelope.
  private func index(_ envelope: EnvelopePlan) {
    rootValues.value = root
    rootValues.isIndexed = false
    // Of several envelopes on one topic most are told apart by one key: no need to look for the others.
    for path in envelope.has where path(rootValues).isAbsent { return }
    rootValues.index(envelope.keys)
  }

  /// The message's number, together with the session in which the device counts.
  private func frame(_ envelope: EnvelopePlan) -> (counter: Int64, session: UInt64)? {
    let value = envelope.counter?(rootValues) ?? json_value()
    // Some servers leave out a counter of 0; but then there is a session.
    let session = envelope.session?(rootValues) ?? json_value()
    guard value.kind == JSON_INTEGER || (value.isAbsent && session.isString) else { return nil }
    return (value.integer, session.isString ? StableHash.of(session.textBytes) : 0)
  }

  private func readLink(_ envelope: EnvelopePlan, _ device: DeviceIndex) {
    guard envelope.rssi != nil || envelope.counter != nil else { return }
    let rssi = envelope.rssi?(rootValues) ?? json_value()
    let snr = envelope.snr?(rootValues) ?? json_value()
    let counter = envelope.counter?(rootValues) ?? json_value()
    link = RadioLink(
      device: device, rssi: rssi.isNumber ? rssi.number : nil, snr: snr.isNumber ? snr.number : nil,
      counter: counter.kind == JSON_INTEGER ? counter.integer : nil)
  }

  /// The device that the message names, by the first address that the catalogue knows.
  func sender(_ envelope: EnvelopePlan, _ topic: UnsafeRawBufferPointer) -> DeviceIndex? {
    var first: UnsafeRawBufferPointer?
    for address in envelope.addresses {
      switch address {
      case .constant(let name):
        if let device = name.withUnsafeBytes({ devices.device(address: $0) }) { return device }
        if !envelope.ignoresUnknown { name.withUnsafeBytes { reportDevice($0) } }
        return nil
      case .path(let path):
        let value = path(rootValues)
        if value.isString {
          if let known = devices.knownDevice(address: value.textBytes) { return known }
          if first == nil, value.count > 0 { first = value.textBytes }
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
    if let device = devices.device(address: first) { return device }
    if !envelope.ignoresUnknown { reportDevice(first) }
    return nil
  }
}
