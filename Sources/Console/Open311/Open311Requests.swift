/// Tickets as service requests, for anybody who asks: no names, no words of residents or of those who work on it.
import EstateModel
import Foundation
import Store
import Tickets

/// Which requests are asked for.
struct RequestFilter: Sendable {
  static let longestSpan: Int64 = 90 * 86_400_000
  static let most = 1000
  static let mostIDs = 100

  /// Overrides everything else.
  var ids: [String]?
  var codes: [String]?
  var opened: ClosedRange<Int64>
  /// nil: both.
  var isOpen: Bool?
  var page = 1
  var pageSize = most

  /// - Throws: ``GeoErrors`` 400 for all that can't be understood.
  init(_ query: GeoQuery, now: Int64) throws {
    var errors: [(code: Int, description: String)] = []
    func time(_ name: String) -> Int64? {
      guard let text = query.text(name) else { return nil }
      // A '+' that wasn't encoded has become a blank.
      let date = text.count == 10 ? "\(text)T00:00:00Z" : text.replacing(" ", with: "+")
      guard let time = Timestamp(rfc3339: date) else {
        errors.append(
          (400, "\(name): found '\(text.prefix(40))', expected a time such as 2010-01-01T00:00:00Z"))
        return nil
      }
      return time.milliseconds
    }
    func number(_ name: String, _ range: ClosedRange<Int>) -> Int? {
      guard let text = query.text(name) else { return nil }
      guard let number = Int(text), range.contains(number) else {
        errors.append(
          (400, "\(name): expected a whole number from \(range.lowerBound) to \(range.upperBound)"))
        return nil
      }
      return number
    }
    ids = query.list("service_request_id")
    codes = query.list("service_code")
    let (start, end) = (time("start_date"), time("end_date"))
    let (from, until) =
      switch (start, end) {
      case (let start?, let end?): (start, end)
      case (let start?, nil): (start, start + Self.longestSpan)
      case (nil, let end?): (end - Self.longestSpan, end)
      case (nil, nil): (now - Self.longestSpan, now)
      }
    if from > until { errors.append((400, "start_date must not lie after end_date")) }
    if until - from > Self.longestSpan {
      errors.append((400, "start_date and end_date may not span more than 90 days"))
    }
    opened = from...max(from, until)
    let states = Set(query.list("status") ?? [])
    if !states.isSubset(of: ["open", "closed"]) { errors.append((400, "status: expected open or closed")) }
    isOpen = states.count == 1 ? states.contains("open") : nil
    if query.text("page") != nil || query.text("page_size") != nil {
      page = number("page", 1...1_000_000) ?? 1
      pageSize = number("page_size", 1...Self.most) ?? 50
    }
    if ids?.count ?? 0 > Self.mostIDs {
      errors.append((400, "service_request_id: at most \(Self.mostIDs) at once"))
    }
    if let errors = GeoErrors(errors) { throw errors }
  }
}

extension Open311Routes {
  func requests(_ filter: RequestFilter, isChinese: Bool) async throws -> GeoAnswer {
    let codes = Set(all.map(\.code))
    if let ids = filter.ids {
      let found = try await store.read { reader in try ids.compactMap { try reader.ticket($0)?.ticket } }
      return answer(found.filter { codes.contains($0.category) }, isChinese: isChinese)
    }
    for code in filter.codes ?? [] { _ = try service(code) }
    let categories = filter.codes ?? codes.sorted()
    let found = try await store.read {
      try $0.tickets(
        of: categories, opened: filter.opened, isOpen: filter.isOpen,
        offset: (filter.page - 1) * filter.pageSize, limit: filter.pageSize)
    }
    return answer(found, isChinese: isChinese)
  }

  func single(_ id: String, isChinese: Bool) async throws -> GeoAnswer {
    answer([try await known(id)], isChinese: isChinese)
  }

  /// A report has its number at once. A token is the number that somebody has noted: it leads to the request as which
  /// the ticket goes on.
  func token(_ token: String) async throws -> GeoAnswer {
    var ticket = try await known(token, as: "token")
    var seen: Set<String> = [ticket.id]
    while let next = ticket.mergedInto, seen.insert(next).inserted {
      ticket = try await known(next, as: "token")
    }
    return GeoAnswer(
      root: "service_requests",
      value: .list(
        of: "request",
        [.fields([("service_request_id", .text(ticket.id)), ("token", .text(token))])]))
  }

  private func known(_ id: String, as name: String = "service_request_id") async throws -> Ticket {
    guard let ticket = try await store.read({ try $0.ticket(id)?.ticket }),
      all.contains(where: { $0.code == ticket.category })
    else { throw GeoErrors(404, "\(name) '\(id.prefix(80))' was not found") }
    return ticket
  }

  private func answer(_ tickets: [Ticket], isChinese: Bool) -> GeoAnswer {
    GeoAnswer(
      root: "service_requests",
      value: .list(of: "request", tickets.map { request($0, Speech(words: words, isChinese: isChinese)) }))
  }

  private func request(_ ticket: Ticket, _ speech: Speech) -> GeoValue {
    let estate = configuration.catalogue.estate(ticket.estate)
    let category = configuration.routing.category(ticket.category)
    let expected = ticket.clock(.resolve).flatMap { $0.isRunning && !ticket.isPaused ? $0.due : nil }
    func time(_ milliseconds: Int64?) -> GeoValue {
      .text(milliseconds.map { Timestamp(milliseconds: $0 / 1000 * 1000).w3c(in: estate?.timeZone ?? .gmt) })
    }
    return .fields([
      ("service_request_id", .text(ticket.id)), ("status", .text(ticket.isOpen ? "open" : "closed")),
      ("status_notes", .text(notes(ticket, speech))), ("service_name", .text(speech(category.title))),
      ("service_code", .text(ticket.category)), ("description", .text(speech(ticket.title))),
      ("agency_responsible", .text(agency(ticket, speech))),
      ("service_notice", .text(ticket.contacts.last.map { notice($0, speech) })),
      ("requested_datetime", time(ticket.opened)),
      ("updated_datetime", time(ticket.closed ?? ticket.updated)),
      ("expected_datetime", time(expected)),
      ("address", .text(estate.map { address($0.place(ticket.place), in: $0, isChinese: speech.isChinese) })),
      ("address_id", .text("\(ticket.estate)/\(ticket.place)")),
      // The catalogue knows no post codes and no coordinates, and pictures stay with those who took them.
      ("zipcode", .none), ("lat", .none), ("long", .none), ("media_url", .none),
    ])
  }

  /// A person to whom it was assigned by name stays unnamed.
  private func agency(_ ticket: Ticket, _ speech: Speech) -> String? {
    ticket.responsible.role == nil ? nil : speech(ticket.responsible.title)
  }

  private func notes(_ ticket: Ticket, _ speech: Speech) -> String {
    var notes = speech("state.\(ticket.state.rawValue)")
    if let into = ticket.mergedInto { notes += " → \(into)" }
    if let pause = ticket.pause { notes += "; \(speech("pause.\(pause.reason.rawValue)"))" }
    return notes
  }

  /// What the sensors say to a report.
  func notice(_ contact: Contact, _ speech: Speech) -> String {
    speech("open311.sensors.\(contact.confirmed.map { $0 ? "confirm" : "normal" } ?? "none")")
  }
}

extension Timestamp {
  /// `2026-03-10T22:45:00+08:00`
  fileprivate func w3c(in zone: TimeZone) -> String {
    let text = formatted(in: zone)
    return String(text.prefix(19) + text.dropFirst(23))
  }
}
