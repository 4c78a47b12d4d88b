/// Reads one test of a file: its devices, rules and times.
import Configuration
import EstateModel
import EstateSimulator
import Foundation
import Rules
import Tickets

struct RuleTestReader {
  static let sharedKeys = [
    "estate", "calendars", "start", "length", "lead-in", "rules", "simulate", "readings", "others",
  ]

  let document: Document
  let folder: URL
  let context: RuleTestContext
  let diagnostics: Diagnostics
  /// What the file says for all of its tests.
  let shared: [String: Node]

  func read(_ node: Node) -> RuleTest? {
    let before = diagnostics.errors.count
    guard let fields = Fields(node, of: "a test", diagnostics: diagnostics) else { return nil }
    let name = fields.text("test")
    let title = fields.optionalText("title") ?? ""
    let own = { (key: String) in fields.optional(key) ?? shared[key] }
    let calendarsNode = own("calendars")
    let (estateNode, startNode, lengthNode) = (own("estate"), own("start"), own("length"))
    let (leadNode, rulesNode, simulationNode) = (own("lead-in"), own("rules"), own("simulate"))
    let readingNodes = [shared["readings"], fields.optional("readings")].compactMap { $0 }
    let othersNode = own("others")
    let neverNode = fields.optional("never")
    let expectNode = fields.required("expect")
    fields.finish()

    guard let name else { return nil }
    guard let estates = estates(estateNode, fields) else { return nil }
    let zone = estates.estates.first?.timeZone ?? .gmt
    let scenario = simulationNode.flatMap { simulation($0, estates, startNode, lengthNode, zone) }
    guard let start = scenario?.start ?? start(startNode, zone, fields) else { return nil }
    let leadIn = leadNode.flatMap(duration) ?? 0
    guard let length = scenario?.duration ?? length(lengthNode, fields), length > 0 else { return nil }
    let clock = TestClock(start: start, timeZone: zone)

    var reader = TestReadings(
      document: document, folder: folder, catalogue: estates, clock: clock, leadIn: leadIn, length: length,
      diagnostics: diagnostics)
    for node in readingNodes { reader.read(node) }
    let part = scenario == nil ? reader.participants : estates
    let readings = reader.readings(in: part)
    if scenario == nil, part.devices.isEmpty, diagnostics.errors.count == before {
      diagnostics.error("test '\(name)': no device takes part; expected readings", at: fields.location)
    }
    let calendars = calendars(calendarsNode)
    let rules = rules(rulesNode, calendars, estates)
    let expectation = RuleTestExpectationReader(
      clock: clock, catalogue: part, rules: rules, routing: context.routing, diagnostics: diagnostics,
      document: document
    ).read(expectNode, never: neverNode, others: othersNode)
    guard diagnostics.errors.count == before else { return nil }
    return RuleTest(
      name: name, title: title, location: fields.keyLocation("test"), catalogue: part, rules: rules,
      routing: context.routing, profiles: context.profiles, leadIn: leadIn, length: length, clock: clock,
      series: readings,
      given: reader.given(in: part), simulation: scenario, expectation: expectation)
  }

  /// Some of the catalogue's estates by id, or one that is written in the file.
  private func estates(_ node: Node?, _ fields: Fields) -> Catalogue? {
    guard let node else {
      diagnostics.error("a test: 'estate' is missing", at: fields.location)
      return nil
    }
    if case .mapping = node.content {
      let before = diagnostics.errors.count
      guard let part = document.part(node, diagnostics) else { return nil }
      let catalogue = Catalogue(documents: [part], diagnostics: diagnostics)
      return diagnostics.errors.count == before ? catalogue : nil
    }
    let ids = node.list(diagnostics).compactMap { item -> String? in
      guard let id = item.text(diagnostics) else { return nil }
      if context.catalogue.estate(id) != nil { return id }
      let known = context.catalogue.estates.map(\.id)
      diagnostics.error("unknown estate '\(id)'\(suggestion(for: id, in: known))", at: item.location)
      return nil
    }
    return ids.isEmpty ? nil : context.catalogue.restricted(to: Set(ids))
  }

