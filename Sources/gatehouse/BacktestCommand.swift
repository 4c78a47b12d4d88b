import ArgumentParser
import Configuration
import EstateModel
import Foundation
import Gateway
import RuleTools
import Rules
import Store

struct BacktestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backtest",
    abstract:
      "Play other rules over the stored readings: what they would have raised, beside what was raised.",
    discussion: """
      Readings are played in the order in which they were stored, from a little before --since, so that windows are \
      full. Alarms of one rule and device that overlap in time are the same. Ctrl-C stops, and prints what there is.

      EXAMPLE
        gatehouse backtest --since 30d
        gatehouse backtest --rules try/rules --since 30d --rule elevator-noise-night
        gatehouse backtest --rules try/rules --since 2026-03-01T00:00:00+08:00 --until 2026-03-08T00:00:00+08:00 --json
      """)

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  @Option(help: "Folder with the rules to try; default: the configured ones.")
  var rules: String?

  @Option(help: "From here: a time (RFC 3339), or so long before the latest batch.")
  var since = TimeArgument.back(milliseconds: 30 * 86_400_000)

  @Option(help: "To here, exclusive; default: the end.")
  var until: TimeArgument?

  @Option(help: "Nothing but this rule. May be given more than once.")
  var rule: [String] = []

  @Option(help: "At most so many alarms of each kind are listed for a rule.")
  var list = 20

  func run() throws {
    let loaded = try options.load()
    let set = try ruleSet(loaded)
    let reader = try options.reader()
    guard let now = try reader.lastBatchTime() else { throw Finding(text: "nothing is stored yet") }
    let end = until.map { $0.timestamp(now: now) } ?? now + 1
    let start = since.timestamp(now: now)
    guard start < end else { throw Finding(text: "--since is not before --until") }
    let backtest = Backtest(rules: set, catalogue: loaded.catalogue, since: start, until: end)

    let stop = StopSignal()
    var line = ProgressLine()
    let began = ContinuousClock.now
    let processorBegan = processorSeconds()
    let first = start - backtest.leadIn
    let played = try backtest.play(reader) { now, readings in
      line.show {
        let share = Double(now - first) / Double(max(1, end - first))
        let rate = Double(readings) / max(0.001, (ContinuousClock.now - began) / .seconds(1))
        return "\(Int(min(1, max(0, share)) * 100)) %  \(grouped(readings)) readings  \(grouped(Int(rate)))/s"
      }
      return !stop.hasCome
    }
    line.clear()
    let seconds = (ContinuousClock.now - began) / .seconds(1)
    let reached = played.wasStopped ? played.reached ?? start : end
    let report = BacktestReport(
      would: played.alarms, did: AlarmSpan.spans(try reader.transitions()), rules: set,
      only: rule.isEmpty ? nil : Set(rule), since: start, until: min(end, reached + 1),
      routing: loaded.routing, catalogue: loaded.catalogue)
    let text = BacktestText(
      report: report, played: played, seconds: seconds, processorSeconds: processorSeconds() - processorBegan,
      since: start, until: min(end, reached),
      longestList: list)
    if output.json { try text.printJSON() } else { print(text.text) }
  }

  private func ruleSet(_ loaded: LoadedConfiguration) throws -> RuleSet {
    let folder = rules.map { URL(fileURLWithPath: $0) } ?? loaded.settings.rulesFolder
    let diagnostics = Diagnostics()
    let documents = RuleDocuments(
      Document.all(in: folder, prefix: rules ?? "config/rules", diagnostics: diagnostics))
    let known = Set(documents.names.map(\.name))
    for name in rule where !known.contains(name) {
      throw Finding(text: "unknown rule '\(name)'\(suggestion(for: name, in: known))")
    }
    let all = RuleSet(
      documents: documents.documents, calendars: loaded.calendars, catalogue: loaded.catalogue,
      diagnostics: diagnostics)
    if diagnostics.hasErrors {
      throw Finding(text: diagnostics.sorted().map(\.description).joined(separator: "\n"))
    }
    if rule.isEmpty { return all }
    let inhibitors = all.rules.filter { rule.contains($0.id) }.flatMap(\.inhibitedBy)
    return RuleSet(
      documents: documents.only(Set(rule + inhibitors), diagnostics), calendars: loaded.calendars,
      catalogue: loaded.catalogue, diagnostics: Diagnostics())
  }
}

/// What this process has worked so far: on a busy machine, less than what has passed.
private func processorSeconds() -> Double {
  var time = timespec()
  guard clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return 0 }
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// `12,345,678`
func grouped(_ number: Int) -> String {
  let digits = Array(String(abs(number)))
  var text = number < 0 ? "-" : ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index) % 3 == 0 { text += "," }
    text.append(digit)
  }
  return text
}
