/// Alarms and tickets by the API, and steps on tickets.
import EstateModel
import Foundation
import HTTPTypes
import Hummingbird
import Rules
import Store
import Tickets

typealias Rule = Rules.Rule

extension APIRoutes {
  @Sendable func alarms(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let query = Query(request)
    let limit = try query.integer("limit", in: 1...500, else: 100)
    let activeOnly = try query.boolean("active") ?? false
    let (estate, device) = (query.text("estate"), query.text("device"))
    var before: (raised: Int64, id: String)?
    if let cursor = query.text("cursor") {
      let parts = try Cursor.parts(cursor, count: 2)
      guard let raised = Int64(parts[0]) else {
        throw Problem(.badRequest, "'cursor' belongs to another list")
      }
      before = (raised, parts[1])
    }
    let key = before
    let found = try await store.read {
      try $0.newestAlarms(
        activeOnly: activeOnly, estate: estate, device: device, before: key, limit: limit + 1)
    }
    let part = found.prefix(limit)
    let next = found.count > limit ? part.last.map { Cursor.text("\($0.raised.at)", $0.raised.alarm) } : nil
    return .json(PageBody(items: part.map(AlarmBody.init), next: next))
  }

  @Sendable func alarm(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let id = try context.name("alarm")
    guard let found = try await store.read({ try $0.alarm(id) }) else {
      throw Problem.notFound("there is no alarm '\(id)'")
    }
    return .json(AlarmBody(found))
  }

  @Sendable func tickets(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let query = Query(request)
    let limit = try query.integer("limit", in: 1...500, else: 100)
    var filter = TicketQuery(
      estate: query.text("estate"), category: query.text("category"), party: query.text("party"))
    if query.text("state") == "open" {
      filter.states = TicketQuery.open.states
    } else {
      filter.states = try query.choice("state", of: Ticket.State.self).map { [$0] }
    }
    var after: (priority: Priority, opened: Int64, id: String)?
    if let cursor = query.text("cursor") {
      let parts = try Cursor.parts(cursor, count: 3)
      guard let priority = Priority(rawValue: parts[0]), let opened = Int64(parts[1]) else {
        throw Problem(.badRequest, "'cursor' belongs to another list")
      }
      after = (priority, opened, parts[2])
    }
    let (wanted, key) = (filter, after)
    let found = try await store.read { try $0.tickets(wanted, after: key, limit: limit + 1) }
    let part = found.prefix(limit)
    let next =
      found.count > limit ? part.last.map { Cursor.text($0.priority.rawValue, "\($0.opened)", $0.id) } : nil
    return .json(PageBody(items: part.map(TicketBody.init), next: next))
  }

  @Sendable func ticket(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let (ticket, _) = try await whole(context)
    let tag = Self.tag(ticket)
    if let known = request.headers[.ifNoneMatch], Self.matches(known, tag) {
      return Response(status: .notModified, headers: [.eTag: tag])
    }
    return response(ticket)
  }

  @Sendable func ticketEvents(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let (ticket, events) = try await whole(context)
    var response = Response.json(PageBody(items: events.map(TicketEventBody.init), next: nil))
    response.headers[.eTag] = Self.tag(ticket)
    return response
  }

  @Sendable func transition(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let id = try context.name("ticket")
    let body = try TransitionBody.read(String(buffer: try await request.body.collect(upTo: 65_536)))
    let step = try body.command(now: now)
    let account = try context.signedIn().account
    let expecting = try expected(request.headers[.ifMatch], on: id)
    try await mailbox.step(step, on: id, by: account, expecting: expecting, store: store)
    audit.note("ticket-\(step.action.rawValue)", by: account, about: id)
    guard let ticket = try await store.read({ try $0.ticket(id)?.ticket }) else {
      throw Problem.notFound("there is no ticket '\(id)'")
    }
    return response(ticket)
  }

  private func whole(_ context: ConsoleContext) async throws -> (Ticket, [TicketEvent]) {
    let id = try context.name("ticket")
    guard let found = try await store.read({ try $0.ticket(id) }) else {
      throw Problem.notFound("there is no ticket '\(id)'")
    }
    return found
  }

  private func response(_ ticket: Ticket) -> Response {
    var response = Response.json(TicketBody(ticket))
    response.headers[.eTag] = Self.tag(ticket)
    return response
  }

  static func tag(_ ticket: Ticket) -> String { "\"\(ticket.id).\(ticket.sequence)\"" }

  private static func matches(_ header: String, _ tag: String) -> Bool {
    header == "*"
      || header.split(separator: ",").contains { $0.trimmingCharacters(in: .whitespaces).hasSuffix(tag) }
  }

  /// The sequence that `If-Match` asks for; nil: any.
  private func expected(_ header: String?, on id: String) throws -> Int? {
    guard let header, header != "*" else { return nil }
    let text = header.trimmingCharacters(in: CharacterSet(charactersIn: "\" "))
    guard let dot = text.lastIndex(of: "."), text[..<dot] == id,
      let sequence = Int(text[text.index(after: dot)...])
    else { throw Problem(.preconditionFailed, "'If-Match' is not an ETag of ticket \(id)") }
    return sequence
  }
}