  private func start(_ node: Node?, _ zone: TimeZone, _ fields: Fields) -> Timestamp? {
    guard let node else {
      diagnostics.error("a test: 'start' is missing", at: fields.location)
      return nil
    }
    guard let text = node.text(diagnostics) else { return nil }
    if let start = TestClock.start(text, in: zone) { return start }
    diagnostics.error(
      "found '\(text)', expected a time such as 2026-04-14 05:00 or 2026-04-14T05:00:00+08:00",
      at: node.location)
    return nil
  }

  private func length(_ node: Node?, _ fields: Fields) -> Int64? {
    guard let node else {
      diagnostics.error("a test: 'length' is missing", at: fields.location)
      return nil
    }
    return duration(node)
  }

  /// `3h`, `1h30min`
  private func duration(_ node: Node) -> Int64? {
    guard let text = node.text(diagnostics) else { return nil }
    var scanner = TextScanner(text)
    do {
      if let duration = try scanner.takeDuration(), scanner.isAtEnd, duration.milliseconds > 0 {
        return duration.milliseconds
      }
      diagnostics.error("found '\(text)', expected a length of time such as 3h", at: node.location)
    } catch { diagnostics.error(error.message, at: node.location) }
    return nil
  }

  /// The configuration's calendars, and those that the test adds or replaces.
  private func calendars(_ node: Node?) -> [String: EstateCalendar] {
    guard let node else { return context.calendars }
    guard let part = document.part(node, diagnostics) else { return context.calendars }
    let own = EstateCalendar.calendars(in: [part], diagnostics: diagnostics)
    return context.calendars.merging(own) { $1 }
  }

  /// The configuration's rules: all, or those named; or rules that are written in the file.
  private func rules(_ node: Node?, _ calendars: [String: EstateCalendar], _ catalogue: Catalogue) -> RuleSet
  {
    guard let node else { return context.rules }
    let isInline =
      switch node.content {
      case .sequence(let items): items.contains { if case .mapping = $0.content { true } else { false } }
      default: false
      }
    if isInline {
      let part = document.part(node, diagnostics)
      return RuleSet(
        documents: part.map { [$0] } ?? [], calendars: calendars, catalogue: catalogue,
        diagnostics: diagnostics)
    }
    let known = Set(context.documents.names.map(\.name))
    var wanted: Set<String> = []
    for item in node.list(diagnostics) {
      guard let name = item.text(diagnostics) else { continue }
      if known.contains(name) {
        wanted.insert(name)
      } else {
        diagnostics.error("unknown rule '\(name)'\(suggestion(for: name, in: known))", at: item.location)
      }
    }
    // Warnings of the configuration's own files are told where those are checked.
    let quiet = Diagnostics()
    let inhibitors = context.rules.rules.filter { wanted.contains($0.id) }.flatMap(\.inhibitedBy)
    return RuleSet(
      documents: context.documents.only(wanted.union(inhibitors), quiet), calendars: calendars,
      catalogue: catalogue, diagnostics: quiet)
  }

  /// `simulate:` with what goes wrong, or with the path of a scenario of the simulator.
  private func simulation(
    _ node: Node, _ estates: Catalogue, _ startNode: Node?, _ lengthNode: Node?, _ zone: TimeZone
  ) -> Scenario? {
    if case .scalar(let path) = node.content {
      let url = URL(fileURLWithPath: path, relativeTo: folder).standardizedFileURL
      return Document(contentsOf: url, name: path, diagnostics: diagnostics).flatMap {
        Scenario(document: $0, diagnostics: diagnostics)
      }
    }
    guard let start = startNode.flatMap({ $0.text(diagnostics) }).flatMap({ TestClock.start($0, in: zone) }),
      let length = lengthNode.flatMap({ $0.text(diagnostics) })
    else {
      diagnostics.error("'simulate' needs 'start' and 'length'", at: node.location)
      return nil
    }
    let ids = estates.estates.map(\.id).joined(separator: ", ")
    return document.part(
      node,
      appended: [
        "scenario: test", "title: test", "estates: [\(ids)]", "start: '\(start.formatted())'",
        "duration: '\(length)'", "expect: {tickets: []}",
      ], diagnostics
    ).flatMap { Scenario(document: $0, diagnostics: diagnostics) }
  }
}
