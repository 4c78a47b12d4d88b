/// Profiles made ready for messages: names resolved, units turned into factors, topics into a tree.
import CSimdjson
import EstateModel

/// All profiles of one decoder.
final class ProfilePlan {
  let topics: TopicTrie.View
  let envelopes: Kept<EnvelopePlan>
  let topicFilters: [String]
  let codecs: CodecChoice
  let vocabulary: Vocabulary
  /// Units by symbol, for texts such as `2799 mm`.
  let units: NameTable.View
  /// Attributes of devices that computations ask for, by column.
  let attributes: [String]
  /// `value` and `unit` of numbers that come as an object, and other spellings of them.
  private let holders: Kept<(value: PathPlan, unit: PathPlan)>
  let memory: PathMemory

  init(_ profiles: [Profile]) {
    let memory = PathMemory()
    self.memory = memory
    units = memory.keep(Self.unitNames)
    var attributes: [String] = []
    vocabulary = Vocabulary(
      profiles.flatMap(\.vocabulary), profiles.flatMap(\.computed), memory, attributes: &attributes)
    codecs = CodecChoice(
      profiles.flatMap { profile in profile.codecs.map { CodecPlan(name: profile.name, $0) } })
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
      var plans: [BodyPlan] = []
      for (name, body) in bodies.sorted(by: {
        ($1.body.specificity, $0.name) < ($0.body.specificity, $1.name)
      }) {
        plans.append(BodyPlan(name: name, body, link: envelope.link, memory, attributes: &attributes))
      }
      let choice = ModelChoice(plans, memory)
      for topic in envelope.topics {
        trie.insert(topic, envelopes.count)
        envelopes.append(
          EnvelopePlan(
            name: profile.name, envelope, topic: topic, models: choice, isComplete: profile.body != nil,
            memory))
      }
    }
    topics = TopicTrie.View(trie, memory)
    self.envelopes = memory.keep(envelopes)
    self.attributes = attributes
    holders = memory.keep(
      [("value", "unit"), ("Value", "Unit")].compactMap { names in
        guard let value = JSONPath(names.0), let unit = JSONPath(names.1) else { return nil }
        return (memory.plan(value), memory.plan(unit))
      })
    let filters = profiles.flatMap { profile -> [String] in
      guard let envelope = profile.envelope else { return [] }
      let filters = envelope.topics.map(\.filter)
      return envelope.isCompressed
        ? filters + filters.filter { !$0.hasSuffix("#") }.map { $0 + "/gzip" } : filters
    }
    topicFilters = Set(filters).sorted()
  }

  /// The two parts of a number that comes as `{value: …, unit: …}`; nil when it doesn't.
  func number(in object: json_value) -> (value: json_value, unit: json_value)? {
    for holder in holders {
      let value = holder.value(object)
      if !value.isAbsent { return (value, holder.unit(object)) }
    }
    return nil
  }

  /// Spellings that payloads use and configuration files don't: RFC 8428, section 12.1, and vendors' texts.
  private static let unitNames: NameTable = {
    var table = NameTable(Unit.all.enumerated().map { ($1.symbol, UInt32($0)) })
    let spellings: [(String, String)] = [
      ("Cel", "degC"), ("C", "degC"), ("%RH", "%"), ("%EL", "%"), ("%rH", "%"), ("Volt", "V"), ("volts", "V"),
      ("dbm", "dBm"), ("millimeter", "mm"), ("centimeter", "cm"), ("meter", "m"), ("degree", "deg"),
      ("degrees", "deg"), ("\u{00BA}C", "degC"), ("\u{00BA}", "deg"), ("minutes", "min"), ("seconds", "s"),
      ("hours", "h"), ("days", "day"),
    ]
    for (spelling, symbol) in spellings {
      if let number = Unit.all.firstIndex(where: { $0.symbol == symbol }) {
        table.insert(spelling, UInt32(number))
      }
    }
    return table
  }()
}
