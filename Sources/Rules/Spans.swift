/// Stretches of time in which something held: visits of an event, or readings beyond a limit.
import RingBuffer

/// Milliseconds since 1970, the start before the end.
struct Span: BitwiseCopyable {
  var start: Int64
  var end: Int64
}

/// Stretches one after another, none touching the next.
protocol SpanSource {
  mutating func next() -> Span?
}

/// The visits of a track inside a window, those that overlap told as one. A visit that goes on has lasted until its
/// last message.
struct VisitSpans: SpanSource {
  private let track: EventTrack
  private let window: Span
  private var position = 0

  init(_ track: EventTrack, within window: Span) { (self.track, self.window) = (track, window) }

  private mutating func nextVisit() -> Span? {
    while position < track.visits.count {
      let visit = track.visits[position]
      let span = Span(start: max(visit.start, window.start), end: min(visit.last, window.end))
      if span.start < span.end { return span }
      position += 1
    }
    return nil
  }

  mutating func next() -> Span? {
    guard var span = nextVisit() else { return nil }
    position += 1
    while let following = nextVisit(), following.start <= span.end {
      span.end = max(span.end, following.end)
      position += 1
    }
    return span
  }
}

/// The readings of a series inside a window that compare with a limit as asked. A reading stands for the time since
/// the one before it, at most the report interval.
struct ReadingSpans: SpanSource {
  private let ring: SampleRing
  private let window: Span
  private let comparison: OpCode
  private let limit: Double
  private var position: Int

  init(_ ring: SampleRing, within window: Span, _ comparison: OpCode, _ limit: Double) {
    (self.ring, self.window, self.comparison, self.limit) = (ring, window, comparison, limit)
    position = ring.firstSequence(notBefore: window.start + 1)
  }

  private mutating func nextReading() -> Span? {
    while position < ring.end {
      let sample = ring[position]
      if Arithmetic.compare(comparison, sample.value, limit) == 1 {
        let start = max(window.start, sample.time - ring.weight(position))
        if start < sample.time, start < window.end {
          return Span(start: start, end: min(sample.time, window.end))
        }
      }
      position += 1
    }
    return nil
  }

  mutating func next() -> Span? {
    guard var span = nextReading() else { return nil }
    position += 1
    while let following = nextReading(), following.start <= span.end {
      span.end = max(span.end, following.end)
      position += 1
    }
    return span
  }
}

extension SpanSource {
  /// The share of the first's time that the second held, too; NaN when the first never held.
  static func share(of first: Self, in second: some SpanSource) -> Double {
    var (first, second) = (first, second)
    var (time, both): (Int64, Int64) = (0, 0)
    var other = second.next()
    while let span = first.next() {
      time += span.end - span.start
      while let now = other, now.end <= span.start { other = second.next() }
      while let now = other, now.start < span.end {
        both += min(now.end, span.end) - max(now.start, span.start)
        // One that goes on beyond this stretch may reach into the next.
        if now.end > span.end { break }
        other = second.next()
      }
    }
    return time > 0 ? Double(both) / Double(time) : .nan
  }
}
