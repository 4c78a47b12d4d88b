/// `compensated(s, t)`: a signal without what the temperature makes of it.
///
/// The line is fitted over the last fourteen days that could be used: within each day, after the day's own straight
/// trend has been taken out of both, so that a wall that creeps while spring comes is not excused by the warmth.
import Configuration
import EstateModel
import RingBuffer

/// How much a signal moves with another for each unit of it.
struct ThermalFit: Sendable {
  static let days = 14
  /// Fewer days say nothing.
  static let fewest = 7
  /// A day with fewer pairs of readings is left out.
  private static let fewestPairs = 12
  /// As is one in which the temperature hardly changes: its sum of squares for each pair, in square degrees.
  private static let leastVariance = 0.25
  private static let day: Int64 = 86_400_000

  /// The signal's series that stands for `t`.
  private(set) var other: Int32
  /// Another fit of the same signal; -1: none.
  private(set) var next: Int32
  /// Change of the signal for one degree, in base units; NaN until enough is known.
  private(set) var coefficient = Double.nan
  /// The day that is being heard, since 1970, and its pairs: means of signal, temperature and time of day, and the sums
  /// of their products about those means.
  private var open = Int64.min
  private var count = 0.0
  private var means = SIMD4<Double>.zero
  /// Signal with temperature, signal with time, temperature with time, time with time.
  private var products = SIMD4<Double>.zero
  private var temperatures = 0.0
  /// What earlier days say: product of signal and temperature, square of temperature, both without the day's trend.
  private var past: [SIMD2<Double>] = []

  init(other: Int32, next: Int32) { (self.other, self.next) = (other, next) }

  /// Nothing has been taken in.
  var isEmpty: Bool { open == .min }

  mutating func take(_ signal: Double, at temperature: Double, time: Int64) {
    let number = time.floored(by: Self.day)
    if number != open {
      close()
      open = number
    }
    count += 1
    let values = SIMD4(signal, temperature, Double(time.modulo(Self.day)) / Double(Self.day), 0)
    let before = values - means
    means += before / count
    let after = values - means
    // Source: Welford's way of summing products about a mean that moves.
    products +=
      SIMD4(before[0], before[0], before[1], before[2]) * SIMD4(after[1], after[2], after[2], after[2])
    temperatures += before[1] * after[1]
  }

  private mutating func close() {
    defer { (count, means, products, temperatures) = (0, .zero, .zero, 0) }
    guard count >= Double(Self.fewestPairs), products[3] > 0 else { return }
    let both = products[0] - products[1] * products[2] / products[3]
    let square = temperatures - products[2] * products[2] / products[3]
    guard square >= Self.leastVariance * count, both.isFinite else { return }
    past.append(SIMD2(both, square))
    if past.count > Self.days { past.removeFirst() }
    guard past.count >= Self.fewest else { return }
    let sum = past.reduce(.zero, +)
    coefficient = sum[0] / sum[1]
  }
}

extension ThermalFit {
  func write(to writer: inout StateWriter) {
    writer.byte(open == .min ? 0 : 1)
    guard open != .min else { return }
    writer.signed(open)
    writer.double(coefficient)
    writer.count(Int(count))
    for value in [means[0], means[1], means[2], temperatures] { writer.double(value) }
    for index in 0..<4 { writer.double(products[index]) }
    writer.count(past.count)
    for day in past {
      writer.double(day[0])
      writer.double(day[1])
    }
  }

  /// Takes over what another has learned.
  mutating func restore(_ stored: ThermalFit) {
    let place = (other, next)
    self = stored
    (other, next) = place
  }

  mutating func read(from reader: inout StateReader) throws(StateDamage) {
    guard try reader.byte() > 0 else { return }
    open = try reader.signed()
    coefficient = try reader.double()
    count = Double(try reader.number() & 0xffff_ffff)
    means = SIMD4(try reader.double(), try reader.double(), try reader.double(), 0)
    temperatures = try reader.double()
    for index in 0..<4 { products[index] = try reader.double() }
    let days = try reader.count(ofAtLeast: 16)
    guard days <= Self.days, abs(open) < 1_000_000_000 else { throw reader.damage }
    past = []
    for _ in 0..<days { past.append(SIMD2(try reader.double(), try reader.double())) }
  }
}

extension Checker {
  static let compensable = [WindowFunction.mean, .delta, .slope]

  /// `compensated(s, t)`, or with a function of a window around it. All of these are linear, so that the temperature
  /// can be taken out of their results: f(s) - k·f(t).
  mutating func checkCompensated(
    _ arguments: [Syntax], _ nameRange: TextRange, _ range: TextRange, in function: WindowFunction? = nil,
    _ length: Int64 = 0
  ) -> Checked {
    let usage = "compensated(signal, temperature)"
    guard let pair = exactly(2, arguments, usage, nameRange),
      let (via, signal) = signalArgument(pair[0], of: usage),
      let (otherVia, other) = signalArgument(pair[1], of: usage)
    else { return .invalid }
    let (described, temperature) = (Signal[signal], Signal[other])
    guard via == .own, described.form == .measurement, signal != other else {
      return fail("expected a measured signal of the device itself: \(usage)", pair[0].range)
    }
    guard otherVia == .own, temperature.unit.dimension == .temperature else {
      return fail("expected a temperature of the device itself: \(usage)", pair[1].range)
    }
    for index in [signal, other] {
      let leaf = Leaf(form: function?.form ?? .latest, signal: index, window: length)
      if length > 0 { windows.append((leaf, source.location(range.lowerBound), nil)) }
      emit(.leaf, taking: 0, index: leafIndex(leaf))
    }
    // Differences and slopes don't ask at which temperature the wall stood upright.
    if function == nil || function == .mean {
      emit(.attribute, taking: 0, index: attributeIndex(Plan.baselineTemperature))
      emit(.constant, taking: 0, constant: 20)
      emit(.otherwise, taking: 2)
      emit(.subtract, taking: 2)
    }
    emit(.leaf, taking: 0, index: leafIndex(Leaf(form: .coefficient, signal: signal, second: other)))
    emit(.multiply, taking: 2)
    let note = note(range, function?.readableUnit(of: described.unit) ?? described.unit)
    emit(.subtract, taking: 2, note: note)
    return Checked(
      type: .number(function?.unit(of: described.unit.base) ?? described.unit.base), notes: [note])
  }
}

extension RuleEngine {
  func coefficient(_ fit: Int) -> Glimpse { Glimpse(value: fits[fit].coefficient, until: .max) }
}
