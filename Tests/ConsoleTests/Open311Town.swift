/// A console with Open311 over Luyuan, and a gateway behind it that takes reports.
import Console
import EstateModel
import Foundation
import Gateway
import Store
import Tickets

final class Open311Town {
  static let jurisdiction = "estates.example.cn"
  let console: RunningConsole
  private let store: Store
  private var book: TicketBook
  let now = GatewayClock.wall

  init() throws {
    console = try RunningConsole()
    var configuration = console.configuration
    configuration.settings.console?.open311 = Open311Settings(
      jurisdiction: Self.jurisdiction, contact: "office@example.cn")
    console.use(configuration)
    store = try Store.open(folder: console.folder, catalogue: configuration.catalogue)
    book = TicketBook(routing: configuration.routing, catalogue: configuration.catalogue)
  }

  /// Ends what is prepared.
  func start(withGateway: Bool = true) async throws {
    try store.close()
    try await console.start(now: now.milliseconds, withGateway: withGateway)
  }

  @discardableResult
  func raise(
    _ category: String = "sewer-blockage", at place: String = "w06", device: String = "probe-w06",
    rule: String = "sewer-high-level", minutesAgo: Int64 = 20, title: String = "Sewer level high"
  ) throws -> String {
    let at = now - minutesAgo * 60_000
    let alarm = AlarmTransition(
      kind: .raised, alarm: "A-\(category)-\(place)-\(minutesAgo)", rule: rule,
      title: Title(zh: "高水位 \(title)", en: title), estate: "luyuan", device: device, place: place,
      priority: .p3, category: category, onset: at, at: at)
    return try keep([alarm], book.apply(alarm), at: at)
  }

  @discardableResult
  func take(_ step: TicketCommand.Step, on ticket: String = "", minutesAgo: Int64 = 10) throws -> String {
    let at = now - minutesAgo * 60_000
    let command = TicketCommand(step, ticket: ticket, by: "li", at: at, via: .commandLine)
    return try keep([], try book.perform(command), at: at)
  }

  private func keep(_ alarms: [AlarmTransition], _ events: [TicketEvent], at: Timestamp) throws -> String {
    var batch = Batch(now: at)
    batch.transitions = alarms
    batch.record(events, from: book)
    try store.commit(batch)
    return events.first?.ticket ?? ""
  }

  /// Levels of a well in the last quarter of an hour, m.
  func measure(_ device: String, _ levels: [Double]) throws {
    guard let index = console.configuration.catalogue.device(path: "luyuan/\(device)"),
      let level = Signal.named("level")
    else { throw ClientFailure(text: "no such device") }
    var batch = Batch(now: now - 60_000)
    for (number, value) in levels.enumerated() {
      let time = now - 15 * 60_000 + Int64(number) * 60_000
      batch.readings.append(
        Reading(device: index, signal: level, time: time, arrival: time, value: value))
    }
    try store.commit(batch)
  }

  func key(_ scope: Access = .reporter) throws -> String {
    let ends = now.milliseconds + 86_400_000
    return try console.accounts.addToken(account: "admin", scope: scope, ends: ends).secret
  }

  func get(_ path: String, _ headers: [String: String] = [:]) async throws -> Answer {
    try await console.send("GET", "/open311/\(path)", headers)
  }

  func report(_ fields: [String: String], key: String?, format: String = "json") async throws -> Answer {
    var form = fields.merging(["service_code": "sewer-blockage", "attribute[place]": "luyuan/w06"]) { a, _ in
      a
    }
    if let key { form["api_key"] = key }
    return try await console.post("/open311/v2/requests.\(format)", form.filter { !$0.value.isEmpty })
  }

  /// The ticket as the gateway has it.
  func ticket(_ id: String) throws -> Ticket? {
    try Store.reader(folder: console.folder).ticket(id)?.ticket
  }
}
