/// The pages' addresses, and what all of them share.
import EstateModel
import Foundation
import Gateway
import Hummingbird
import Store
import Tickets

struct PageRoutes: Sendable {
  let api: APIRoutes
  let pages: Pages
  let reports: ReportShelf
  let accounts: AccountBook
  let sparklines: SparklineShelf
  let nowPages = RenderedParts()
  /// A password's hash takes a tenth of a second.
  let hashing = Blocking("gatehouse.console.accounts")

  var catalogue: Catalogue { api.configuration.catalogue }
  var store: StoreAccess { api.store }

  func add(to router: Router<ConsoleContext>) {
    let look = router.group("").add(middleware: Guard(access: .viewer, isForPrograms: false))
    look.get("/", use: now)
    look.get("/tickets", use: tickets)
    look.get("/tickets/:ticket", use: ticket)
    look.get("/estates", use: estates)
    look.get("/estates/:estate", use: estate)
    look.get("/devices", use: devices)
    look.get("/rules", use: rules)
    look.get("/rules/:rule", use: rule)
    look.get("/backtests/:backtest", use: backtestPage)
    look.get("/report", use: report)
    look.get("/health", use: health)
    let act = router.group("").add(middleware: Guard(access: .operator, isForPrograms: false))
    act.post("/tickets/:ticket", use: ticketStep)
    act.post("/rules/:rule/shelve", use: shelve)
    act.post("/rules/:rule/try", use: tryRule)
    act.post("/backtests/:backtest/end", use: endBacktest)
    act.post("/suppressions/:suppression/end", use: unshelve)
    let admin = router.group("/settings").add(middleware: Guard(access: .admin, isForPrograms: false))
    admin.get("", use: settings)
    admin.post("accounts", use: changeAccount)
    admin.post("tokens", use: changeToken)
  }

  /// What scripts need to follow the live stream from the state that the page shows.
  /// - Parameter every: seconds between two looks at what the stream doesn't tell; nil: none.
  func liveAttributes(_ speech: Speech, position: StepPosition?, every: Int? = nil) -> [String: String] {
    var attributes = [
      "unit-min": speech("unit.min"), "unit-h": speech("unit.h"), "unit-d": speech("unit.d"),
    ]
    // Before the database is there, the page follows from its beginning on.
    attributes["position"] = (position ?? .start).text
    if let every { attributes["every"] = "\(every)" }
    return attributes
  }
}

/// Middles of pages that are the same for many readers, made once for each state of the database.
actor RenderedParts {
  private struct Key: Hashable {
    var name: String
    var position: StepPosition
    /// Running clocks and devices change without a step: such a part is good for so many milliseconds.
    var turn: Int64
  }

  private static let turn: Int64 = 1000
  private var parts: [Key: Task<String, any Error>] = [:]

  func part(_ name: String, position: StepPosition, make: @Sendable @escaping () async throws -> String)
    async throws
    -> String
  {
    let key = Key(name: name, position: position, turn: GatewayClock.monotonic / Self.turn)
    if let known = parts[key] { return try await known.value }
    parts = parts.filter { $0.key.turn >= key.turn - 1 }
    let task = Task { try await make() }
    parts[key] = task
    do { return try await task.value } catch {
      parts[key] = nil
      throw error
    }
  }
}
