/// Reads profiles from YAML and checks what they say.
import Configuration
import EstateModel

extension Profile {
  /// One profile for each document. What is wrong goes to `diagnostics`; what can be read is in the result.
  public static func read(_ documents: [Document], diagnostics: Diagnostics) -> [Profile] {
    let reader = ProfileReader(diagnostics: diagnostics)
    let profiles = documents.compactMap { reader.profile($0.root) }
    reader.check(profiles)
    return profiles
  }
}

struct ProfileReader {
  let diagnostics: Diagnostics

  func profile(_ node: Node) -> Profile? {
    guard let fields = Fields(node, of: "a profile", diagnostics: diagnostics) else { return nil }
    defer { fields.finish() }
    let kinds = ["network", "model", "profile"].filter(fields.keys.contains)
    guard let kind = kinds.first, kinds.count == 1 else {
      diagnostics.error(
        "a profile begins with 'network:', 'model:' or 'profile:' and its name; found "
          + (kinds.isEmpty ? "none of them" : kinds.joined(separator: " and ")), at: fields.location)
      for key in kinds { _ = fields.optional(key) }
      return nil
    }
    let name = fields.text(kind)
    for key in ["title", "vendor", "source", "note"] { _ = fields.optionalText(key) }
    let ownPrivate = Set(fields.list("private").compactMap { $0.text(diagnostics) })
    let paths = PathReader(diagnostics: diagnostics, ownPrivate: ownPrivate)
    let envelope = kind == "model" ? nil : envelope(fields, paths, isNetwork: kind == "network")
    let body = kind == "network" ? nil : body(fields, paths, isModel: kind == "model")
    guard let name, envelope != nil || body != nil else { return nil }
    return Profile(name: name, location: fields.location, envelope: envelope, body: body)
  }

  /// What can only be seen with all profiles at hand: names, networks and link values.
  func check(_ profiles: [Profile]) {
    var seen: [String: SourceLocation] = [:]
    for profile in profiles {
      if let first = seen[profile.name] {
        diagnostics.error("profile '\(profile.name)' is already described in \(first)", at: profile.location)
      }
      seen[profile.name] = profile.location
    }
    let networks = profiles.filter { $0.body == nil }
    let names = networks.map(\.name)
    for profile in profiles {
      for network in profile.body?.networks ?? [] where !names.contains(network.name) {
        diagnostics.error(
          "unknown network '\(network.name)'\(suggestion(for: network.name, in: names))", at: network.location
        )
      }
    }
    checkLikeness(profiles)
    let linked = Set(networks.flatMap { $0.envelope?.link.map(\.signal) ?? [] })
    for profile in profiles {
      for link in profile.body?.link ?? [] where !linked.contains(link.signal) {
        diagnostics.error("no network has a link value '\(Signal[link.signal].name)'", at: link.location)
      }
    }
  }

  /// Models that nothing tells apart: only one of them would ever be taken.
  private func checkLikeness(_ profiles: [Profile]) {
    var seen: [String: Profile] = [:]
    for profile in profiles {
      guard let body = profile.body, profile.isModel else { continue }
      let conditions = (body.conditions + body.envelopeConditions).map {
        "\($0.path) \($0.isNegated) \($0.text)"
      }
      let parts = [body.has.map(\.description), body.hasAny.map(\.description), conditions].map {
        $0.sorted()
      }
      let networks = (body.networks ?? []).map(\.name).sorted()
      let key = "\(parts)\(networks)"
      if let first = seen[key] {
        diagnostics.error(
          "model '\(profile.name)' is recognized by the same keys as '\(first.name)' in \(first.location); "
            + "add 'when' or 'in-envelope'", at: profile.location)
      }
      seen[key] = profile
    }
  }

  private func envelope(_ fields: Fields, _ paths: PathReader, isNetwork: Bool) -> Envelope? {
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
    if fields.required("device") != nil {
      envelope.device = fields.list("device").compactMap { address($0, envelope.topics, paths) }
    }
    envelope.times = times(fields.optional("time"), paths)
    envelope.decoded = fields.optional("decoded").flatMap { paths.path($0, canEach: true) } ?? JSONPath()
    envelope.conditions = conditions(fields, "when", false, paths) + conditions(fields, "unless", true, paths)
    envelope.status = fields.optional("status").map(status) ?? []
    if let node = fields.optional("counter"),
      let counter = Fields(node, of: "a counter", diagnostics: diagnostics)
    {
      envelope.counter = counter.required("at").flatMap { paths.path($0) }
      envelope.session = counter.optional("session").flatMap { paths.path($0) }
      counter.finish()
    }
    if isNetwork { envelope.link = signals(fields.optional("link"), paths) }
    return envelope.topics.isEmpty || envelope.device.isEmpty ? nil : envelope
  }

