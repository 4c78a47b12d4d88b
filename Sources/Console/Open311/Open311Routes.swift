/// Open311 GeoReport v2: what residents report, from the programs that they use.
import EstateModel
import Foundation
import Gateway
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Store
import Synchronization
import Tickets

/// Answers anybody who asks, and takes reports of those who have a key. Names, telephone numbers and mail addresses of
/// residents are not read at all; their own words go on the ticket and into no answer.
struct Open311Routes: Sendable {
  let settings: Open311Settings
  let running: @Sendable () -> LoadedConfiguration
  let accounts: AccountBook
  let store: StoreAccess
  let mailbox: Mailbox
  let audit: Audit
  let words: Words
  let status: @Sendable () -> GatewayStatus
  let isBehindProxy: Bool
  let isEncrypted: Bool
  /// Of an address in a minute; reports of a key, and wrong keys of an address.
  let reads = TryLimiter(most: 120)
  let posts = TryLimiter(most: 30)
  let wrongKeys = TryLimiter()
  let recent = RecentReports()

  static let specification = "http://wiki.open311.org/GeoReport_v2"

  func add(to router: Router<ConsoleContext>) {
    router.get("/open311/**", use: answer)
    router.post("/open311/**", use: answer)
  }

  /// As it runs at the moment.
  var configuration: LoadedConfiguration { running() }

  /// The gateway's time, in milliseconds.
  var now: Int64 { status().now ?? GatewayClock.wall.milliseconds }

  @Sendable func answer(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    var context = context
    context.believe(request, isBehindProxy: isBehindProxy)
    var path = context.parameters.getCatchAll().map { $0.removingPercentEncoding ?? String($0) }
    let format = Self.format(of: &path, request)
    do {
      if request.method == .post { return format.response(try await post(path, request, context)) }
      try limit(reads, ["read \(context.remoteAddress)"])
      return format.response(try await get(path, request, isChinese: Preferences(of: request).isChinese))
    } catch {
      let errors: GeoErrors
      if let known = error as? GeoErrors {
        errors = known
      } else {
        let problem = Problem(error)
        if problem.status.code >= 500, !(error is Problem) {
          context.logger.error("\(request.method) /open311/…: \(error)")
        }
        errors = GeoErrors(problem.status.code, problem.detail)
      }
      var response = format.response(errors.answer, status: .init(code: errors.errors[0].code))
      for field in errors.headers { response.headers.append(field) }
      return response
    }
  }

  private func get(_ path: [String], _ request: Request, isChinese: Bool) async throws -> GeoAnswer {
    if path == ["discovery"] { return discovery(request) }
    guard path.first == "v2" else { throw Self.unknown(path) }
    let query = GeoQuery(request.uri.queryParameters.map { (String($0.key), String($0.value)) })
    try checkJurisdiction(query.text("jurisdiction_id"))
    switch (path.count, path.dropFirst().first) {
    case (2, "services"): return services(isChinese: isChinese)
    case (3, "services"): return definition(try service(path[2]), isChinese: isChinese)
    case (2, "requests"): return try await requests(RequestFilter(query, now: now), isChinese: isChinese)
    case (3, "requests"): return try await single(path[2], isChinese: isChinese)
    case (3, "tokens"): return try await token(path[2])
    default: throw Self.unknown(path)
    }
  }

  private func post(_ path: [String], _ request: Request, _ context: ConsoleContext) async throws -> GeoAnswer
  {
    guard path == ["v2", "requests"] else { throw Self.unknown(path) }
    guard request.headers[.contentType]?.lowercased().hasPrefix("application/x-www-form-urlencoded") == true
    else {
      throw GeoErrors(400, "expected a body of type application/x-www-form-urlencoded")
    }
    let body: ByteBuffer
    do { body = try await request.body.collect(upTo: context.maxUploadSize) } catch is NIOTooManyBytesError {
      throw GeoErrors(400, "at most \(context.maxUploadSize) bytes are read")
    }
    let form = FormFields.read(String(buffer: body))
    let account = try account(form, request, context)
    try limit(posts, ["post \(account)"])
    try checkJurisdiction(form["jurisdiction_id"])
    return try await report(form, by: account, isChinese: Preferences(of: request).isChinese)
  }

