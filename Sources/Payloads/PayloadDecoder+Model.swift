/// What is inside an envelope: a model's object, raw bytes, or values by their names.
import CSimdjson
import EstateModel

extension PayloadDecoder {
  /// The decoded values where the network server has them, else the device's own bytes.
  func decodeContent(_ envelope: EnvelopePlan, _ origin: Origin) {
    var decoded = json_value()
    var isEach = false
    for path in envelope.decoded {
      decoded = path(rootValues)
      isEach = path.isEach
      if !decoded.isEmpty { break }
    }
    if isEach, decoded.kind == JSON_ARRAY {
      for item in decoded.items() { decode(item, envelope, origin) }
    } else if envelope.isComplete {
      if envelope.format == .text || decoded.kind == JSON_OBJECT
        || envelope.models.models.first?.nameFrom != nil
      {
        decode(decoded, envelope, origin)
      } else {
        reportUndecoded(decoded, origin.device, envelope)
      }
    } else {
      decodeModel(decoded, envelope, origin)
    }
  }

  /// A model that the object's keys tell; without one the raw bytes; without those what names tell.
  private func decodeModel(_ decoded: json_value, _ envelope: EnvelopePlan, _ origin: Origin) {
    var decoded = decoded
    if decoded.isString, let object = embedded(decoded) { decoded = object }
    if decoded.kind == JSON_OBJECT, readModel(of: decoded, envelope, origin) { return }
    if let object = decodeRaw(envelope, origin) {
      if readModel(of: object, envelope, origin) { return }
      // A maker's own names for what every sensor may have.
      let count = readings.count
      readByName(object, origin, from: count)
      if readings.count > count { return }
    }
    guard decoded.kind == JSON_OBJECT else { return reportUndecoded(decoded, origin.device, envelope) }
    let count = readings.count
    readByName(decoded, origin, from: count)
    if readings.count == count {
      report(origin.device, .unknownModel, "no model of \(envelope.name) has the keys of this message")
    }
  }

  /// - Returns: false when no model has the object's keys.
  private func readModel(of object: json_value, _ envelope: EnvelopePlan, _ origin: Origin) -> Bool {
    let fields = parser.fields(of: object).fields
    let model = envelope.models.model(of: object, fields, hashes, in: root) { hints(envelope, origin.device) }
    guard let model else { return false }
    model._withUnsafeGuaranteedRef { model in
      // Each key is looked up once; the signals find their values by place.
      present = 0
      for position in fields.indices {
        let key = fields[position].keyBytes
        guard let place = model.ownKeys[key, hashes[position]], place < BodyPlan.maximumPlaces else {
          continue
        }
        places[Int(place)] = fields[position].value
        present |= 1 << UInt64(place)
      }
      read(model, object, origin, isPlaced: true)
    }
    return true
  }

  private func reportUndecoded(_ value: json_value, _ device: DeviceIndex, _ envelope: EnvelopePlan) {
    if value.isEmpty {
      report(device, .undecoded, "no decoded values; does \(envelope.name) have a codec for this device?")
    } else {
      report(device, .wrongShape, "the decoded values are \(value.kindName)")
    }
  }

  /// JSON that stands as text in JSON.
  private func embedded(_ value: json_value) -> json_value? {
    guard value.textBytes.first == UInt8(ascii: "{") else { return nil }
    var object = json_value()
    return inner.parse(value.textBytes, into: &object) == nil ? object : nil
  }

  /// What the device's model may be called: the catalogue's word, and those of the network server.
  private func hints(_ envelope: EnvelopePlan, _ device: DeviceIndex) -> [[UInt8]] {
    var hints: [[UInt8]] = []
    for path in envelope.raw?.names ?? Kept() {
      let value = path(rootValues)
      if value.isString { hints.append(value.textBytes.filter(isPlain).map(lowered)) }
    }
    if let model = devices.model(of: device) { hints.append(Array(plainName(model).utf8)) }
    return hints
  }

  /// The object that the maker's codec would give for the device's own bytes.
  private func decodeRaw(_ envelope: EnvelopePlan, _ origin: Origin) -> json_value? {
    guard let raw = envelope.raw else { return nil }
    let text = raw.path(rootValues)
    guard text.isString, text.count > 0 else { return nil }
    let isRight = raw.isHex ? bytes.setHex(text.textBytes) : bytes.setBase64(text.textBytes)
    guard isRight, !bytes.isEmpty else {
      report(origin.device, .wrongShape, "the raw bytes are not \(raw.isHex ? "hexadecimal" : "base64")")
      return nil
    }
    let port = raw.port.map { $0(rootValues) } ?? json_value()
    let hints = hints(envelope, origin.device)
    let codec = bytes.bytes.withUnsafeBytes { raw in
      plan.codecs.decode(
        raw, model: devices.model(of: origin.device), hints: hints,
        port: port.kind == JSON_INTEGER ? Int(exactly: port.number) : nil, into: &writer)
    }
    guard codec != nil else { return nil }
    var object = json_value()
    let failure = writer.finish().withUnsafeBytes { inner.parse($0, into: &object) }
    return failure == nil ? object : nil
  }

