/// Reads the signals of a profile.
import Configuration
import EstateModel

extension ProfileReader {
  /// `laeq: LAeq`, or `level: {from: depth, unit: cm, faults: {65535: collection failed}}`, or a list of such forms,
  /// or `level: {compute: device.mount-height - distance}`. In a vocabulary names stand for paths:
  /// `temperature: {names: [temperature, temp], unit: degC}`.
  func signals(
    _ node: Node?, _ paths: PathReader, _ subject: String = "the signals", placesKey: String = "from"
  ) -> (read: [SignalSource], computed: [ComputedSource]) {
    guard let node, let fields = Fields(node, of: subject, diagnostics: diagnostics) else {
      return ([], [])
    }
    var read: [SignalSource] = []
    var computed: [ComputedSource] = []
    for pair in fields.remaining() {
      guard let signal = signal(pair.key) else { continue }
      for form in forms(pair.value) {
        if let text = computation(form) {
          if let source = computation(of: signal, text) { computed.append(source) }
        } else if let source = source(of: signal, form, paths, placesKey: placesKey) {
          read.append(source)
        }
      }
    }
    return (read, computed)
  }

  /// One form, or several in a list of mappings.
  func forms(_ node: Node) -> [Node] {
    guard case .sequence(let items) = node.content,
      items.contains(where: { if case .mapping = $0.content { true } else { false } })
    else { return [node] }
    return items
  }

  private func computation(_ node: Node) -> Node? {
    guard case .mapping(let pairs) = node.content, pairs.count == 1, let pair = pairs.first,
      case .scalar("compute") = pair.key.content
    else { return nil }
    return pair.value
  }

  private func computation(of signal: SignalIndex, _ node: Node) -> ComputedSource? {
    guard let text = node.text(diagnostics) else { return nil }
    do {
      let computation = try ComputationParser.parse(text)
      let own = Signal[signal].unit
      guard computation.dimension == own.dimension else {
        diagnostics.error(
          "'\(text)' can't be \(Signal[signal].name): it doesn't come out in \(own)", at: node.location)
        return nil
      }
      return ComputedSource(signal: signal, computation: computation)
    } catch {
      diagnostics.error("'\(text)': \(error.text)", at: node.location)
      return nil
    }
  }

  func source(of signal: SignalIndex, _ node: Node, _ paths: PathReader, placesKey: String)
    -> SignalSource?
  {
    let own = Signal[signal].unit
    switch node.content {
    case .scalar, .sequence:
      let places = node.list(diagnostics).compactMap { paths.path($0) }
      return places.isEmpty ? nil : SignalSource(signal: signal, paths: places, unit: own)
    default: break
    }
    guard let fields = Fields(node, of: "signal '\(Signal[signal].name)'", diagnostics: diagnostics) else {
      return nil
    }
    defer { fields.finish() }
    var source = SignalSource(signal: signal, unit: own)
    if fields.required(placesKey) != nil {
      source.paths = fields.list(placesKey).compactMap { paths.path($0) }
    }
    if let node = fields.optional("unit") {
      if case .scalar("stated") = node.content {
        source.isUnitStated = true
      } else {
        source.unit = unit(node, for: signal) ?? own
      }
    } else if Signal[signal].form == .measurement, !own.symbol.isEmpty {
      diagnostics.error("'unit' is missing: in which unit does the device report?", at: fields.location)
    }
    source.unitPath = fields.optional("unit-from").flatMap { paths.path($0) }
    source.scale = fields.optional("scale")?.number(diagnostics) ?? 1
    source.offset = fields.optional("offset")?.number(diagnostics) ?? 0
    if source.scale == 0 {
      diagnostics.error("a scale of 0 makes every value 0", at: fields.keyLocation("scale"))
    }
    source.faults = sentinels(fields.optional("faults"))
    source.absent = sentinels(fields.optional("absent"))
    source.faultPath = fields.optional("fault-from").flatMap { paths.path($0) }
    source.faultConditions = conditions(fields, "fault-when", false, paths)
    source.conditions = conditions(fields, "when", false, paths) + conditions(fields, "unless", true, paths)
    if let node = fields.optional("states") { (source.states, source.elseState) = states(node, signal) }
    source.series = fields.optional("series").flatMap { series($0, paths) }
    return source.paths.isEmpty ? nil : source
  }

  /// `{every: periodBetweenMeasure, unit: min}`
  private func series(_ node: Node, _ paths: PathReader) -> (period: JSONPath, unit: Unit)? {
    guard let fields = Fields(node, of: "a series", diagnostics: diagnostics) else { return nil }
    defer { fields.finish() }
    let period = fields.required("every").flatMap { paths.path($0) }
    guard let period, let symbol = fields.text("unit") else { return nil }
    guard let unit = Unit(symbol: symbol), unit.dimension == .time else {
      diagnostics.error("found '\(symbol)', expected a unit of time", at: fields.keyLocation("unit"))
      return nil
    }
    return (period, unit)
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

  /// A list of texts and numbers, or a mapping from them to what they mean. Numbers may be written as 0xFFFF, limits
  /// as `"<= 20"`.
  private func sentinels(_ node: Node?) -> [Sentinel] {
    guard let node else { return [] }
    guard case .mapping(let pairs) = node.content else {
      return node.list(diagnostics).compactMap { item in
        item.text(diagnostics).map { Sentinel($0, reason: $0) }
      }
    }
    return pairs.compactMap { pair in
      guard let text = pair.key.text(diagnostics), let reason = pair.value.text(diagnostics) else {
        return nil
      }
      return Sentinel(text, reason: reason)
    }
  }

  /// `{normal: 0, tilt: 1, else: 0}`
  private func states(_ node: Node, _ signal: SignalIndex) -> ([(text: String, value: Double)], Double?) {
    guard let pairs = Fields(node, of: "the states", diagnostics: diagnostics) else { return ([], nil) }
    var other: Double?
    let states = pairs.remaining().compactMap { pair -> (text: String, value: Double)? in
      guard let text = pair.key.text(diagnostics), let value = pair.value.number(diagnostics) else {
        return nil
      }
      if !Signal[signal].range.contains(value) {
        diagnostics.error(
          "found \(plainNumber(value)), expected \(plainNumber(Signal[signal].range.lowerBound)) to "
            + plainNumber(Signal[signal].range.upperBound), at: pair.value.location)
      }
      if text == "else" {
        other = value
        return nil
      }
      return (text, value)
    }
    return (states, other)
  }
}
