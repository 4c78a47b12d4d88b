/// One signal of a profile, ready for messages: where it stands and how its number becomes the signal's unit.
import EstateModel

struct SignalPlan {
  let signal: SignalIndex
  let form: Signal.Form
  let paths: Kept<PathPlan>
  /// For each path: where its value is when the object's own keys have been looked up; -1: it must be followed.
  let places: Kept<Int>
  let conversion: Conversion
  let isUnitStated: Bool
  let unitPath: PathPlan?
  let faultPath: PathPlan?
  /// Numbers and limits among the faults; most signals have none.
  let faultNumbers: Kept<Sentinel>
  let faultTexts: Kept<(text: [UInt8], reason: String)>
  let absentNumbers: Kept<Sentinel>
  let absentTexts: Kept<[UInt8]>
  let states: Kept<(text: [UInt8], value: Double)>
  let elseState: Double?
  let conditions: Kept<ConditionPlan>
  let faultConditions: Kept<ConditionPlan>
  let series: (period: PathPlan, milliseconds: Double)?
  private let scale: Double
  private let offset: Double

  init(_ source: SignalSource, places: [Int] = [], _ memory: PathMemory) {
    signal = source.signal
    form = Signal[source.signal].form
    paths = memory.keep(source.paths.map(memory.plan))
    self.places = memory.keep(places)
    (scale, offset) = (source.scale, source.offset)
    conversion = Conversion(
      scale: source.scale, offset: source.offset, from: source.unit, to: Signal[source.signal].unit)
    isUnitStated = source.isUnitStated
    unitPath = source.unitPath.map(memory.plan)
    faultPath = source.faultPath.map(memory.plan)
    faultNumbers = memory.keep(source.faults.filter { $0.number != nil })
    faultTexts = memory.keep(
      source.faults.filter { $0.comparison == nil }.map { (Array($0.text.utf8), $0.reason) })
    absentNumbers = memory.keep(source.absent.filter { $0.number != nil })
    absentTexts = memory.keep(
      source.absent.filter { $0.comparison == nil }.map { Array($0.text.utf8) })
    conditions = memory.keep(source.conditions.map { ConditionPlan($0, memory) })
    faultConditions = memory.keep(source.faultConditions.map { ConditionPlan($0, memory) })
    states = memory.keep(source.states.map { (Array($0.text.utf8), $0.value) })
    elseState = source.elseState
    series = source.series.map { (memory.plan($0.period), $0.unit.scale * 1000) }
  }

  /// For a number whose unit stands beside it.
  func conversion(from unit: Unit) -> Conversion {
    Conversion(scale: scale, offset: offset, from: unit, to: Signal[signal].unit)
  }

  func state(_ text: UnsafeRawBufferPointer) -> Double? {
    for state in states where text.elementsEqual(state.text) { return state.value }
    return states.isEmpty ? nil : elseState
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
    case mapped([PathPlan], [(text: TextPattern, kind: SignalIndex, isOwnName: Bool)], other: SignalIndex?)
  }
  enum Phases {
    case moment
    case mapped([PathPlan], [(text: [UInt8], step: EventSource.Step)])
  }

  let kind: Kind
  let phases: Phases
  let id: PathPlan?
  let keys: [PathPlan]
  let start: (path: PathPlan, form: TimeForm)?
  let zones: PathPlan?
  let active: PathPlan?
  /// A stay: after how many milliseconds it is told of, and the column of ``loiteringTime``.
  let stay: (least: Int64, column: Int)?

  /// Its device tells of begin and end only.
  let isLasting: Bool

  private static let loiteringTime = "loitering-time"

  init(_ source: EventSource, _ memory: PathMemory, attributes: inout [String]) {
    if source.stay != nil, !attributes.contains(Self.loiteringTime) { attributes.append(Self.loiteringTime) }
    let column = attributes.firstIndex(of: Self.loiteringTime) ?? 0
    stay = source.stay.map { ($0, column) }
    switch source.kind {
    case .fixed(let signal): kind = .fixed(signal)
    case .mapped(let paths, let pairs, let other):
      kind = .mapped(
        paths.map(memory.plan),
        pairs.map {
          (TextPattern($0.text), $0.kind, $0.text == Signal[$0.kind].name || $0.text.contains("*"))
        }, other: other)
    }
    switch source.phases {
    case .moment:
      phases = .moment
      isLasting = false
    case .mapped(let paths, let pairs):
      isLasting = pairs.contains { $0.step == .end } && !pairs.contains { $0.step == .update }
      phases = .mapped(paths.map(memory.plan), pairs.map { (Array($0.text.utf8), $0.step) })
    }
    id = source.id.map(memory.plan)
    keys = source.keys.map(memory.plan)
    start = source.start.map { (memory.plan($0.path), $0.form) }
    zones = source.zones.map(memory.plan)
    active = source.active.map(memory.plan)
  }
}

/// A text with `*` for anything at its begin, its end, or both.
struct TextPattern {
  private let text: [UInt8]
  private let isOpenAtStart: Bool
  private let isOpenAtEnd: Bool

  init(_ pattern: String) {
    var bytes = Array(pattern.utf8)[...]
    isOpenAtStart = bytes.count > 1 && bytes.first == UInt8(ascii: "*")
    if isOpenAtStart { bytes.removeFirst() }
    isOpenAtEnd = bytes.last == UInt8(ascii: "*")
    if isOpenAtEnd { bytes.removeLast() }
    text = Array(bytes)
  }

  func matches(_ bytes: UnsafeRawBufferPointer) -> Bool {
    switch (isOpenAtStart, isOpenAtEnd) {
    case (false, false): bytes.elementsEqual(text)
    case (false, true): bytes.starts(with: text)
    case (true, false): bytes.count >= text.count && bytes.suffix(text.count).elementsEqual(text)
    case (true, true): contains(bytes)
    }
  }

  private func contains(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count >= text.count else { return false }
    for start in 0...(bytes.count - text.count)
    where bytes[start..<(start + text.count)].elementsEqual(text) {
      return true
    }
    return false
  }
}
