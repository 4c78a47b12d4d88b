import ArgumentParser
import Configuration
import EstateModel
import Foundation
import RuleTools
import Store

struct QualityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quality",
    abstract: "How good the alarms are: how many, how bunched, how long, by ISA-18.2; and what to change.",
    discussion: """
      From the stored alarms: how many an hour, the most in ten minutes (more than ten are a flood), chattering (three \
      or more of one alarm in a minute), stale ones (active for over 24 h), the ten most frequent, and the share of \
      each priority. For rules that tell too much, the stored readings are played with longer delays and wider \
      deadbands, and the first value is named that would have halved their alarms.

      EXAMPLE
        gatehouse quality --since 30d
        gatehouse quality --since 7d --json
        gatehouse quality --no-advice
      """)

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  @Option(help: "From here: a time (RFC 3339), or so long before the latest batch.")
  var since = TimeArgument.back(milliseconds: 30 * 86_400_000)

  @Option(help: "To here, exclusive; default: the end.")
  var until: TimeArgument?

  @Flag(inversion: .prefixedNo, help: "Play the stored readings to find better values.")
  var advice = true

  private struct Line: Encodable {
    var quality: AlarmQuality
    var advice: [RuleAdvice]
  }

  func run() throws {
    let reader = try options.reader()
    guard let now = try reader.lastBatchTime() else { throw Finding(text: "nothing is stored yet") }
    let end = until.map { $0.timestamp(now: now) } ?? now + 1
    let asked = since.timestamp(now: now)
    guard asked < end else { throw Finding(text: "--since is not before --until") }
    let alarms = AlarmSpan.spans(try reader.transitions()).filter { $0.raised.at < end.milliseconds }
    let start = try max(asked, firstTime(reader, before: end) ?? asked)
    let quality = AlarmQuality(alarms: alarms, since: start, until: end)
    var faulty = RuleAdvice.faulty(quality)
    if advice, !faulty.isEmpty { faulty = try remedies(faulty, reader, since: start, until: end) }
    if output.json {
      print(try jsonLine(Line(quality: quality, advice: faulty)))
    } else {
      print(QualityText(quality: quality, advice: faulty, wasPlayed: advice).text)
    }
  }

  /// A gateway that runs since yesterday has no thirty days to be divided by.
  private func firstTime(_ reader: StoreReader, before end: Timestamp) throws -> Timestamp? {
    struct Found: Error {}
    var first: Timestamp?
    do {
      _ = try reader.replay(since: .distantPast, catalogue: Catalogue()) { now, _ in
        first = now
        throw Found()
      }
    } catch is Found {}
    return first
  }

  private func remedies(_ faulty: [RuleAdvice], _ reader: StoreReader, since: Timestamp, until: Timestamp)
    throws -> [RuleAdvice]
  {
    let loaded = try options.load()
    let stop = StopSignal()
    var line = ProgressLine()
    defer { line.clear() }
    return try RuleAdvice.withRemedies(
      faulty, rules: loaded.rules,
      documents: RuleDocuments(
        Document.all(
          in: loaded.settings.rulesFolder, prefix: "config/rules", diagnostics: Diagnostics())),
      catalogue: loaded.catalogue, reader: reader, since: since, until: until
    ) { now, readings in
      line.show {
        let share = Double(now - since) / Double(max(1, until - since))
        return "trying other values: \(Int(min(1, max(0, share)) * 100)) %  \(grouped(readings)) readings"
      }
      return !stop.hasCome
    }
  }
}
