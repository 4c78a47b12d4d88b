/// The weekly review: what came, what was done and how fast, what is overdue, what keeps coming back.
import EstateModel
import Foundation
import RuleTools
import Store
import Tickets

/// Facts only; pages and tables are made from them. Times are milliseconds since 1970, spans milliseconds.
public struct WeeklyReport: Sendable, Encodable {
  public struct Figures: Sendable, Encodable, Equatable {
    public var opened = 0
    public var closed = 0
    public var reopened = 0
    public var escalated = 0
    /// At the end of the week.
    public var open = 0
    public var overdue = 0
  }

  public struct Party: Sendable, Encodable, Equatable {
    public var title: Title
    public var figures = Figures()
    /// Clocks that were met in the week, in time and in all.
    public var inTime = 0
    public var met = 0
  }

  /// How long something took, over the clocks that were met in the week.
  public struct Span: Sendable, Encodable, Equatable {
    public var clock: ServiceClock.Kind
    public var count: Int
    public var inTime: Int
    public var median: Int64
    public var worst: Int64
    public var worstTicket: String
  }

  public struct Line: Sendable, Encodable, Equatable {
    public var ticket: String
    public var priority: Priority
    public var state: Ticket.State
    public var title: Title
    public var estate: Title
    public var place: Title
    public var party: Title
    public var opened: Int64
    /// nil: no clock runs.
    public var due: Int64?
    public var isOverdue: Bool
  }

  /// Trouble that keeps coming back at one place.
  public struct Recurrence: Sendable, Encodable, Equatable {
    public var line: Line
    /// When it came, and what was done each time.
    public var occurrences: [Occurrence]
  }

  public struct Silent: Sendable, Encodable, Equatable {
    public var device: String
    public var title: Title
    public var what: Title
    public var since: Int64
  }

  public struct Day: Sendable, Encodable, Equatable {
    public var start: Int64
    /// Alarms by priority, P1 first.
    public var alarms: [Int]
    public var opened: Int
    public var closed: Int
  }

  public var week: String
  public var from: Int64
  public var until: Int64
  /// nil: all.
  public var estate: Title?
  public var figures = Figures()
  public var parties: [Party] = []
  public var spans: [Span] = []
  /// Overdue ones first, then the most urgent.
  public var open: [Line] = []
  public var recurrences: [Recurrence] = []
  public var silent: [Silent] = []
  public var days: [Day] = []
  public var quality: AlarmQuality
  public let zone: TimeZone

  private enum CodingKeys: String, CodingKey {
    case week, from, until, estate, figures, parties, spans, open, recurrences, silent, days, quality
  }

