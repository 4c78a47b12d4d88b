/// What to do about rules that tell too much, with the values that stored readings say would help.
import Configuration
import EstateModel
import Rules
import Store

public struct RuleAdvice: Sendable, Codable {
  public enum Fault: String, Sendable, Codable {
    /// Three or more of one alarm within a minute.
    case chattering
    /// Half of its alarms are over within five minutes.
    case fleeting
    /// One device raises it once a day or more often.
    case frequent
  }

  /// A change that would have halved the rule's alarms.
  public struct Remedy: Hashable, Sendable, Codable {
    public var change: RuleChange
    /// How many would have been left.
    public var left: Int
  }

  public var rule: String
  public var faults: [Fault]
  /// Alarms that the rule as it stands raises in the stored readings.
  public var count: Int
  /// Of each kind of change the smallest that halves the count; empty where none does, or no readings are there.
  public var remedies: [Remedy] = []

  /// At most so many rules are looked into: each is played in some thirty variants.
  public static let most = 5

  /// Rules that need something done, the worst first.
  public static func faulty(_ quality: AlarmQuality) -> [RuleAdvice] {
    let days = max(1, Double(quality.until - quality.since) / 86_400_000)
    let byRule = Dictionary(grouping: quality.sources, by: \.rule)
    let advice = byRule.compactMap { rule, sources -> RuleAdvice? in
      let count = sources.reduce(0) { $0 + $1.count }
      var faults: [Fault] = []
      if sources.contains(where: { $0.chatterings > 0 }) { faults.append(.chattering) }
      let short = sources.filter { ($0.medianDuration ?? .max) <= 300_000 }.reduce(0) { $0 + $1.count }
      if count >= 5, short * 2 >= count { faults.append(.fleeting) }
      if sources.contains(where: { $0.count >= 3 && Double($0.count) / days >= 1 }) {
        faults.append(.frequent)
      }
      return faults.isEmpty ? nil : RuleAdvice(rule: rule, faults: faults, count: count)
    }
    return advice.sorted { ($1.count, $0.rule) < ($0.count, $1.rule) }
  }

  /// Plays the rules in many variants over the stored readings, all at once.
  /// - Parameters:
  ///   - advice: of these rules; those beyond ``most`` are returned as they are.
  ///   - progress: as in ``Backtest/play(_:progress:)``.
  public static func withRemedies(
    _ advice: [RuleAdvice], rules: RuleSet, documents: RuleDocuments, catalogue: Catalogue,
    reader: StoreReader, since: Timestamp, until: Timestamp,
    progress: (_ now: Timestamp, _ readings: Int) -> Bool = { _, _ in true }
  ) throws -> [RuleAdvice] {
    let wanted = advice.prefix(most).compactMap { entry in rules.rules.first { $0.id == entry.rule } }
    guard !wanted.isEmpty else { return advice }
    let quiet = Diagnostics()
    let variants = RuleVariants(of: wanted, in: documents, quiet)
    let inhibitors = Set(wanted.flatMap(\.inhibitedBy)).subtracting(wanted.map(\.id))
    let set = RuleSet(
      documents: variants.documents + documents.only(inhibitors, quiet), calendars: rules.calendars,
      catalogue: catalogue, diagnostics: quiet)
    let played = try Backtest(rules: set, catalogue: catalogue, since: since, until: until)
      .play(reader, progress: progress)
    var counts: [String: Int] = [:]
    for alarm in played.alarms
    where (since.milliseconds..<until.milliseconds).contains(alarm.raised.at) {
      counts[alarm.raised.rule, default: 0] += 1
    }
    return advice.map { entry in
      guard let base = counts[entry.rule], base > 0, !played.wasStopped else { return entry }
      var entry = entry
      entry.count = base
      // Values were tried from small to large, and run under names that count up.
      for kind in [RuleChange.Kind.onDelay, .offDelay, .clear] {
        guard let rule = wanted.first(where: { $0.id == entry.rule }) else { continue }
        for change in RuleVariants.changes(of: rule) where change.kind == kind {
          guard let name = variants.changes.first(where: { $0.value == change })?.key,
            set.rules.contains(where: { $0.id == name })
          else { continue }
          let left = counts[name] ?? 0
          if left * 2 <= base {
            entry.remedies.append(Remedy(change: change, left: left))
            break
          }
        }
      }
      return entry
    }
  }
}
