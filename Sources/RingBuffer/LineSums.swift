/// Sums for mean, spread and least squares, relative to a sample near by so that nothing cancels.

/// Running sums over (time, value), both measured from an anchor sample.
struct LineSums: Sendable, BitwiseCopyable {
  /// `Int64.min`: there is none yet.
  private var anchorTime = Int64.min
  private var anchorValue = 0.0
  private var count = 0.0
  private var y = CompensatedSum()
  private var yy = CompensatedSum()
  private var x = CompensatedSum()
  private var xx = CompensatedSum()
  private var xy = CompensatedSum()

  init() {}
  init(anchor: Sample) { (anchorTime, anchorValue) = (anchor.time, anchor.value) }

  /// Values only: enough for mean and standard deviation.
  mutating func addValue(_ sample: Sample, sign: Double) {
    anchor(at: sample)
    let dy = sample.value - anchorValue
    count += sign
    y.add(sign * dy)
    yy.add(sign * dy * dy)
  }

  mutating func add(_ sample: Sample, sign: Double) {
    addValue(sample, sign: sign)
    let dx = seconds(sample.time)
    let dy = sample.value - anchorValue
    x.add(sign * dx)
    xx.add(sign * dx * dx)
    xy.add(sign * dx * dy)
  }

  private mutating func anchor(at sample: Sample) {
    if anchorTime == .min { (anchorTime, anchorValue) = (sample.time, sample.value) }
  }

  private func seconds(_ time: Int64) -> Double { anchorTime == .min ? 0 : Double(time - anchorTime) / 1000 }

  var mean: Double { anchorValue + y.value / count }

  /// With n - 1. At least two values.
  var standardDeviation: Double {
    (max(0, yy.value - y.value * y.value / count) / (count - 1)).squareRoot()
  }

  /// Change of the value per second; nil without spread in time.
  var slope: Double? {
    let sxx = xx.value - x.value * x.value / count
    guard sxx > 0 else { return nil }
    return (xy.value - x.value * y.value / count) / sxx
  }

  /// R²; nil where all values are equal, or all times.
  var fit: Double? {
    let sxx = xx.value - x.value * x.value / count
    let syy = yy.value - y.value * y.value / count
    guard sxx > 0, syy > 1e-15 * abs(yy.value), syy > 0 else { return nil }
    let sxy = xy.value - x.value * y.value / count
    return min(1, sxy * sxy / (sxx * syy))
  }

  /// The fitted line's value at a time in milliseconds.
  func fitted(at time: Int64) -> Double? {
    slope.map { mean + $0 * (seconds(time) - x.value / count) }
  }
}

extension LineSums {
  /// - Parameter values: only what `addValue` keeps.
  func write(to writer: inout StateWriter, values: Bool) {
    writer.signed(anchorTime == .min ? 0 : anchorTime)
    writer.double(anchorValue)
    writer.double(count)
    for sum in values ? [y, yy] : [y, yy, x, xx, xy] { sum.write(to: &writer) }
  }

  mutating func read(from reader: inout StateReader, values: Bool) throws(StateDamage) {
    let time = try reader.signed()
    guard (0..<SeriesState.latest).contains(time) else { throw reader.damage }
    anchorTime = time
    anchorValue = try reader.double()
    count = try reader.double()
    try y.read(from: &reader)
    try yy.read(from: &reader)
    if values { return }
    try x.read(from: &reader)
    try xx.read(from: &reader)
    try xy.read(from: &reader)
  }
}
