/// The means by hour of the day, against all means ever heard kept in a dictionary.
import Foundation
import RingBuffer
import Testing

@testable import Rules

@Suite("Means by hour") struct HourBaselineTests {
  /// Keeps everything.
  private struct Reference {
    var open: [Int64: (sum: Double, count: Int)] = [:]

    mutating func take(_ value: Double, in hour: Int64) {
      let (sum, count) = open[hour] ?? (0, 0)
      open[hour] = (sum + value, count + 1)
    }

    func typical(at hour: Int64) -> Double {
      let known = (1...14).compactMap { open[hour - 24 * $0] }.map {
        Double(Float($0.sum / Double($0.count)))
      }
      .sorted()
      guard known.count >= 7 else { return .nan }
      let middle = known.count / 2
      return known.count % 2 == 1 ? known[middle] : (known[middle - 1] + known[middle]) / 2
    }
  }

  @Test(
    "With gaps of hours and days, and after being written down at any time, all answers are the same",
    arguments: 1...40)
  func comparison(seed: UInt64) throws {
    var random = Sequence64(state: seed)
    func one(in count: Int) -> Int { Int.random(in: 0..<count, using: &random) }
    var baseline = HourBaseline(isLevel: false)
    var reference = Reference()
    var hour = Int64(480_000)
    var known = 0
    for _ in 0..<1500 {
      hour += one(in: 300) == 0 ? Int64(one(in: 400)) : one(in: 15) == 0 ? Int64(one(in: 12)) : 1
      for _ in 0...one(in: 3) {
        let value = Double(one(in: 1000)) / 7
        baseline.take(value, in: hour)
        reference.take(value, in: hour)
      }
      if one(in: 20) == 0 {
        var writer = StateWriter()
        baseline.write(to: &writer)
        var reader = StateReader(writer.bytes, in: 0..<writer.bytes.count)
        baseline = HourBaseline(isLevel: false)
        try baseline.read(from: &reader)
        #expect(reader.offset == writer.bytes.count)
        var again = StateWriter()
        baseline.write(to: &again)
        #expect(again.bytes == writer.bytes)
      }
      for ahead in [Int64(0), 1, Int64(one(in: 24))] {
        let (found, expected) = (baseline.typical(at: hour + ahead), reference.typical(at: hour + ahead))
        if !expected.isNaN { known += 1 }
        #expect(found == expected || found.isNaN && expected.isNaN, "hour \(hour) + \(ahead)")
      }
    }
    #expect(known > 100)
  }
}
