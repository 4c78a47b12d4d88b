/// `estatesim replay`
import ArgumentParser
import EstateModel
import EstateSimulator
import Foundation

struct Replay: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Plays captured traffic, or a measured series from a table.",
    discussion: """
      Captured traffic: what `record` wrote, each message at its time with its topic, QoS, retain flag and bytes. A \
      table has two columns, time and value; its first line is a header, times are local: 2025-03-21 00:00:30.

      EXAMPLE
        estatesim replay uplinks.jsonl --speed 60 --data data
        estatesim replay --csv laeq-1min.csv --device xintai/noise-flat --signal laeq --speed max --data data
      """)

  @Argument(help: ArgumentHelp("Captured traffic.", valueName: "file"))
  var capture: String?

  @Option(help: ArgumentHelp("The table.", valueName: "file"))
  var csv: String?

  @Option(help: ArgumentHelp("With --csv: whose readings they are to be.", valueName: "estate/device"))
  var device: String?

  @Option(help: "With --csv: the signal, such as laeq.")
  var signal: String?

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
    guard (capture == nil) != (csv == nil) else {
      throw ValidationError("Give a file of captured traffic, or --csv, not both.")
    }
    if csv == nil {
      if device != nil || signal != nil { throw ValidationError("--device and --signal go with --csv.") }
      return
    }
    guard let device, let signal else { throw ValidationError("--csv needs --device and --signal.") }
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
    if let capture { return try replay(capture) }
    guard let csv, let device, let signal else { return }
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

  private func replay(_ path: String) throws {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw Failure("looked for \(path): no such file, or it isn't UTF-8")
    }
    Interruption.watch()
    let player = Player(speed: speed, limit: duration?.duration) { Interruption.hasCome }
    do {
      let messages = try CapturedMessage.all(in: text, file: path)
      if dryRun {
        for message in messages {
          print("\(message.topic)\t\(String(decoding: message.payload, as: UTF8.self))")
        }
        return
      }
      let summary = try player.play(messages, to: try broker.link())
      print("replay: \(summary.messages) messages in \(plainNumber(summary.realSeconds, digits: 1)) s")
    } catch let error as Failure {
      throw error
    } catch {
      throw Failure("\(error)")
    }
  }
}
