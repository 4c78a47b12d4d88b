/// Values on the command line that have a form of their own, and the signals that end a run.
import ArgumentParser
import EstateModel
import EstateSimulator
import Glibc
import Synchronization

extension Speed: ExpressibleByArgument {
  public init?(argument: String) {
    if argument == "max" {
      self = .unlimited
    } else if let speed = Double(argument), speed.isFinite, speed > 0, speed <= 1e6 {
      self = .times(speed)
    } else {
      return nil
    }
  }

  public var defaultValueDescription: String {
    switch self {
    case .times(let speed): plainNumber(speed)
    case .unlimited: "max"
    }
  }
}

extension FormatChoice: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

/// A length of real time: `150s`, `2 min`.
struct RealTime: ExpressibleByArgument {
  let duration: Duration

  init?(argument: String) {
    guard let quantity = Quantity(argument), quantity.base > 0, quantity.base < 1e9,
      quantity.unit.dimension == .time || quantity.unit == .number
    else { return nil }
    duration = .seconds(quantity.base)
  }
}

/// Set by SIGINT and SIGTERM. A run then ends in order: last clock, end, all acknowledged.
private let isInterrupted = Atomic<Bool>(false)

enum Interruption {
  static func watch() {
    for number in [SIGINT, SIGTERM] {
      signal(number) { _ in isInterrupted.store(true, ordering: .relaxed) }
    }
  }

  static var hasCome: Bool { isInterrupted.load(ordering: .relaxed) }
}
