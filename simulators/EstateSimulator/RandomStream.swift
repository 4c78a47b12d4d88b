/// Random numbers that depend on a seed and a name only, so that one device's readings don't change with its neighbours'.
import EstateModel
import Foundation

/// SplitMix64. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
public struct RandomStream: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  /// A stream of its own for each (seed, name): `luyuan/probe-w03`.
  public init(seed: UInt64, name: String) {
    var hash = StableHash()
    hash.add(Int64(bitPattern: seed))
    hash.add(name)
    self.init(seed: hash.value)
    _ = next()
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// Even over 0 ..< 1, in steps of 2^-53.
  public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  public mutating func even(_ range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * unit()
  }

  /// Normal with mean 0 and standard deviation 1; Box and Muller, 1958. Always takes two numbers of the stream.
  public mutating func normal() -> Double {
    let radius = (-2 * log(1 - unit())).squareRoot()
    return radius * cos(2 * .pi * unit())
  }

  public mutating func chance(_ probability: Double) -> Bool { unit() < probability }
}

/// Slow drift around zero: each step forgets a little and adds a little.
struct Wander: Sendable {
  private(set) var value = 0.0
  private let keep: Double
  private let push: Double

  /// - Parameters:
  ///   - spread: standard deviation in the long run.
  ///   - memory: steps after which about a third of a deviation is left.
  init(spread: Double, memory: Double) {
    keep = exp(-1 / memory)
    push = spread * (1 - keep * keep).squareRoot()
  }

  mutating func step(_ random: inout RandomStream) { value = value * keep + push * random.normal() }
}
