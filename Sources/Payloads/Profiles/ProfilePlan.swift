/// Profiles made ready for messages: names resolved, units turned into factors, topics into a tree.
import CSimdjson
import EstateModel

/// All profiles of one decoder.
final class ProfilePlan {
  let topics: TopicTrie
  let envelopes: [EnvelopePlan]
  let topicFilters: [String]
  /// Units by symbol, for texts such as `2799 mm`.
  let units: NameTable
  private let memory: PathMemory

  init(_ profiles: [Profile]) {
    let memory = PathMemory()
    self.memory = memory
    units = NameTable(Unit.all.enumerated().map { ($1.symbol, UInt32($0)) })
    let models = profiles.filter(\.isModel)
    var trie = TopicTrie()
    var envelopes: [EnvelopePlan] = []
    for profile in profiles {
      guard let envelope = profile.envelope else { continue }
      let bodies: [(name: String, body: Body)] =
        if let body = profile.body {
          [(profile.name, body)]
        } else {
          models.compactMap { model in
            guard let body = model.body, body.networks?.contains(where: { $0.name == profile.name }) ?? true
            else { return nil }
            return (model.name, body)
          }
        }
      let plans =
        bodies
        .sorted { ($1.body.specificity, $0.name) < ($0.body.specificity, $1.name) }
        .map { BodyPlan(name: $0.name, $0.body, link: envelope.link, memory) }
      for topic in envelope.topics {
        trie.insert(topic, envelopes.count)
        envelopes.append(
          EnvelopePlan(
            name: profile.name, envelope, topic: topic, models: plans, isComplete: profile.body != nil, memory
          ))
      }
    }
    topics = trie
    self.envelopes = envelopes
    topicFilters = Set(profiles.flatMap { $0.envelope?.topics.map(\.filter) ?? [] }).sorted()
  }
}

/// One topic of a network or of a complete profile.
final class EnvelopePlan {
  enum Address {
    /// The topic's level, counted from 0.
    case level(Int)
    case path(PathPlan)
  }

  let name: String
  let addresses: [Address]
  let times: [(path: PathPlan, form: TimeForm)]
  let decoded: PathPlan
  let conditions: [ConditionPlan]
  let status: [(text: [UInt8], isOnline: Bool)]
  let counter: PathPlan?
  let session: PathPlan?
  /// Those that ask for most come first.
  let models: [BodyPlan]
  /// A profile of its own: its only body always applies.
  let isComplete: Bool

  init(
    name: String, _ envelope: Envelope, topic: TopicPattern, models: [BodyPlan], isComplete: Bool,
    _ memory: PathMemory
  ) {
    self.name = name
    self.models = models
    self.isComplete = isComplete
    addresses = envelope.device.compactMap { address in
      switch address {
      case .capture(let name): topic.level(of: name).map { .level($0) }
      case .path(let path): .path(memory.plan(path))
      }
    }
    times = envelope.times.map { (memory.plan($0.path), $0.form) }
    decoded = memory.plan(envelope.decoded)
    conditions = envelope.conditions.map { ConditionPlan($0, memory) }
    status = envelope.status.map { (Array($0.text.utf8), $0.isOnline) }
    counter = envelope.counter.map(memory.plan)
    session = envelope.session.map(memory.plan)
  }
}

/// One device model.
final class BodyPlan {
  let name: String
  let has: [PathPlan]
  let hasAny: [PathPlan]
  let conditions: [ConditionPlan]
  let envelopeConditions: [ConditionPlan]
  let link: [SignalPlan]
  let signals: [SignalPlan]
  let event: EventPlan?
  let history: (list: PathPlan, time: PathPlan, form: TimeForm)?

  init(name: String, _ body: Body, link: [SignalSource], _ memory: PathMemory) {
    self.name = name
    has = body.has.map(memory.plan)
    hasAny = body.hasAny.map(memory.plan)
    conditions = body.conditions.map { ConditionPlan($0, memory) }
    envelopeConditions = body.envelopeConditions.map { ConditionPlan($0, memory) }
    signals = body.signals.map { SignalPlan($0, memory) }
    let wanted = body.link.map(\.signal)
    self.link = link.filter { wanted.contains($0.signal) }.map { SignalPlan($0, memory) }
    event = body.event.map { EventPlan($0, memory) }
    history = body.history.map { (memory.plan($0.list), memory.plan($0.time.path), $0.time.form) }
  }

  func fits(_ object: json_value, in envelope: json_value) -> Bool {
    for path in has where path(object).isAbsent { return false }
    if !hasAny.isEmpty {
      var isAny = false
      for path in hasAny where !path(object).isAbsent {
        isAny = true
        break
      }
      if !isAny { return false }
    }
    return conditions.hold(in: object) && envelopeConditions.hold(in: envelope)
  }
}

/// A value that must, or must not, stand at a path.
struct ConditionPlan {
  private let path: PathPlan
  private let text: [UInt8]
  private let isNegated: Bool

  init(_ condition: Condition, _ memory: PathMemory) {
    path = memory.plan(condition.path)
    text = Array(condition.text.utf8)
    isNegated = condition.isNegated
  }

  func holds(in object: json_value) -> Bool { path(object).reads(text) != isNegated }
}

extension [ConditionPlan] {
  func hold(in object: json_value) -> Bool {
    for condition in self where !condition.holds(in: object) { return false }
    return true
  }
}

extension json_value {
  /// Whether the value, written out, is this text.
  func reads(_ text: [UInt8]) -> Bool {
    switch kind {
    case JSON_STRING: textBytes.elementsEqual(text)
    case JSON_BOOL: (number != 0 ? "true" : "false").utf8.elementsEqual(text)
    case JSON_NULL: "null".utf8.elementsEqual(text)
    case JSON_INTEGER, JSON_NUMBER: Double(String(decoding: text, as: UTF8.self)) == number
    default: false
    }
  }
}
