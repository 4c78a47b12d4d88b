/// `typical(s)`: what a signal usually is at this hour of the day: the median of this hour's means over the last
/// fourteen days, unknown until there are seven.
import EstateModel
import Foundation
import RingBuffer

/// A signal's mean in each hour of the last fourteen days.
struct HourBaseline: Sendable {
  static let days: Int64 = 14
  /// Fewer days with readings in the hour say nothing.
  static let fewest = 7
  private static let hours = 24 * days

  /// Sound levels are averaged as energy. Source: GB 3096-2008.
  private let isLevel: Bool
  /// The local hour that is being heard, and its sum so far.
  private var open = Int64.min
  private var sum = 0.0
  private var count = 0
  /// Means by the local hour's number modulo their count; NaN: none. Empty until the first hour is over, and no longer
  /// than what has been heard asks for.
  private var means: [Float] = []
  /// The newest hour in `means`.
  private var newest = Int64.min
  private var found: (hour: Int64, value: Double) = (.min, .nan)

  init(isLevel: Bool) { self.isLevel = isLevel }

  /// Nothing has been taken in.
  var isEmpty: Bool { open == .min }

  /// - Parameter hour: the reading's local hour; never one before the last.
  mutating func take(_ value: Double, in hour: Int64) {
    if hour != open { close(before: hour) }
    sum += isLevel ? soundEnergy(ofLevel: value) : value
    count += 1
    if found.hour != hour { found.hour = .min }
  }

  private var openMean: Float {
    let mean = sum / Double(max(1, count))
    return Float(isLevel ? 10 * log10(mean) : mean)
  }

  private mutating func close(before hour: Int64) {
    defer { (open, sum, count) = (hour, 0, 0) }
    guard count > 0 else { return }
    if means.count < Int(Self.hours) { makeRoom(for: open) }
    // Hours without a word since the last one hold what was there a round before.
    if newest != .min {
      var skipped = max(newest + 1, open - Int64(means.count))
      while skipped < open {
        means[place(of: skipped)] = .nan
        skipped += 1
      }
    }
    means[place(of: open)] = openMean
    newest = open
  }

  private func place(of hour: Int64) -> Int { Int(hour.modulo(Int64(means.count))) }

  /// What is kept of an hour; NaN: nothing.
  private func kept(_ hour: Int64) -> Float {
    newest != .min && hour <= newest && hour > newest - Int64(means.count) ? means[place(of: hour)] : .nan
  }

  /// How many means are kept: those of a day, of the fewest days that say something, or of all.
  private static func size(from oldest: Int64, to newest: Int64) -> Int {
    [24, 24 * fewest].first { Int64($0) > newest - oldest } ?? Int(hours)
  }

  /// Room for an hour beside all of the two weeks before it that is known.
  private mutating func makeRoom(for hour: Int64) {
    var oldest = hour
    if newest != .min {
      let first = max(newest - Int64(means.count), hour - Self.hours) + 1
      oldest = (first..<max(first, hour)).first { !kept($0).isNaN } ?? hour
    }
    let size = Self.size(from: oldest, to: hour)
    guard size > means.count else { return }
    var larger = [Float](repeating: .nan, count: size)
    for known in oldest..<hour { larger[Int(known.modulo(Int64(size)))] = kept(known) }
    means = larger
  }

  /// The median for a local hour, of the days before its own.
  mutating func typical(at hour: Int64) -> Double {
    if found.hour == hour { return found.value }
    let value = withUnsafeTemporaryAllocation(of: Double.self, capacity: Int(Self.days)) { known in
      var count = 0
      for day in 1...Self.days {
        guard let mean = mean(of: hour - 24 * day) else { continue }
        var place = count
        while place > 0, known[place - 1] > mean {
          known[place] = known[place - 1]
          place -= 1
        }
        known[place] = mean
        count += 1
      }
      guard count >= Self.fewest else { return Double.nan }
      return count % 2 == 1 ? known[count / 2] : (known[count / 2 - 1] + known[count / 2]) / 2
    }
    found = (hour, value)
    return value
  }

  private func mean(of hour: Int64) -> Double? {
    if hour == open { return count > 0 ? Double(openMean) : nil }
    let mean = kept(hour)
    return mean.isNaN ? nil : Double(mean)
  }
}

extension HourBaseline {
  func write(to writer: inout StateWriter) {
    writer.byte(open == .min ? 0 : newest == .min ? 1 : 2)
    guard open != .min else { return }
    writer.signed(open)
    writer.double(sum)
    writer.count(count)
    guard newest != .min else { return }
    writer.signed(newest)
    for place in 0..<Self.hours {
      let mean = kept(newest - (newest - place).modulo(Self.hours))
      writer.number(UInt64(mean.isNaN ? 0 : mean.bitPattern.byteSwapped) << 1 | (mean.isNaN ? 0 : 1))
    }
  }

  mutating func read(from reader: inout StateReader) throws(StateDamage) {
    let stage = try reader.byte()
    guard stage > 0 else { return }
    open = try hour(from: &reader)
    sum = try reader.double()
    count = Int(try reader.number() & 0xffff_ffff)
    guard stage > 1 else { return }
    newest = try hour(from: &reader)
    guard newest < open else { throw reader.damage }
    means = []
    for _ in 0..<Self.hours {
      let word = try reader.number()
      guard word >> 33 == 0 else { throw reader.damage }
      means.append(word == 0 ? .nan : Float(bitPattern: UInt32(word >> 1).byteSwapped))
    }
    // No more than is known.
    let all = self
    means = []
    let oldest = (newest - Self.hours + 1..<newest).first { !all.kept($0).isNaN } ?? newest
    means = Array(repeating: .nan, count: Self.size(from: oldest, to: newest))
    for hour in oldest...newest { means[place(of: hour)] = all.kept(hour) }
  }

  private func hour(from reader: inout StateReader) throws(StateDamage) -> Int64 {
    let hour = try reader.signed()
    guard abs(hour) < 100_000_000 else { throw reader.damage }
    return hour
  }
}

extension Checker {
  mutating func checkTypical(_ arguments: [Syntax], _ nameRange: TextRange, _ range: TextRange) -> Checked {
    guard let (via, signal) = learnedSignal(arguments, "typical(signal)", nameRange) else { return .invalid }
    let unit = Signal[signal].unit
    let note = note(range, unit)
    emit(.leaf, taking: 0, index: leafIndex(Leaf(form: .typical, via: via, signal: signal)), note: note)
    return Checked(type: .number(unit.base), notes: [note])
  }

  /// A measured signal that something is learned of.
  func learnedSignal(_ arguments: [Syntax], _ usage: String, _ nameRange: TextRange) -> (
    via: Via, signal: SignalIndex
  )? {
    guard let parts = exactly(1, arguments, usage, nameRange),
      let (via, signal) = signalArgument(parts[0], of: usage)
    else { return nil }
    guard Signal[signal].form == .measurement else {
      fail("'\(Signal[signal].name)' is not measured, expected a measured signal: \(usage)", parts[0].range)
      return nil
    }
    return (via, signal)
  }
}

extension RuleEngine {
  mutating func typical(_ series: Int, at now: Int64) -> Glimpse {
    let lesson = lessons[Int(traits[series].lesson)]
    let hour = clocks[Int(lesson.clock)].hour(of: now)
    return Glimpse(
      value: baselines[Int(lesson.baseline)].typical(at: hour),
      until: clocks[Int(lesson.clock)].end(ofHourAt: now))
  }
}
