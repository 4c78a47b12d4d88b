/// `count(event, window, signal > limit)`: occurrences in the window during which a reading was beyond a limit, such as
/// trips that were too loud.
import Configuration
import EstateModel
import RingBuffer

extension Checker {
  mutating func checkCountBeyond(_ arguments: [Syntax], _ nameRange: TextRange, _ range: TextRange) -> Checked
  {
    let usage = "count(event, window, signal > limit)"
    guard let event = ownEvent(arguments[0], of: usage), let length = window(arguments[1], of: usage) else {
      return .invalid
    }
    var leaf = Leaf(form: .countBeyond, signal: event, window: length)
    guard limit(arguments[2], into: \.second, of: &leaf, usage) else { return .invalid }
    windows.append((leaf, source.location(arguments[1].range.lowerBound), nil))
    let note = note(range, .number)
    emit(.aimed, taking: 1, index: leafIndex(leaf), note: note)
    return Checked(type: .number(.number), notes: [note])
  }
}

extension RuleEngine {
  func countBeyond(_ pair: (Target, Target), _ leaf: BoundLeaf, at now: Int64, aim: Double) -> Glimpse {
    let (event, readings) = pair
    let known = eventsAreKnown(Int(event.index), at: now)
    guard known.are, !aim.isNaN else { return Glimpse(value: .nan, until: known.until) }
    let ring = series[Int(readings.index)].ring
    var count = 0
    var until = known.until
    for visit in tracks[Int(event.index)].visits.reversed() {
      guard visit.start > now - questions[Int(leaf.question)].window else { break }
      guard visit.start <= now else {
        until = min(until, visit.start)
        continue
      }
      until = min(until, visit.start + questions[Int(leaf.question)].window)
      // Readings whose time begins before the end and ends after the start of the occurrence.
      var position = ring.firstSequence(notBefore: visit.start + 1)
      while position < ring.end,
        ring[position].time - ring.weight(position) < max(visit.last, visit.start + 1)
      {
        if Arithmetic.compare(leaf.comparison, ring[position].value, aim) == 1 {
          count += 1
          break
        }
        position += 1
      }
    }
    return Glimpse(value: Double(count), until: until)
  }
}
