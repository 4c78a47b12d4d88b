/// A resident's report: read strictly, matched to the sensors, and handed to the gateway.
import Crypto
import EstateModel
import Foundation
import Gateway
import Synchronization
import Tickets

/// The same words about the same place come again when a program has not heard the answer: they are one report.
final class RecentReports: Sendable {
  static let span: Int64 = 10 * 60_000
  private static let most = 1000
  private let known = Mutex<[SHA256Digest: (ticket: String, at: Int64)]>([:])

  func ticket(_ report: SHA256Digest, at now: Int64) -> String? {
    known.withLock { known in
      known = known.filter { now - $0.value.at < Self.span }
      return known[report]?.ticket
    }
  }

  func note(_ report: SHA256Digest, _ ticket: String, at now: Int64) {
    known.withLock { known in if known.count < Self.most { known[report] = (ticket, now) } }
  }
}

extension Open311Routes {
  /// How far back somebody can have noticed it.
  static let longestAgo: Int64 = 7 * 86_400_000
  static let longestDescription = 4000

  func report(_ form: [String: String], by account: String, isChinese: Bool) async throws -> GeoAnswer {
    let now = now
    let (service, given) = try read(form, now: now)
    let fingerprint = SHA256.hash(
      data: Data(
        [account, given.category, given.estate, given.place, given.from, given.note].joined(separator: "\0")
          .utf8))
    let moment = GatewayClock.monotonic
    let id: String
    if let known = recent.ticket(fingerprint, at: moment) {
      id = known
    } else {
      let match = SensorMatch(configuration)
      let report = try await store.read { try match.completed(given, in: service.category, now: now, by: $0) }
      id = try await hand(report, by: account)
      recent.note(fingerprint, id, at: moment)
      audit.note("open311-report", by: account, about: id)
    }
    let speech = Speech(words: words, isChinese: isChinese)
    let contact = try await store.read { try $0.ticket(id)?.ticket.contacts.last }
    return GeoAnswer(
      root: "service_requests",
      value: .list(
        of: "request",
        [
          .fields([
            ("service_request_id", .text(id)), ("service_notice", .text(contact.map { notice($0, speech) })),
            ("account_id", .none),
          ])
        ]))
  }

  private func hand(_ report: Report, by account: String) async throws -> String {
    switch try await mailbox.ask(.ticket("", .report(report), by: account, via: .open311)) {
    case .ticket(let events):
      guard let id = events.first(where: { $0.kind == .contacted })?.ticket else {
        throw Problem(.serviceUnavailable, "the gateway gave an answer that doesn't fit")
      }
      return id
    case .refused(let reason): throw GeoErrors(400, reason)
    default: throw Problem(.serviceUnavailable, "the gateway gave an answer that doesn't fit")
    }
  }

  /// - Throws: ``GeoErrors`` with all that is missing or wrong.
  private func read(_ form: [String: String], now: Int64) throws -> (GeoService, Report) {
    guard let code = Self.filled(form["service_code"]) else {
      throw GeoErrors(400, "service_code was not provided")
    }
    let service = try service(code)
    var errors: [(code: Int, description: String)] = []
    let location = location(form, &errors)
    let noticed = noticed(form, now: now, &errors)
    let household = Self.filled(form["attribute[household]"]).map(Self.plain)
    if household?.count ?? 0 > Attribute.longestHousehold {
      errors.append((400, "attribute[household]: at most \(Attribute.longestHousehold) characters"))
    }
    let description = Self.plain(form["description"] ?? "")
    if description.count > Self.longestDescription {
      errors.append((400, "description: at most \(Self.longestDescription) characters"))
    }
    let known = Set(Attribute.allCases.map { "attribute[\($0.rawValue)]" })
    for name in form.keys.sorted() where name.hasPrefix("attribute") && !known.contains(name) {
      errors.append((400, "'\(name.prefix(80))' is none of this service's attributes"))
    }
    if let errors = GeoErrors(errors) { throw errors }
    guard let location else { throw GeoErrors(400, "no location") }
    var report = Report(
      estate: location.estate, category: code, place: location.place,
      note: Self.filled(description) ?? service.category.title.zh, from: household ?? "resident",
      channel: .open311)
    report.noticed = noticed
    return (service, report)
  }