  private func decode(_ object: json_value, _ envelope: EnvelopePlan, _ origin: Origin) {
    guard envelope.isComplete else { return decodeModel(object, envelope, origin) }
    if let model = envelope.models.models.first { read(model, object, origin) }
  }

  /// - Parameter isPlaced: the values of the model's own keys are in their places.
  func read(_ model: BodyPlan, _ object: json_value, _ origin: Origin, isPlaced: Bool = false) {
    let first = readings.count
    for index in model.signals.indices {
      let need = model.needs[index]
      if isPlaced, need != 0, need & present == 0 { continue }
      read(model.signals[index], object, origin, isPlaced: isPlaced)
    }
    if model.byName { readByName(object, origin, from: first, besides: model.ownKeys) }
    if let path = model.nameFrom {
      let name = path(root)
      if name.isString, let signal = plan.vocabulary[name.textBytes] {
        if let unit = model.unitFrom?(root), unit.isString {
          read(object, unit: unit, signal, origin)
        } else {
          read(value: object, signal, origin)
        }
      }
    }
    compute(model.computed, from: first, origin)
    for history in model.history { read(history, model, object, origin) }
    for signal in model.link { read(signal, root, origin) }
    for event in model.events { read(event, object, origin) }
  }

  /// Stored values: each item has the time at which it was measured, and no live rule looks at it.
  private func read(
    _ history: (list: PathPlan, time: PathPlan, form: TimeForm), _ model: BodyPlan, _ object: json_value,
    _ origin: Origin
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
      let first = readings.count
      for signal in model.signals { read(signal, item, past) }
      compute(model.computed, from: first, past)
    }
  }

  /// Signals that follow from those just read; one that the device reports itself isn't computed.
  func compute(_ plans: Kept<ComputationPlan>, from first: Int, _ origin: Origin) {
    guard !plans.isEmpty, readings.count > first else { return }
    func attribute(_ column: Int) -> Double { devices.attribute(column, of: origin.device) }
    for plan in plans where readings.count > first {
      let known = readings[first...]
      if known.contains(where: { $0.signal == plan.signal }) { continue }
      let value = plan(attribute: attribute) { signal in
        known.first { $0.signal == signal && $0.quality == .good }?.value ?? .nan
      }
      if value.isFinite {
        append(value, plan.signal, origin)
      } else if plan.isKnown(attribute: attribute) {
        let inputs = known.filter { plan.inputs.contains($0.signal) }
        if let fault = inputs.first(where: { $0.quality == .fault }) {
          appendFault(plan.signal, origin, .fault, "\(Signal[fault.signal].name) has no value")
        } else if inputs.count == plan.inputs.count, inputs.allSatisfy({ $0.quality == .good }) {
          appendFault(plan.signal, origin, .fault, "what it is computed from can't be true")
        }
      }
    }
  }

  /// Values whose keys the vocabulary knows; the first of each signal counts. What has other names is no problem.
  /// - Parameters:
  ///   - first: where this object's readings begin.
  ///   - keys: what a model has read itself.
  func readByName(
    _ object: json_value, _ origin: Origin, from first: Int, besides keys: NameTable.View = NameTable.View(),
    depth: Int = 0
  ) {
    // A copy: objects inside use the same room.
    for field in Array(parser.fields(of: object).fields) {
      if depth == 0, keys.count > 0, keys[field.keyBytes] != nil { continue }
      let isHolder = field.value.kind == JSON_OBJECT && plan.number(in: field.value) == nil
      if !isHolder, let signal = plan.vocabulary[field.keyBytes] {
        if readings[first...].contains(where: { $0.signal == signal.signal }) { continue }
        guard signal.conditions.hold(in: object) else { continue }
        read(value: field.value, signal, origin)
      } else if isHolder, depth < 2 {
        readByName(field.value, origin, from: first, depth: depth + 1)
      }
    }
    if depth == 0 { compute(plan.vocabulary.computed, from: first, origin) }
  }
}
