/// Events that have begun and not ended, for devices that give them no id: one visit is one event, whatever the
/// number of messages. And how long things have been where it counts, for those that are told of everywhere.
import EstateModel

struct EventMemory {
  private var open: [UInt64: Timestamp] = [:]
  /// Events that may be open at once; beyond it the oldest is forgotten.
  static let limit = 4096

  /// What a message means for the event that its key names.
  /// - Returns: the phase, with repeated begins as updates, and when the event began.
  mutating func step(_ key: UInt64, _ phase: EventDetail.Phase, at time: Timestamp) -> (
    phase: EventDetail.Phase, start: Timestamp
  ) {
    let start = open[key]
    switch phase {
    case .end:
      open[key] = nil
      return (.end, min(start ?? time, time))
    case .begin, .update:
      if let start, start <= time { return (.update, start) }
      if open.count >= Self.limit, let oldest = open.min(by: { ($0.value, $0.key) < ($1.value, $1.key) }) {
        open[oldest.key] = nil
      }
      open[key] = time
      return (.begin, time)
    }
  }

  /// Of one thing: when it came to where it counts, and when it was last seen elsewhere.
  private struct Stay {
    var since: Timestamp?
    var outside: Timestamp?
    var isTold = false
    var last: Timestamp
  }

  private var stays: [UInt64: Stay] = [:]

  /// What a message means for the stay of the thing that its key names.
  /// - Parameters:
  ///   - isOver: the thing is gone; nothing more is to come of it.
  ///   - begun: since when it has been anywhere.
  ///   - lead: milliseconds that it is there before it is said to be.
  ///   - least: shorter stays, in milliseconds, are nobody's business.
  /// - Returns: nil when there is no stay, and none has ended.
  mutating func stay(
    _ key: UInt64, isInside: Bool, isOver: Bool, at time: Timestamp, since begun: Timestamp?,
    before lead: Int64, least: Int64
  ) -> (phase: EventDetail.Phase, start: Timestamp)? {
    var stay = stays[key] ?? Stay(last: time)
    stay.last = time
    defer {
      if stays.count >= Self.limit, stays[key] == nil,
        let oldest = stays.min(by: { ($0.value.last, $0.key) < ($1.value.last, $1.key) })
      {
        stays[oldest.key] = nil
      }
      stays[key] = isOver ? nil : stay
    }
    guard isInside else {
      defer { stay = Stay(outside: time, last: time) }
      guard let since = stay.since, stay.isTold || time - since >= least else { return nil }
      return (.end, min(since, time))
    }
    // One that was never seen elsewhere has been here from its beginning.
    let since = stay.since ?? stay.outside.map { max($0, time - lead) } ?? begun ?? time
    stay.since = min(since, time)
    guard time - since >= least else { return nil }
    defer { stay.isTold = true }
    return (stay.isTold ? .update : .begin, min(since, time))
  }
}
