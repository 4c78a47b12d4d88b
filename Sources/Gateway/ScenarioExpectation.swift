/// What a scenario file says must come out: read here, by the side that judges. The simulator skips it.
import Configuration
import EstateModel
import Foundation
import Tickets

public struct ScenarioExpectation: Sendable {
  public struct ExpectedTicket: Sendable {
    public var category: String
    public var estate: String
    public var place: String
    public var towards: String?
    public var priority: Priority
    public var party: Role
    /// Milliseconds after the scenario's start.
    public var raised: ClosedRange<Int64>
  }

  public var name: String
  public var title: Title
  /// Empty: all of the catalogue.
  public var estates: [String]
  public var start: Timestamp
  /// Virtual length, milliseconds.
  public var duration: Int64
  public var tickets: [ExpectedTicket]

  /// - Returns: nil, with the problems reported, when the file can't be used.
  public init?(document: Document, diagnostics: Diagnostics) {
    guard let fields = Fields(document.root, of: "a scenario", diagnostics: diagnostics) else { return nil }
    let name = fields.text("scenario")
    let title = fields.required("title").flatMap { Title($0, diagnostics) }
    estates = fields.list("estates").compactMap { $0.text(diagnostics) }.filter { $0 != "all" }
    let startNode = fields.required("start")
    let duration = fields.required("duration")?.duration(diagnostics)
    tickets = []
    if let node = fields.required("expect"),
      let expect = Fields(node, of: "expect", diagnostics: diagnostics)
    {
      tickets = expect.list("tickets").compactMap { Self.ticket($0, diagnostics) }
      expect.finish()
    }
    guard let name, let title, let startNode, let text = startNode.text(diagnostics), let duration else {
      return nil
    }
    guard let start = Timestamp(rfc3339: text) else {
      diagnostics.error(
        "found '\(text)', expected a time such as 2026-04-14T05:00:00+08:00", at: startNode.location)
      return nil
    }
    (self.name, self.title, self.start, self.duration) = (name, title, start, duration)
  }

  private static func ticket(_ node: Node, _ diagnostics: Diagnostics) -> ExpectedTicket? {
    guard let fields = Fields(node, of: "an expected ticket", diagnostics: diagnostics) else { return nil }
    defer { fields.finish() }
    let category = fields.text("category")
    let estate = fields.text("estate")
    let place = fields.text("place")
    let towards = fields.optionalText("towards")
    let priority = fields.choice("priority", as: Priority.self)
    let party = fields.choice("party", as: Role.self)
    let raised = fields.required("raised").flatMap { range($0, diagnostics) }
    guard let category, let estate, let place, let priority, let party, let raised else { return nil }
    return ExpectedTicket(
      category: category, estate: estate, place: place, towards: towards, priority: priority, party: party,
      raised: raised)
  }

  /// `70 min .. 110 min`
  private static func range(_ node: Node, _ diagnostics: Diagnostics) -> ClosedRange<Int64>? {
    guard let text = node.text(diagnostics) else { return nil }
    let ends = text.components(separatedBy: "..").map { part -> Int64? in
      Quantity(part).flatMap { $0.unit.dimension == .time ? Int64(($0.base * 1000).rounded()) : nil }
    }
    guard ends.count == 2, let low = ends[0], let high = ends[1], low <= high else {
      diagnostics.error(
        "found '\(text)', expected a stretch of time such as '70 min .. 110 min'", at: node.location)
      return nil
    }
    return low...high
  }

  /// Compares what was raised with what must be.
  /// - Parameter reached: how far the run got; expected tickets that are only due later don't count as missing.
  /// - Returns: a line for each difference; none when everything is as expected.
  public func differences(from actual: [Ticket], reached: Timestamp) -> [String] {
    var unmatched = actual
    var lines: [String] = []
    for expected in tickets {
      let matches: (Ticket) -> Bool = {
        $0.category == expected.category && $0.estate == expected.estate && $0.place == expected.place
          && $0.towards == expected.towards && $0.priority == expected.priority
          && $0.responsible.role == expected.party
          && expected.raised.contains($0.opened - start.milliseconds)
      }
      if let index = unmatched.firstIndex(where: matches) {
        unmatched.remove(at: index)
      } else if reached - start > expected.raised.upperBound {
        lines.append("missing: \(describe(expected))")
      }
    }
    return lines + unmatched.map { "not expected: \(describe($0))" }
  }

  private func describe(_ ticket: ExpectedTicket) -> String {
    let place = ticket.towards.map { "\(ticket.place)→\($0)" } ?? ticket.place
    return
      "\(ticket.category) at \(ticket.estate)/\(place), \(ticket.priority.rawValue), to \(ticket.party.rawValue),"
      + " raised \(ticket.raised.lowerBound / 60_000) to \(ticket.raised.upperBound / 60_000) min after the start"
  }

  private func describe(_ ticket: Ticket) -> String {
    let place = ticket.towards.map { "\(ticket.place)→\($0)" } ?? ticket.place
    let minutes = Double(ticket.opened - start.milliseconds) / 60_000
    return
      "\(ticket.category) at \(ticket.estate)/\(place), \(ticket.priority.rawValue), to \(ticket.responsible.role?.rawValue ?? ticket.responsible.title.en),"
      + " raised \(plainNumber(minutes, digits: 1)) min after the start (\(ticket.id))"
  }
}