  private func address(_ node: Node, _ topics: [TopicPattern], _ paths: PathReader) -> Envelope.Address? {
    guard let text = node.text(diagnostics) else { return nil }
    guard text.hasPrefix("{"), text.hasSuffix("}") else { return paths.path(node).map { .path($0) } }
    let name = String(text.dropFirst().dropLast())
    for topic in topics where topic.level(of: name) == nil {
      let known = topic.levels.compactMap { if case .capture(let name) = $0 { name } else { nil } }
      diagnostics.error(
        "topic '\(topic)' has no level {\(name)}\(suggestion(for: name, in: known))", at: node.location)
      return nil
    }
    return .capture(name)
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

  private func body(_ fields: Fields, _ paths: PathReader, isModel: Bool) -> Body {
    var body = Body()
    if isModel {
      if fields.optional("networks") != nil {
        body.networks = fields.list("networks").compactMap { node in
          node.text(diagnostics).map { ($0, node.location) }
        }
      }
      body.has = fields.list("has").compactMap { paths.path($0) }
      body.hasAny = fields.list("has-any").compactMap { paths.path($0) }
      body.link = fields.list("link").compactMap { node in signal(node).map { ($0, node.location) } }
      body.conditions = conditions(fields, "when", false, paths) + conditions(fields, "unless", true, paths)
      body.envelopeConditions = conditions(fields, "in-envelope", false, paths)
      if body.has.isEmpty, body.hasAny.isEmpty {
        diagnostics.error(
          "a model needs 'has' or 'has-any': keys by which it is recognized", at: fields.location)
      }
    }
    body.signals = signals(fields.optional("signals"), paths)
    body.event = fields.optional("event").flatMap { event($0, paths) }
    if let node = fields.optional("history"),
      let history = Fields(node, of: "a history", diagnostics: diagnostics)
    {
      let list = history.required("at").flatMap { paths.path($0) }
      let time = times(history.required("time"), paths).first
      history.finish()
      if let list, let time { body.history = HistorySource(list: list, time: time) }
    }
    if body.signals.isEmpty, body.event == nil, isModel || fields.optional("status") == nil {
      diagnostics.error("nothing is read: 'signals', 'event' and 'status' are missing", at: fields.location)
    }
    return body
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

  func conditions(_ fields: Fields, _ key: String, _ isNegated: Bool, _ paths: PathReader)
    -> [Condition]
  {
    guard let node = fields.optional(key) else { return [] }
    guard let pairs = Fields(node, of: "'\(key)'", diagnostics: diagnostics) else { return [] }
    return pairs.remaining().compactMap { pair in
      let path = paths.path(pair.key)
      let text = pair.value.text(diagnostics)
      guard let path, let text else { return nil }
      return Condition(path: path, text: text, isNegated: isNegated)
    }
  }

  /// A signal by its name; an unknown one is reported with the nearest known.
  func signal(_ node: Node, form: Signal.Form? = nil) -> SignalIndex? {
    guard let name = node.text(diagnostics) else { return nil }
    let known = Signal.all.filter { ($0.form == .event) == (form == .event) }.map(\.name)
    guard known.contains(name), let signal = Signal.named(name) else {
      let what = form == .event ? "kind of event" : "signal"
      diagnostics.error("unknown \(what) '\(name)'\(suggestion(for: name, in: known))", at: node.location)
      return nil
    }
    return signal
  }
}

/// Reads paths, with the keys that one profile declares private besides the common ones.
struct PathReader {
  let diagnostics: Diagnostics
  let ownPrivate: Set<String>

  func path(_ node: Node, canEach: Bool = false) -> JSONPath? {
    node.path(diagnostics, canEach: canEach, extraPrivate: ownPrivate)
  }
}
