import ArgumentParser
import Configuration
import EstateModel
import Foundation
import Store

struct HistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "The stored readings of one signal, or what they amount to.",
    discussion: """
      EXAMPLE
        gatehouse history luyuan/probe-w03 level --since 6h
        gatehouse history luyuan/probe-w03 level --since 7d --every 5min
        gatehouse history yulongting-3/noise-b1u1 laeq --summary \\
          --since 2026-03-10T22:00:00+08:00 --until 2026-03-11T06:00:00+08:00
      """)

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  @Argument(help: "estate/device.") var device: String
  @Argument(help: "The signal's name.") var signal: String

  @Option(help: "From here: a time (RFC 3339), or so long before the latest batch.")
  var since = TimeArgument.back(milliseconds: 86_400_000)

  @Option(help: "To here, exclusive; default: the end.")
  var until: TimeArgument?

  @Option(help: "One line for each stretch of this length: energy mean for sound levels, mean for others.")
  var every: DurationArgument?

  @Flag(help: "One line for all: LAeq, L10 and L90 for sound levels; mean, smallest and largest for others.")
  var summary = false

  func run() throws {
    guard let known = Signal.named(signal).map({ Signal[$0] }) else {
      throw Finding(
        text: "unknown signal '\(signal)'"
          + suggestion(for: signal, in: Signal.all.map(\.name)))
    }
    let reader = try options.reader()
    let now = try reader.lastBatchTime() ?? .distantPast
    let all = try reader.history(
      device: device, signal: signal, since: since.timestamp(now: now),
      until: until?.timestamp(now: now) ?? .distantFuture)
    let zone = TimeZone(identifier: "Asia/Shanghai") ?? .gmt
    if summary || every != nil {
      let good = all.filter { $0.quality == .good }
      let stretch = every?.milliseconds
      var groups: [(start: Timestamp, values: [Double])] = []
      for reading in good {
        let start =
          stretch.map { Timestamp(milliseconds: reading.time.milliseconds / $0 * $0) } ?? good[0].time
        if groups.last?.start == start {
          groups[groups.count - 1].values.append(reading.value)
        } else {
          groups.append((start, [reading.value]))
        }
      }
      if groups.isEmpty, !output.json { print("no readings") }
      for group in groups { try printSummary(SignalSummary(group.start, group.values, known), in: zone) }
      return
    }
    if all.isEmpty, !output.json { print("no readings") }
    for reading in all {
      if output.json {
        try print(
          jsonLine(
            Line(
              time: reading.time.formatted(), value: reading.value.isFinite ? reading.value : nil,
              quality: reading.quality.name)))
      } else {
        let mark = reading.quality == .good ? "" : "  \(reading.quality.name)"
        print(
          "\(reading.time.formatted(in: zone))  \(plainNumber(reading.value, digits: 10)) \(known.unit.symbol)\(mark)"
        )
      }
    }
  }

  private struct Line: Encodable {
    var time: String
    var value: Double?
    var quality: String
  }

  private func printSummary(_ summary: SignalSummary, in zone: TimeZone) throws {
    print(output.json ? try jsonLine(summary) : summary.text(in: zone))
  }
}