  /// - Parameters:
  ///   - now: a week that is not over is judged as it stands now.
  ///   - estate: only this one; nil: all.
  ///   - events: all there are, in their order.
  ///   - alarms: all there are.
  /// - Throws: ``TicketError/brokenHistory(ticket:found:expected:)``
  public init(
    _ week: Week, at now: Timestamp, estate: Estate?, events: [TicketEvent], transitions: [AlarmTransition],
    routing: Routing, catalogue: Catalogue
  ) throws {
    (self.week, from, until) = (week.description, week.start.milliseconds, week.end.milliseconds)
    (self.estate, zone) = (estate?.title, week.zone)
    // What the week has come to; a week to come is empty.
    let span = from..<min(until, max(from + 1, now.milliseconds + 1))
    let alarms = AlarmSpan.spans(transitions.filter { estate == nil || $0.estate == estate?.id })
      .filter { $0.raised.at < span.upperBound }
    quality = AlarmQuality(
      alarms: alarms, since: week.start, until: Timestamp(milliseconds: span.upperBound))
    // The book as it stood when the week was over.
    var book = TicketBook(routing: routing, catalogue: catalogue)
    try book.restore(events.filter { $0.at < span.upperBound })
    let tickets = book.tickets.values.filter { estate == nil || $0.estate == estate?.id }
      .sorted { ($0.opened, $0.id) < ($1.opened, $1.id) }
    let mine = Set(tickets.map(\.id))
    let recent = events.filter { span.contains($0.at) && mine.contains($0.ticket) }
    let words = PlaceWords(catalogue: catalogue)

    var parties: [Title: Party] = [:]
    func count(_ ticket: Ticket, _ change: (inout Figures) -> Void) {
      change(&figures)
      change(&parties[ticket.responsible.title, default: Party(title: ticket.responsible.title)].figures)
    }
    for event in recent {
      guard let ticket = book.tickets[event.ticket] else { continue }
      switch event.kind {
      case .opened: count(ticket) { $0.opened += 1 }
      case .closed: count(ticket) { $0.closed += 1 }
      case .reopened: count(ticket) { $0.reopened += 1 }
      case .escalated: count(ticket) { $0.escalated += 1 }
      default: break
      }
    }
    for ticket in tickets where ticket.isOpen {
      count(ticket) { $0.open += 1 }
      let line = Self.line(ticket, at: span.upperBound, words)
      if line.isOverdue { count(ticket) { $0.overdue += 1 } }
      open.append(line)
      if !ticket.occurrences.isEmpty {
        recurrences.append(Recurrence(line: line, occurrences: ticket.occurrences))
      }
    }
    open.sort {
      ($1.isOverdue ? 1 : 0, $0.priority, $0.opened) < ($0.isOverdue ? 1 : 0, $1.priority, $1.opened)
    }
    spans = Self.spans(tickets, span)
    for ticket in tickets {
      for clock in ticket.clocks {
        guard let met = clock.met, span.contains(met) else { continue }
        parties[ticket.responsible.title, default: Party(title: ticket.responsible.title)].met += 1
        if met <= clock.due { parties[ticket.responsible.title]?.inTime += 1 }
      }
    }
    self.parties = parties.values.sorted {
      ($1.figures.overdue, $1.figures.open, $1.figures.opened, $0.title.en)
        < ($0.figures.overdue, $0.figures.open, $0.figures.opened, $1.title.en)
    }
    silent = alarms.filter {
      $0.raised.category == "device-maintenance" && $0.cleared ?? .max >= span.upperBound
    }.map {
      Silent(
        device: $0.device, title: words.device($0.device), what: $0.raised.title, since: $0.raised.onset)
    }
    days = week.days.map { day in
      let times = day.lowerBound.milliseconds..<day.upperBound.milliseconds
      let raised = alarms.filter { times.contains($0.raised.at) && $0.raised.suppressedBy == nil }
      return Day(
        start: times.lowerBound,
        alarms: Priority.allCases.map { priority in raised.count { $0.raised.priority == priority } },
        opened: recent.count { $0.kind == .opened && times.contains($0.at) },
        closed: recent.count { $0.kind == .closed && times.contains($0.at) })
    }
  }

  private static func line(_ ticket: Ticket, at end: Int64, _ words: PlaceWords) -> Line {
    let running = ticket.isPaused ? [] : ticket.clocks.filter(\.isRunning)
    let due = running.map(\.due).min()
    return Line(
      ticket: ticket.id, priority: ticket.priority, state: ticket.state, title: ticket.title,
      estate: words.estate(ticket.estate),
      place: words.place(ticket.place, ticket.towards, in: ticket.estate),
      party: ticket.responsible.title, opened: ticket.opened, due: due,
      isOverdue: due.map { $0 < end } ?? false)
  }

  private static func spans(_ tickets: [Ticket], _ week: Range<Int64>) -> [Span] {
    ServiceClock.Kind.allCases.compactMap { kind in
      var found: [(span: Int64, ticket: String, isInTime: Bool)] = []
      for ticket in tickets {
        for clock in ticket.clocks where clock.kind == kind {
          guard let met = clock.met, week.contains(met) else { continue }
          found.append((met - clock.started, ticket.id, met <= clock.due))
        }
      }
      found.sort { ($0.span, $0.ticket) < ($1.span, $1.ticket) }
      guard let worst = found.last else { return nil }
      return Span(
        clock: kind, count: found.count, inTime: found.count(where: \.isInTime),
        median: found[(found.count - 1) / 2].span, worst: worst.span, worstTicket: worst.ticket)
    }
  }
}

/// Places and devices by their titles; what the catalogue doesn't know any more, by its id.
private struct PlaceWords {
  let catalogue: Catalogue

  func estate(_ id: String) -> Title { catalogue.estate(id)?.title ?? Title(zh: id, en: id) }

  func place(_ id: String, _ towards: String?, in estate: String) -> Title {
    func title(_ id: String) -> Title { catalogue.estate(estate)?.place(id)?.title ?? Title(zh: id, en: id) }
    let here = title(id)
    guard let there = towards.map(title) else { return here }
    return Title(zh: "\(here.zh) → \(there.zh)", en: "\(here.en) → \(there.en)")
  }

  func device(_ path: String) -> Title {
    catalogue.device(path: path).map { catalogue[$0].title } ?? Title(zh: path, en: path)
  }
}
