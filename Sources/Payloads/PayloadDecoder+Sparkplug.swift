/// Sparkplug B 3.0: births, data and deaths of edge nodes and the devices behind them.
import CSimdjson
import EstateModel

extension PayloadDecoder {
  func decodeSparkplug(_ topic: UnsafeRawBufferPointer, _ message: Message) {
    guard levels.count >= 4, isUTF8(topic) else { return }
    let parts = levels.map { String(decoding: topic[$0], as: UTF8.self) }
    let kind = parts[2]
    let node = "\(parts[1])/\(parts[3])"
    let isDevice = parts.count > 4
    let source = isDevice ? "\(node)/\(parts[4])" : node
    guard isDevice == kind.hasPrefix("D"), ["BIRTH", "DATA", "DEATH"].contains(kind.dropFirst()) else {
      return
    }
    guard !message.payload.isEmpty else { return report(source, .empty, "no payload") }
    guard message.payload.count <= Self.maximumPayload else {
      return report(source, .tooLarge, "\(message.payload.count) bytes")
    }
    guard let payload = SparkplugPayload(message.payload) else {
      return report(source, .wrongShape, "\(message.payload.count) bytes that are no Sparkplug payload")
    }
    // A node is often nothing but the way to its devices: it needs no place in the catalogue.
    let device = sparkplugDevice(parts[isDevice ? 4 : 3], source, isNeeded: isDevice)
    // A device's death is told by its node, and numbered; a node's is told by the broker.
    if kind.hasSuffix("DATA") || isDevice { noteGap(node, payload, source) }
    if kind.hasSuffix("DEATH") {
      let number = payload.metrics.first { $0.name == "bdSeq" }.flatMap { metric -> Double? in
        if case .number(let number)? = metric.value { number } else { nil }
      }
      for dead in sparkplug.die(source, device, birthNumber: number) { statusChanges.append((dead, false)) }
      return
    }
    sender = device
    if kind.hasSuffix("BIRTH") {
      sparkplug.bear(source, payload, device, isNode: !isDevice)
      if let device { statusChanges.append((device, true)) }
    } else if !sparkplug.isBorn(source) {
      needsBirth(node)
    }
    guard let device else { return }
    for metric in payload.metrics { read(metric, source, node, device, payload, message) }
  }

  /// By the device's or node's own name, else by its full one.
  private func sparkplugDevice(_ name: String, _ source: String, isNeeded: Bool) -> DeviceIndex? {
    for address in [source, name] {
      var address = address
      if let known = address.withUTF8({ devices.knownDevice(address: UnsafeRawBufferPointer($0)) }) {
        return known
      }
    }
    var name = name
    if let device = name.withUTF8({ devices.device(address: UnsafeRawBufferPointer($0)) }) { return device }
    if isNeeded { report(source, .unknownDevice, "not in the catalogue") }
    return nil
  }

  private func noteGap(_ node: String, _ payload: SparkplugPayload, _ source: String) {
    let missing = sparkplug.gap(node, payload.sequence)
    guard missing > 0 else { return }
    report(
      source, .lostMessages,
      "\(missing) messages of \(node) are missing before number \(payload.sequence ?? 0)")
    needsBirth(node)
  }

  /// Aliases or values are missing: the node is to tell all again.
  private func needsBirth(_ node: String) {
    if !rebirths.contains(node) { rebirths.append(node) }
  }

  private func read(
    _ metric: SparkplugMetric, _ source: String, _ node: String, _ device: DeviceIndex,
    _ payload: SparkplugPayload, _ message: Message
  ) {
    var name = metric.name
    var unit = metric.unit
    if name == nil, let alias = metric.alias {
      guard let known = sparkplug.metric(alias, of: source) else { return needsBirth(node) }
      name = known.name
      unit = unit ?? known.unit
    }
    guard var text = name else { return }
    // Folders of metrics: the last part is the value's name.
    if let slash = text.lastIndex(of: "/") { text = String(text[text.index(after: slash)...]) }
    guard let signal = text.withUTF8({ plan.vocabulary[UnsafeRawBufferPointer($0)] }) else { return }
    var origin = origin(
      device, (metric.timestamp ?? payload.timestamp).map { json_value(number: Double($0)) } ?? json_value(),
      form: .milliseconds, message)
    if metric.isHistorical { origin.marks.insert(.historical) }
    if metric.isNull { return appendFault(signal.signal, origin, .fault, "null") }
    switch metric.value {
    case .number(let number):
      if var unit, !unit.isEmpty {
        unit.withUTF8 { append(number: number, unit: UnsafeRawBufferPointer($0), signal, origin) }
      } else {
        read(value: json_value(number: number), signal, origin)
      }
    case .boolean(let flag): read(value: json_value(boolean: flag), signal, origin)
    case .text(var text):
      text.withUTF8 { read(value: json_value(text: UnsafeRawBufferPointer($0)), signal, origin) }
    case nil: break
    }
  }
}
