/// The names that an expression may use, and how each function is called.
import Configuration
import EstateModel

/// What a rule's expressions may refer to.
struct Vocabulary {
  /// The kinds of device that the rule runs on.
  var kinds: [DeviceKind]
  var calendars: [String]

  /// Signals that every one of these kinds reports.
  var signals: [String] {
    guard let first = kinds.first else { return [] }
    return (first.signals + DeviceKind.common).filter { name in kinds.allSatisfy { $0.reports(name) } }
  }

  var kindNames: String {
    kinds.count == DeviceKind.allCases.count ? "any" : kinds.map(\.rawValue).joined(separator: ", ")
  }
}

/// Functions over the readings of a signal in a window: `name(signal, window)`.
enum WindowFunction: String, CaseIterable {
  case mean, median, min, max, stddev, leq, coverage, slope, fit, delta, samples, stuck

  var form: LeafForm {
    switch self {
    case .mean: .mean
    case .median: .median
    case .min: .min
    case .max: .max
    case .stddev: .stddev
    case .leq: .leq
    case .coverage: .coverage
    case .slope: .slope
    case .fit: .fit
    case .delta: .delta
    case .samples: .samples
    case .stuck: .stuck
    }
  }

  /// - Returns: the unit in which the engine computes the result, for a signal whose base unit is given.
  func unit(of signal: Unit) -> Unit {
    switch self {
    case .mean, .median, .min, .max, .leq: signal
    case .stddev, .delta: signal.ofDifferences
    case .slope: signal.ofDifferences / .second
    case .coverage, .fit, .samples, .stuck: .number
    }
  }

  /// The unit in which a person reads it.
  func readableUnit(of signal: Unit) -> Unit {
    switch self {
    case .slope: signal.ofDifferences / Unit("h", .time, scale: 3600)
    case .coverage: .percent
    case .mean, .median, .min, .max, .leq, .stddev, .delta, .fit, .samples, .stuck: unit(of: signal)
    }
  }
}

enum Functions {
  static let all =
    WindowFunction.allCases.map(\.rawValue) + [
      "abs", "age", "compensated", "corrected", "count", "days", "deviation", "during", "dwell", "otherwise",
      "overlap",
      "percentile", "share", "steady", "time-to", "typical",
    ]
}

extension Unit {
  /// The base unit of the same dimension, for computing.
  var base: Unit { Unit(symbol, dimension) }

  /// Levels differ by dB, whatever their weighting.
  var ofDifferences: Unit { dimension.isSoundLevel ? .decibel : self }
}
