/// Reads the events of a profile.
import Configuration
import EstateModel

extension ProfileReader {
  func event(_ node: Node, _ paths: PathReader) -> EventSource? {
    guard let fields = Fields(node, of: "an event", diagnostics: diagnostics) else { return nil }
    defer { fields.finish() }
    let kind = fields.required("kind").flatMap { eventKind($0, paths) }
    let phases = fields.required("phase").flatMap { self.phases($0, paths) }
    let id = fields.optional("id").flatMap { paths.path($0) }
    let keys = fields.list("key").compactMap { paths.path($0) }
    let start = times(fields.optional("start"), paths).first
    let zones = fields.optional("zones").flatMap { paths.path($0) }
    let active = fields.optional("active").flatMap { paths.path($0) }
    let stay = fields.optional("stay")?.quantity(.second, diagnostics)
    guard let kind, let phases else { return nil }
    if stay != nil {
      if case .mapped = phases, id != nil, zones != nil {
      } else {
        diagnostics.error(
          "a stay needs 'id', 'zones' and phases with a begin and an end", at: fields.keyLocation("stay"))
      }
    }
    return EventSource(
      kind: kind, phases: phases, id: id, keys: keys, start: start, zones: zones, active: active,
      stay: stay.map { Int64(min(max(0, $0.base), 86_400) * 1000) })
  }

  /// `moment`, or `{from: type, map: {new: begin}}`
  private func phases(_ node: Node, _ paths: PathReader) -> EventSource.Phases? {
    if case .scalar(let text) = node.content {
      if text == "moment" { return .moment }
      diagnostics.error("found '\(text)', expected 'moment' or {from: …, map: …}", at: node.location)
      return nil
    }
    guard let phase = mapped(node, "a phase", paths) else { return nil }
    return .mapped(
      phase.paths,
      phase.pairs.compactMap { pair in
        pair.value.choice(EventSource.Step.self, diagnostics).map { (pair.text, $0) }
      })
  }

  /// A kind of event by name, or `{from: after.label, map: {person: person, else: object}}`.
  private func eventKind(_ node: Node, _ paths: PathReader) -> EventSource.Kind? {
    if case .scalar = node.content { return signal(node, form: .event).map { .fixed($0) } }
    guard let mapped = mapped(node, "a kind", paths) else { return nil }
    var other: SignalIndex?
    let pairs = mapped.pairs.compactMap { pair -> (text: String, kind: SignalIndex)? in
      guard let kind = signal(pair.value, form: .event) else { return nil }
      if pair.text == "else" {
        other = kind
        return nil
      }
      return (pair.text, kind)
    }
    return .mapped(mapped.paths, pairs, other: other)
  }

  private func mapped(_ node: Node, _ subject: String, _ paths: PathReader)
    -> (paths: [JSONPath], pairs: [(text: String, value: Node)])?
  {
    guard let fields = Fields(node, of: subject, diagnostics: diagnostics) else { return nil }
    defer { fields.finish() }
    var places: [JSONPath] = []
    if fields.required("from") != nil { places = fields.list("from").compactMap { paths.path($0) } }
    let map = fields.required("map").flatMap { Fields($0, of: "a map", diagnostics: diagnostics) }
    guard !places.isEmpty, let map else { return nil }
    return (
      places,
      map.remaining().compactMap { pair in pair.key.text(diagnostics).map { ($0, pair.value) } }
    )
  }
}
