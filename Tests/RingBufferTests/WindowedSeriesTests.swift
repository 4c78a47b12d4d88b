/// Sliding statistics against the same computed anew over the same samples.
import Foundation
import RingBuffer
import Testing

/// Plain computation over a list, as a textbook has it.
private struct Plain {
  var samples: [(time: Int64, value: Double)]
  var values: [Double] { samples.map(\.value) }
  var mean: Double { values.reduce(0, +) / Double(values.count) }
  var deviation: Double {
    (values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(values.count - 1)).squareRoot()
  }
  var slope: Double {
    let times = samples.map { Double($0.time - samples[0].time) / 1000 }
    let middle = times.reduce(0, +) / Double(times.count)
    let above = zip(times, values).map { ($0 - middle) * ($1 - mean) }.reduce(0, +)
    return above / times.map { ($0 - middle) * ($0 - middle) }.reduce(0, +)
  }
}

private struct Generator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ (state >> 29)
  }
}

@Suite("Sliding windows") struct WindowedSeriesTests {
  private func isNear(_ a: Double?, _ b: Double, _ tolerance: Double = 1e-9) -> Bool {
    a.map { abs($0 - b) <= tolerance * max(1, abs(b)) } ?? false
  }

  @Test(
    "A moving window equals the window computed anew, also with late samples",
    arguments: [1, 2, 3] as [UInt64])
  func equalsPlain(seed: UInt64) throws {
    var random = Generator(state: seed)
    var series = WindowedSeries(capacity: 512, step: 60_000, lateness: 120_000)
    let window = series.window(length: 600_000, measures: [.moments, .line, .minimum, .maximum])
    let other = series.window(length: 90_000, measures: [.minimum])
    var all: [Int64: Double] = [:]
    var now: Int64 = 1_772_000_000_000
    for _ in 0..<3000 {
      now += Int64.random(in: 100...40_000, using: &random)
      let time =
        Int.random(in: 0..<8, using: &random) == 0 ? now - Int64.random(in: 1...100_000, using: &random) : now
      let value = (Double.random(in: -50...50, using: &random) * 10).rounded() / 10
      let insertion = series.insert(time: time, value: value)
      #expect((insertion == .duplicate) == (all[time] != nil))
      if all[time] == nil { all[time] = value }
      series.move(window, to: now)
      series.move(other, to: now)
      let inside = all.filter { $0.key > now - 600_000 && $0.key <= now }.sorted { $0.key < $1.key }
      all = all.filter { $0.key > now - 900_000 }
      guard inside.count > 2 else { continue }
      let plain = Plain(samples: inside.map { (time: $0.key, value: $0.value) })
      try #require(series.count(window) == inside.count)
      try #require(isNear(series.mean(window), plain.mean))
      try #require(isNear(series.standardDeviation(window), plain.deviation))
      try #require(isNear(series.slope(window), plain.slope))
      try #require(series.minimum(window) == plain.values.min())
      try #require(series.maximum(window) == plain.values.max())
      try #require(series.minimum(other) == inside.filter { $0.key > now - 90_000 }.map(\.value).min())
      let sorted = plain.values.sorted()
      let rank = Int((0.9 * Double(sorted.count) - 1e-9).rounded(.up))
      try #require(series.percentile(window, 0.9) == sorted[rank - 1])
      let middle = sorted.count / 2
      let median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
      try #require(isNear(series.median(window), median))
      try #require(series.delta(window) == plain.values[plain.values.count - 1] - plain.values[0])
    }
  }

  @Test("Sample standard deviation of 2 4 4 4 5 5 7 9 is the root of 32/7")
  func deviation() {
    var series = WindowedSeries(capacity: 16, step: 1000)
    let window = series.window(length: 60_000, measures: .moments)
    for (second, value) in [2.0, 4, 4, 4, 5, 5, 7, 9].enumerated() {
      _ = series.insert(time: Int64(second) * 1000, value: value)
    }
    #expect(isNear(series.mean(window), 5))
    #expect(isNear(series.standardDeviation(window), (32.0 / 7).squareRoot()))
  }

  @Test("60 s at 40 dB and 30 s at 50 dB make 46.02 dB: levels weigh by their time")
  func energyMean() throws {
    var series = WindowedSeries(capacity: 16, step: 60_000, holdsEnergy: true)
    let window = series.window(length: 90_000, measures: .energy)
    _ = series.insert(time: 0, value: 90)
    _ = series.insert(time: 60_000, value: 40)
    _ = series.insert(time: 90_000, value: 50)
    let mean = try #require(series.energyMean(window))
    #expect(abs(10 * log10(mean) - 46.0206) < 0.0001)
    #expect(series.coverage(window) == 1)
  }

  @Test("A loud hour that has passed leaves no trace in the energy")
  func forgetsEnergy() throws {
    var series = WindowedSeries(capacity: 256, step: 1000, holdsEnergy: true)
    let window = series.window(length: 60_000, measures: .energy)
    for second in 0..<3600 { _ = series.insert(time: Int64(second) * 1000, value: 120) }
    for second in 3600..<3670 { _ = series.insert(time: Int64(second) * 1000, value: 20) }
    let mean = try #require(series.energyMean(window))
    #expect(abs(10 * log10(mean) - 20) < 1e-9)
  }

