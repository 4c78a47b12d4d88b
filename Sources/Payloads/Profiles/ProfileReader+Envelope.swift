/// Reads the envelope of a network or a complete profile: topics, who sends, when, and where the values are.
import Configuration
import EstateModel

extension ProfileReader {
  func envelope(_ fields: Fields, _ paths: PathReader, isNetwork: Bool) -> Envelope? {
    var envelope = Envelope()
    if fields.required("topic") != nil {
      for node in fields.list("topic") {
        guard let text = node.text(diagnostics) else { continue }
        if let topic = TopicPattern(text) {
          envelope.topics.append(topic)
        } else {
          diagnostics.error(
            "found '\(text)', expected a topic such as 'site/{device}/up': free levels have names in braces, "
              + "'#' is not supported", at: node.location)
        }
      }
    }
    envelope.format = fields.optionalChoice("format", as: Envelope.Format.self) ?? .json
    envelope.isIgnored = fields.optional("ignore")?.boolean(diagnostics) ?? false
    envelope.isJoin = fields.optional("joined")?.boolean(diagnostics) ?? false
    envelope.isOnline = fields.optional("online")?.boolean(diagnostics)
    envelope.isSeenOnly =
      fields.optional("seen-only")?.boolean(diagnostics) ?? (envelope.isJoin || envelope.isOnline != nil)
    envelope.isCompressed = fields.optional("gzip")?.boolean(diagnostics) ?? false
    envelope.ignoresUnknown = fields.optionalText("unknown-devices") == "ignore"
    let needsDevice = !envelope.isIgnored && envelope.format != .sparkplug
    if needsDevice ? fields.required("device") != nil : fields.optional("device") != nil {
      envelope.device = addresses(fields, envelope, paths)
    }
    if let node = fields.optional("each"), let each = Fields(node, of: "'each'", diagnostics: diagnostics) {
      if let path = each.required("at").flatMap({ paths.path($0) }), let name = each.text("as") {
        envelope.each = (path, name)
      }
      each.finish()
    }
    envelope.times = times(fields.optional("time"), paths)
    envelope.decoded = fields.list("decoded").compactMap { paths.path($0, canEach: true) }
    envelope.raw = fields.optional("raw").flatMap { raw($0, paths) }
    envelope.conditions = conditions(fields, "when", false, paths) + conditions(fields, "unless", true, paths)
    envelope.has = fields.list("has").compactMap { paths.path($0) }
    envelope.lacks = fields.list("lacks").compactMap { paths.path($0) }
    envelope.status = fields.optional("status").map(status) ?? []
    envelope.statusPath = fields.optional("status-from").flatMap { paths.path($0) }
    if let node = fields.optional("counter"),
      let counter = Fields(node, of: "a counter", diagnostics: diagnostics)
    {
      envelope.counter = counter.required("at").flatMap { paths.path($0) }
      envelope.session = counter.optional("session").flatMap { paths.path($0) }
      counter.finish()
    }
    if isNetwork { envelope.link = signals(fields.optional("link"), paths).read }
    return envelope.topics.isEmpty || (needsDevice && envelope.device.isEmpty) ? nil : envelope
  }

  private func addresses(_ fields: Fields, _ envelope: Envelope, _ paths: PathReader) -> [Envelope.Address] {
    if let node = fields.optional("device"), case .mapping = node.content {
      guard let fixed = Fields(node, of: "a device", diagnostics: diagnostics) else { return [] }
      defer { fixed.finish() }
      return fixed.text("named").map { [.constant($0)] } ?? []
    }
    return fields.list("device").compactMap { node in
      guard let path = paths.path(node) else { return nil }
      if let name = path.capture, envelope.each?.name != name, fields.optional("each") == nil {
        for topic in envelope.topics where !topic.names.contains(name) {
          diagnostics.error(
            "topic '\(topic)' has no level {\(name)}\(suggestion(for: name, in: topic.names))",
            at: node.location)
          return nil
        }
      }
      return .path(path)
    }
  }

  /// `{base64: data, port: fPort, names: [deviceInfo.deviceProfileName]}`
  private func raw(_ node: Node, _ paths: PathReader) -> RawSource? {
    guard let fields = Fields(node, of: "'raw'", diagnostics: diagnostics) else { return nil }
    defer { fields.finish() }
    let base64 = fields.optional("base64").flatMap { paths.path($0) }
    let hex = fields.optional("hex").flatMap { paths.path($0) }
    let port = fields.optional("port").flatMap { paths.path($0) }
    let names = fields.list("names").compactMap { paths.path($0) }
    guard let path = base64 ?? hex, base64 == nil || hex == nil else {
      diagnostics.error("'raw' needs either 'base64' or 'hex'", at: fields.location)
      return nil
    }
    return RawSource(path: path, isHex: hex != nil, port: port, names: names)
  }

  /// `{at: time, form: rfc3339}`, or a list of such.
  func times(_ node: Node?, _ paths: PathReader) -> [TimeSource] {
    guard let node else { return [] }
    let nodes: [Node]
    if case .sequence(let items) = node.content { nodes = items } else { nodes = [node] }
    return nodes.compactMap { item in
      guard let fields = Fields(item, of: "a time", diagnostics: diagnostics) else { return nil }
      defer { fields.finish() }
      let path = fields.required("at").flatMap { paths.path($0) }
      let form = fields.choice("form", as: TimeForm.self)
      guard let path, let form else { return nil }
      return TimeSource(path: path, form: form)
    }
  }

  /// `{connected: online, lost: offline}`
  private func status(_ node: Node) -> [(text: String, isOnline: Bool)] {
    guard let pairs = Fields(node, of: "the status", diagnostics: diagnostics) else { return [] }
    return pairs.remaining().compactMap { pair in
      guard let text = pair.key.text(diagnostics), let meaning = pair.value.text(diagnostics) else {
        return nil
      }
      guard meaning == "online" || meaning == "offline" else {
        diagnostics.error("found '\(meaning)', expected online or offline", at: pair.value.location)
        return nil
      }
      return (text, meaning == "online")
    }
  }
}
