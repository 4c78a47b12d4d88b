/// Long series as few points that look the same when plotted.
import EstateModel
import Store

enum Thinning {
  /// Keeps the first, lowest, highest and last reading of each of so many equal stretches, so that no peak is lost.
  /// - Parameters:
  ///   - points: in the order of their times.
  ///   - most: at least 8; as many points are kept at most.
  static func thinned(_ points: [HistoryPoint], to most: Int) -> [HistoryPoint] {
    guard points.count > most, let first = points.first, let last = points.last, last.time > first.time else {
      return points
    }
    let stretches = max(1, most / 4)
    let span = last.time - first.time + 1
    var kept: [HistoryPoint] = []
    kept.reserveCapacity(most)
    var start = 0
    for stretch in 0..<stretches {
      let end = first.time + span * Int64(stretch + 1) / Int64(stretches)
      var index = start
      var (lowest, highest) = (start, start)
      while index < points.count, points[index].time < end {
        if points[index].value < points[lowest].value { lowest = index }
        if points[index].value > points[highest].value { highest = index }
        index += 1
      }
      guard index > start else { continue }
      for position in Set([start, lowest, highest, index - 1]).sorted() { kept.append(points[position]) }
      start = index
    }
    return kept
  }
}
