/// What one cause is, and where on it the trouble lies.
import EstateModel

/// An estate's places as far as grouping and locating need them.
struct PlaceLinks {
  let estate: Estate?

  func place(_ id: String) -> Place? { estate?.place(id) }

  /// The key that alarms of one cause share: `sewer:main`, `device:probe-3`.
  func cause(_ rule: TogetherBy, device: String, place: String) -> String {
    switch rule {
    case .device: "device:\(device)"
    case .place: "place:\(place)"
    case .estate: "estate"
    // A well that names no sewer is a sewer of its own.
    case .sewer: self.place(place)?.sewer.map { "sewer:\($0)" } ?? "place:\(place)"
    case .unit: enclosing(place, .unit).map { "unit:\($0)" } ?? "place:\(place)"
    case .building: enclosing(place, .building).map { "building:\($0)" } ?? "place:\(place)"
    }
  }

  /// The nearest place of a kind that a place is, or lies in.
  private func enclosing(_ id: String, _ kind: Place.Kind) -> String? {
    var here = place(id)
    for _ in 0...(estate?.places.count ?? 0) {
      guard let place = here else { return nil }
      if place.kind == kind { return place.id }
      here = place.parent.flatMap(self.place)
    }
    return nil
  }

  /// A place and all that it lies in, the innermost first.
  func enclosing(_ id: String) -> [String] {
    var ids: [String] = []
    var here: String? = id
    while let place = here, ids.count <= estate?.places.count ?? 0 {
      ids.append(place)
      here = self.place(place)?.parent
    }
    return ids
  }

  /// Steps along the flow until the water leaves what the catalogue knows.
  func stepsToOutlet(_ id: String) -> Int {
    var steps = 0
    var here = place(id)
    let limit = estate?.places.count ?? 0
    while let next = here?.downstream, steps <= limit {
      steps += 1
      here = place(next)
    }
    return steps
  }

  /// A pair of wells is told in the direction of the flow, whichever of the two the rule ran on.
  func alongFlow(_ location: Location) -> Location {
    guard let towards = location.towards, place(towards)?.downstream == location.place else {
      return location
    }
    return Location(place: towards, towards: location.place)
  }

  /// Where the trouble is, by all alarms that are active at once.
  ///
  /// An alarm that names two places has seen both ends, and outranks any that has seen one. Water backs up from a
  /// blockage against the flow, so of several full wells the lowest is the nearest to it, and the blockage lies
  /// between that well and the next below. Elsewhere the first alarm's place stands.
  func location(of alarms: [AlarmFacts], togetherBy: TogetherBy) -> Location? {
    let pairs = alarms.filter { $0.towards != nil }
    let candidates = (pairs.isEmpty ? alarms : pairs).map {
      alongFlow(Location(place: $0.place, towards: $0.towards))
    }
    guard togetherBy == .sewer else { return candidates.first }
    // `min` keeps the first of equals: the earliest alarm.
    let lowest = candidates.min { stepsToOutlet($0.place) < stepsToOutlet($1.place) }
    return lowest.map { Location(place: $0.place, towards: $0.towards ?? place($0.place)?.downstream) }
  }

  /// The title that says most: of an alarm that names two places, else of the most urgent, else of the first.
  func title(of alarms: [AlarmFacts]) -> Title? {
    let pairs = alarms.filter { $0.towards != nil }
    return (pairs.isEmpty ? alarms : pairs).min { $0.priority < $1.priority }?.title
  }
}

extension Category {
  /// What one cause is when a person speaks of it. Where devices decide that, a person has only the place; and who
  /// lives in a building speaks of its sewer without knowing the wells.
  public func cause(ofReportAt place: String, in estate: Estate) -> String {
    let links = PlaceLinks(estate: estate)
    if togetherBy == .sewer, links.place(place)?.sewer == nil {
      for outer in links.enclosing(place) {
        let inside = estate.places.filter { $0.sewer != nil && links.enclosing($0.id).contains(outer) }
        let sewers = Set(inside.compactMap(\.sewer))
        if sewers.count == 1, let sewer = sewers.first { return "sewer:\(sewer)" }
        if sewers.count > 1 { break }
      }
    }
    return links.cause(togetherBy == .device ? .place : togetherBy, device: "", place: place)
  }

  /// Whether what a sensor at `place` sees concerns a report from `reported`: it has the same cause, or lies inside.
  public func concerns(_ place: String, _ reported: String, in estate: Estate) -> Bool {
    cause(ofReportAt: place, in: estate) == cause(ofReportAt: reported, in: estate)
      || PlaceLinks(estate: estate).enclosing(place).contains(reported)
  }
}