  @Test("A line through 0.24 m rising 0.4 m/h")
  func line() throws {
    var series = WindowedSeries(capacity: 64, step: 60_000)
    let window = series.window(length: 1_800_000, measures: .line)
    for step in 0..<40 {
      _ = series.insert(time: Int64(step) * 60_000, value: 0.24 + Double(step) * 0.4 / 60)
    }
    #expect(isNear(series.slope(window).map { $0 * 3600 }, 0.4))
    #expect(isNear(series.fit(window), 1))
    #expect(isNear(series.fitted(window, at: 39 * 60_000), 0.24 + 39 * 0.4 / 60))
  }

  @Test("A constant has no fit, two samples have no line, an empty window has nothing")
  func unknowns() {
    var series = WindowedSeries(capacity: 64, step: 60_000)
    let window = series.window(length: 600_000, measures: [.line, .minimum])
    #expect(
      series.mean(window) == nil && series.minimum(window) == nil && series.percentile(window, 0.5) == nil)
    _ = series.insert(time: 0, value: 3)
    #expect(series.delta(window) == nil && series.standardDeviation(window) == nil)
    _ = series.insert(time: 60_000, value: 3)
    #expect(series.slope(window) == nil)
    _ = series.insert(time: 120_000, value: 3)
    #expect(series.slope(window) == 0 && series.fit(window) == nil)
    series.move(window, to: 900_000)
    #expect(series.mean(window) == nil && series.count(window) == 0 && series.coverage(window) == 0)
  }

  @Test("A full ring forgets the oldest, says so, and its coverage shows it")
  func overruns() {
    var series = WindowedSeries(capacity: 10, step: 60_000)
    let window = series.window(length: 600_000, measures: [.moments, .maximum])
    for second in 0..<60 { _ = series.insert(time: Int64(second) * 1000, value: Double(second)) }
    #expect(series.count(window) == 10)
    #expect(series.overruns == 50)
    #expect(series.mean(window) == 54.5)
    #expect(series.maximum(window) == 59)
    #expect(series.coverage(window) < 0.02)
    // Dropping what no window wants any more is no overrun.
    var slow = WindowedSeries(capacity: 12, step: 60_000)
    let last = slow.window(length: 600_000, measures: .moments)
    for step in 0..<100 { _ = slow.insert(time: Int64(step) * 60_000, value: 1) }
    #expect(slow.overruns == 0 && slow.count(last) == 10 && slow.coverage(last) == 1)
  }

  @Test("A late sample shares the time with its neighbour")
  func lateWeights() {
    var series = WindowedSeries(capacity: 16, step: 60_000, lateness: 120_000, holdsEnergy: true)
    let window = series.window(length: 120_000, measures: .energy)
    _ = series.insert(time: 0, value: 10)
    _ = series.insert(time: 60_000, value: 10)
    _ = series.insert(time: 120_000, value: 10)
    #expect(series.coverage(window) == 1)
    let insertion = series.insert(time: 90_000, value: 10)
    #expect(insertion == .late)
    #expect(series.coverage(window) == 1)
    #expect(series.count(window) == 3)
  }

  @Test(
    "Medians and percentiles of long windows equal those of the sorted samples",
    arguments: ["random", "rising", "falling", "steps", "equal"])
  func longRanks(course: String) throws {
    var random = Generator(state: 5)
    var series = WindowedSeries(capacity: 4000, usual: 500, step: 1000, lateness: 60_000)
    let window = series.window(length: 700_000, measures: [])
    var all: [(time: Int64, value: Double)] = []
    var time: Int64 = 0
    for number in 0..<4000 {
      // A pause in which the window runs empty.
      time += number == 2500 ? 800_000 : Int64.random(in: 500...1500, using: &random)
      let value: Double =
        switch course {
        case "random": Double.random(in: 0...100, using: &random)
        case "rising": Double(number) + Double.random(in: 0...3, using: &random)
        case "falling": -Double(number * number)
        case "steps": Double(number / 400 % 3) + Double(Int.random(in: 0...2, using: &random))
        default: 7
        }
      let isLate = number % 97 == 96
      all.append((isLate ? time - 5_001 : time, value))
      _ = series.insert(time: all[number].time, value: value)
      guard number % 11 == 0 || number > 3980 else { continue }
      series.move(window, to: time)
      let sorted = all.filter { $0.time > time - 700_000 }.map(\.value).sorted()
      let middle = sorted.count / 2
      let median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
      try #require(isNear(series.median(window), median))
      for share in [0.0, 0.1, 0.9, 1] {
        let rank = max(1, Int((share * Double(sorted.count) - 1e-9).rounded(.up)))
        try #require(series.percentile(window, share) == sorted[rank - 1])
      }
    }
  }
}
