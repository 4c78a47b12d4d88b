/// How far a tilt sensor has turned since it was commissioned, from the angles of its axes.
import Glibc

/// Inclinometers of two or three axes tell the angle of each axis to the horizontal. The sines of the three are the
/// direction in which gravity pulls, seen by the sensor; how far that direction has turned is how far the wall leans,
/// however the sensor is mounted. Only a turn about the vertical can't be seen.
struct Lean {
  /// Of which the catalogue must say one. Without the last three the sensor counts as lying flat, z upward.
  static let attributes = ["baseline", "baseline-x", "baseline-y", "baseline-z"]

  private let before: Direction

  /// - Parameter commissioned: the attributes, in degrees; NaN where the catalogue says nothing.
  /// - Returns: nil when it says nothing at all.
  init?(_ commissioned: [Double]) {
    guard commissioned.count == 4, !commissioned.allSatisfy(\.isNaN) else { return nil }
    let (x, y, z) = (commissioned[1], commissioned[2], commissioned[3])
    guard let before = Direction(x.isNaN ? 0 : x, y.isNaN ? 0 : y, z) else { return nil }
    self.before = before
  }

  /// - Parameters: angles to the horizontal in degrees; a z that isn't measured is NaN.
  /// - Returns: degrees, 0 to 180; nil when these can't be the angles of one thing's three axes.
  func callAsFunction(_ x: Double, _ y: Double, _ z: Double) -> Double? {
    guard let now = Direction(x, y, z) else { return nil }
    return atan2(now.cross(before), now.dot(before)) * 180 / .pi
  }

  /// Where gravity pulls; of about unit length.
  private struct Direction {
    let x: Double
    let y: Double
    let z: Double

    init?(_ x: Double, _ y: Double, _ z: Double) {
      (self.x, self.y) = (sin(x * .pi / 180), sin(y * .pi / 180))
      let flat = self.x * self.x + self.y * self.y
      // Whole degrees make up to a tenth.
      self.z = z.isNaN ? max(0, 1 - flat).squareRoot() : sin(z * .pi / 180)
      guard abs(flat + self.z * self.z - 1) <= 0.1 else { return nil }
    }

    func dot(_ other: Direction) -> Double { x * other.x + y * other.y + z * other.z }

    /// The length of the cross product: exact for small angles, where an arc cosine isn't.
    func cross(_ other: Direction) -> Double {
      let (a, b, c) = (y * other.z - z * other.y, z * other.x - x * other.z, x * other.y - y * other.x)
      return (a * a + b * b + c * c).squareRoot()
    }
  }
}
