/// What operations compute; NaN is unknown, yes is 1, no is 0.
import Foundation

enum Arithmetic {
  /// Numbers closer than one part in a thousand million count as equal: 0.08 + 0.16 reaches 0.24.
  @inline(__always) static func isEqual(_ a: Double, _ b: Double) -> Bool {
    a == b || abs(a - b) <= 1e-9 * Swift.max(abs(a), abs(b)) && a.isFinite && b.isFinite
  }

  @inline(__always) static func truth(_ value: Bool) -> Double { value ? 1 : 0 }

  static func compare(_ code: OpCode, _ a: Double, _ b: Double) -> Double {
    if a.isNaN || b.isNaN { return .nan }
    switch code {
    case .less: return truth(a < b && !isEqual(a, b))
    case .lessEqual: return truth(a < b || isEqual(a, b))
    case .greater: return truth(a > b && !isEqual(a, b))
    case .greaterEqual: return truth(a > b || isEqual(a, b))
    case .equal: return truth(isEqual(a, b))
    case .notEqual: return truth(!isEqual(a, b))
    case .requireMore: return a > b && !isEqual(a, b) ? 1 : .nan
    case .requireAtLeast: return a > b || isEqual(a, b) ? 1 : .nan
    default: return .nan
    }
  }

  /// Every operation of two values. - Returns: NaN when it is unknown.
  @inline(__always) static func combine(_ code: OpCode, _ a: Double, _ b: Double) -> Double {
    switch code {
    case .add: return a + b
    case .subtract: return a - b
    case .multiply: return a * b
    case .divide: return b == 0 ? .nan : a / b
    case .smaller: return a.isNaN || b.isNaN ? .nan : Swift.min(a, b)
    case .larger: return a.isNaN || b.isNaN ? .nan : Swift.max(a, b)
    case .otherwise: return a.isNaN ? b : a
    case .corrected: return corrected(a, background: b)
    case .and: return and(a, b)
    case .or: return or(a, b)
    default: return compare(code, a, b)
    }
  }

  /// A level less its background, in energy; unknown when they differ by less than 3 dB.
  /// Source: HJ 706-2014, in its exact form.
  static func corrected(_ level: Double, background: Double) -> Double {
    let difference = level - background
    guard difference >= 3 || isEqual(difference, 3) else { return .nan }
    return level + 10 * log10(1 - pow(10, -difference / 10))
  }

  /// A limit that a meter with this noise floor can prove; else unknown.
  @inline(__always) static func limit(_ limit: Double, above floor: Double) -> Double {
    limit < floor + 3 ? .nan : limit
  }

  /// Kleene's three values.
  @inline(__always) static func and(_ a: Double, _ b: Double) -> Double {
    a == 0 || b == 0 ? 0 : a.isNaN || b.isNaN ? .nan : 1
  }
  @inline(__always) static func or(_ a: Double, _ b: Double) -> Double {
    a == 1 || b == 1 ? 1 : a.isNaN || b.isNaN ? .nan : 0
  }
}
