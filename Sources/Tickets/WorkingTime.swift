/// When offices work: days of the week, hours, holidays, and days that are worked in exchange for one.
import EstateModel
import Foundation

/// Working hours in each estate's own time zone. Days count from 1970-01-01.
public struct WorkingTime: Hashable, Sendable {
  public var days: DaySelection
  /// Minutes after midnight, in order, not overlapping, start before end.
  public var hours: [Range<Int>]

  public init(
    weekdays: Set<Int> = [0, 1, 2, 3, 4], hours: [Range<Int>], holidays: Set<Int> = [],
    workdays: Set<Int> = []
  ) {
    days = DaySelection(weekdays: weekdays, holidays: holidays, workdays: workdays)
    self.hours = hours
  }

  /// Monday to Friday, 08:30 to 12:00 and 14:30 to 18:00.
  public static let standard = WorkingTime(hours: [510..<720, 870..<1080])

  /// Working time in one day, milliseconds.
  public var day: Int64 { hours.reduce(0) { $0 + Int64($1.count) * 60_000 } }

  private static let millisecondsOfDay: Int64 = 86_400_000
  /// No clock runs over more days than this: a calendar without working days would never end.
  private static let longest = 4000

  public func isWorkday(_ day: Int) -> Bool { days.contains(day) }

  public func isWorking(at time: Timestamp, in timeZone: TimeZone) -> Bool {
    spans(of: localDay(time, timeZone), timeZone).contains { $0.contains(time.milliseconds) }
  }

  /// The moment at which so much working time has passed since `start`; the end of a working period rather than the
  /// beginning of the next.
  /// - Parameter milliseconds: working time, at least 0.
  public func adding(_ milliseconds: Int64, to start: Timestamp, in timeZone: TimeZone) -> Timestamp {
    var rest = milliseconds
    let first = localDay(start, timeZone)
    for day in first...(first + Self.longest) {
      for span in spans(of: day, timeZone) where span.upperBound > start.milliseconds {
        let from = max(span.lowerBound, start.milliseconds)
        if rest <= span.upperBound - from { return Timestamp(milliseconds: from + rest) }
        rest -= span.upperBound - from
      }
    }
    return start + milliseconds
  }

  /// Working time between two moments, milliseconds; 0 when the second isn't later.
  public func elapsed(from start: Timestamp, to end: Timestamp, in timeZone: TimeZone) -> Int64 {
    guard start < end else { return 0 }
    let first = localDay(start, timeZone)
    let last = min(localDay(end, timeZone), first + Self.longest)
    var sum: Int64 = 0
    for day in first...last {
      for span in spans(of: day, timeZone) {
        sum += max(0, min(span.upperBound, end.milliseconds) - max(span.lowerBound, start.milliseconds))
      }
    }
    return sum
  }

  /// A day's working hours as milliseconds since 1970.
  private func spans(of day: Int, _ timeZone: TimeZone) -> [Range<Int64>] {
    guard isWorkday(day) else { return [] }
    return hours.compactMap { range in
      let from = Self.moment(day, range.lowerBound, timeZone)
      let until = Self.moment(day, range.upperBound, timeZone)
      return from < until ? from..<until : nil
    }
  }

  private func localDay(_ time: Timestamp, _ timeZone: TimeZone) -> Int {
    let local = time.milliseconds + Int64(timeZone.secondsFromGMT(for: time.date)) * 1000
    return Int((Double(local) / Double(Self.millisecondsOfDay)).rounded(.down))
  }

  /// Milliseconds since 1970 at a minute of a local day.
  static func moment(_ day: Int, _ minute: Int, _ timeZone: TimeZone) -> Int64 {
    let local = Int64(day) * millisecondsOfDay + Int64(minute) * 60_000
    func offset(_ milliseconds: Int64) -> Int64 {
      Int64(timeZone.secondsFromGMT(for: Timestamp(milliseconds: milliseconds).date)) * 1000
    }
    // The offset of the first guess is that of the moment itself, save for the hours about a change of the clocks.
    return local - offset(local - offset(local))
  }
}

/// How long something may take: calendar time, or time in which offices work.
public enum Term: Hashable, Sendable, CustomStringConvertible {
  /// Milliseconds.
  case calendar(Int64)
  case working(Int64)
  case workingDays(Int)

  public var isWorking: Bool { if case .calendar = self { false } else { true } }

  public var description: String {
    switch self {
    case .calendar(let milliseconds): Self.text(milliseconds)
    case .working(let milliseconds): "\(Self.text(milliseconds)) of working time"
    case .workingDays(let days): "\(days) working day\(days == 1 ? "" : "s")"
    }
  }

  private static func text(_ milliseconds: Int64) -> String {
    for (size, unit) in [(Int64(86_400_000), "day"), (3_600_000, "h"), (60_000, "min")]
    where milliseconds >= size && milliseconds % size == 0 {
      let count = milliseconds / size
      return "\(count) \(unit)\(size == 86_400_000 && count > 1 ? "s" : "")"
    }
    return "\(milliseconds / 1000) s"
  }

  /// Milliseconds of the kind of time that it is in.
  public func length(_ workingTime: WorkingTime) -> Int64 {
    switch self {
    case .calendar(let milliseconds), .working(let milliseconds): milliseconds
    case .workingDays(let days): Int64(days) * workingTime.day
    }
  }
}

extension WorkingTime {
  /// - Parameter share: of the term, 0 to 1.
  public func end(of term: Term, from start: Timestamp, share: Double = 1, in timeZone: TimeZone) -> Timestamp
  {
    let length = share == 1 ? term.length(self) : Int64(Double(term.length(self)) * share)
    return term.isWorking ? adding(length, to: start, in: timeZone) : start + length
  }
}