  /// The account of the key, by the field `api_key` or as a bearer token; never by the address, which ends in logs.
  private func account(_ form: [String: String], _ request: Request, _ context: ConsoleContext) throws
    -> String
  {
    let bearer = request.headers[.authorization].flatMap { header -> String? in
      let parts = header.split(separator: " ", maxSplits: 1)
      return parts.count == 2 && parts[0].lowercased() == "bearer" ? String(parts[1]) : nil
    }
    guard let key = form["api_key"].flatMap({ $0.isEmpty ? nil : $0 }) ?? bearer else {
      throw GeoErrors(403, "api_key was not provided")
    }
    let (tries, moment) = (["key \(context.remoteAddress)"], GatewayClock.monotonic)
    try limit(wrongKeys, tries, at: moment)
    guard let identity = accounts.identity(token: key, now: GatewayClock.wall.milliseconds) else {
      throw GeoErrors(403, "api_key is unknown, or its time is over")
    }
    wrongKeys.forgive(tries, at: moment)
    return identity.account
  }

  private func limit(_ limiter: TryLimiter, _ keys: [String], at moment: Int64 = GatewayClock.monotonic)
    throws
  {
    let wait = limiter.take(keys, at: moment)
    guard wait > 0 else { return }
    let seconds = (wait + 999) / 1000
    var errors = GeoErrors(429, "too many requests; try again in \(seconds) s")
    errors.headers[.retryAfter] = String(seconds)
    throw errors
  }

  /// One jurisdiction needs no name; a wrong one is told.
  private func checkJurisdiction(_ id: String?) throws {
    guard let id, id != settings.jurisdiction else { return }
    throw GeoErrors(
      404, "jurisdiction_id '\(id.prefix(80))' was not found; here is '\(settings.jurisdiction)'")
  }

  static func unknown(_ path: [String]) -> GeoErrors {
    GeoErrors(404, "there is nothing at '/open311/\(path.joined(separator: "/").prefix(80))'")
  }

  /// By the ending, which is taken off; else by what the program says that it accepts.
  private static func format(of path: inout [String], _ request: Request) -> GeoFormat {
    if let last = path.last, let dot = last.lastIndex(of: "."),
      let format = GeoFormat(rawValue: last[last.index(after: dot)...].lowercased())
    {
      path[path.count - 1] = String(last[..<dot])
      return format
    }
    let accepted = request.headers[.accept] ?? ""
    return accepted.contains("xml") && !accepted.contains("json") ? .xml : .json
  }

  private func discovery(_ request: Request) -> GeoAnswer {
    let host = request.head.authority ?? "localhost"
    let base = "\(isEncrypted ? "https" : "http")://\(host)/open311"
    let formats = ["text/xml", "application/json"]
    let endpoint: [(name: String, value: GeoValue)] = [
      ("specification", .text(Self.specification)), ("url", .text("\(base)/v2")),
      ("changeset", .text(Self.changeset)), ("type", .text("production")),
      ("formats", .list(of: "format", formats.map { .text($0) })),
    ]
    return GeoAnswer(
      root: "discovery",
      value: .fields([
        ("changeset", .text(Self.changeset)), ("contact", .text(settings.contact)),
        ("key_service", .text(settings.contact)),
        ("endpoints", .list(of: "endpoint", [.fields(endpoint)])),
      ]))
  }

  /// When what is served here last changed its shape.
  private static let changeset = "2026-11-21T00:00:00Z"
}

/// Parameters of a query: those that stand several times, or hold several values with commas, are lists.
struct GeoQuery {
  private let parameters: [(name: String, value: String)]

  init(_ parameters: [(String, String)]) { self.parameters = parameters.map { (name: $0.0, value: $0.1) } }

  /// nil: absent or empty.
  func text(_ name: String) -> String? { list(name)?.joined(separator: ",") }

  func list(_ name: String) -> [String]? {
    let values = parameters.filter { $0.name == name }.flatMap { $0.value.split(separator: ",") }.map {
      $0.trimmingCharacters(in: .whitespaces)
    }.filter { !$0.isEmpty }
    return values.isEmpty ? nil : values
  }
}
