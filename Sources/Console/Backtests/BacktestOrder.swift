/// What to try, checked before anything is played.
import Configuration
import EstateModel
import Foundation
import Gateway
import RuleTools
import Store

/// `{"rule": "sewer-high-level", "days": 30, "raise": "level / device.bore >= 70%", "for": "20min"}`
struct BacktestOrder: Decodable, Sendable {
  /// Days of stored readings.
  static let mostDays = 90
  static let usualDays = 30
  /// Characters of a condition or a delay.
  private static let mostText = 1000

  var rule: String
  var days: Int?
  var raise: String?
  var onDelay: String?
  var clear: String?
  var offDelay: String?

  enum CodingKeys: String, CodingKey {
    case rule, days, raise, clear
    case onDelay = "for"
    case offDelay = "clear-for"
  }

  init(rule: String, days: Int?, changes: [RuleTrial.Key: String]) {
    (self.rule, self.days) = (rule, days)
    (raise, onDelay, clear, offDelay) = (
      changes[.raise], changes[.onDelay], changes[.clear], changes[.offDelay]
    )
  }

  static func read(_ text: String) throws -> BacktestOrder {
    do { return try JSONDecoder().decode(Self.self, from: Data(text.utf8)) } catch {
      throw Problem(
        .badRequest,
        "expected a JSON object with 'rule', at least one of 'raise', 'for', 'clear' and 'clear-for', and 'days' if wished"
      )
    }
  }

  var changes: [RuleTrial.Key: String] {
    let given: [(RuleTrial.Key, String?)] = [
      (.raise, raise), (.onDelay, onDelay), (.clear, clear), (.offDelay, offDelay),
    ]
    return Dictionary(uniqueKeysWithValues: given.compactMap { key, value in value.map { (key, $0) } })
  }

  /// - Throws: ``Problem`` 422 that says what can't be tried.
  func trial(_ configuration: LoadedConfiguration) throws -> RuleTrial {
    func refuse(_ reason: String) -> Problem { Problem(.unprocessableContent, reason) }
    guard let running = configuration.rules.rules.first(where: { $0.id == rule }) else {
      throw refuse("there is no rule '\(rule.prefix(80))'")
    }
    guard (1...Self.mostDays).contains(days ?? Self.usualDays) else {
      throw refuse("'days': expected 1 to \(Self.mostDays)")
    }
    let changes = changes
    guard !changes.isEmpty else { throw refuse("nothing is changed") }
    for (key, value) in changes {
      let isPlain = value.unicodeScalars.allSatisfy {
        $0.properties.generalCategory != .control && $0.properties.generalCategory != .lineSeparator
          && $0.properties.generalCategory != .paragraphSeparator
      }
      guard (1...Self.mostText).contains(value.count), isPlain else {
        throw refuse("'\(key.rawValue)': expected one line of 1 to \(Self.mostText) characters")
      }
    }
    let documents = RuleDocuments(
      Document.all(in: configuration.settings.rulesFolder, prefix: "rules", diagnostics: Diagnostics()))
    let diagnostics = Diagnostics()
    guard
      let trial = RuleTrial(
        of: rule, changes: changes, in: documents, calendars: configuration.calendars,
        catalogue: configuration.catalogue, diagnostics: diagnostics)
    else {
      throw refuse(diagnostics.errors.first.map(\.message) ?? "the rule can't be tried in this form")
    }
    guard trial.rule.isWritten(like: running) else {
      throw Problem(.conflict, "the file of rule '\(rule)' has changed since the gateway read it")
    }
    return trial
  }

  /// Plays both forms over what is stored.
  func work(_ trial: RuleTrial, _ configuration: LoadedConfiguration) -> BacktestQueue.Work {
    let days = days ?? Self.usualDays
    return { progress in
      // A connection of its own: long questions don't hold up short ones.
      let reader = try Store.reader(folder: configuration.settings.dataFolder)
      guard let now = try reader.lastBatchTime() else { throw Problem(.conflict, "nothing is stored yet") }
      let (end, start) = (now + 1, now + 1 - Int64(days) * 86_400_000)
      let backtest = Backtest(
        rules: trial.rules, catalogue: configuration.catalogue, since: start, until: end)
      let first = start - backtest.leadIn
      let played = try backtest.play(reader) { now, readings in
        progress(Double(now - first) / Double(max(1, end - first)), readings)
      }
      guard !played.wasStopped else { return nil }
      let report = trial.report(
        played, since: start, until: end, routing: configuration.routing, catalogue: configuration.catalogue)
      return BacktestOutcome(since: start.milliseconds, until: end.milliseconds, report: report)
    }
  }
}

extension Rule {
  fileprivate func isWritten(like other: Rule) -> Bool {
    raiseText == other.raiseText && clearText == other.clearText && onDelay == other.onDelay
      && offDelay == other.offDelay && kinds == other.kinds
  }
}
