/// Computes conditions: operations on a stack, and what each leaf reads.
import EstateModel
import Foundation
import RingBuffer

/// A value, and until when it stays if no reading comes, in milliseconds since 1970.
struct Glimpse: BitwiseCopyable {
  var value: Double
  var until: Int64

  static let nothing = Glimpse(value: .nan, until: .max)
}

/// A condition's value, until when it stays if no reading comes, and the leaves that it comes from.
struct Judgement: BitwiseCopyable {
  var value: Double
  var until: Int64
  var looked: UInt32
}

extension RuleEngine {
  /// Judges by a short program. - Returns: 1 yes, 0 no, NaN unknown.
  /// - Parameter seeksYes: the caller asks only whether it is yes: then an unknown left side of `and` decides as well,
  ///   and the result may be unknown where it would be no.
  mutating func judge(
    _ program: Program, _ binding: Binding, at now: Int64, seeksYes: Bool = false
  ) -> Judgement {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: Int(program.stack)) { stack in
      var height = 0
      var top = Double.nan
      var until = Int64.max
      var looked: UInt32 = 0
      var position = Int(program.firstShort)
      let end = Int(program.endShort)
      let skipsUnknown = seeksYes && program.isMonotone
      while position < end {
        let op = shortOps[position]
        position += 1
        switch op.code {
        case .leaf:
          stack[height] = top
          height += 1
          let glimpse = look(at: op.index, of: binding, at: now, aim: .nan)
          top = glimpse.value
          looked |= Leaf.bit(Int(op.index))
          if op.age < 0 { until = min(until, glimpse.until) }
        case .not: top = 1 - top
        case .negate: top = -top
        case .absolute: top = abs(top)
        case .floorLimit:
          top = Arithmetic.limit(top, above: attributes[Int(binding.attributes + op.attribute)])
        case .skipIfNo: if top == 0 || skipsUnknown && top.isNaN { position += Int(op.index) - 1 }
        case .skipIfYes: if top == 1 { position += Int(op.index) - 1 }
        default:
          var right = op.constant
          switch op.operand {
          case .constant: break
          case .attribute: right = attributes[Int(binding.attributes + op.attribute)]
          case .stack:
            right = top
            height -= 1
            top = stack[height]
          }
          switch op.code {
          case .constant:
            stack[height] = top
            height += 1
            top = right
          case .aimed:
            stack[height] = top
            height += 1
            let glimpse = look(at: op.index, of: binding, at: now, aim: right)
            top = glimpse.value
            looked |= Leaf.bit(Int(op.index))
            until = min(until, glimpse.until)
          default:
            top = Arithmetic.combine(op.code, top, right)
            if op.age >= 0 {
              until = min(until, ageTurns(Int32(op.age), of: binding, past: right, at: now))
            }
          }
        }
      }
      return Judgement(value: top, until: until, looked: looked)
    }
  }

  /// Runs a program as it is written, and keeps the values that have a name in `recorded`.
  mutating func record(_ program: Program, _ binding: Binding, at now: Int64) -> Double {
    var stack: [Double] = []
    for op in ops[Int(program.firstOp)..<Int(program.endOp)] {
      switch op.code {
      case .skipIfNo, .skipIfYes: continue
      case .constant: stack.append(op.constant)
      case .attribute: stack.append(attributes[Int(binding.attributes + op.index)])
      case .leaf: stack.append(look(at: op.index, of: binding, at: now, aim: .nan).value)
      default:
        guard let right = stack.popLast() else { return .nan }
        switch op.code {
        case .aimed: stack.append(look(at: op.index, of: binding, at: now, aim: right).value)
        case .negate: stack.append(-right)
        case .absolute: stack.append(abs(right))
        case .not: stack.append(1 - right)
        case .floorLimit:
          stack.append(Arithmetic.limit(right, above: attributes[Int(binding.attributes + op.index)]))
        default: stack.append(Arithmetic.combine(op.code, stack.popLast() ?? .nan, right))
        }
      }
      if op.note >= 0, let value = stack.last { recorded[Int(op.note)] = value }
    }
    return stack.last ?? .nan
  }

  /// Which series, track, device or other thing a leaf looks at that looks at one.
  @inline(__always) func target(of leaf: BoundLeaf, on device: Int32) -> Int {
    let number = Int(leaf.target.index)
    switch leaf.origin {
    case .engine: return number
    case .ownSeries: return Int(devices[Int(device)].firstSeries) + number
    case .ownTracks: return Int(devices[Int(device)].firstTrack) + number
    case .ownMemories: return Int(devices[Int(device)].firstMemory) + number
    case .ownDevice: return Int(device) + number
    case .ownPair: return -1
    }
  }

  /// The two things that a leaf looks at: numbers of series where they have a window, of tracks where not.
  func pair(of leaf: BoundLeaf, on device: Int32) -> (Target, Target) {
    let state = devices[Int(device)]
    func target(_ offset: Int) -> Target {
      let found = targets[Int(leaf.target.index) + offset]
      return Target(
        index: found.index + (found.window >= 0 ? state.firstSeries : state.firstTrack), window: found.window)
    }
    return (target(0), target(1))
  }

  /// - Parameters:
  ///   - number: among the leaves of the plan.
  ///   - aim: the value that `time-to` aims at.
  mutating func look(at number: Int32, of binding: Binding, at now: Int64, aim: Double) -> Glimpse {
    let leaf = leaves[Int(binding.leaves + number)]
    if leaf.count == 1, let statistic = leaf.statistic, leaf.form != .leq {
      let (value, until) = series[target(of: leaf, on: binding.device)].look(
        Int(leaf.target.window), at: now, for: statistic, share: questions[Int(leaf.question)].parameter,
        &scratch)
      return Glimpse(value: value, until: until)
    }
    if leaf.count == 1 {
      let index = target(of: leaf, on: binding.device)
      return look(at: leaf, in: index, Int(leaf.target.window), at: now, aim: aim)
    }
    switch leaf.form {
    case .overlap: return overlap(pair(of: leaf, on: binding.device), leaf, at: now, aim: aim)
    case .countBeyond: return countBeyond(pair(of: leaf, on: binding.device), leaf, at: now, aim: aim)
    default: break
    }
    // Of several neighbours, those that are known: when one falls silent, the value may rise.
    let heeded = heedsSilence
    heedsSilence = true
    defer { heedsSilence = heeded }
    var result = Glimpse.nothing
    for position in Int(leaf.target.index)..<Int(leaf.target.index + leaf.count) {
      let (index, window) = (Int(targets[position].index), Int(targets[position].window))
      let next = look(at: leaf, in: index, window, at: now, aim: aim)
      result.until = min(result.until, next.until)
      if next.value.isNaN { continue }
      if result.value.isNaN || (leaf.takesLowest ? next.value < result.value : next.value > result.value) {
        result.value = next.value
      }
    }
    return result
  }

  private mutating func look(
    at leaf: BoundLeaf, in index: Int, _ window: Int, at now: Int64, aim: Double
  ) -> Glimpse {
    if window >= 0 { return look(at: leaf, series: index, window: window, at: now, aim: aim) }
    switch leaf.form {
    case .latest:
      let last = series[index].ring.lastTime
      let hold = manners[Int(traits[index].manner)].hold
      guard last != .min, observed - last <= hold else { return .nothing }
      return Glimpse(
        value: series[index].ring.lastValue, until: hold == .max || !heedsSilence ? .max : last + hold + 1)
    case .age, .ageOfEvent, .ageAny:
      return Glimpse(value: Double(max(0, now - ageBegins(leaf.form, index))) / 1000, until: now)
    case .count:
      let known = eventsAreKnown(index, at: now)
      guard known.are else { return Glimpse(value: .nan, until: known.until) }
      let (count, until) = tracks[index].count(since: questions[Int(leaf.question)].window, at: now)
      return Glimpse(value: Double(count), until: min(until, known.until))
    case .dwell:
      let known = eventsAreKnown(index, at: now)
      guard known.are else { return Glimpse(value: .nan, until: known.until) }
      let (seconds, until) = tracks[index].dwell(at: now)
      return Glimpse(value: seconds, until: min(until, known.until))
    case .days: return days(index, questions[Int(leaf.question)].window, at: now)
    case .steady:
      let stretch = stretch(of: index, questions[Int(leaf.question)].parameter)
      return Glimpse(value: stretch.map { stretches[$0].length } ?? .nan, until: .max)
    case .typical: return typical(index, at: now)
    case .coefficient: return coefficient(index)
    case .share: return share(index, at: now)
    case .during:
      let (isInside, until) = hours[index].contain(now, window: questions[Int(leaf.question)].window)
      return Glimpse(value: isInside ? 1 : 0, until: until)
    default: return .nothing
    }
  }

  private mutating func look(
    at leaf: BoundLeaf, series index: Int, window: Int, at now: Int64, aim: Double
  ) -> Glimpse {
    guard let statistic = leaf.statistic else {
      series[index].move(window, to: now)
      let value =
        leaf.form == .timeTo
        ? timeTo(aim, index, window, at: now)
        : stuck(index, window, questions[Int(leaf.question)].window, at: now)
      return Glimpse(value: value, until: now)
    }
    let (value, until) = series[index].look(
      window, at: now, for: statistic, share: questions[Int(leaf.question)].parameter, &scratch)
    if leaf.form != .leq { return Glimpse(value: value, until: until) }
    return Glimpse(value: value > 0 ? 10 * log10(value) : .nan, until: until)
  }

  /// Since when something has not been heard of, in milliseconds since 1970.
  private func ageBegins(_ form: LeafForm, _ index: Int) -> Int64 {
    switch form {
    case .ageAny: return devices[index].lastSeen
    case .ageOfEvent: return tracks[index].lastMessage ?? trackTraits[index].watchedSince
    default:
      let last = series[index].ring.lastTime
      return last == .min ? traits[index].watchedSince : last
    }
  }

  /// Until when the comparison of an age with a limit in seconds stays as it is, if the signal is not heard of.
  private func ageTurns(_ number: Int32, of binding: Binding, past limit: Double, at now: Int64) -> Int64 {
    let leaf = leaves[Int(binding.leaves + number)]
    guard leaf.count == 1 else { return now }
    if limit.isNaN { return .max }
    let milliseconds = limit * 1000
    guard milliseconds < 1e15 else { return .max }
    let begin = ageBegins(leaf.form, target(of: leaf, on: binding.device))
    // Ages within a thousandth of a millionth of the limit count as equal to it.
    let margin = 2 + Int64(abs(milliseconds) * 1e-8)
    let turn = begin + Int64(max(0, milliseconds))
    if now < turn - margin { return turn - margin }
    // A word of the device, other than a reading that the rule looks at, makes these ages small again.
    return leaf.form != .age || now <= turn + margin ? now : .max
  }

  /// Seconds until the fitted line reaches a value; infinite when it leads away from it.
  private func timeTo(_ aim: Double, _ index: Int, _ window: Int, at now: Int64) -> Double {
    guard let slope = series[index].slope(window), let fitted = series[index].fitted(window, at: now),
      !aim.isNaN
    else {
      return .nan
    }
    if Arithmetic.isEqual(fitted, aim) { return 0 }
    let seconds = (aim - fitted) / slope
    return seconds >= 0 && seconds.isFinite ? seconds : .infinity
  }

  /// No change, with readings all through the window: one near its beginning, one near its end.
  private func stuck(_ index: Int, _ window: Int, _ length: Int64, at now: Int64) -> Double {
    guard let low = series[index].minimum(window), let high = series[index].maximum(window),
      let oldest = series[index].oldestTime(window), let last = series[index].ring.last
    else { return .nan }
    if low < high { return 0 }
    let allowance = 2 * series[index].ring.step
    let reachesBack = oldest <= now - length + allowance
    return reachesBack && now - last.time <= allowance && series[index].count(window) > 1 ? 1 : .nan
  }

  /// No events is news only from a device that would tell: one that has spoken, has not signed off, and, when it
  /// measures as well, keeps measuring.
  func eventsAreKnown(_ track: Int, at now: Int64) -> (are: Bool, until: Int64) {
    let device = devices[Int(trackDevices[track])]
    // Whoever changes these wakes the island.
    guard device.wasHeard, !device.isOffline else { return (false, .max) }
    guard device.measures else { return (true, .max) }
    let limit = device.lastSeen + 3 * device.interval
    return now <= limit ? (true, heedsSilence ? limit + 1 : .max) : (false, now)
  }
}
