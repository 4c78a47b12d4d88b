/// All routes of `/api/v1`. openapi.json describes them; a test holds the two together.
import EstateModel
import Foundation
import Gateway
import Hummingbird
import Store
import Tickets

struct APIRoutes: Sendable {
  let running: @Sendable () -> LoadedConfiguration
  let store: StoreAccess
  /// For long questions.
  let history: StoreAccess
  let devices: DeviceWatch
  let mailbox: Mailbox
  let feed: Feed
  let status: @Sendable () -> GatewayStatus
  let audit: Audit
  let backtests: BacktestQueue
  let alarmQuality: QualityShelf

  /// As it runs at the moment.
  var configuration: LoadedConfiguration { running() }

  func add(to router: Router<ConsoleContext>) {
    router.get("/api/v1/openapi.json") { _, _ in try Resources.response("openapi.json") }
    let read = router.group("/api/v1").add(middleware: Guard(access: .viewer, isForPrograms: true))
    read.get("session", use: session)
    read.get("estates", use: estates)
    read.get("estates/:estate", use: estate)
    read.get("devices", use: deviceList)
    read.get("devices/:estate/:device", use: device)
    read.get("devices/:estate/:device/readings/:signal", use: readings)
    read.get("alarms", use: alarms)
    read.get("alarms/:alarm", use: alarm)
    read.get("tickets", use: tickets)
    read.get("tickets/:ticket", use: ticket)
    read.get("tickets/:ticket/events", use: ticketEvents)
    read.get("rules", use: rules)
    read.get("rules/:rule", use: rule)
    read.get("suppressions", use: suppressions)
    read.get("quality", use: quality)
    read.get("backtests", use: backtestList)
    read.get("backtests/:backtest", use: backtest)
    read.get("health", use: health)
    read.get("stream", use: StreamRoute(feed: feed, store: store).answer)
    let act = router.group("/api/v1").add(middleware: Guard(access: .operator, isForPrograms: true))
    act.post("tickets/:ticket/transitions", use: transition)
    act.post("suppressions", use: suppress)
    act.post("suppressions/:suppression/end", use: endSuppression)
    act.post("backtests", use: makeBacktest)
    act.delete("backtests/:backtest", use: removeBacktest)
    let admin = router.group("/api/v1").add(middleware: Guard(access: .admin, isForPrograms: true))
    admin.get("audit", use: auditList)
    admin.post("configuration/reload", use: reload)
  }

  /// Has the gateway read its configuration again. The gateway itself notes it in the list of who did what.
  @Sendable func reload(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    switch try await mailbox.ask(.reload(by: try context.signedIn().account)) {
    case .reloaded(let report):
      return .json(ReloadBody(report), status: report.result == .refused ? .unprocessableContent : .ok)
    case .refused(let reason): throw Problem(.unprocessableContent, reason)
    default: throw Problem(.serviceUnavailable, "the gateway gave an answer that doesn't fit")
    }
  }

  @Sendable func session(_ request: Request, _ context: ConsoleContext) throws -> Response {
    struct Body: Encodable {
      var account: String
      var access: String
    }
    let identity = try context.signedIn()
    return .json(Body(account: identity.account, access: identity.access.rawValue))
  }

  @Sendable func estates(_ request: Request, _ context: ConsoleContext) throws -> Response {
    let counts = Dictionary(grouping: configuration.catalogue.devices, by: \.estate).mapValues(\.count)
    return try list(configuration.catalogue.estates, request, key: \.id) {
      EstateBody($0, devices: counts[$0.id] ?? 0)
    }
  }

  @Sendable func estate(_ request: Request, _ context: ConsoleContext) throws -> Response {
    let id = try context.name("estate")
    guard let estate = configuration.catalogue.estate(id) else {
      throw Problem.notFound("there is no estate '\(id)'")
    }
    let count = configuration.catalogue.devices.count { $0.estate == id }
    return .json(EstateBody(estate, devices: count, withPlaces: true))
  }

  @Sendable func deviceList(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let estate = Query(request).text("estate")
    let states = try await devices.all()
    let all = configuration.catalogue.devices.filter { estate == nil || $0.estate == estate }
    return try list(all, request, key: \.path) { DeviceBody($0, states[$0.path]) }
  }

  @Sendable func device(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let device = try known(context)
    return .json(DeviceBody(device, try await devices.all()[device.path]))
  }

  @Sendable func readings(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let device = try known(context)
    let name = try context.name("signal")
    guard let signal = Signal.named(name), device.kind.reports(name) else {
      throw Problem.notFound("'\(device.path)' doesn't report a signal '\(name)'")
    }
    let query = Query(request)
    let most = try query.integer("points", in: 8...5000, else: 600)
    let until = try query.time("until") ?? Timestamp(milliseconds: now)
    let since = try query.time("since") ?? until - 6 * 3_600_000
    guard since < until, until - since <= 400 * 86_400_000 else {
      throw Problem(.badRequest, "'since' must lie before 'until', by 400 days at most")
    }
    let found = try await history.read {
      try $0.history(device: device.path, signal: name, since: since, until: until)
    }
    let points = Thinning.thinned(found, to: most).map { point in
      [Double(point.time.milliseconds), point.value.isFinite && point.quality == .good ? point.value : nil]
    }
    return .json(
      ReadingsBody(
        device: device.path, signal: name, unit: Signal[signal].unit.symbol, readings: found.count,
        points: points))
  }

