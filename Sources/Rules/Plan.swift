/// A checked expression as a flat list of operations on a stack of numbers. NaN is unknown, yes is 1, no is 0.
import EstateModel

enum OpCode: UInt8, Sendable {
  case constant, attribute, leaf
  /// A leaf that takes a value off the stack to measure by: where a line leads, what counts as loud.
  case aimed
  case add, subtract, multiply, divide, negate, absolute, smaller, larger, otherwise, corrected, floorLimit
  case less, lessEqual, greater, greaterEqual, equal, notEqual
  /// Comparisons of `samples` and `coverage`: too little data is unknown, not no.
  case requireMore, requireAtLeast
  case and, or, not
  /// Behind the left side of `and` and `or`: when it decides alone, the right side is left out.
  case skipIfNo, skipIfYes
}

struct Op: Sendable {
  var code: OpCode
  /// What the operation's result is called in evidence; -1: not told.
  var note: Int16 = -1
  var index: Int32 = 0
  var constant = 0.0
}

enum LeafForm: UInt8, Sendable {
  case latest, mean, median, min, max, stddev, leq, coverage, percentile, slope, fit, timeTo, delta
  case samples, stuck, age, ageOfEvent, count, dwell, ageAny, during
  case overlap, countBeyond, share, typical, coefficient, days, steady
}

/// Whose signal: the subject's, or that of its neighbour along the sewer.
enum Via: UInt8, Sendable { case own, upstream, downstream }

/// A call that looks at readings or at time.
struct Leaf: Hashable, Sendable {
  var form: LeafForm
  var via = Via.own
  var signal: SignalIndex?
  /// What the signal is set against.
  var second: SignalIndex?
  /// Milliseconds; 0: none.
  var window: Int64 = 0
  /// The share asked of a percentile.
  var parameter = 0.0
  /// Several neighbours: the lowest value instead of the highest.
  var takesLowest = false
  var calendar: String?
  /// How the readings that count compare with the limit.
  var comparison = OpCode.greater

  /// Of shared and remembered conditions: which of the plan's.
  var number: Int32 = 0

  /// Everything that it reads.
  var signals: [SignalIndex] { [signal, second].compactMap { $0 } }

  /// How far back it looks, in milliseconds.
  var reach: Int64 {
    switch form {
    case .typical: (HourBaseline.days + 1) * 86_400_000
    case .coefficient: Int64(ThermalFit.days + 1) * 86_400_000
    default: window
    }
  }

  /// The bit that stands for a leaf of a plan; the last one stands for all from there on.
  static func bit(_ number: Int) -> UInt32 { 1 << UInt32(min(number, 31)) }
  static let all = UInt32.max
}

struct Note: Hashable, Sendable {
  var label: String
  var unit: Unit
  /// Yes or no instead of a number.
  var isBoolean = false
}

struct Plan: Sendable {
  var ops: [Op] = []
  var leaves: [Leaf] = []
  var attributes: [String] = []
  var notes: [Note] = []
  var deepestStack = 1
  var shares: [SharedCondition] = []
  var memories: [RememberedCondition] = []

  static let noiseFloor = "noise-floor"
  static let baselineTemperature = "baseline-temperature"

  /// Whether the passing of time alone can make the condition hold.
  var dependsOnTime: Bool { leaves.contains { $0.form != .latest } }

  /// How far back it looks, in milliseconds.
  var reach: Int64 { max(leaves.map(\.reach).max() ?? 0, shares.map(\.plan.reach).max() ?? 0) }

  /// Whether it looks at measured readings, which go stale, rather than at events, states or time only.
  var readsMeasurements: Bool {
    shares.contains(where: \.plan.readsMeasurements)
      || leaves.contains { leaf in
        leaf.form != .age && leaf.signals.contains { Signal[$0].form == .measurement }
      }
  }
}
