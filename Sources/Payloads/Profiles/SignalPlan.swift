/// One signal of a profile, ready for messages: where it stands and how its number becomes the signal's unit.
import EstateModel

final class SignalPlan {
  let signal: SignalIndex
  let form: Signal.Form
  let paths: [PathPlan]
  let conversion: Conversion
  let faultPath: PathPlan?
  let faultNumbers: [(number: Double, reason: String)]
  let faultTexts: [(text: [UInt8], reason: String)]
  let states: [(text: [UInt8], value: Double)]
  let conditions: [ConditionPlan]

  init(_ source: SignalSource, _ memory: PathMemory) {
    signal = source.signal
    form = Signal[source.signal].form
    paths = source.paths.map(memory.plan)
    conversion = Conversion(
      scale: source.scale, offset: source.offset, from: source.unit, to: Signal[source.signal].unit)
    faultPath = source.faultPath.map(memory.plan)
    faultNumbers = source.faults.compactMap { fault in Double(fault.text).map { ($0, fault.reason) } }
    faultTexts = source.faults.map { (Array($0.text.utf8), $0.reason) }
    conditions = source.conditions.map { ConditionPlan($0, memory) }
    states = source.states.map { (Array($0.text.utf8), $0.value) }
  }
}

/// value = number * scale + offset, then from one unit to another.
///
/// Decimal fractions have no exact double, so a division by 100 is kept as one: 2 cm gives 0.02 m and not
/// 0.020000000000000004 m.
struct Conversion {
  private let scale: Ratio
  private let offset: Double
  private let unit: Ratio

  init(scale: Double = 1, offset: Double = 0, from: Unit, to: Unit) {
    self.offset = offset
    if offset == 0 {
      self.scale = Ratio(1)
      unit = Ratio(scale * from.scale / to.scale)
    } else {
      self.scale = Ratio(scale)
      unit = Ratio(from.scale / to.scale)
    }
  }

  @inline(__always)
  func callAsFunction(_ number: Double) -> Double { unit(scale(number) + offset) }

  private struct Ratio {
    private let factor: Double
    private let divisor: Double

    init(_ value: Double) {
      let isSmall = abs(value) < 1
      factor = isSmall ? 1 : Self.whole(value)
      divisor = isSmall ? Self.whole(1 / value) : 1
    }

    /// The whole number that a decimal fraction's rounding has missed by a hair.
    private static func whole(_ value: Double) -> Double {
      let nearest = value.rounded()
      return abs(value - nearest) < abs(value) * 1e-12 ? nearest : value
    }

    @inline(__always)
    func callAsFunction(_ number: Double) -> Double { number * factor / divisor }
  }
}

final class EventPlan {
  enum Kind {
    case fixed(SignalIndex)
    case mapped(PathPlan, [(text: [UInt8], kind: SignalIndex)])
  }

  let kind: Kind
  let phase: PathPlan
  let phases: [(text: [UInt8], phase: EventDetail.Phase)]
  let id: PathPlan
  let start: (path: PathPlan, form: TimeForm)?
  let zones: PathPlan?
  let active: PathPlan?

  init(_ source: EventSource, _ memory: PathMemory) {
    switch source.kind {
    case .fixed(let signal): kind = .fixed(signal)
    case .mapped(let path, let pairs):
      kind = .mapped(memory.plan(path), pairs.map { (Array($0.text.utf8), $0.kind) })
    }
    phase = memory.plan(source.phase)
    phases = source.phases.map { (Array($0.text.utf8), $0.phase) }
    id = memory.plan(source.id)
    start = source.start.map { (memory.plan($0.path), $0.form) }
    zones = source.zones.map(memory.plan)
    active = source.active.map(memory.plan)
  }
}
