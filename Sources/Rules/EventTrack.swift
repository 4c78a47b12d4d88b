/// Visits and other occurrences that cameras and meters report in several messages each.
import RingBuffer

/// The occurrences of one kind of event at one device, told apart by their id.
struct EventTrack: Sendable {
  /// A visit that has sent nothing for this long is over, in milliseconds.
  static let silence: Int64 = 30_000
  /// The same, when its device tells no more than begin and end: the end may have been lost.
  static let lastingSilence: Int64 = 30 * 60_000
  /// Ids are remembered for at least this long, so that a message delivered again opens no second visit.
  private static let memory: Int64 = 600_000
  private static let most = 10_000

  struct Visit: BitwiseCopyable {
    var id: UInt64
    /// Milliseconds since 1970.
    var start: Int64
    var last: Int64
    var hasEnded: Bool
    /// Goes on until its end, whatever is told in between.
    var isLasting: Bool
  }

  /// In the order of their start.
  private(set) var visits: [Visit] = []
  private var horizon = memory
  /// The newest message's time; nil before the first.
  private(set) var lastMessage: Int64?

  /// Keeps occurrences at least as long as a window in milliseconds.
  mutating func keep(for window: Int64) { horizon = max(horizon, window) }

  /// Takes one message in. - Parameters:
  ///   - seconds: how long the visit had lasted by then.
  ///   - id: the same for all messages of a visit; 0: each message is an occurrence of its own.
  /// - Returns: false when it was there already.
  mutating func take(time: Int64, seconds: Double, id: UInt64, isEnd: Bool, isLasting: Bool) -> Bool {
    lastMessage = max(lastMessage ?? time, time)
    if let known = index(of: id, at: time, isEnd: isEnd) {
      if visits[known].hasEnded || time < visits[known].last || time == visits[known].last && !isEnd {
        return false
      }
      visits[known].last = time
      visits[known].hasEnded = isEnd
      return true
    }
    forget(before: (lastMessage ?? time) - horizon)
    let lasted = seconds.isFinite ? Int64((min(max(seconds, 0), 604_800) * 1000).rounded()) : 0
    let visit = Visit(id: id, start: time - lasted, last: time, hasEnded: isEnd, isLasting: isLasting)
    var position = visits.count
    while position > 0, visits[position - 1].start > visit.start { position -= 1 }
    visits.insert(visit, at: position)
    return true
  }

  /// Occurrences that began later than `now - window`, and until when that number stays if no message comes.
  func count(since window: Int64, at now: Int64) -> (count: Int, until: Int64) {
    var count = 0
    var until = Int64.max
    for visit in visits.reversed() {
      guard visit.start > now - window else { break }
      if visit.start <= now { count += 1 }
      until = min(until, visit.start <= now ? visit.start + window : visit.start)
    }
    return (count, until)
  }

  /// How long the longest visit that is still present had lasted at its last message, in seconds, or lasts now, where
  /// nothing is told in between; and until when that stays if no message comes.
  func dwell(at now: Int64) -> (seconds: Double, until: Int64) {
    var longest: Int64 = 0
    var until = Int64.max
    for visit in visits where !visit.hasEnded {
      if visit.isLasting, now - visit.last <= Self.lastingSilence {
        longest = max(longest, max(now, visit.last) - visit.start)
        until = min(until, now)
      } else if now - visit.last <= Self.silence {
        longest = max(longest, visit.last - visit.start)
        until = min(until, visit.last + Self.silence + 1)
      }
    }
    return (Double(longest) / 1000, until)
  }

  private func index(of id: UInt64, at time: Int64, isEnd: Bool) -> Int? {
    // Without an id, a message belongs to an earlier one when it repeats it or ends it.
    if id == 0 {
      return visits.lastIndex { $0.id == 0 && ($0.last == time || isEnd && !$0.hasEnded) }
    }
    return visits.lastIndex { $0.id == id }
  }

  private mutating func forget(before time: Int64) {
    var count = 0
    while count < visits.count, visits[count].last < time { count += 1 }
    if visits.count - count >= Self.most { count += 1 }
    if count > 0 { visits.removeFirst(count) }
  }
}

extension EventTrack {
  func write(to writer: inout StateWriter) {
    writer.byte(lastMessage == nil ? 0 : 1)
    writer.signed(lastMessage ?? 0)
    writer.count(visits.count)
    for visit in visits {
      writer.word(visit.id)
      writer.signed(visit.start)
      writer.signed(visit.last)
      writer.byte((visit.hasEnded ? 1 : 0) | (visit.isLasting ? 2 : 0))
    }
  }

  /// Takes over what another has seen; how long it is remembered stays its own.
  mutating func restore(_ other: EventTrack) {
    visits = other.visits
    lastMessage = other.lastMessage
  }

  mutating func read(from reader: inout StateReader) throws(StateDamage) {
    let hasMessage = try reader.byte() == 1
    let last = try reader.time(after: 0)
    lastMessage = hasMessage ? last : nil
    let count = try reader.count(ofAtLeast: 11)
    guard count <= Self.most else { throw reader.damage }
    visits = []
    visits.reserveCapacity(count)
    for _ in 0..<count {
      var visit = Visit(
        id: try reader.word(), start: try reader.time(after: 0), last: try reader.time(after: 0),
        hasEnded: false, isLasting: false)
      let flags = try reader.byte()
      (visit.hasEnded, visit.isLasting) = (flags & 1 != 0, flags & 2 != 0)
      guard visit.start >= visits.last?.start ?? visit.start else { throw reader.damage }
      visits.append(visit)
    }
  }
}