  private func noticed(
    _ form: [String: String], now: Int64, _ errors: inout [(code: Int, description: String)]
  )
    -> Int64?
  {
    guard let text = Self.filled(form["attribute[noticed]"]) else { return nil }
    guard let time = Timestamp(rfc3339: text)?.milliseconds else {
      errors.append((400, "attribute[noticed]: expected a time such as 2026-03-10T22:45:00+08:00"))
      return nil
    }
    guard time <= now + TicketCommand.tolerance, time >= now - Self.longestAgo else {
      errors.append((400, "attribute[noticed]: expected a time within the last 7 days"))
      return nil
    }
    return time
  }

  /// The place by its key, as attribute or `address_id`; else by the titles of estate and place in `address_string`.
  private func location(_ form: [String: String], _ errors: inout [(code: Int, description: String)])
    -> (estate: String, place: String)?
  {
    let keys = ["attribute[place]", "address_id"].compactMap { name in
      Self.filled(form[name]).map { (name: name, key: $0) }
    }
    var found: [(estate: String, place: String)] = []
    for (name, key) in keys {
      let parts = key.split(separator: "/", maxSplits: 1).map(String.init)
      if parts.count == 2, configuration.catalogue.estate(parts[0])?.place(parts[1]) != nil {
        found.append((parts[0], parts[1]))
      } else {
        errors.append(
          (400, "\(name): '\(key.prefix(80))' is none of the places of this service's definition"))
      }
    }
    if let first = found.first {
      if found.contains(where: { $0 != first }) {
        errors.append((400, "attribute[place] and address_id name different places"))
      }
      return first
    }
    if !keys.isEmpty { return nil }
    if let text = Self.filled(form["address_string"]) {
      if let place = AddressText(configuration.catalogue).place(in: text) { return place }
      errors.append(
        (400, "address_string names no place of this service's definition; attribute[place] does"))
    } else if Self.filled(form["lat"]) != nil || Self.filled(form["long"]) != nil {
      errors.append((400, "places have no coordinates here; send attribute[place] or address_id"))
    } else {
      errors.append((400, "attribute[place] was not provided, nor were address_id or address_string"))
    }
    return nil
  }

  private static func filled(_ text: String?) -> String? {
    guard let text, text.contains(where: { !$0.isWhitespace }) else { return nil }
    return text
  }

  /// Without characters that steer terminals.
  private static func plain(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.filter { $0 == "\n" || $0.properties.generalCategory != .control }))
  }
}

/// Finds a place by what people call it.
struct AddressText {
  private let catalogue: Catalogue

  init(_ catalogue: Catalogue) { self.catalogue = catalogue }

  /// The longest title in the text counts, of estates first; then that of a place together with those of what it lies
  /// in, because every building has a first unit.
  func place(in text: String) -> (estate: String, place: String)? {
    let text = text.lowercased()
    func length(_ title: Title) -> Int {
      [title.zh, title.en].filter { !$0.isEmpty && text.contains($0.lowercased()) }.map(\.count).max() ?? 0
    }
    guard let estate = catalogue.estates.max(by: { length($0.title) < length($1.title) }),
      length(estate.title) > 0
    else { return nil }
    func whole(_ place: Place, depth: Int = 0) -> Int {
      let outer = depth < 8 ? place.parent.flatMap(estate.place).map { whole($0, depth: depth + 1) } : nil
      return length(place.title) + (outer ?? 0)
    }
    let named = estate.places.filter { length($0.title) > 0 }
    guard let place = named.max(by: { whole($0) < whole($1) }) else { return nil }
    return (estate.id, place.id)
  }
}
