/// Levels and their energies.
import Foundation

/// 10^(level/10) of a level in dB, to a few units in the last place: a power of two takes half the time of one of ten.
@inline(__always) public func soundEnergy(ofLevel level: Double) -> Double {
  // log2(10) / 10
  exp2(level * 0.332_192_809_488_736_23)
}
