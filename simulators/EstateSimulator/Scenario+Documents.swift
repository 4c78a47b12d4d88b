/// Reads scenarios from `simulators/scenarios/*.yaml`.
import Configuration
import EstateModel
import Foundation

extension Scenario {
  /// - Returns: nil when something needed is missing; what is wrong is in `diagnostics`.
  public init?(document: Document, diagnostics: Diagnostics) {
    guard let fields = Fields(document.root, of: "a scenario", diagnostics: diagnostics) else { return nil }
    let name = fields.text("scenario")
    let title = fields.required("title").flatMap { Title($0, diagnostics) }
    let estates = fields.required("estates")?.list(diagnostics).compactMap { $0.text(diagnostics) }
    let start = fields.required("start").flatMap { Self.time($0, diagnostics) }
    let duration = fields.required("duration").flatMap { $0.duration(diagnostics) }
    let seed = fields.optional("seed").flatMap { $0.integer(diagnostics) } ?? 1
    let weatherNode = fields.optional("weather")
    let incidentNodes = fields.list("incidents")
    let faultNodes = fields.list("faults")
    let formatNode = fields.optional("format")
    let expectationNodes = fields.required("expect").map { Self.tickets($0, diagnostics) } ?? []
    fields.finish()
    if let duration, duration == 0 {
      diagnostics.error("found 0, expected a duration above 0", at: fields.keyLocation("duration"))
    }
    if let estates, estates.isEmpty {
      diagnostics.error("no estate plays; name some, or all", at: fields.keyLocation("estates"))
    }
    let expectations = expectationNodes.compactMap { Expectation($0, diagnostics) }
    guard let name, let title, let estates, let start, let duration else { return nil }
    let end = start + duration
    self.init(
      name: name, title: title, estates: estates.contains("all") ? nil : estates, start: start,
      duration: duration, seed: UInt64(bitPattern: Int64(seed)),
      weather: weatherNode.map { Weather($0, start: start, end: end, diagnostics) } ?? Weather(),
      incidents: incidentNodes.compactMap { Incident($0, start: start, end: end, diagnostics) },
      expectations: expectations, location: fields.keyLocation("scenario"))
    faults = faultNodes.compactMap { Fault($0, start: start, end: end, diagnostics) }
    if let text = formatNode?.text(diagnostics) {
      if let choice = FormatChoice(text) {
        format = choice
      } else {
        diagnostics.error(
          "found '\(text)', expected one of \(FormatChoice.names.joined(separator: ", "))",
          at: fields.keyLocation("format"))
      }
    }
  }

  private static func time(_ node: Node, _ diagnostics: Diagnostics) -> Timestamp? {
    guard let text = node.text(diagnostics) else { return nil }
    if let time = Timestamp(rfc3339: text) { return time }
    diagnostics.error("found '\(text)', expected a time such as 2026-04-14T05:00:00+08:00", at: node.location)
    return nil
  }

  private static func tickets(_ node: Node, _ diagnostics: Diagnostics) -> [Node] {
    guard let fields = Fields(node, of: "what is expected", diagnostics: diagnostics) else { return [] }
    defer { fields.finish() }
    return fields.required("tickets")?.list(diagnostics) ?? []
  }
}

extension Scenario.Expectation {
  init?(_ node: Node, _ diagnostics: Diagnostics) {
    guard let fields = Fields(node, of: "an expected ticket", diagnostics: diagnostics) else { return nil }
    defer { fields.finish() }
    let category = fields.text("category")
    let estate = fields.text("estate")
    let place = fields.text("place")
    let towards = fields.optionalText("towards")
    let priority = fields.choice("priority", as: Priority.self)
    let party = fields.choice("party", as: Role.self)
    let raised = fields.required("raised").flatMap { Self.range($0, diagnostics) }
    guard let category, let estate, let place, let priority, let party, let raised else { return nil }
    self.init(
      category: category, estate: estate, place: place, towards: towards, priority: priority, party: party,
      raised: raised)
  }

  /// `70 min .. 110 min`
  private static func range(_ node: Node, _ diagnostics: Diagnostics) -> ClosedRange<Int64>? {
    guard let text = node.text(diagnostics) else { return nil }
    let ends = text.components(separatedBy: "..").map { Quantity($0) }
    if ends.count == 2, let first = ends[0], let last = ends[1], first.unit.dimension == .time,
      last.unit.dimension == .time, first.base >= 0, first.base <= last.base, last.base <= 400 * 86_400
    {
      return Int64((first.base * 1000).rounded())...Int64((last.base * 1000).rounded())
    }
    diagnostics.error(
      "found '\(text)', expected a span after the start such as 70 min .. 110 min", at: node.location)
    return nil
  }
}

extension Weather {
  fileprivate init(_ node: Node, start: Timestamp, end: Timestamp, _ diagnostics: Diagnostics) {
    self.init()
    guard let fields = Fields(node, of: "the weather", diagnostics: diagnostics) else { return }
    defer { fields.finish() }
    if let value = fields.optional("temperature")?.quantity(.celsius, diagnostics) {
      temperature = value.base
    }
    if let value = fields.optional("swing")?.quantity(Unit("K", .temperature), diagnostics) {
      swing = value.base
    }
    if let value = fields.optional("wind")?.quantity(.metre / .second, diagnostics) { wind = value.base }
    rain = fields.list("rain").compactMap { node in
      guard let fields = Fields(node, of: "a period of rain", diagnostics: diagnostics) else { return nil }
      defer { fields.finish() }
      let at = fields.required("at")?.duration(diagnostics)
      let length = fields.required("for")?.duration(diagnostics)
      let unit = Unit.millimetre / Unit("h", .time, scale: 3600)
      let rate = fields.required("rate")?.quantity(unit, diagnostics)
      guard let at, let length, let rate else { return nil }
      return Rain(from: start + at, until: start + at + length, rate: rate.base / unit.scale)
    }
  }
}