  @Sendable func rules(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let counts = try await ruleCounts()
    return try list(configuration.rules.rules, request, key: \.id) { body($0, counts) }
  }

  @Sendable func rule(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let id = try context.name("rule")
    guard let rule = configuration.rules.rules.first(where: { $0.id == id }) else {
      throw Problem.notFound("there is no rule '\(id)'")
    }
    return .json(body(rule, try await ruleCounts()))
  }

  @Sendable func health(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    struct Body: Encodable {
      var gateway: GatewayStatus
      var databaseBytes: Int64
      var rates: Rates
      var outbox: Outbox
      var listeners: Int
      var slowListeners: Int
    }
    struct Rates: Encodable {
      var messagesPerSecond: Double?
      var readingsPerSecond: Double?
      /// Milliseconds.
      var meanCommit: Double?
    }
    struct Outbox: Encodable {
      var pending = 0
      var held = 0
      var dead = 0
    }
    let (figures, counts) = try await store.read { (try $0.figures(), try $0.outboxCounts()) }
    var outbox = Outbox()
    for entry in counts {
      switch entry.state {
      case .pending: outbox.pending += entry.count
      case .held: outbox.held += entry.count
      case .dead: outbox.dead += entry.count
      case .sent, .digested: break
      }
    }
    let rates = feed.rates
    return .json(
      Body(
        gateway: status(), databaseBytes: figures.size,
        rates: Rates(
          messagesPerSecond: rates.perSecond(\.messages), readingsPerSecond: rates.perSecond(\.readings),
          meanCommit: rates.meanCommit), outbox: outbox, listeners: feed.subscribers,
        slowListeners: feed.cutOff))
  }

  @Sendable func auditList(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    struct Line: Encodable {
      var at: Moment
      var action: String
      var by: String
      var about: String?
      var from: String?
    }
    let query = Query(request)
    let limit = try query.integer("limit", in: 1...500, else: 100)
    let end = try query.text("cursor").map { text in
      guard let position = Int(try Cursor.parts(text, count: 1)[0]), position >= 0 else {
        throw Problem(.badRequest, "'cursor' belongs to another list")
      }
      return position
    }
    let audit = audit
    let (lines, next) = try await history.aside { try audit.lines(before: end, limit: limit) }
    let items = lines.map {
      Line(at: Moment($0.at), action: $0.action, by: $0.by, about: $0.about, from: $0.from)
    }
    return .json(PageBody(items: items, next: next.map { Cursor.text("\($0)") }))
  }

  /// The gateway's time, in milliseconds.
  var now: Int64 { status().now ?? GatewayClock.wall.milliseconds }

  private func body(_ rule: Rule, _ counts: [String: RuleCount]) -> RuleBody {
    let devices = configuration.catalogue.devices.count { rule.kinds.contains($0.kind) }
    return RuleBody(rule, devices: devices, count: counts[rule.id])
  }

  private func ruleCounts() async throws -> [String: RuleCount] {
    let since = Timestamp(milliseconds: now - 30 * 86_400_000)
    return try await store.read {
      Dictionary(try $0.ruleCounts(since: since).map { ($0.rule, $0) }, uniquingKeysWith: { $1 })
    }
  }

  private func known(_ context: ConsoleContext) throws -> Device {
    let path = "\(try context.name("estate"))/\(try context.name("device"))"
    guard let index = configuration.catalogue.device(path: path) else {
      throw Problem.notFound("there is no device '\(path)'")
    }
    return configuration.catalogue[index]
  }

  /// A part of a list that is in memory.
  func list<Element, Item: Encodable & Sendable>(
    _ all: [Element], _ request: Request, key: (Element) -> String, _ body: (Element) -> Item
  ) throws -> Response {
    let query = Query(request)
    let limit = try query.integer("limit", in: 1...500, else: 100)
    var start = 0
    if let cursor = query.text("cursor") {
      let last = try Cursor.parts(cursor, count: 1)[0]
      guard let position = all.firstIndex(where: { key($0) == last }) else {
        throw Problem(.badRequest, "'cursor' belongs to another list")
      }
      start = position + 1
    }
    let part = all.dropFirst(start).prefix(limit)
    let isLast = start + part.count >= all.count
    let next = isLast ? nil : part.last.map { Cursor.text(key($0)) }
    return .json(PageBody(items: part.map(body), next: next))
  }
}

extension ConsoleContext {
  /// A part of the path, decoded.
  func name(_ parameter: String) throws -> String {
    let text = try parameters.require(parameter)
    return text.removingPercentEncoding ?? text
  }

  func signedIn() throws -> Identity {
    guard let identity else { throw Problem.unauthorized("sign in first") }
    return identity
  }
}
