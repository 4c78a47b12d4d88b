/// Computes conditions: operations on a stack, and what each leaf reads.
import EstateModel
import Foundation
import RingBuffer

extension RuleEngine {
  /// Runs a program. - Returns: 1 yes, 0 no, NaN unknown.
  /// - Parameter records: whether the values that have a name are kept in `recorded`.
  mutating func value(
    of program: Program, leaves firstLeaf: Int32, attributes firstAttribute: Int32, at now: Int64,
    records: Bool = false
  ) -> Double {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: program.stack) { stack in
      var top = -1
      var position = program.firstOp
      while position < program.endOp {
        let op = ops[position]
        position += 1
        switch op.code {
        case .constant:
          top += 1
          stack[top] = op.constant
        case .attribute:
          top += 1
          stack[top] = attributes[Int(firstAttribute + op.index)]
        case .leaf:
          top += 1
          stack[top] = value(of: leaves[Int(firstLeaf + op.index)], at: now, target: .nan)
        case .timeTo:
          stack[top] = value(of: leaves[Int(firstLeaf + op.index)], at: now, target: stack[top])
        case .negate: stack[top] = -stack[top]
        case .absolute: stack[top] = abs(stack[top])
        case .not: stack[top] = 1 - stack[top]
        case .skipIfNo: if stack[top] == 0, !records { position += Int(op.index) - 1 }
        case .skipIfYes: if stack[top] == 1, !records { position += Int(op.index) - 1 }
        case .floorLimit:
          let floor = attributes[Int(firstAttribute + op.index)]
          if stack[top] < floor + 3 { stack[top] = .nan }
        default:
          top -= 1
          stack[top] = Self.combine(op.code, stack[top], stack[top + 1])
        }
        if records, op.note >= 0 { recorded[Int(op.note)] = stack[top] }
      }
      return top >= 0 ? stack[top] : .nan
    }
  }

  private static func combine(_ code: OpCode, _ a: Double, _ b: Double) -> Double {
    switch code {
    case .add: return a + b
    case .subtract: return a - b
    case .multiply: return a * b
    case .divide: return b == 0 ? .nan : a / b
    case .smaller: return a.isNaN || b.isNaN ? .nan : min(a, b)
    case .larger: return a.isNaN || b.isNaN ? .nan : max(a, b)
    case .corrected: return corrected(a, background: b)
    case .and: return Arithmetic.and(a, b)
    case .or: return Arithmetic.or(a, b)
    default: return Arithmetic.compare(code, a, b)
    }
  }

  /// A level less its background, in energy; unknown when they differ by less than 3 dB.
  /// Source: HJ 706-2014, in its exact form.
  private static func corrected(_ level: Double, background: Double) -> Double {
    let difference = level - background
    guard difference >= 3 || Arithmetic.isEqual(difference, 3) else { return .nan }
    return level + 10 * log10(1 - pow(10, -difference / 10))
  }

  /// - Parameter target: the value that `time-to` aims at.
  private mutating func value(of leaf: BoundLeaf, at now: Int64, target: Double) -> Double {
    if leaf.count == 1 { return value(of: leaf, in: targets[Int(leaf.first)], at: now, target: target) }
    // Of several neighbours, those that are known.
    var result = Double.nan
    for position in Int(leaf.first)..<Int(leaf.first + leaf.count) {
      let next = value(of: leaf, in: targets[position], at: now, target: target)
      if next.isNaN { continue }
      if result.isNaN || (leaf.takesLowest ? next < result : next > result) { result = next }
    }
    return result
  }

  private mutating func value(of leaf: BoundLeaf, in target: Target, at now: Int64, target aim: Double)
    -> Double
  {
    let index = Int(target.index)
    let window = Int(target.window)
    if window >= 0 { series[index].move(window, to: now) }
    switch leaf.form {
    case .latest:
      guard let last = series[index].ring.last, observed - last.time <= traits[index].hold else {
        return .nan
      }
      return last.value
    case .mean: return series[index].mean(window) ?? .nan
    case .median: return series[index].median(window) ?? .nan
    case .min: return series[index].minimum(window) ?? .nan
    case .max: return series[index].maximum(window) ?? .nan
    case .stddev: return series[index].standardDeviation(window) ?? .nan
    case .leq:
      guard let energy = series[index].energyMean(window), energy > 0 else { return .nan }
      return 10 * log10(energy)
    case .coverage: return series[index].coverage(window)
    case .percentile: return series[index].percentile(window, leaf.parameter) ?? .nan
    case .slope: return series[index].slope(window) ?? .nan
    case .fit: return series[index].fit(window) ?? .nan
    case .timeTo: return timeTo(aim, index, window, at: now)
    case .delta: return series[index].delta(window) ?? .nan
    case .samples: return Double(series[index].count(window))
    case .stuck: return stuck(index, window, leaf.window, at: now)
    case .age:
      return Double(max(0, now - (series[index].ring.last?.time ?? traits[index].watchedSince))) / 1000
    case .ageOfEvent:
      return Double(max(0, now - (tracks[index].lastMessage ?? trackTraits[index].watchedSince))) / 1000
    case .count:
      return eventsAreKnown(index, at: now) ? Double(tracks[index].count(since: leaf.window, at: now)) : .nan
    case .dwell: return eventsAreKnown(index, at: now) ? tracks[index].dwell(at: now) : .nan
    case .ageAny: return Double(max(0, now - lastSeen[index])) / 1000
    case .during: return hours[index].contain(now, window: leaf.window) ? 1 : 0
    }
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
  private func eventsAreKnown(_ track: Int, at now: Int64) -> Bool {
    let device = Int(trackDevices[track])
    guard wasHeard[device], !isOffline[device] else { return false }
    return !measures[device] || now - lastSeen[device] <= 3 * intervals[device]
  }
}
