/// An estate with a sewer of twelve wells, a wall, two units and a gate; and alarms in it.
import Configuration
import EstateModel
import Foundation
import Testing
import Tickets

enum Fixture {
  static let start = Timestamp(rfc3339: "2026-03-10T08:00:00+08:00") ?? .distantPast

  /// The file that ships.
  static func routing() throws -> Routing {
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let diagnostics = Diagnostics()
    func document(_ name: String) throws -> Document {
      try #require(
        Document(contentsOf: root.appendingPathComponent(name), name: name, diagnostics: diagnostics))
    }
    let calendars = EstateCalendar.calendars(
      in: [try document("config/calendars/hours.yaml"), try document("config/calendars/working-days.yaml")],
      diagnostics: diagnostics)
    let routing = Routing(
      document: try document("config/routing.yaml"), calendars: calendars, diagnostics: diagnostics)
    try diagnostics.check()
    return routing
  }

  static func estate(_ id: String = "old-town", management: Estate.Management = .none) -> Estate {
    func title(_ text: String) -> Title { Title(zh: text, en: text) }
    let wells = (1...12).map { number in
      Place(
        id: "w\(number)", kind: .well, title: title("W\(number)"), sewer: "main",
        downstream: number < 12 ? "w\(number + 1)" : nil)
    }
    return Estate(
      id: id, title: title(id), community: title("community"), subDistrict: title("sub-district"),
      district: title("district"), management: management,
      timeZone: TimeZone(identifier: "Asia/Shanghai") ?? .gmt,
      parties: [Party(role: .community, title: Title(zh: "绿园社区", en: "Luyuan community"), contact: "secret")],
      places: wells + [
        Place(id: "b1", kind: .building, title: title("B1")),
        Place(id: "u3", kind: .unit, title: title("U3"), parent: "b1"),
        Place(id: "u4", kind: .unit, title: title("U4"), parent: "b1"),
        Place(id: "flat-301", kind: .flat, title: title("301"), parent: "u3"),
        Place(id: "shaft-3", kind: .shaft, title: title("shaft"), parent: "u3"),
        Place(id: "shaft-4", kind: .shaft, title: title("shaft"), parent: "u4"),
        Place(id: "meters-3", kind: .meterWell, title: title("meters"), parent: "u3"),
        Place(id: "meters-4", kind: .meterWell, title: title("meters"), parent: "u4"),
        Place(id: "east-wall", kind: .wall, title: title("east wall")),
      ])
  }

  static func book(management: Estate.Management = .none) throws -> TicketBook {
    TicketBook(routing: try routing(), catalogue: Catalogue(estates: estates(management)))
  }

  static func estates(_ management: Estate.Management) -> [Estate] {
    [estate(management: management), estate("new-town")]
  }

  /// Each seed has its kind of management.
  static func estates(seed: UInt64) -> [Estate] { estates(management(seed: seed)) }

  static func management(seed: UInt64) -> Estate.Management {
    Estate.Management.allCases[Int(seed % UInt64(Estate.Management.allCases.count))]
  }
}

/// A step of an alarm of `rule` at `place`; the device is called after the place.
func step(
  _ kind: AlarmTransition.Kind, _ rule: String = "sewer-full", at place: String, towards: String? = nil,
  category: String = "sewer-blockage", priority: Priority = .p3, minute: Int64 = 0, onset: Int64 = 0,
  estate: String = "old-town"
) -> AlarmTransition {
  let began = Fixture.start + onset * 60_000
  return AlarmTransition(
    kind: kind,
    alarm: AlarmTransition.identifier(rule: rule, device: "\(estate)/probe-\(place)", onset: began),
    rule: rule, title: Title(zh: rule, en: rule), estate: estate, device: "probe-\(place)", place: place,
    priority: priority, category: category, onset: began, at: Fixture.start + minute * 60_000,
    towards: towards)
}

/// `03-10 22:45` in the fixture estate's time zone.
func local(_ milliseconds: Int64?) -> String {
  guard let milliseconds else { return "never" }
  let text = Timestamp(milliseconds: milliseconds).formatted(
    in: TimeZone(identifier: "Asia/Shanghai") ?? .gmt)
  return text.prefix(16).dropFirst(5).replacingOccurrences(of: "T", with: " ")
}

/// An event in a line: `03-10 08:15 escalated → sub-district`.
func line(_ event: TicketEvent) -> String {
  let rest: String =
    switch event.payload {
    case .reminded(let reminder): " \(reminder.reason.rawValue) \(reminder.clock?.rawValue ?? "")"
    case .escalated(let escalation):
      " \(escalation.clock.rawValue) → \(escalation.party?.role?.rawValue ?? "nobody")"
    default: ""
    }
  return "\(local(event.at)) \(event.kind.rawValue)\(rest)".trimmingCharacters(in: .whitespaces)
}

/// A local time of 2026 in the fixture estate: `03-10 22:45`.
func time(_ text: String, year: Int = 2026) -> Timestamp {
  Timestamp(rfc3339: "\(year)-\(text.replacingOccurrences(of: " ", with: "T")):00+08:00") ?? .distantPast
}

extension TicketBook {
  /// Lets time pass up to so many minutes after the start.
  @discardableResult
  mutating func pass(minute: Int64) -> [TicketEvent] { advance(to: Fixture.start + minute * 60_000) }

  /// The one ticket that there is.
  func single(sourceLocation: Testing.SourceLocation = #_sourceLocation) throws -> Ticket {
    try #require(tickets.count == 1, sourceLocation: sourceLocation)
    return try #require(tickets.values.first, sourceLocation: sourceLocation)
  }

  @discardableResult
  mutating func say(
    _ step: TicketCommand.Step, on ticket: String, by: String = "grid worker", minute: Int64 = 60
  ) throws -> [TicketEvent] {
    try perform(
      TicketCommand(
        step, ticket: ticket, by: by, at: Fixture.start + minute * 60_000, via: .commandLine))
  }
}
