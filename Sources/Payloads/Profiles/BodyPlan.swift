/// One device model, ready for messages.
import CSimdjson
import EstateModel

final class BodyPlan {
  let name: String
  let has: [PathPlan]
  let hasAny: [PathPlan]
  /// First keys of `has` and `hasAny`, by which a model is found; nil where a path begins otherwise.
  let hasKeys: [String?]
  let hasAnyKeys: [String?]
  let conditions: [ConditionPlan]
  let envelopeConditions: [ConditionPlan]
  let names: [[UInt8]]
  let link: [SignalPlan]
  let signals: [SignalPlan]
  let computed: [ComputationPlan]
  let event: EventPlan?
  let history: [(list: PathPlan, time: PathPlan, form: TimeForm)]
  let byName: Bool
  /// Keys that the model reads itself, with a place for the value of each: no name says anything else of them.
  let ownKeys: NameTable

  /// For each signal the places of which one must be filled; 0: it must be looked at in any case.
  let needs: ContiguousArray<UInt64>

  /// Keys of one model that have a place.
  static let maximumPlaces = 64
  let nameFrom: PathPlan?
  let unitFrom: PathPlan?

  init(name: String, _ body: Body, link: [SignalSource], _ memory: PathMemory, attributes: inout [String]) {
    self.name = name
    has = body.has.map(memory.plan)
    hasAny = body.hasAny.map(memory.plan)
    hasKeys = body.has.map(\.firstKey)
    hasAnyKeys = body.hasAny.map(\.firstKey)
    conditions = body.conditions.map { ConditionPlan($0, memory) }
    envelopeConditions = body.envelopeConditions.map { ConditionPlan($0, memory) }
    names = body.names.map { Array($0.utf8) }
    signals = body.signals.map { SignalPlan($0, memory) }
    let wanted = body.link.map(\.signal)
    self.link = link.filter { wanted.contains($0.signal) }.map { SignalPlan($0, memory) }
    var plans: [ComputationPlan] = []
    for source in body.computed { plans.append(ComputationPlan(source, attributes: &attributes)) }
    computed = plans
    event = body.event.map { EventPlan($0, memory) }
    history = body.history.map { (memory.plan($0.list), memory.plan($0.time.path), $0.time.form) }
    byName = body.byName
    var keys = NameTable()
    for (plan, source) in zip(signals, body.signals) {
      plan.places = source.paths.map { path in
        guard var key = path.firstKey else { return -1 }
        keys.insert(key, UInt32(keys.count))
        guard path.steps.count == 1, let place = key.withUTF8({ keys[UnsafeRawBufferPointer($0)] }) else {
          return -1
        }
        return place < Self.maximumPlaces ? Int(place) : -1
      }
    }
    ownKeys = keys
    needs = ContiguousArray(
      signals.map { signal in
        let isSimple = signal.faultPath == nil && signal.faultConditions.isEmpty
        guard isSimple, signal.places.allSatisfy({ $0 >= 0 }) else { return 0 }
        return signal.places.reduce(0) { $0 | 1 << UInt64($1) }
      })
    nameFrom = body.nameFrom.map(memory.plan)
    unitFrom = body.unitFrom.map(memory.plan)
  }

  /// - Parameter hints: what the device's model may be called, in small letters and digits.
  func fits(_ object: json_value, in envelope: json_value, hints: () -> [[UInt8]]) -> Bool {
    for path in has where path(object).isAbsent { return false }
    if !hasAny.isEmpty, !hasAny.contains(where: { !$0(object).isAbsent }) { return false }
    guard conditions.hold(in: object), envelopeConditions.hold(in: envelope) else { return false }
    if names.isEmpty { return true }
    let hints = hints()
    return names.contains { name in hints.contains { $0.containsRun(name) } }
  }
}

extension JSONPath {
  var firstKey: String? {
    guard capture == nil, case .key(let key)? = steps.first else { return nil }
    return key
  }
}

/// Finds the model of an object by its keys: each key is looked up once, however many models there are.
final class ModelChoice {
  /// Those that ask for most come first.
  let models: [BodyPlan]
  private let keys: NameTable
  /// Which keys a model needs, and of which it needs one, as bits.
  private let needs: [(all: SIMD4<UInt64>, any: SIMD4<UInt64>)]

  private static let keyLimit = 256

  init(_ models: [BodyPlan]) {
    self.models = models
    var keys = NameTable()
    func bits(_ names: [String?]) -> SIMD4<UInt64>? {
      var bits = SIMD4<UInt64>()
      for name in names {
        guard var name else { return nil }
        if keys.count < Self.keyLimit { keys.insert(name, UInt32(keys.count)) }
        guard let number = name.withUTF8({ keys[UnsafeRawBufferPointer($0)] }) else { return nil }
        bits[Int(number) / 64] |= 1 << UInt64(number % 64)
      }
      return bits
    }
    needs = models.map { model in
      // What can't be told by first keys alone is looked at in full.
      (bits(model.hasKeys.filter { $0 != nil }) ?? .zero, bits(model.hasAnyKeys) ?? .zero)
    }
    self.keys = keys
  }

  /// - Parameter fields: those of the object.
  func model(
    of object: json_value, _ fields: UnsafeBufferPointer<json_field>, in envelope: json_value,
    hints: () -> [[UInt8]]
  ) -> BodyPlan? {
    var present = SIMD4<UInt64>()
    for field in fields {
      guard let number = keys[field.keyBytes] else { continue }
      present[Int(number) / 64] |= 1 << UInt64(number % 64)
    }
    for (number, need) in needs.enumerated() {
      if (need.all & present) != need.all { continue }
      if need.any != .zero, (need.any & present) == .zero { continue }
      if models[number].fits(object, in: envelope, hints: hints) { return models[number] }
    }
    return nil
  }
}

/// A value that must, or must not, stand at a path.
struct ConditionPlan {
  private let path: PathPlan
  private let text: [UInt8]
  /// `< 3.6`, or a number that must be equal.
  private let limit: Sentinel
  private let isNegated: Bool

  init(_ condition: Condition, _ memory: PathMemory) {
    path = memory.plan(condition.path)
    text = Array(condition.text.utf8)
    limit = Sentinel(condition.text, reason: "")
    isNegated = condition.isNegated
  }

  func holds(in object: json_value) -> Bool { reads(path(object)) != isNegated }

  /// Whether the value, written out, is this text.
  private func reads(_ value: json_value) -> Bool {
    switch value.kind {
    case JSON_STRING: value.textBytes.elementsEqual(text)
    case JSON_BOOL: (value.number != 0 ? "true" : "false").utf8.elementsEqual(text)
    case JSON_NULL: "null".utf8.elementsEqual(text)
    case JSON_INTEGER, JSON_NUMBER: limit.holds(value.number)
    default: false
    }
  }
}

extension [ConditionPlan] {
  func hold(in object: json_value) -> Bool {
    for condition in self where !condition.holds(in: object) { return false }
    return true
  }
}
