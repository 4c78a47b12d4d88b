/// `estatesim replay`
import ArgumentParser
import EstateModel
import EstateSimulator
import Foundation

struct Replay: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Plays a measured series from a table of two columns, time and value.",
    discussion: """
      The first line is a header. Times are local: 2025-03-21 00:00:30.

      EXAMPLE
        estatesim replay --csv laeq-1min.csv --device xintai/noise-flat --signal laeq --speed max --data data
      """)

  @Option(help: ArgumentHelp("The table.", valueName: "file"))
  var csv: String

  @Option(help: ArgumentHelp("Whose readings they are to be.", valueName: "estate/device"))
  var device: String

  @Option(help: "The signal, such as laeq.")
  var signal: String

  @Option(help: ArgumentHelp("Time zone of the time stamps.", valueName: "name"))
  var timezone = "Asia/Shanghai"

  @Option(help: "Virtual seconds for one real second, or max.")
  var speed = Speed.times(1)

  @Option(help: ArgumentHelp("End after this much real time, such as 150s.", valueName: "time"))
  var duration: RealTime?

  @Flag(help: "Print the messages, topic<TAB>payload, and connect to nothing.")
  var dryRun = false

  @OptionGroup var broker: BrokerOptions

  func validate() throws {
    if device.split(separator: "/", omittingEmptySubsequences: false).count != 2
      || device.contains(where: { "+#".contains($0) })
    {
      throw ValidationError("--device: found '\(device)', expected estate/device.")
    }
    if Signal.named(signal) == nil {
      let near = Signal.all.map(\.name).filter { $0.hasPrefix(signal.prefix(1)) }.joined(separator: ", ")
      throw ValidationError(
        "--signal: unknown signal '\(signal)'\(near.isEmpty ? "" : "; there are \(near)").")
    }
    if TimeZone(identifier: timezone) == nil {
      throw ValidationError("--timezone: found '\(timezone)', expected a name such as Asia/Shanghai.")
    }
  }

  func run() throws {
    guard let text = try? String(contentsOfFile: csv, encoding: .utf8) else {
      throw Failure("looked for \(csv): no such file, or it isn't UTF-8")
    }
    let series: MeasuredSeries
    do {
      series = try MeasuredSeries(
        text: text, file: csv, device: device, signal: signal,
        timeZone: TimeZone(identifier: timezone) ?? .gmt)
    } catch {
      throw Failure("\(error)")
    }
    Interruption.watch()
    let player = Player(speed: speed, limit: duration?.duration) { Interruption.hasCome }
    if dryRun {
      player.printMessages(of: series) { print($0) }
    } else {
      try broker.play(series, by: player, named: csv)
    }
  }
}
