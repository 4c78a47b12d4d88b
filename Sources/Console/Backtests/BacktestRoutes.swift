/// Try-outs of rules by the API, and how good the alarms are.
import EstateModel
import Foundation
import Gateway
import HTTPTypes
import Hummingbird
import RuleTools
import Store
import Tickets

extension APIRoutes {
  @Sendable func backtestList(_ request: Request, _ context: ConsoleContext) throws -> Response {
    try list(backtests.all, request, key: \.id) { BacktestBody($0) }
  }

  @Sendable func makeBacktest(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let text = String(buffer: try await request.body.collect(upTo: 65_536))
    let job = try await backtest(try BacktestOrder.read(text), by: try context.signedIn().account)
    var response = Response.json(BacktestBody(job))
    response.status = .accepted
    response.headers[.location] = "/api/v1/backtests/\(job.id)"
    return response
  }

  @Sendable func backtest(_ request: Request, _ context: ConsoleContext) throws -> Response {
    .json(BacktestBody(try knownBacktest(context)))
  }

  @Sendable func removeBacktest(_ request: Request, _ context: ConsoleContext) throws -> Response {
    let job = try knownBacktest(context)
    _ = backtests.remove(job.id)
    audit.note("backtest-removed", by: try context.signedIn().account, about: job.id)
    return Response(status: .noContent)
  }

  func knownBacktest(_ context: ConsoleContext) throws -> BacktestJob {
    let id = try context.name("backtest")
    guard let job = backtests.job(id) else { throw Problem.notFound("there is no backtest '\(id)'") }
    return job
  }

  /// - Throws: ``Problem`` 409, 422 or 429.
  func backtest(_ order: BacktestOrder, by account: String) async throws -> BacktestJob {
    let configuration = configuration
    // Rule files are read and checked: not on a thread that serves requests.
    let trial = try await history.aside { try order.trial(configuration) }
    let job = BacktestJob(
      id: "B-\(Secret.random(bytes: 6))", by: account, rule: order.rule, changes: order.changes,
      days: order.days ?? BacktestOrder.usualDays, made: GatewayClock.wall.milliseconds)
    guard let added = backtests.add(job, work: order.work(trial, configuration)) else {
      var problem = Problem(
        .tooManyRequests, "\(BacktestQueue.mostAtOnce) backtests are under way; wait for one, or end one")
      problem.headers[.retryAfter] = "30"
      throw problem
    }
    audit.note("backtest", by: account, about: "\(added.id) \(added.rule)")
    return added
  }

  @Sendable func quality(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let days = try Query(request).integer("days", in: 1...400, else: 30)
    let found = try await alarmQuality.quality(days: days, at: now)
    return .json(QualityBody(quality: found.quality, advice: found.advice))
  }
}

/// The quality of stored alarms, made at most once a minute for each length of time.
actor QualityShelf {
  struct Found: Sendable {
    var quality: AlarmQuality
    var advice: [RuleAdvice]
  }

  private struct Key: Hashable {
    var days: Int
    var minute: Int64
  }

  private let store: StoreAccess
  private var made: [Key: Task<Found, any Error>] = [:]

  init(_ store: StoreAccess) { self.store = store }

  /// - Parameter now: the gateway's time, milliseconds since 1970.
  func quality(days: Int, at now: Int64) async throws -> Found {
    let key = Key(days: days, minute: now / 60_000)
    if let known = made[key] { return try await known.value }
    made = made.filter { $0.key.minute == key.minute }
    let task = Task { [store] in
      try await store.read { reader in
        let until = Timestamp(milliseconds: now + 1)
        // A gateway that runs since yesterday has no thirty days to be divided by.
        let first = try reader.firstTime().map { max($0, until - Int64(days) * 86_400_000) }
        let since = min(first ?? until - Int64(days) * 86_400_000, until - 60_000)
        let quality = AlarmQuality(
          alarms: AlarmSpan.spans(try reader.transitions()), since: since, until: until)
        return Found(quality: quality, advice: RuleAdvice.faulty(quality))
      }
    }
    made[key] = task
    do { return try await task.value } catch {
      made[key] = nil
      throw error
    }
  }
}
