/// Reads what a rule test expects.
import Configuration
import EstateModel
import Rules
import Tickets

struct RuleTestExpectationReader {
  let clock: TestClock
  let catalogue: Catalogue
  let rules: RuleSet
  let routing: Routing
  let diagnostics: Diagnostics
  let document: Document

  func read(_ node: Node?, never: Node?, others: Node?) -> RuleTestExpectation {
    var expectation = RuleTestExpectation()
    if let node {
      if case .scalar("nothing") = node.content {
        expectation.alarms = []
      } else if let fields = Fields(node, of: "what is expected", diagnostics: diagnostics) {
        if let list = fields.optional("alarms") { expectation.alarms = items(list).compactMap(alarm) }
        if let list = fields.optional("tickets") { expectation.tickets = items(list).compactMap(ticket) }
        fields.finish()
        if expectation.alarms == nil, expectation.tickets == nil {
          diagnostics.error("expected 'alarms', 'tickets', or the word 'nothing'", at: node.location)
        }
      }
    }
    expectation.never = never?.list(diagnostics).compactMap(self.never) ?? []
    if let others, let text = others.text(diagnostics) {
      expectation.allowsOthers = text == "allowed"
      if text != "allowed", text != "refused" {
        diagnostics.error("found '\(text)', expected allowed or refused", at: others.location)
      }
    }
    return expectation
  }

  private func items(_ node: Node) -> [Node] {
    if case .scalar("none") = node.content { return [] }
    return node.list(diagnostics)
  }

  private func alarm(_ node: Node) -> RuleTestExpectation.Alarm? {
    guard let fields = Fields(node, of: "an expected alarm", diagnostics: diagnostics) else { return nil }
    defer { fields.finish() }
    let rule = fields.required("rule").flatMap { self.rule($0) }
    let device = fields.required("device").flatMap { self.device($0) }
    let raised = fields.required("raised").flatMap(span)
    var cleared = RuleTestExpectation.Alarm.End.never
    if let node = fields.optional("cleared"), case .scalar(let text) = node.content {
      switch text {
      case "never": break
      case "any": cleared = .any
      default: if let span = span(node) { cleared = .at(span) }
      }
    }
    let onset = fields.optional("onset").flatMap(span)
    let place = fields.optional("place").flatMap { self.place($0) }
    let towards = fields.optional("towards").flatMap { self.place($0) }
    let priority = fields.optionalChoice("priority", as: Priority.self)
    guard let rule, let device, let raised else { return nil }
    return RuleTestExpectation.Alarm(
      rule: rule, device: device, raised: raised, cleared: cleared, onset: onset, place: place,
      towards: towards, priority: priority, location: node.location)
  }

  private func ticket(_ node: Node) -> RuleTestExpectation.Ticket? {
    guard let fields = Fields(node, of: "an expected ticket", diagnostics: diagnostics) else { return nil }
    defer { fields.finish() }
    let category = fields.required("category").flatMap { self.category($0) }
    let estate = fields.optional("estate").flatMap { self.estate($0) }
    let opened = fields.required("opened").flatMap(span)
    let place = fields.optional("place").flatMap { self.place($0) }
    let towards = fields.optional("towards").flatMap { self.place($0) }
    let party = fields.optionalChoice("party", as: Role.self)
    let with = fields.optional("with").map { node in
      node.list(diagnostics).compactMap { $0.choice(Role.self, diagnostics) }
    }
    let priority = fields.optionalChoice("priority", as: Priority.self)
    let alarms = fields.optional("alarms").flatMap { $0.integer(diagnostics) }
    guard let category, let opened else { return nil }
    return RuleTestExpectation.Ticket(
      category: category, estate: estate, opened: opened, place: place, towards: towards, party: party,
      with: with, priority: priority, alarms: alarms, location: node.location)
  }

  /// A rule's or a category's name, or a mapping that also names the device.
  private func never(_ node: Node) -> RuleTestExpectation.Never? {
    if case .scalar(let name) = node.content {
      if rules.rules.contains(where: { $0.id == name }) {
        return RuleTestExpectation.Never(rule: name, location: node.location)
      }
      if routing[name] != nil { return RuleTestExpectation.Never(category: name, location: node.location) }
      let known = rules.rules.map(\.id) + routing.categories.map(\.name)
      diagnostics.error(
        "unknown rule or category '\(name)'\(suggestion(for: name, in: known))", at: node.location)
      return nil
    }
    guard let fields = Fields(node, of: "'never'", diagnostics: diagnostics) else { return nil }
    defer { fields.finish() }
    let never = RuleTestExpectation.Never(
      rule: fields.optional("rule").flatMap { self.rule($0) },
      category: fields.optional("category").flatMap { self.category($0) },
      device: fields.optional("device").flatMap { self.device($0) }, location: node.location)
    if never.rule == nil, never.category == nil, never.device == nil {
      diagnostics.error("'never' needs a rule, a category or a device", at: node.location)
      return nil
    }
    return never
  }

  private func span(_ node: Node) -> ClosedRange<Int64>? {
    guard let text = node.text(diagnostics) else { return nil }
    do { return try clock.span(text) } catch {
      PlacedText(node, text: text, in: document).report(error, diagnostics)
      return nil
    }
  }

  private func rule(_ node: Node) -> String? {
    known(node, "rule", rules.rules.map(\.id))
  }

  private func category(_ node: Node) -> String? {
    known(node, "category", routing.categories.map(\.name))
  }

  private func estate(_ node: Node) -> String? { known(node, "estate", catalogue.estates.map(\.id)) }

  private func place(_ node: Node) -> String? {
    known(node, "place", catalogue.estates.flatMap { $0.places.map(\.id) })
  }

  private func known(_ node: Node, _ what: String, _ names: [String]) -> String? {
    guard let name = node.text(diagnostics) else { return nil }
    if names.contains(name) { return name }
    diagnostics.error("unknown \(what) '\(name)'\(suggestion(for: name, in: names))", at: node.location)
    return nil
  }

  private func device(_ node: Node) -> String? {
    guard let name = node.text(diagnostics) else { return nil }
    if let index = catalogue.device(named: name) { return catalogue[index].path }
    let known = catalogue.devices.flatMap { [$0.id, $0.path] }
    diagnostics.error(
      "no device '\(name)' takes part here\(suggestion(for: name, in: known))", at: node.location)
    return nil
  }
}
