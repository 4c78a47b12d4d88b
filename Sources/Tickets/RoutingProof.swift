/// Proves that no ticket lacks somebody who answers for it: in each estate, for each category, priority and kind of
/// place, at each hour.
import EstateModel
import Foundation

/// Looks at who may answer rather than at each hour: only where somebody is missing the calendars are searched.
struct RoutingProof {
  private let routing: Routing
  private let estates: [Estate]
  private var stretches: [Hours: String?] = [:]

  /// While one calendar holds and others don't.
  private struct Hours: Hashable {
    var during: String?
    var notDuring: [String]
    var timeZone: TimeZone
  }

  private enum Missing: Hashable {
    case lead(Role)
    case other(Role)
    case next(Role)
  }

  private struct Gap: Hashable {
    var missing: Missing
    var hours: String
    var management: Estate.Management
    var priorities: [Priority] = []
    var places: [String] = []
  }

  /// - Parameter estates: those of the catalogue. An estate of any other kind of management is looked at besides: the
  ///   file is to hold for the next one, too.
  init(_ routing: Routing, estates: [Estate]) {
    self.routing = routing
    let known = Set(estates.map(\.management))
    self.estates =
      estates
      + Estate.Management.allCases.filter { !known.contains($0) }.map { management in
        let name = Title(zh: "", en: "")
        return Estate(
          id: "", title: name, community: name, subDistrict: name, district: name, management: management,
          timeZone: estates.first?.timeZone ?? .gmt,
          places: Place.Kind.allCases.map { Place(id: $0.rawValue, kind: $0, title: name) })
      }
  }

  /// What is missing, each with estates, hours, priorities and places.
  mutating func gaps(in category: Category) -> [String] {
    var order: [Gap] = []
    var found: [Gap: [String]] = [:]
    for estate in estates {
      for gap in gaps(in: category, of: estate) {
        if found[gap] == nil { order.append(gap) }
        found[gap, default: []].append(estate.id)
      }
    }
    return order.map { "category '\(category.name)'\(Self.text($0, in: found[$0] ?? []))" }
  }

  private mutating func gaps(in category: Category, of estate: Estate) -> [Gap] {
    let hasPlaces = category.exceptions.contains { $0.places != nil }
    let kinds: [Place.Kind?] = hasPlaces ? [nil] + Set(estate.places.map(\.kind)) : [nil]
    var cases: [Gap: (priorities: Set<Priority>, places: Set<String>)] = [:]
    for kind in kinds {
      for priority in Priority.allCases {
        var earlier: [String] = []
        for choice in routing.choices(category, priority, in: estate, place: kind) {
          for missing in missing(choice.assignment, category, priority, in: estate) {
            let hours = Hours(
              during: choice.during, notDuring: earlier, timeZone: estate.timeZone)
            guard let text = stretch(of: hours) else { continue }
            let gap = Gap(missing: missing, hours: text, management: estate.management)
            cases[gap, default: ([], [])].priorities.insert(priority)
            cases[gap]?.places.insert(kind?.rawValue ?? "")
          }
          if let during = choice.during { earlier.append(during) }
        }
      }
    }
    return cases.map { gap, found in
      var gap = gap
      if found.priorities.count < Priority.allCases.count { gap.priorities = found.priorities.sorted() }
      if found.places.count < kinds.count { gap.places = found.places.sorted() }
      return gap
    }.sorted { "\($0)" < "\($1)" }
  }

  private func missing(
    _ assignment: Assignment, _ category: Category, _ priority: Priority, in estate: Estate
  ) -> [Missing] {
    var missing: [Missing] = []
    if !Self.has(estate, assignment.lead) { missing.append(.lead(assignment.lead)) }
    let others = assignment.others + (priority == .p1 ? category.atP1 : [])
    missing += others.filter { !Self.has(estate, $0) }.map(Missing.other)
    if routing.chain(category, lead: assignment.lead, under: estate.management).isEmpty {
      missing.append(.next(assignment.lead))
    }
    return missing
  }

  /// Some are only where the catalogue says so; all others are functions that every estate can call.
  private static func has(_ estate: Estate, _ role: Role) -> Bool {
    switch role {
    case .propertyCompany where estate.management != .propertyCompany,
      .ownersCommittee where estate.management != .ownersCommittee:
      estate.parties.contains { $0.role == role }
    default: true
    }
  }

