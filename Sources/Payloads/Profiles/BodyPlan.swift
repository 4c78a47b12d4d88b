/// One device model, ready for messages.
import CSimdjson
import EstateModel

final class BodyPlan {
  let name: String
  let has: Kept<PathPlan>
  let hasAny: Kept<PathPlan>
  /// First keys of `has` and `hasAny`, by which a model is found; nil where a path begins otherwise.
  let hasKeys: [String?]
  let hasAnyKeys: [String?]
  let conditions: Kept<ConditionPlan>
  let envelopeConditions: Kept<ConditionPlan>
  let names: Kept<[UInt8]>
  let link: Kept<SignalPlan>
  let signals: Kept<SignalPlan>
  let computed: Kept<ComputationPlan>
  let events: [EventPlan]
  let history: Kept<(list: PathPlan, time: PathPlan, form: TimeForm)>
  let byName: Bool
  /// Keys that the model reads itself, with a place for the value of each: no name says anything else of them.
  let ownKeys: NameTable.View

  /// For each signal the places of which one must be filled; 0: it must be looked at in any case.
  let needs: Kept<UInt64>

  /// Keys of one model that have a place.
  static let maximumPlaces = 64
  let nameFrom: PathPlan?
  let unitFrom: PathPlan?

  init(name: String, _ body: Body, link: [SignalSource], _ memory: PathMemory, attributes: inout [String]) {
    self.name = name
    has = memory.keep(body.has.map(memory.plan))
    hasAny = memory.keep(body.hasAny.map(memory.plan))
    hasKeys = body.has.map(\.firstKey)
    hasAnyKeys = body.hasAny.map(\.firstKey)
    conditions = memory.keep(body.conditions.map { ConditionPlan($0, memory) })
    envelopeConditions = memory.keep(body.envelopeConditions.map { ConditionPlan($0, memory) })
    names = memory.keep(body.names.map { Array($0.utf8) })
    let wanted = body.link.map(\.signal)
    self.link = memory.keep(link.filter { wanted.contains($0.signal) }.map { SignalPlan($0, memory) })
    var plans: [ComputationPlan] = []
    for source in body.computed { plans.append(ComputationPlan(source, attributes: &attributes)) }
    computed = memory.keep(plans)
    var events: [EventPlan] = []
    for source in body.events { events.append(EventPlan(source, memory, attributes: &attributes)) }
    self.events = events
    history = memory.keep(
      body.history.map { (memory.plan($0.list), memory.plan($0.time.path), $0.time.form) })
    byName = body.byName
    var keys = NameTable()
    signals = memory.keep(
      body.signals.map { source in
        let places = source.paths.map { path in
          guard var key = path.firstKey else { return -1 }
          keys.insert(key, UInt32(keys.count))
          guard path.steps.count == 1, let place = key.withUTF8({ keys[UnsafeRawBufferPointer($0)] }) else {
            return -1
          }
          return place < Self.maximumPlaces ? Int(place) : -1
        }
        return SignalPlan(source, places: places, memory)
      })
    ownKeys = memory.keep(keys)
    needs = memory.keep(
      signals.map { signal in
        let isSimple = signal.faultPath == nil && signal.faultConditions.isEmpty
        guard isSimple, signal.places.allSatisfy({ $0 >= 0 }) else { return 0 }
        return signal.places.reduce(0) { $0 | 1 << UInt64($1) }
      })
    nameFrom = body.nameFrom.map(memory.plan)
    unitFrom = body.unitFrom.map(memory.plan)
  }

  /// Whether an object has what the model asks for; what the device is called is another question.
  func fits(_ object: json_value, in envelope: json_value) -> Bool {
    for path in has where path(object).isAbsent { return false }
    if !hasAny.isEmpty, !hasAny.contains(where: { !$0(object).isAbsent }) { return false }
    return conditions.hold(in: object) && envelopeConditions.hold(in: envelope)
  }

  /// - Parameter hints: what the device's model may be called, in small letters and digits.
  func isNamed(in hints: [[UInt8]]) -> Bool {
    names.contains { name in hints.contains { $0.containsRun(name) } }
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
  /// The same, without counting who looks.
  private let known: Kept<Unmanaged<BodyPlan>>
  private let asksForName: Kept<Bool>
  private let keys: NameTable.View
  /// Which keys a model needs, and of which it needs one, as bits.
  private let needs: Kept<(all: SIMD4<UInt64>, any: SIMD4<UInt64>)>

  private static let keyLimit = 256

  init(_ models: [BodyPlan], _ memory: PathMemory) {
    self.models = models
    known = memory.keep(models.map { Unmanaged.passUnretained($0) })
    asksForName = memory.keep(models.map { !$0.names.isEmpty })
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
    needs = memory.keep(
      models.map { model in
        // What can't be told by first keys alone is looked at in full.
        (bits(model.hasKeys.filter { $0 != nil }) ?? .zero, bits(model.hasAnyKeys) ?? .zero)
      })
    self.keys = memory.keep(keys)
  }

  /// - Parameters:
  ///   - fields: those of the object.
  ///   - hashes: gets the hash of each field's key.
  func model(
    of object: json_value, _ fields: UnsafeBufferPointer<json_field>,
    _ hashes: UnsafeMutableBufferPointer<UInt64>, in envelope: json_value,
    hints: () -> [[UInt8]]
  ) -> Unmanaged<BodyPlan>? {
    var present = SIMD4<UInt64>()
    for position in fields.indices {
      let key = fields[position].keyBytes
      hashes[position] = NameTable.mixed(key)
      guard let number = keys[key, hashes[position]] else { continue }
      present[Int(number) / 64] |= 1 << UInt64(number % 64)
    }
    for (number, need) in needs.enumerated() {
      if (need.all & present) != need.all { continue }
      if need.any != .zero, (need.any & present) == .zero { continue }
      guard known[number]._withUnsafeGuaranteedRef({ $0.fits(object, in: envelope) }) else { continue }
      if !asksForName[number] || models[number].isNamed(in: hints()) { return known[number] }
    }
    return nil
  }
}

/// A value that must, or must not, stand at a path.
struct ConditionPlan {
  private let path: PathPlan
  private let text: Kept<UInt8>
  /// `< 3.6`, or a number that must be equal.
  private let limit: Sentinel.Limit?
  private let isNegated: Bool

  init(_ condition: Condition, _ memory: PathMemory) {
    path = memory.plan(condition.path)
    text = memory.keep(Array(condition.text.utf8))
    limit = Sentinel(condition.text, reason: "").limit
    isNegated = condition.isNegated
  }

  func holds(in object: json_value) -> Bool { reads(path(object)) != isNegated }

  /// Whether the value, written out, is this text.
  private func reads(_ value: json_value) -> Bool {
    switch value.kind {
    case JSON_STRING: value.textBytes.elementsEqual(text)
    case JSON_BOOL: (value.number != 0 ? "true" : "false").utf8.elementsEqual(text)
    case JSON_NULL: "null".utf8.elementsEqual(text)
    case JSON_INTEGER, JSON_NUMBER: limit?.holds(value.number) ?? false
    default: false
    }
  }
}

extension Kept<ConditionPlan> {
  func hold(in object: json_value) -> Bool {
    for condition in self where !condition.holds(in: object) { return false }
    return true
  }
}
