/// Which days something holds on: days of the week with holidays and the days worked in exchange, or dated days.
import Configuration

/// Days count from 1970-01-01.
public struct DaySelection: Hashable, Sendable {
  /// 0 is Monday.
  public var weekdays: Set<Int>
  public var holidays: Set<Int>
  /// Worked whatever day of the week they are.
  public var workdays: Set<Int>
  /// Only these, when given.
  public var dates: Set<Int>?
  /// Where the last of the dated days stands in its file.
  private(set) var location: SourceLocation?

  private enum Weekday: String, CaseIterable { case mon, tue, wed, thu, fri, sat, sun }

  public init(
    weekdays: Set<Int> = Set(0...6), holidays: Set<Int> = [], workdays: Set<Int> = [], dates: Set<Int>? = nil
  ) {
    (self.weekdays, self.holidays, self.workdays, self.dates) = (
      weekdays, holidays.subtracting(workdays), workdays, dates
    )
  }

  public static func == (a: DaySelection, b: DaySelection) -> Bool {
    a.weekdays == b.weekdays && a.holidays == b.holidays && a.workdays == b.workdays && a.dates == b.dates
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(weekdays)
    hasher.combine(holidays)
    hasher.combine(dates)
  }

  public func contains(_ day: Int) -> Bool {
    if let dates { return dates.contains(day) }
    if workdays.contains(day) { return true }
    if holidays.contains(day) { return false }
    // 1970-01-01 was a Thursday.
    return weekdays.contains(((day + 3) % 7 + 7) % 7)
  }

  /// The last day that is named by its date; nil: none is.
  public var last: Int? { (dates ?? holidays.union(workdays)).max() }

  /// Reads `days`, `holidays`, `working-days` and `dates`.
  public init(_ fields: Fields, _ diagnostics: Diagnostics) {
    let days = fields.list("days").compactMap { $0.choice(Weekday.self, diagnostics) }
    let weekdays = days.compactMap { Weekday.allCases.firstIndex(of: $0) }
    func dated(_ key: String) -> Set<Int> {
      Set(fields.list(key).flatMap { Self.days($0, diagnostics) })
    }
    let hasDates = fields.keys.contains("dates")
    self.init(
      weekdays: weekdays.isEmpty ? Set(0...6) : Set(weekdays), holidays: dated("holidays"),
      workdays: dated("working-days"), dates: hasDates ? dated("dates") : nil)
    location = hasDates ? fields.keyLocation("dates") : fields.keyLocation("holidays")
  }

  /// `2026-02-15`, or `2026-02-15..2026-02-23`; the longest stretch is a year.
  private static func days(_ node: Node, _ diagnostics: Diagnostics) -> [Int] {
    guard let text = node.text(diagnostics) else { return [] }
    let ends = text.replacing("..", with: " ").split(separator: " ").map { part in
      part.count == 10
        ? Timestamp(rfc3339: "\(part)T00:00:00Z").map { Int($0.milliseconds / 86_400_000) } : nil
    }
    guard 1...2 ~= ends.count, let first = ends[0], let last = ends[ends.count - 1], first <= last,
      last - first < 366
    else {
      diagnostics.error(
        "found '\(text)', expected a date such as 2026-05-01, or two as in 2026-05-01..2026-05-05",
        at: node.location)
      return []
    }
    return Array(first...last)
  }
}