  private static func text(_ gap: Gap, in estates: [String]) -> String {
    var place = "in estate\(estates.count == 1 ? "" : "s") "
    place += estates.prefix(3).map { "'\($0)'" }.joined(separator: ", ")
    if estates.count > 3 { place += " and \(estates.count - 3) more" }
    place += " (management \(gap.management.rawValue))"
    if estates == [""] { place = "in an estate with management \(gap.management.rawValue)" }
    var when = gap.hours
    if !gap.priorities.isEmpty { when += ", \(gap.priorities.map(\.rawValue).joined(separator: ", "))" }
    if !gap.places.isEmpty {
      when += ", place \(gap.places.map { $0.isEmpty ? "unknown" : $0 }.joined(separator: ", "))"
    }
    return switch gap.missing {
    case .lead(let role):
      ": nobody answers \(place), \(when); the \(role.title.en) should, and there is none"
    case .other(let role):
      ": the \(role.title.en) is to be informed \(place), \(when), and there is none"
    case .next(let role): ": nobody is asked after the \(role.title.en) \(place), \(when)"
    }
  }

  // MARK: - Hours

  /// The first stretch of them, as `Mon 22:00 to Tue 06:00` or with dates; nil: there are none.
  private mutating func stretch(of hours: Hours) -> String? {
    if hours.during == nil, hours.notDuring.isEmpty { return "at any hour" }
    if let known = stretches[hours] { return known }
    let moments = moments(of: hours)
    func holds(_ moment: (day: Int, minute: Int)) -> Bool {
      let at = WorkingTime.moment(moment.day, moment.minute, hours.timeZone)
      func isDuring(_ name: String) -> Bool {
        routing.isDuring(name, at: Timestamp(milliseconds: at), in: hours.timeZone)
      }
      return hours.during.map(isDuring) != false && !hours.notDuring.contains(where: isDuring)
    }
    var text: String?
    if let first = moments.firstIndex(where: holds) {
      let from = moments[first]
      text = Self.text(from.day, from.minute)
      if let end = moments[first...].first(where: { !holds($0) }) {
        text? += " to \(Self.text(end.day, end.minute))"
      }
    }
    stretches[hours] = .some(text)
    return text
  }

  /// Moments between which nothing changes: in an ordinary week, and on each day that a calendar names by its date.
  private func moments(of hours: Hours) -> [(day: Int, minute: Int)] {
    var marks: Set<Int> = [0]
    var dated: Set<Int> = []
    func add(_ days: DaySelection) {
      for day in days.holidays.union(days.workdays).union(days.dates ?? []) {
        dated.formUnion([day, day + 1])
      }
    }
    for name in hours.notDuring + (hours.during.map { [$0] } ?? []) {
      if let calendar = routing.calendars[name] {
        for (start, end) in calendar.hours { marks.formUnion([start, end % 1440]) }
        if let days = calendar.days { add(days) }
        for span in calendar.spans + calendar.localSpans {
          for bound in [span.lowerBound, span.upperBound] {
            let time = Timestamp(milliseconds: bound)
            let isLocal = calendar.localSpans.contains(span)
            let local = bound + (isLocal ? 0 : Int64(time.secondsFromGMT(in: hours.timeZone)) * 1000)
            dated.insert(Int((Double(local) / 86_400_000).rounded(.down)))
            marks.insert(Int(((local / 60_000) % 1440 + 1440) % 1440))
          }
        }
      } else {
        for range in routing.workingTime.hours {
          marks.formUnion([range.lowerBound, range.upperBound % 1440])
        }
        add(routing.workingTime.days)
      }
    }
    return (Self.ordinaryWeek + dated.sorted()).flatMap { day in marks.sorted().map { (day, $0) } }
  }

  /// 2001-01-01, a Monday, to the Monday after it; no calendar names them.
  private static let ordinaryWeek = Array(11_323...11_330)

  private static func text(_ day: Int, _ minute: Int) -> String {
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let date = Timestamp(milliseconds: Int64(day) * 86_400_000).formatted().prefix(10)
    let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    let name = ordinaryWeek.firstIndex(of: day).map { weekdays[$0 % 7] } ?? String(date)
    return "\(name) \(two(minute / 60)):\(two(minute % 60))"
  }
}
