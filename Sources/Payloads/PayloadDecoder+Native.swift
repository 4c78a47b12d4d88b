/// Gatehouse's own topics: `{root}/{estate}/{device}/reading`, `…/event` and `…/status`.
import CSimdjson
import EstateModel

extension PayloadDecoder {
  private enum Kind { case reading, event, status }

  /// - Parameter topic: what follows the root.
  func decodeNative(_ topic: UnsafeRawBufferPointer, _ message: Message) {
    guard let split = topic.lastIndex(of: slash) else { return reportTopic(topic) }
    let path = UnsafeRawBufferPointer(rebasing: topic[..<split])
    let ending = UnsafeRawBufferPointer(rebasing: topic[(split + 1)...])
    let kind: Kind
    if ending.isEqual(to: "reading") {
      kind = .reading
    } else if ending.isEqual(to: "event") {
      kind = .event
    } else if ending.isEqual(to: "status") {
      kind = .status
    } else {
      return reportTopic(topic)
    }
    guard let middle = path.firstIndex(of: slash), middle == path.lastIndex(of: slash), middle > 0,
      middle + 1 < path.count
    else { return reportTopic(topic) }
    guard let device = devices.device(path: path) else { return reportDevice(path) }
    sender = device
    switch kind {
    case .reading: decodeReading(device, message)
    case .event: decodeEvent(device, message)
    case .status: decodeStatus(device, message)
    }
  }

  private func decodeReading(_ device: DeviceIndex, _ message: Message) {
    guard parse(message, device: name(of: device)) else { return }
    guard root.kind == JSON_OBJECT else {
      return report(device, .wrongShape, "found \(root.kindName), expected an object")
    }
    let (fields, total) = parser.fields(of: root)
    if total > fields.count {
      report(device, .wrongShape, "\(total) fields; only the first \(fields.count) are read")
    }
    var time = json_value()
    for field in fields where field.keyBytes.isEqual(to: "ts") { time = field.value }
    let origin = origin(device, time, form: .native, message)
    for field in fields where !field.keyBytes.isEqual(to: "ts") {
      guard let signal = signals[field.keyBytes] else {
        report(device, .unknownSignal, "'\(printable(field.keyBytes, limit: 48))'")
        continue
      }
      let form = signals.form(signal)
      if form == .event {
        report(device, signal: signal, .wrongShape, "an event is no reading: it has a topic of its own")
      } else if field.value.isNumber {
        append(field.value.number, signal, origin)
      } else if form == .state, field.value.kind == JSON_BOOL {
        append(field.value.number, signal, origin)
      } else {
        reportNoNumber(field.value, signal, origin)
      }
    }
  }

  /// null and texts are the device's way to say that it can't measure; anything else is a mistake.
  func reportNoNumber(_ value: json_value, _ signal: SignalIndex, _ origin: Origin) {
    if value.kind == JSON_NULL {
      appendFault(signal, origin, .fault, "null")
    } else if value.isString {
      appendFault(signal, origin, .fault, "'\(printable(value.textBytes, limit: 40))'")
    } else {
      report(origin.device, signal: signal, .wrongShape, "found \(value.kindName), expected a number")
    }
  }

  private func decodeStatus(_ device: DeviceIndex, _ message: Message) {
    if message.payload.isEqual(to: "online") {
      statusChanges.append((device, true))
    } else if message.payload.isEqual(to: "offline") {
      statusChanges.append((device, false))
    } else if !(message.payload.isEmpty && message.isRetained) {
      report(device, .wrongShape, "\(message.payload.count) bytes, expected online or offline")
    }
    // A last will comes from the broker: it is no sign of life.
    if statusChanges.first?.isOnline != true { sender = nil }
  }

  private func reportTopic(_ topic: UnsafeRawBufferPointer) {
    guard isUTF8(topic) else { return report(printable(topic), .badTopic, "the topic is not UTF-8") }
    report(
      printable(topic), .unknownTopic,
      "expected {estate}/{device}/reading, …/event or …/status below the root")
  }

  func reportDevice(_ device: UnsafeRawBufferPointer) {
    guard isUTF8(device) else { return report(printable(device), .badTopic, "the topic is not UTF-8") }
    report(printable(device), .unknownDevice, "not in the catalogue")
  }

  func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool { String(validating: bytes, as: UTF8.self) != nil }
}

let slash: UInt8 = 47

extension UnsafeRawBufferPointer {
  func hasSuffix(_ text: StaticString) -> Bool {
    count >= text.utf8CodeUnitCount
      && UnsafeRawBufferPointer(rebasing: suffix(text.utf8CodeUnitCount)).isEqual(to: text)
  }

  @inline(__always)
  func isEqual(to text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    let other = UnsafeBufferPointer(start: text.utf8Start, count: count)
    for index in 0..<count where self[index] != other[index] { return false }
    return true
  }
}
