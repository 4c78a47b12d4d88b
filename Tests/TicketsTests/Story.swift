/// Plays an incident in an estate of the catalogue that ships, in virtual time.
import Configuration
import EstateModel
import Foundation
import Testing
import Tickets

struct Story {
  var book: TicketBook
  private(set) var events: [TicketEvent] = []
  private let estate: String
  private let category: String
  private let year: Int

  init(_ estate: String, _ category: String, year: Int = 2026) throws {
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let diagnostics = Diagnostics()
    let documents = Document.all(
      in: root.appendingPathComponent("seeds/estates"), prefix: "seeds/estates", diagnostics: diagnostics)
    let catalogue = Catalogue(documents: documents, diagnostics: diagnostics)
    try diagnostics.check()
    book = TicketBook(routing: try Fixture.routing(), catalogue: catalogue)
    (self.estate, self.category, self.year) = (estate, category, year)
  }

  /// - Parameter onset: `03-10 22:15`; also names the alarm that clears.
  mutating func alarm(
    _ kind: AlarmTransition.Kind, _ rule: String, _ device: String, at place: String,
    towards: String? = nil, _ priority: Priority, onset: String, _ moment: String, category: String? = nil
  ) {
    let began = time(onset, year: year)
    events += book.advance(to: time(moment, year: year))
    events += book.apply(
      AlarmTransition(
        kind: kind,
        alarm: AlarmTransition.identifier(rule: rule, device: "\(estate)/\(device)", onset: began),
        rule: rule,
        title: Title(zh: rule, en: rule), estate: estate, device: device, place: place, priority: priority,
        category: category ?? self.category, onset: began, at: time(moment, year: year), towards: towards))
  }

  mutating func say(_ step: TicketCommand.Step, by: String, _ moment: String, on id: String? = nil) throws {
    let now = time(moment, year: year)
    events += book.advance(to: now)
    let ticket = try id ?? #require(book.open.first).id
    events += try book.perform(TicketCommand(step, ticket: ticket, by: by, at: now, via: .commandLine))
  }

  mutating func wait(_ moment: String) { events += book.advance(to: time(moment, year: year)) }

  /// The history of a ticket, a line for each event.
  func lines(_ id: String) -> [String] { events.filter { $0.ticket == id }.map(line) }

  /// The whole book from the stored form of its events alone.
  func replayed() throws -> [String: Ticket] {
    let stored = try JSONDecoder().decode([TicketEvent].self, from: JSONEncoder().encode(events))
    return try Dictionary(grouping: stored, by: \.ticket).mapValues { try Ticket(events: $0) }
  }
}
