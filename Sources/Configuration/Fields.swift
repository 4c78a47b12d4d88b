/// Typed reading of YAML mappings: each key is asked for by name, and whatever nobody asked for is reported.

/// The fields of one mapping, read by name.
///
///     guard let fields = Fields(node, of: "well", diagnostics: diagnostics) else { return }
///     let id = fields.text("id")
///     let depth = fields.optional("depth")
///     fields.finish()                          // reports 'dpeth' as unknown; did you mean 'depth'?
public final class Fields {
  public let location: SourceLocation
  public let diagnostics: Diagnostics
  private let subject: String
  // A mapping of ours has a dozen keys at most: to go through them is faster than to compute hashes.
  private var pairs: [(key: Node, value: Node)] = []
  private var order: [String] = []
  private var asked: [String] = []

  /// - Parameter subject: what the mapping describes, for messages: "a device".
  /// - Returns: nil, with the problem reported, when the node is not a mapping.
  public init?(_ node: Node, of subject: String, diagnostics: Diagnostics) {
    self.subject = subject
    self.diagnostics = diagnostics
    location = node.location
    guard case .mapping(let pairs) = node.content else {
      diagnostics.error("\(subject): found \(node.kindName), expected a mapping", at: node.location)
      return nil
    }
    for pair in pairs {
      guard case .scalar(let key) = pair.key.content else {
        diagnostics.error("\(subject): a key must be text, found \(pair.key.kindName)", at: pair.key.location)
        continue
      }
      self.pairs.append(pair)
      order.append(key)
    }
  }

  /// The last of that name.
  private func pair(_ key: String) -> (key: Node, value: Node)? {
    order.lastIndex(of: key).map { pairs[$0] }
  }

  /// All keys in the order of the file.
  public var keys: [String] { order }

  public func keyLocation(_ key: String) -> SourceLocation { pair(key)?.key.location ?? location }

  /// The field's node; nil when it is absent or null.
  public func optional(_ key: String) -> Node? {
    asked.append(key)
    guard let value = pair(key)?.value else { return nil }
    if case .null = value.content { return nil }
    return value
  }

  /// The field's node; its absence is reported.
  public func required(_ key: String) -> Node? {
    let node = optional(key)
    if node == nil { diagnostics.error("\(subject): '\(key)' is missing", at: keyLocation(key)) }
    return node
  }

  public func text(_ key: String) -> String? { required(key)?.text(diagnostics) }
  public func optionalText(_ key: String) -> String? { optional(key)?.text(diagnostics) }
  public func list(_ key: String) -> [Node] { optional(key)?.list(diagnostics) ?? [] }

  /// A text out of a fixed set of names.
  public func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, as type: Choice.Type) -> Choice?
  where Choice.RawValue == String {
    guard let node = required(key) else { return nil }
    return node.choice(type, diagnostics)
  }

  public func optionalChoice<Choice: RawRepresentable & CaseIterable>(_ key: String, as type: Choice.Type)
    -> Choice? where Choice.RawValue == String
  {
    optional(key)?.choice(type, diagnostics)
  }

  /// Fields nobody asked for are handed out instead of reported: for open vocabularies such as attributes.
  public func remaining() -> [(key: Node, value: Node)] {
    let rest = order.filter { !asked.contains($0) }
    asked += rest
    return rest.compactMap(pair)
  }

  /// Reports every key that nobody asked for, with the nearest known one.
  public func finish() {
    diagnostics.note(asked, of: subject)
    for key in order where !asked.contains(key) {
      diagnostics.error(
        "\(subject): unknown key '\(key)'\(suggestion(for: key, in: asked))", at: keyLocation(key))
    }
  }
}

extension Node {
  /// The scalar's text; anything else is reported.
  public func text(_ diagnostics: Diagnostics) -> String? {
    guard case .scalar(let text) = content else {
      diagnostics.error("found \(kindName), expected text", at: location)
      return nil
    }
    return text
  }

  /// The items of a list; a single value is taken as a list of one.
  public func list(_ diagnostics: Diagnostics) -> [Node] {
    switch content {
    case .sequence(let items): return items
    case .null: return []
    case .scalar: return [self]
    case .mapping:
      diagnostics.error("found a mapping, expected a list", at: location)
      return []
    }
  }

  public func number(_ diagnostics: Diagnostics) -> Double? {
    guard let text = text(diagnostics) else { return nil }
    guard let value = Double(text), value.isFinite else {
      diagnostics.error("found '\(text)', expected a number", at: location)
      return nil
    }
    return value
  }

  public func integer(_ diagnostics: Diagnostics) -> Int? {
    guard let text = text(diagnostics) else { return nil }
    guard let value = Int(text) else {
      diagnostics.error("found '\(text)', expected a whole number", at: location)
      return nil
    }
    return value
  }

  public func boolean(_ diagnostics: Diagnostics) -> Bool? {
    guard let text = text(diagnostics) else { return nil }
    switch text {
    case "true", "yes": return true
    case "false", "no": return false
    default:
      diagnostics.error("found '\(text)', expected true or false", at: location)
      return nil
    }
  }

  public func choice<Choice: RawRepresentable & CaseIterable>(_ type: Choice.Type, _ diagnostics: Diagnostics)
    -> Choice? where Choice.RawValue == String
  {
    guard let text = text(diagnostics) else { return nil }
    if let choice = Choice(rawValue: text) { return choice }
    let names = type.allCases.map(\.rawValue)
    diagnostics.error(
      "found '\(text)', expected one of \(names.joined(separator: ", "))\(suggestion(for: text, in: names))",
      at: location)
    return nil
  }
}
