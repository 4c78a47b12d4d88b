/// `steady(s, band)`: for how long the readings have stayed within a band so wide, from one reading to the next.
import EstateModel
import RingBuffer

/// The stretch of readings up to the newest that stays within a band.
struct SteadyStretch: Sendable, BitwiseCopyable {
  /// In base units.
  let band: Double
  /// Another one of the same signal; -1: none.
  let next: Int32
  private var low = 0.0
  private var high = 0.0
  private var since = Int64.min
  private var last = Int64.min

  init(band: Double, next: Int32) { (self.band, self.next) = (band, next) }

  /// What another has found.
  init(_ other: SteadyStretch, band: Double, next: Int32) {
    self = SteadyStretch(band: band, next: next)
    (low, high, since, last) = (other.low, other.high, other.since, other.last)
  }

  /// - Parameter gap: a longer silence ends the stretch, in milliseconds.
  mutating func take(_ value: Double, time: Int64, gap: Int64) {
    let (lower, upper) = (min(low, value), max(high, value))
    let isWithin = upper - lower < band || Arithmetic.isEqual(upper - lower, band)
    if since == .min || time - last > gap || !isWithin {
      (low, high, since) = (value, value, time)
    } else {
      (low, high) = (lower, upper)
    }
    last = time
  }

  /// Seconds; NaN before the first reading.
  var length: Double { since == .min ? .nan : Double(last - since) / 1000 }

  func write(to writer: inout StateWriter) {
    writer.double(band)
    writer.byte(since == .min ? 0 : 1)
    guard since != .min else { return }
    for value in [low, high] { writer.double(value) }
    writer.signed(since)
    writer.signed(last - since)
  }

  /// - Returns: for which band.
  mutating func read(from reader: inout StateReader) throws(StateDamage) -> Double {
    let band = try reader.double()
    guard try reader.byte() > 0 else { return band }
    low = try reader.double()
    high = try reader.double()
    since = try reader.time(after: 0)
    last = try reader.time(after: since)
    return band
  }
}

extension Checker {
  mutating func checkSteady(_ arguments: [Syntax], _ nameRange: TextRange, _ range: TextRange) -> Checked {
    let usage = "steady(signal, band)"
    guard let pair = exactly(2, arguments, usage, nameRange),
      let (via, signal) = learnedSignal([pair[0]], usage, nameRange)
    else { return .invalid }
    let unit = Signal[signal].unit.ofDifferences
    guard case .number(let value, let given, _) = pair[1], given.dimension == unit.dimension, value >= 0
    else {
      return fail(
        "found '\(source.excerpt(pair[1].range).prefix(60))', expected a width in \(unit): \(usage)",
        pair[1].range)
    }
    let leaf = Leaf(form: .steady, via: via, signal: signal, parameter: value * given.scale)
    let note = note(range, Unit("h", .time, scale: 3600))
    emit(.leaf, taking: 0, index: leafIndex(leaf), note: note)
    return Checked(type: .number(.second), notes: [note])
  }
}
