/// One rule with other numbers, beside itself as it stands: what each of the two says of the same readings.
import Configuration
import EstateModel
import Rules
import Tickets

public struct RuleTrial: Sendable {
  /// What of a rule can be tried in another form.
  public enum Key: String, CaseIterable, Hashable, Sendable, Codable {
    case raise
    case onDelay = "for"
    case clear
    case offDelay = "clear-for"
  }

  /// The rule as its file has it.
  public let rule: Rule
  public let changes: [Key: String]
  /// Both forms, and the rules that hold them back.
  public let rules: RuleSet
  private let tried: String

  /// - Parameters:
  ///   - rule: its id.
  ///   - changes: as they would stand in the file: `level / device.bore >= 70%`, `30min`.
  ///   - diagnostics: gets what keeps the changed rule from being used.
  /// - Returns: nil when there is such a problem, or no such rule.
  public init?(
    of rule: String, changes: [Key: String], in documents: RuleDocuments, calendars: [String: EstateCalendar],
    catalogue: Catalogue, diagnostics: Diagnostics
  ) {
    guard let (document, node) = documents.find(rule), let present = document.ruleText(node) else {
      diagnostics.error(
        "no rule '\(rule)' with each key on a line of its own",
        at: SourceLocation(file: rule, line: 1, column: 1))
      return nil
    }
    let tried = "\(rule)-tried"
    var varied: [String]? = present
    for key in Key.allCases {
      guard let value = changes[key], let text = varied else { continue }
      varied = RuleVariants.text(text, named: tried, key: key.rawValue, value: value)
    }
    guard let text = varied else {
      diagnostics.error("rule '\(rule)' does not begin with 'rule:'", at: node.location)
      return nil
    }
    let quiet = Diagnostics()
    let both = (present + text).joined(separator: "\n")
    guard let both = Document(text: both, file: document.file, diagnostics: diagnostics) else { return nil }
    let names = Self.inhibitors(of: rule, documents, calendars, catalogue)
    let rules = RuleSet(
      documents: [both] + documents.only(names, quiet), calendars: calendars, catalogue: catalogue,
      diagnostics: diagnostics)
    let first = rules.rules.first { $0.id == rule }
    guard let first, !diagnostics.hasErrors else { return nil }
    (self.rule, self.changes, self.rules, self.tried) = (first, changes, rules, tried)
  }

  /// Rules that hold this one back, and those that hold them back.
  private static func inhibitors(
    of rule: String, _ documents: RuleDocuments, _ calendars: [String: EstateCalendar], _ catalogue: Catalogue
  ) -> Set<String> {
    let all = RuleSet(
      documents: documents.documents, calendars: calendars, catalogue: catalogue, diagnostics: Diagnostics())
    let byName = Dictionary(
      all.rules.map { ($0.id, $0.inhibitedBy) }, uniquingKeysWith: { first, _ in first })
    var found: Set<String> = []
    var next = byName[rule] ?? []
    while let name = next.popLast() {
      if found.insert(name).inserted { next += byName[name] ?? [] }
    }
    return found.subtracting([rule])
  }

  /// The old form's alarms count as raised, the new one's as what would have been.
  public func report(
    _ played: Backtest.Played, since: Timestamp, until: Timestamp, routing: Routing, catalogue: Catalogue
  ) -> BacktestReport {
    let would = played.alarms.filter { $0.raised.rule == tried }.map { alarm in
      var alarm = alarm
      alarm.raised.rule = rule.id
      return alarm
    }
    return BacktestReport(
      would: would, did: played.alarms.filter { $0.raised.rule == rule.id }, rules: rules, only: [rule.id],
      since: since, until: until, routing: routing, catalogue: catalogue)
  }
}
