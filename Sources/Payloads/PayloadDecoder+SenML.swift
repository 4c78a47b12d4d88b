/// SenML (RFC 8428): records in JSON or CBOR, base fields resolved.
import CSimdjson
import EstateModel

/// One record as it stands, before base fields are added. Texts borrow the message's memory.
struct SenMLRecord {
  var baseName: UnsafeRawBufferPointer?
  var baseTime: Double?
  var baseUnit: UnsafeRawBufferPointer?
  var baseValue: Double?
  var version: Double?
  var name: UnsafeRawBufferPointer?
  var unit: UnsafeRawBufferPointer?
  var value: Double?
  var text: UnsafeRawBufferPointer?
  var boolean: Bool?
  var time: Double?
  /// It has a field that must be understood and isn't.
  var isForeign = false

  /// Labels of RFC 8428, table 4, by their number in CBOR.
  mutating func set(_ label: Int, number: Double) {
    switch label {
    case -1: version = number
    case -3: baseTime = number
    case -5: baseValue = number
    case 2: value = number
    case 6: time = number
    default: break
    }
  }

  mutating func set(_ label: Int, text: UnsafeRawBufferPointer) {
    switch label {
    case -2: baseName = text
    case -4: baseUnit = text
    case 0: name = text
    case 1: unit = text
    case 3: self.text = text
    default: break
    }
  }

  /// The label of a name in JSON; nil for one that may be passed over.
  mutating func label(_ key: UnsafeRawBufferPointer) -> Int? {
    for (name, label) in Self.labels where key.isEqual(to: name) { return label }
    if key.last == UInt8(ascii: "_") { isForeign = true }
    return nil
  }

  private static let labels: [(StaticString, Int)] = [
    ("n", 0), ("v", 2), ("u", 1), ("t", 6), ("bn", -2), ("bt", -3), ("bu", -4), ("bv", -5), ("bver", -1),
    ("vs", 3), ("vb", 4),
  ]
}

extension PayloadDecoder {
  /// Times below this many seconds count from now: RFC 8428, section 4.5.3.
  private static let relativeLimit = 268_435_456.0
  /// The version of RFC 8428.
  private static let senMLVersion = 10.0

  func decodeSenML(_ envelope: EnvelopePlan, _ topic: UnsafeRawBufferPointer, _ message: Message) {
    let first = message.payload.first { $0 > 32 } ?? 0
    // Nothing of it is found by paths, but the topic's levels are.
    rootValues.isIndexed = false
    rootValues.value = json_value()
    var pack = SenMLPack()
    if first == UInt8(ascii: "[") || first == UInt8(ascii: "{") {
      guard parse(message, device: printable(topic)) else { return }
      let records = root.kind == JSON_ARRAY ? root.items(Self.maximumRecords) : [root]
      for item in records {
        guard let record = record(item) else {
          report(printable(topic), .wrongShape, "a SenML record is \(item.kindName)")
          return
        }
        take(record, &pack, envelope, topic, message)
        if pack.isBroken { return }
      }
    } else {
      guard !message.payload.isEmpty else { return report(printable(topic), .empty, "no payload") }
      guard message.payload.count <= Self.maximumPayload else {
        return report(printable(topic), .tooLarge, "\(message.payload.count) bytes")
      }
      let isWhole = CBORRecords.forEach(in: message.payload, limit: Self.maximumRecords) { record in
        take(record, &pack, envelope, topic, message)
        return !pack.isBroken
      }
      if !isWhole, !pack.isBroken {
        report(
          printable(topic), .wrongShape, "\(message.payload.count) bytes that are no SenML in JSON or CBOR")
      }
    }
  }

  /// Records of one message that are read.
  static let maximumRecords = 4096

  private func record(_ item: json_value) -> SenMLRecord? {
    guard item.kind == JSON_OBJECT else { return nil }
    var record = SenMLRecord()
    for field in parser.fields(of: item).fields {
      guard let label = record.label(field.keyBytes) else { continue }
      if field.value.isNumber {
        record.set(label, number: field.value.number)
      } else if field.value.isString {
        record.set(label, text: field.value.textBytes)
      } else if field.value.kind == JSON_BOOL, label == 4 {
        record.boolean = field.value.number != 0
      }
    }
    return record
  }

