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

  private static let kinds = ["network", "model", "profile", "codec", "vocabulary"]

  func profile(_ node: Node) -> Profile? {
    guard let fields = Fields(node, of: "a profile", diagnostics: diagnostics) else { return nil }
    defer { fields.finish() }
    let kinds = Self.kinds.filter(fields.keys.contains)
    guard let kind = kinds.first, kinds.count == 1 else {
      diagnostics.error(
        "a profile begins with 'network:', 'model:', 'profile:', 'codec:' or 'vocabulary:' and its name; found "
          + (kinds.isEmpty ? "none of them" : kinds.joined(separator: " and ")), at: fields.location)
      for key in kinds { _ = fields.optional(key) }
      return nil
    }
    let name = fields.text(kind)
    for key in ["title", "vendor", "source", "note"] { _ = fields.optionalText(key) }
    let ownPrivate = Set(fields.list("private").compactMap { $0.text(diagnostics) })
    let paths = PathReader(diagnostics: diagnostics, ownPrivate: ownPrivate)
    guard let name else { return nil }
    var profile = Profile(name: name, location: fields.location)
    profile.ownPrivate = ownPrivate
    switch kind {
    case "network":
      profile.envelope = envelope(fields, paths, isNetwork: true)
      guard profile.envelope != nil else { return nil }
    case "model": profile.body = body(fields, paths, isModel: true, canBeEmpty: false)
    case "profile":
      guard let envelope = envelope(fields, paths, isNetwork: false) else { return nil }
      let canBeEmpty =
        !envelope.status.isEmpty || envelope.isSeenOnly || envelope.isIgnored || envelope.format != .json
      profile.envelope = envelope
      profile.body = body(fields, paths, isModel: false, canBeEmpty: canBeEmpty)
    case "codec":
      profile.codecs = CodecReader(diagnostics: diagnostics).codecs(fields)
    default:
      (profile.vocabulary, profile.computed) = signals(
        fields.required("names"), paths, "the names", placesKey: "names")
    }
    return profile
  }

  /// What can only be seen with all profiles at hand: names, networks and link values.
  func check(_ profiles: [Profile]) {
    var seen: [String: SourceLocation] = [:]
    for profile in profiles {
      // A maker's codec and models may share the maker's name.
      let key = profile.codecs.isEmpty ? profile.name : "codec \(profile.name)"
      if let first = seen[key] {
        diagnostics.error("profile '\(profile.name)' is already described in \(first)", at: profile.location)
      }
      seen[key] = profile.location
    }
    let networks = profiles.filter(\.isNetwork)
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
      let parts = [body.has.map(\.description), body.hasAny.map(\.description), conditions, body.names].map {
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

  private func body(_ fields: Fields, _ paths: PathReader, isModel: Bool, canBeEmpty: Bool) -> Body {
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
      body.names = fields.list("named").compactMap { $0.text(diagnostics) }.map(plainName)
      if body.has.isEmpty, body.hasAny.isEmpty, body.envelopeConditions.isEmpty, body.names.isEmpty {
        diagnostics.error(
          "a model needs 'has' or 'has-any': keys by which it is recognized", at: fields.location)
      }
    }
    (body.signals, body.computed) = signals(fields.optional("signals"), paths)
    body.byName = fields.optional("by-name")?.boolean(diagnostics) ?? false
    body.nameFrom = fields.optional("name-from").flatMap { paths.path($0) }
    body.unitFrom = fields.optional("unit-from").flatMap { paths.path($0) }
    body.events = fields.optional("event").map { forms($0).compactMap { event($0, paths) } } ?? []
    if let node = fields.optional("history") { body.history = history(node, paths) }
    let isEmpty =
      body.signals.isEmpty && body.events.isEmpty && !body.byName && body.nameFrom == nil
      && body.history.isEmpty
    if isEmpty, !canBeEmpty {
      diagnostics.error(
        "nothing is read: 'signals', 'by-name', 'event' and 'status' are missing", at: fields.location)
    }
    return body
  }

  /// `{at: list, time: {…}}`, or several of them.
  private func history(_ node: Node, _ paths: PathReader) -> [HistorySource] {
    let nodes: [Node] = if case .sequence(let items) = node.content { items } else { [node] }
    return nodes.compactMap { item in
      guard let history = Fields(item, of: "a history", diagnostics: diagnostics) else { return nil }
      defer { history.finish() }
      let list = history.required("at").flatMap { paths.path($0) }
      let time = times(history.required("time"), paths).first
      guard let list, let time else { return nil }
      return HistorySource(list: list, time: time)
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
