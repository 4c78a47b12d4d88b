/// One question to one window, with the answer's age.

/// What can be asked of a window. See the methods of ``WindowedSeries`` of the same names.
public enum WindowStatistic: UInt8, Sendable, BitwiseCopyable {
  case mean, median, percentile, minimum, maximum, standardDeviation, energyMean, coverage, slope, fit, delta
  case samples
}

extension WindowedSeries {
  /// Moves a window on and reads it: what a caller needs who asks often.
  /// - Parameters:
  ///   - now: milliseconds since 1970; never back.
  ///   - share: that of a percentile.
  ///   - scratch: room to work in, which many series may share.
  /// - Returns: the value, NaN when there are too few samples; and until when it stays so if no sample comes.
  public mutating func look(
    _ window: Int, at now: Int64, for statistic: WindowStatistic, share: Double, _ scratch: inout [Double]
  ) -> (value: Double, until: Int64) {
    move(window, to: now)
    let until = windows[window].leavesAt
    let value: Double?
    switch statistic {
    case .mean: value = mean(window)
    case .median: value = rank(window, RankTracker.median, &scratch)
    case .percentile: value = rank(window, share, &scratch)
    case .minimum: value = minimum(window)
    case .maximum: value = maximum(window)
    case .standardDeviation: value = standardDeviation(window)
    case .energyMean: value = energyMean(window)
    case .coverage: value = coverage(window)
    case .slope: value = slope(window)
    case .fit: value = fit(window)
    case .delta: value = delta(window)
    case .samples: value = Double(count(window))
    }
    return (value ?? .nan, until)
  }
}
