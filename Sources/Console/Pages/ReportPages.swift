/// The weekly review in the console; made from the whole history, so at most once a minute for each week.
import EstateModel
import Foundation
import Hummingbird
import Reports
import Store
import Tickets

extension PageRoutes {
  @Sendable func report(_ request: Request, _ context: ConsoleContext) async throws -> Response {
    let query = Query(request)
    let view = view(context.preferences)
    let zone = catalogue.estates.first?.timeZone ?? .gmt
    let present = Week(containing: Timestamp(milliseconds: view.now), in: zone)
    var week = present
    if let text = query.text("week") {
      guard let asked = Week(text, in: zone) else {
        throw Problem(.badRequest, "'week': found '\(text)', expected a week such as \(present)")
      }
      week = asked
    }
    let estate = try query.text("estate").map { id in
      guard let found = catalogue.estate(id) else { throw Problem.notFound("there is no estate '\(id)'") }
      return found
    }
    let report = try await reports.report(week, estate: estate, at: view.now)
    let suffix = estate.map { "&estate=\($0.id)" } ?? ""
    if query.text("format") == "csv" {
      let csv = report.csv(isChinese: context.preferences.isChinese)
      return Response(
        status: .ok,
        headers: [
          .contentType: "text/csv; charset=utf-8",
          .contentDisposition: "attachment; filename=\"review-\(week).csv\"",
        ], body: .init(byteBuffer: ByteBuffer(string: csv)))
    }
    var values: [String: Any] = [
      "body": reports.page.body(report, isChinese: context.preferences.isChinese), "week": week.description,
      "previous": "/report?week=\(week.previous)\(suffix)", "csv": "/report?week=\(week)\(suffix)&format=csv",
      "estates": catalogue.estates.map { other -> [String: Any] in
        ["id": other.id, "text": view.speech(other.title), "on": other.id == estate?.id]
      },
    ]
    if week.start < present.start { values["next"] = "/report?week=\(week.next)\(suffix)" }
    return pages.page(
      pages.part("report", values, context.preferences), title: view.speech("nav.report"), section: "report",
      request: request, context: context, attributes: liveAttributes(view.speech, position: nil))
  }
}

/// Reviews that were made lately.
actor ReportShelf {
  nonisolated let page: WeeklyPage
  private struct Key: Hashable {
    var week: Week
    var estate: String?
    /// The gateway's minute.
    var minute: Int64
  }

  private let api: APIRoutes
  private var made: [Key: Task<WeeklyReport, any Error>] = [:]

  init(_ api: APIRoutes) throws {
    self.api = api
    page = try WeeklyPage()
  }

  func report(_ week: Week, estate: Estate?, at now: Int64) async throws -> WeeklyReport {
    let key = Key(week: week, estate: estate?.id, minute: now / 60_000)
    if let known = made[key] { return try await known.value }
    made = made.filter { $0.key.minute == key.minute }
    let task = Task { [api] in
      try await api.history.read { reader in
        try WeeklyReport(
          week, at: Timestamp(milliseconds: now), estate: estate, events: try reader.ticketEvents(),
          transitions: try reader.transitions(),
          routing: api.configuration.routing, catalogue: api.configuration.catalogue)
      }
    }
    made[key] = task
    do { return try await task.value } catch {
      made[key] = nil
      throw error
    }
  }
}