  private func take(
    _ record: SenMLRecord, _ pack: inout SenMLPack, _ envelope: EnvelopePlan, _ topic: UnsafeRawBufferPointer,
    _ message: Message
  ) {
    if let version = record.version, version > Self.senMLVersion || version < 1 {
      pack.isBroken = true
      return report(printable(topic), .wrongShape, "SenML of version \(plainNumber(version))")
    }
    pack.take(record)
    guard !record.isForeign else {
      return report(printable(topic), .wrongShape, "a SenML record has a field that must be understood")
    }
    guard record.value != nil || record.boolean != nil || record.text != nil else { return }
    let name = pack.name + Array(record.name ?? UnsafeRawBufferPointer(start: nil, count: 0))
    name.withUnsafeBytes { name in
      // The record's own name may follow the base without a mark between them.
      let own = SenMLName(record.name ?? UnsafeRawBufferPointer(start: nil, count: 0))
      let isOwn = plan.vocabulary[own.last] != nil
      let parts =
        isOwn
        ? SenMLName(holder: UnsafeRawBufferPointer(rebasing: name.dropLast(own.last.count)), last: own.last)
        : SenMLName(name)
      let unit = record.unit ?? pack.unit.withUnsafeBytes { $0 }
      guard let signal = signal(parts, unit, isState: record.boolean != nil) else { return }
      let holder = parts.endsWithSignal(plan.vocabulary) ? parts.holder : name
      guard let device = senMLDevice(holder, envelope, topic) else { return }
      sender = device
      let origin = origin(device, seconds: pack.time + (record.time ?? 0), message)
      if let value = record.value {
        let number = value + pack.value
        if unit.isEmpty {
          read(value: json_value(number: number), signal, origin)
        } else {
          append(number: number, unit: unit, signal, origin)
        }
      } else if let value = record.boolean {
        read(value: json_value(boolean: value), signal, origin)
      } else if let text = record.text {
        read(value: json_value(text: text), signal, origin)
      }
    }
  }

  /// What the last part of the name says, else what the unit says.
  private func signal(_ name: SenMLName, _ unit: UnsafeRawBufferPointer, isState: Bool) -> SignalPlan? {
    if let signal = plan.vocabulary[name.last] { return signal }
    guard !unit.isEmpty, !isState else { return nil }
    for (symbol, signal) in Self.unitNames where unit.isEqual(to: symbol) {
      return signal.withUTF8Buffer { plan.vocabulary[UnsafeRawBufferPointer($0)] }
    }
    return nil
  }

  /// Units that one signal alone has: RFC 8428, section 12.1.
  private static let unitNames: [(StaticString, StaticString)] = [
    ("Cel", "temperature"), ("%RH", "humidity"), ("%EL", "battery"), ("V", "voltage"), ("A", "current"),
    ("W", "power"), ("dB", "sound"), ("Pa", "pressure"), ("dBm", "rssi"),
  ]

  /// The part of the name that says who; without one the topic.
  private func senMLDevice(
    _ holder: UnsafeRawBufferPointer, _ envelope: EnvelopePlan, _ topic: UnsafeRawBufferPointer
  ) -> DeviceIndex? {
    var holder = holder
    while let last = holder.last, last == UInt8(ascii: ":") || last == slash {
      holder = UnsafeRawBufferPointer(rebasing: holder.dropLast())
    }
    if let known = devices.knownDevice(address: holder) { return known }
    let short = SenMLName(holder).last
    if let known = devices.knownDevice(address: short) { return known }
    if holder.isEmpty || !devices.registers { return sender(envelope, topic) }
    return devices.device(address: holder) ?? sender(envelope, topic)
  }

  private func origin(_ device: DeviceIndex, seconds: Double, _ message: Message) -> Origin {
    var value = json_value()
    if abs(seconds) >= Self.relativeLimit {
      value = json_value(number: seconds)
    } else if seconds != 0, seconds.isFinite {
      value = json_value(number: Double(message.arrival.milliseconds) / 1000 + seconds)
    }
    return origin(device, value, form: .seconds, message)
  }
}

/// Base fields as of the record that was read last.
private struct SenMLPack {
  var name: [UInt8] = []
  var unit: [UInt8] = []
  var time = 0.0
  var value = 0.0
  var isBroken = false

  mutating func take(_ record: SenMLRecord) {
    if let text = record.baseName { name = Array(text) }
    if let text = record.baseUnit { unit = Array(text) }
    if let number = record.baseTime { time = number }
    if let number = record.baseValue { value = number }
  }
}

/// A name such as `urn:dev:ow:10e2073a01080063:voltage`, divided before its last part.
private struct SenMLName {
  let holder: UnsafeRawBufferPointer
  let last: UnsafeRawBufferPointer

  init(holder: UnsafeRawBufferPointer, last: UnsafeRawBufferPointer) {
    (self.holder, self.last) = (holder, last)
  }

  init(_ name: UnsafeRawBufferPointer) {
    let split = name.lastIndex { $0 == UInt8(ascii: ":") || $0 == slash || $0 == UInt8(ascii: ".") }
    holder = UnsafeRawBufferPointer(rebasing: name[..<(split ?? 0)])
    last = UnsafeRawBufferPointer(rebasing: name[(split.map { $0 + 1 } ?? 0)...])
  }

  func endsWithSignal(_ vocabulary: Vocabulary) -> Bool { vocabulary[last] != nil }
}

extension json_value {
  init(number: Double) {
    self.init()
    kind = JSON_NUMBER
    self.number = number
  }

  init(boolean: Bool) {
    self.init()
    kind = JSON_BOOL
    number = boolean ? 1 : 0
  }
}
