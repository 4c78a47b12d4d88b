/// Reads the signals and events of a profile.
import Configuration
import EstateModel

extension ProfileReader {
  /// `laeq: LAeq`, or `level: {from: depth, unit: cm, faults: {65535: collection failed}}`.
  func signals(_ node: Node?, _ paths: PathReader) -> [SignalSource] {
    guard let node, let fields = Fields(node, of: "the signals", diagnostics: diagnostics) else { return [] }
    return fields.remaining().compactMap { pair in
      guard let signal = signal(pair.key) else { return nil }
      return source(of: signal, pair.value, paths)
    }
  }

  private func source(of signal: SignalIndex, _ node: Node, _ paths: PathReader) -> SignalSource? {
    let own = Signal[signal].unit
    if case .scalar = node.content {
      return paths.path(node).map { SignalSource(signal: signal, paths: [$0], unit: own) }
    }
    guard let fields = Fields(node, of: "signal '\(Signal[signal].name)'", diagnostics: diagnostics) else {
      return nil
    }
    defer { fields.finish() }
    var source = SignalSource(signal: signal, unit: own)
    if fields.required("from") != nil { source.paths = fields.list("from").compactMap { paths.path($0) } }
    if let node = fields.optional("unit") {
      source.unit = unit(node, for: signal) ?? own
    } else if Signal[signal].form == .measurement, !own.symbol.isEmpty {
      diagnostics.error("'unit' is missing: in which unit does the device report?", at: fields.location)
    }
    source.scale = fields.optional("scale")?.number(diagnostics) ?? 1
    source.offset = fields.optional("offset")?.number(diagnostics) ?? 0
    if source.scale == 0 {
      diagnostics.error("a scale of 0 makes every value 0", at: fields.keyLocation("scale"))
    }
    source.faults = faults(fields.optional("faults"))
    source.faultPath = fields.optional("fault-from").flatMap { paths.path($0) }
    source.conditions = conditions(fields, "when", false, paths) + conditions(fields, "unless", true, paths)
    source.states = fields.optional("states").map { states($0, signal) } ?? []
    return source.paths.isEmpty ? nil : source
  }

  private func unit(_ node: Node, for signal: SignalIndex) -> Unit? {
    guard let symbol = node.text(diagnostics) else { return nil }
    let own = Signal[signal].unit
    guard let unit = Unit(symbol: symbol) else {
      diagnostics.error(
        "unknown unit '\(symbol)'\(suggestion(for: symbol, in: Unit.all.map(\.symbol)))", at: node.location)
      return nil
    }
    guard unit.dimension == own.dimension else {
      diagnostics.error(
        "found unit '\(unit)', but '\(Signal[signal].name)' is kept in \(own): they can't be converted",
        at: node.location)
      return nil
    }
    if unit.symbol == "K" {
      diagnostics.error("found unit 'K', expected degC; give 'offset: -273.15' with it", at: node.location)
      return nil
    }
    return unit
  }

  /// A list of texts and numbers, or a mapping from them to what they mean. Numbers may be written as 0xFFFF.
  private func faults(_ node: Node?) -> [(text: String, reason: String)] {
    guard let node else { return [] }
    guard case .mapping(let pairs) = node.content else {
      return node.list(diagnostics).compactMap { item in
        item.text(diagnostics).map { (plain($0), $0) }
      }
    }
    return pairs.compactMap { pair in
      guard let text = pair.key.text(diagnostics), let reason = pair.value.text(diagnostics) else {
        return nil
      }
      return (plain(text), reason)
    }
  }

  private func plain(_ text: String) -> String {
    text.hasPrefix("0x") ? Int(text.dropFirst(2), radix: 16).map(String.init) ?? text : text
  }

  private func states(_ node: Node, _ signal: SignalIndex) -> [(text: String, value: Double)] {
    guard let pairs = Fields(node, of: "the states", diagnostics: diagnostics) else { return [] }
    return pairs.remaining().compactMap { pair in
      guard let text = pair.key.text(diagnostics), let value = pair.value.number(diagnostics) else {
        return nil
      }
      if !Signal[signal].range.contains(value) {
        diagnostics.error(
          "found \(plainNumber(value)), expected \(plainNumber(Signal[signal].range.lowerBound)) to "
            + plainNumber(Signal[signal].range.upperBound), at: pair.value.location)
      }
      return (text, value)
    }
  }

  func event(_ node: Node, _ paths: PathReader) -> EventSource? {
    guard let fields = Fields(node, of: "an event", diagnostics: diagnostics) else { return nil }
    defer { fields.finish() }
    let kind = fields.required("kind").flatMap { eventKind($0, paths) }
    let phase = fields.required("phase").flatMap { mapped($0, "a phase", paths) }
    let id = fields.required("id").flatMap { paths.path($0) }
    let start = times(fields.optional("start"), paths).first
    let zones = fields.optional("zones").flatMap { paths.path($0) }
    let active = fields.optional("active").flatMap { paths.path($0) }
    guard let kind, let phase, let id else { return nil }
    let phases = phase.pairs.compactMap { pair -> (String, EventDetail.Phase)? in
      guard let text = pair.value.text(diagnostics) else { return nil }
      guard let value = EventDetail.Phase(rawValue: text) else {
        diagnostics.error("found '\(text)', expected begin, update or end", at: pair.value.location)
        return nil
      }
      return (pair.text, value)
    }
    return EventSource(
      kind: kind, phase: phase.path, phases: phases, id: id, start: start, zones: zones, active: active)
  }

  /// A kind of event by name, or `{from: after.label, map: {person: person}}`.
  private func eventKind(_ node: Node, _ paths: PathReader) -> EventSource.Kind? {
    if case .scalar = node.content { return signal(node, form: .event).map { .fixed($0) } }
    guard let mapped = mapped(node, "a kind", paths) else { return nil }
    return .mapped(
      mapped.path,
      mapped.pairs.compactMap { pair in signal(pair.value, form: .event).map { (pair.text, $0) } })
  }

  private func mapped(_ node: Node, _ subject: String, _ paths: PathReader)
    -> (path: JSONPath, pairs: [(text: String, value: Node)])?
  {
    guard let fields = Fields(node, of: subject, diagnostics: diagnostics) else { return nil }
    defer { fields.finish() }
    let path = fields.required("from").flatMap { paths.path($0) }
    let map = fields.required("map").flatMap { Fields($0, of: "a map", diagnostics: diagnostics) }
    guard let path, let map else { return nil }
    return (
      path,
      map.remaining().compactMap { pair in pair.key.text(diagnostics).map { ($0, pair.value) } }
    )
  }
}
