/// The weekly review of a story told by hand: week 16 of 2026 begins on 13 April.
import Configuration
import EstateModel
import Foundation
import Reports
import Testing
import Tickets

@Suite("Weekly review")
struct WeeklyReportTests {
  private let zone = TimeZone(identifier: "Asia/Shanghai") ?? .gmt

  private func routing() throws -> Routing {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let diagnostics = Diagnostics()
    func document(_ name: String) throws -> Document {
      try #require(
        Document(contentsOf: root.appendingPathComponent(name), name: name, diagnostics: diagnostics))
    }
    let folder = root.appendingPathComponent("config/calendars")
    let calendars = EstateCalendar.calendars(
      in: Document.all(in: folder, prefix: "config/calendars", diagnostics: diagnostics),
      diagnostics: diagnostics)
    return Routing(
      document: try document("config/routing.yaml"), calendars: calendars, diagnostics: diagnostics)
  }

  private var catalogue: Catalogue {
    func estate(_ id: String, _ zh: String) -> Estate {
      Estate(
        id: id, title: Title(zh: zh, en: id), community: Title(zh: "社区", en: "community"),
        subDistrict: Title(zh: "街道", en: "sub-district"), district: Title(zh: "区", en: "district"),
        management: .none, timeZone: zone,
        places: [
          Place(id: "w1", kind: .well, title: Title(zh: "1号井", en: "well 1")),
          Place(id: "w2", kind: .well, title: Title(zh: "2号井", en: "well 2")),
        ])
    }
    return Catalogue(estates: [estate("luyuan", "鹿苑"), estate("xintai", "新台")], devices: [])
  }

  private func at(_ text: String) -> Timestamp {
    Timestamp(rfc3339: "2026-04-\(text):00+08:00") ?? .distantPast
  }

  private func alarm(
    _ kind: AlarmTransition.Kind, _ id: String, _ time: String, estate: String = "luyuan",
    place: String = "w1"
  )
    -> AlarmTransition
  {
    let onset = at(time)
    return AlarmTransition(
      kind: kind, alarm: id, rule: "sewer-high-level", title: Title(zh: "高水位", en: "Level high <1>"),
      estate: estate,
      device: "probe-\(place)", place: place, priority: .p3, category: "sewer-blockage", onset: onset,
      at: onset)
  }

  /// Raised Monday 8:00, taken up after 30 min, on site after 2 h, done after 5 h; another on Wednesday that nobody
  /// takes up; one in another estate; and one after the week's end.
  private func story() throws -> (events: [TicketEvent], alarms: [AlarmTransition], routing: Routing) {
    let routing = try routing()
    var book = TicketBook(routing: routing, catalogue: catalogue)
    var events: [TicketEvent] = []
    var alarms: [AlarmTransition] = []
    func raise(_ transition: AlarmTransition) {
      events += book.advance(to: Timestamp(milliseconds: transition.at))
      alarms.append(transition)
      events += book.apply(transition)
    }
    func act(_ step: TicketCommand.Step, _ time: String) throws {
      events += book.advance(to: at(time))
      let id = try #require(events.first?.ticket)
      events += try book.perform(TicketCommand(step, ticket: id, by: "crew", at: at(time), via: .console))
    }
    raise(alarm(.raised, "A-1", "13T08:00"))
    try act(.acknowledge(), "13T08:30")
    try act(.arrive(), "13T10:00")
    raise(alarm(.cleared, "A-1", "13T12:00"))
    try act(.resolve(Resolution("flushed", measure: .cleaned)), "13T13:00")
    raise(alarm(.raised, "A-2", "15T09:00", place: "w2"))
    raise(alarm(.raised, "A-3", "16T09:00", estate: "xintai"))
    raise(alarm(.raised, "A-4", "20T00:00", estate: "xintai", place: "w2"))
    return (events, alarms, routing)
  }

  private func report(estate: String? = nil, now: String = "27T08:00") throws -> WeeklyReport {
    let story = try story()
    let week = try #require(Week("2026-W16", in: zone))
    return try WeeklyReport(
      week, at: at(now), estate: estate.flatMap { catalogue.estate($0) }, events: story.events,
      transitions: story.alarms,
      routing: story.routing, catalogue: catalogue)
  }

  @Test("Counts the week and nothing after it, by party and by day")
  func counts() throws {
    let report = try report()
    #expect(report.figures.opened == 3)
    #expect(report.figures.open == report.open.count)
    #expect(report.days.map(\.opened) == [1, 0, 1, 1, 0, 0, 0])
    #expect(report.days.map { $0.alarms[2] } == [1, 0, 1, 1, 0, 0, 0])
    #expect(report.quality.count == 3)
    #expect(report.parties.reduce(0) { $0 + $1.figures.opened } == 3)
    #expect(report.open.allSatisfy { $0.opened < report.until })
    let luyuan = try self.report(estate: "luyuan")
    #expect(luyuan.figures.opened == 2)
    #expect(luyuan.estate?.zh == "鹿苑")
  }

  @Test("Times are those of the clocks: taken up after 30 min, done after 5 h")
  func times() throws {
    let report = try report(estate: "luyuan")
    let spans = Dictionary(uniqueKeysWithValues: report.spans.map { ($0.clock, $0) })
    let taken = try #require(spans[.acknowledge])
    let done = try #require(spans[.resolve])
    let (minute, hour): (Int64, Int64) = (60_000, 3_600_000)
    #expect(taken.median == 30 * minute && taken.count == 1 && taken.inTime == 1)
    #expect(done.worst == 5 * hour)
    #expect(spans[.onSite] == nil, "P3 has no time to be on site")
    #expect(done.worstTicket == taken.worstTicket)
  }

  @Test("A ticket that nobody took up in its time is overdue at the week's end, and listed first")
  func overdue() throws {
    let report = try report()
    let overdue = report.open.filter(\.isOverdue)
    #expect(overdue.count == report.figures.overdue)
    #expect(overdue.contains { $0.place.en == "well 2" && $0.estate.en == "luyuan" })
    #expect(report.open.prefix(overdue.count).map(\.ticket) == overdue.map(\.ticket))
    #expect(report.figures.escalated > 0)
  }

  @Test("A week that is not over is judged as it stands: nothing is overdue that has time left")
  func running() throws {
    let report = try report(now: "15T10:00")
    #expect(report.figures.opened == 2 && report.figures.overdue == 0)
    #expect(report.quality.stale.isEmpty && report.quality.count == 2)
    #expect(
      try self.report().quality.stale.count == 2, "at its end two alarms have been active for over 24 h")
    let ahead = try self.report(now: "10T08:00").figures
    #expect(ahead.opened == 0 && ahead.open == 0, "a week to come is empty")
  }

  @Test("The page is whole in both languages, and what people wrote can't become markup")
  func page() throws {
    let page = try WeeklyPage()
    let report = try report()
    let english = page.page(report, isChinese: false)
    #expect(english.contains("Weekly review 2026-W16") && english.contains("2026-04-13 – 2026-04-19"))
    #expect(english.contains("Level high &lt;1&gt;") && !english.contains("<1>"))
    #expect(english.contains("<svg class=\"bars\"") && english.contains("size: A4"))
    #expect(!english.contains("{{") && !english.contains("http") && !english.contains("nil"))
    let chinese = page.page(report, isChinese: true)
    #expect(chinese.contains("每周督办") && chinese.contains("鹿苑 · 2号井") && chinese.contains("lang=\"zh-CN\""))
  }

  @Test("The table has a row for each fact; commas are quoted, and nothing in it is computed")
  func table() throws {
    let rows = try report().csv(isChinese: false).components(separatedBy: "\r\n")
    #expect(rows[0].hasPrefix("\u{FEFF}table,name,value"))
    #expect(rows[1].hasPrefix("week,2026-W16,,3,0,3,"))
    #expect(rows.contains { $0.hasPrefix("median hours,acknowledge,0.50") })
    #expect(
      rows.contains {
        $0.hasPrefix("open ticket,T-2604") && $0.contains("\"P3 Level high <1>, luyuan well 2, ")
      })
    #expect(rows.last == "")
  }
}
