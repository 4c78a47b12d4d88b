/// How fast the pipeline works, from its counters: they are looked at once a second.
import Gateway

struct RateWatch: Sendable {
  /// Milliseconds over which a rate is taken.
  private static let window: Int64 = 10_000
  /// Five minutes.
  private static let most = 300

  private struct Sample {
    /// Milliseconds of a clock that nobody sets.
    var at: Int64
    var status: GatewayStatus
  }

  private var samples: [Sample] = []

  /// - Parameter now: milliseconds of a clock that nobody sets.
  mutating func add(_ status: GatewayStatus, at now: Int64) {
    samples.append(Sample(at: now, status: status))
    if samples.count > Self.most { samples.removeFirst(samples.count - Self.most) }
  }

  /// In the last ten seconds, each second; nil: too little is known.
  func perSecond(_ count: (GatewayStatus) -> Int) -> Double? {
    guard let (first, last) = lately else { return nil }
    return Double(count(last.status) - count(first.status)) / (Double(last.at - first.at) / 1000)
  }

  /// Milliseconds that a commit took in the last ten seconds; nil: there was none.
  var meanCommit: Double? {
    guard let (first, last) = lately, last.status.commits > first.status.commits else { return nil }
    return (last.status.commitLatency.sum - first.status.commitLatency.sum) * 1000
      / Double(last.status.commits - first.status.commits)
  }

  /// Per second, five seconds a value, the oldest first.
  func course(_ count: (GatewayStatus) -> Int) -> [Double] {
    stride(from: samples.count - 1, to: 4, by: -5).map { index in
      let (first, last) = (samples[index - 5], samples[index])
      return Double(count(last.status) - count(first.status)) / (Double(max(1, last.at - first.at)) / 1000)
    }.reversed()
  }

  private var lately: (Sample, Sample)? {
    guard let last = samples.last, let first = samples.first(where: { last.at - $0.at <= Self.window }),
      last.at > first.at
    else { return nil }
    return (first, last)
  }
}
