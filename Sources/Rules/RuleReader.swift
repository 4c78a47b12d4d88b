/// Reads one rule of a file.
import Configuration
import EstateModel

struct RuleReader {
  let calendars: [String: EstateCalendar]
  let diagnostics: Diagnostics
  /// The file's lines, to find an expression's characters again.
  let lines: [Substring]

  /// A rule with the windows that it asks for, and where.
  struct Reading {
    var rule: Rule
    var windows: [WindowWish]
  }

  /// nil when something is wrong, which is then reported.
  func read(_ node: Node) -> Reading? {
    let before = diagnostics.errors.count
    guard let fields = Fields(node, of: "a rule", diagnostics: diagnostics) else { return nil }
    let id = identifier(fields)
    let title = fields.optional("title").flatMap { Title($0, diagnostics) }
    let kinds = kinds(fields)
    let raiseNode = fields.required("raise")
    let clearNode = fields.optional("clear")
    let onDelay = fields.optional("for").map { $0.duration(diagnostics) ?? 0 } ?? 0
    let offDelay = fields.optional("clear-for").map { $0.duration(diagnostics) ?? 0 } ?? 0
    let gap = fields.optional("gap").flatMap { $0.duration(diagnostics) }
    let priority = fields.choice("priority", as: Priority.self)
    let category = fields.text("ticket")
    let source = fields.optionalText("source")
    let towards = fields.optionalChoice("towards", as: Rule.Towards.self)
    let inhibitors = fields.list("inhibited-by").compactMap { $0.text(diagnostics) }
    fields.finish()
    guard !kinds.isEmpty else { return nil }
    let vocabulary = Vocabulary(kinds: kinds, calendars: Array(calendars.keys))
    var windows: [WindowWish] = []
    let raise = raiseNode.flatMap { condition($0, vocabulary, &windows) }
    var clearing = Rule.Clearing.notRaise
    if let clearNode {
      if case .scalar("manual") = clearNode.content {
        clearing = .manual
      } else if let plan = condition(clearNode, vocabulary, &windows, after: raise) {
        clearing = .condition(plan)
      }
    }
    guard let id, let raise, let priority, let category, diagnostics.errors.count == before else {
      return nil
    }
    return Reading(
      rule: Rule(
        id: id, title: title ?? Title(zh: id, en: id), kinds: kinds, priority: priority, category: category,
        source: source, raiseText: text(raiseNode) ?? "", clearText: text(clearNode), onDelay: onDelay,
        offDelay: offDelay, gap: gap, towards: towards, inhibitedBy: inhibitors, location: fields.location,
        raise: raise, clearing: clearing),
      windows: windows)
  }

  private func text(_ node: Node?) -> String? {
    guard let node, case .scalar(let text) = node.content else { return nil }
    return text.withSingleBlanks
  }

  private func identifier(_ fields: Fields) -> String? {
    guard let node = fields.required("rule"), let text = node.text(diagnostics) else { return nil }
    let isPlain = text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
    if isPlain, !text.isEmpty, text.utf8.count <= 64 { return text }
    diagnostics.error(
      "found '\(text.prefix(80))', expected a rule name of at most 64 lower-case letters, digits and '-'",
      at: node.location)
    return nil
  }

  private func kinds(_ fields: Fields) -> [DeviceKind] {
    guard let node = fields.required("on") else { return [] }
    var kinds: [DeviceKind] = []
    for item in node.list(diagnostics) {
      guard let name = item.text(diagnostics) else { continue }
      if name == "any" { return DeviceKind.allCases }
      if let kind = DeviceKind(rawValue: name) {
        if !kinds.contains(kind) { kinds.append(kind) }
      } else {
        let names = DeviceKind.allCases.map(\.rawValue) + ["any"]
        diagnostics.error(
          "unknown device kind '\(name.prefix(80))', expected one of \(names.joined(separator: ", "))\(near(name, names))",
          at: item.textLocation)
      }
    }
    return kinds
  }

  private func condition(
    _ node: Node, _ vocabulary: Vocabulary, _ windows: inout [WindowWish], after raise: Plan? = nil
  ) -> Plan? {
    guard let text = node.text(diagnostics) else { return nil }
    let source = ExpressionSource(node, text: text, lines: lines)
    do {
      let syntax = try Parser.parse(text)
      var checker = Checker(vocabulary: vocabulary, source: source, diagnostics: diagnostics)
      checker.isClearing = raise != nil
      checker.memories = raise?.memories.map(\.text) ?? []
      let plan = checker.condition(syntax)
      windows += checker.windows
      return plan
    } catch {
      diagnostics.error(error.message, at: source.location(error.at))
      return nil
    }
  }
}
