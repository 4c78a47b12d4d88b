/// What is shelved, in maintenance or out of service, by the API and by forms.
import EstateModel
import Foundation
import Gateway
import HTTPTypes
import Hummingbird
import Store
import Tickets

extension APIRoutes {
  @Sendable func suppressions(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let withEnded = try Query(request).boolean("ended") ?? false
    let found = try await store.read { try $0.suppressions() }.filter { withEnded || $0.ended == nil }
    return try list(found, request, key: \.id) { SuppressionBody($0) }
  }

  @Sendable func suppress(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let text = String(buffer: try await request.body.collect(upTo: 65_536))
    let made = try await suppress(
      try SuppressionOrderBody.read(text).order(), by: try context.signedIn().account)
    var response = Response.json(SuppressionBody(made))
    response.status = .created
    return response
  }

  @Sendable func endSuppression(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let id = try context.name("suppression")
    return .json(SuppressionBody(try await end(id, by: try context.signedIn().account)))
  }

  func suppress(_ order: Suppression.Order, by account: String) async throws -> Suppression {
    let made = try await suppression(.suppress(order, by: account))
    audit.note("suppressed", by: account, about: made.id)
    return made
  }

  func end(_ id: String, by account: String) async throws -> Suppression {
    guard try await store.read({ try $0.suppressions() }).contains(where: { $0.id == id }) else {
      throw Problem.notFound("there is no suppression '\(id)'")
    }
    let ended = try await suppression(.endSuppression(id, by: account))
    audit.note("suppression-ended", by: account, about: id)
    return ended
  }

  private func suppression(_ request: ControlRequest) async throws -> Suppression {
    switch try await mailbox.ask(request) {
    case .suppression(let suppression): return suppression
    case .refused(let reason): throw Problem(.unprocessableContent, reason)
    default: throw Problem(.serviceUnavailable, "the gateway gave an answer that doesn't fit")
    }
  }
}

struct SuppressionBody: Encodable, Sendable {
  var id: String
  var kind: String
  var estate: String
  var device: String?
  var place: String?
  var rule: String?
  var from: Moment
  var until: Moment?
  var why: String
  var by: String
  var ended: Moment?
  var endedBy: String?

  init(_ suppression: Suppression) {
    let scope = suppression.scope
    (id, kind, why, by) = (suppression.id, suppression.kind.rawValue, suppression.why, suppression.by)
    (estate, device, place, rule) = (scope.estate, scope.device, scope.place, scope.rule)
    (from, until) = (Moment(suppression.from), Moment(suppression.until))
    (ended, endedBy) = (Moment(suppression.ended), suppression.endedBy)
  }
}

/// `{"kind": "shelved", "estate": "luyuan", "device": "probe-w06", "rule": "sewer-high-level", "until": …, "why": …}`
struct SuppressionOrderBody: Decodable {
  var kind: Suppression.Kind
  var estate: String
  var device: String?
  var place: String?
  var rule: String?
  var from: String?
  var until: String?
  var why: String

  static func read(_ text: String) throws -> SuppressionOrderBody {
    do { return try JSONDecoder().decode(Self.self, from: Data(text.utf8)) } catch {
      throw Problem(
        .badRequest,
        "expected a JSON object with 'kind' (one of \(Suppression.Kind.allCases.map(\.rawValue).joined(separator: ", "))), 'estate' and 'why'"
      )
    }
  }

  func order() throws -> Suppression.Order {
    func time(_ text: String?, _ key: String) throws -> Int64? {
      guard let text else { return nil }
      guard let time = Timestamp(rfc3339: text) else {
        throw Problem(
          .unprocessableContent,
          "'\(key)': found '\(text)', expected a time such as 2026-03-10T22:45:00+08:00")
      }
      return time.milliseconds
    }
    return Suppression.Order(
      kind, .init(estate: estate, device: device, place: place, rule: rule), from: try time(from, "from"),
      until: try time(until, "until"), why: why)
  }
}
