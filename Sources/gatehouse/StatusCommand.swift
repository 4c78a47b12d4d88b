import ArgumentParser
import Foundation
import Gateway

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Figures of the running gateway.",
    discussion: """
      EXAMPLE
        gatehouse status
        gatehouse status --json
      """)

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let folder = try options.dataFolder()
    guard let client = ControlClient(dataFolder: folder) else {
      throw Finding(text: "no gateway runs on \(folder.path); start one with 'gatehouse run'")
    }
    guard case .status(let status) = try client.ask(.status) else { throw GatewayError.controlLost }
    if output.json {
      print(try jsonLine(status))
      return
    }
    let zone = TimeZone(identifier: "Asia/Shanghai") ?? .gmt
    print("time       \(status.now.map { LocalTime.text($0, in: zone) } ?? "no simulator yet")")
    print("broker     \(status.link)\(status.isCaughtUp ? "" : ", what it holds from before is being read")")
    if let failure = status.commitFailure {
      let since = status.failingSince.map { LocalTime.text($0, in: zone) } ?? "?"
      print("DISK       nothing can be kept since \(since), and nothing is read: \(failure)")
    }
    print(
      "messages   \(status.messages)  readings \(status.readings)  events \(status.events)  problems \(status.problems)"
        + "  delivered again \(status.duplicates)"
    )
    print(
      "devices    \(status.devices)  reporting \(status.reporting)  silent \(status.silent)  not seen yet \(status.neverSeen)"
    )
    print(
      "life       repeated \(status.repeats)  missed \(status.missedFrames)  overtaken \(status.disordered)"
        + "  late \(status.late)  joined \(status.joins)  unclaimed \(status.unclaimed)")
    print("alarms     \(status.activeAlarms) active")
    print("tickets    \(status.openTickets) open")
    if let outbox = status.outbox {
      let oldest = outbox.oldest.map { " since \(LocalTime.text($0, in: zone))" } ?? ""
      let dead = outbox.dead > 0 ? ", see 'gatehouse outbox --dead'" : ""
      print("outbox     \(outbox.waiting) waiting\(oldest)  given up \(outbox.dead)\(dead)")
    }
    if let reload = status.lastReload {
      let at = LocalTime.text(reload.at, in: zone)
      print("reload     \(at) by \(reload.by): \(reload.lines.joined(separator: "\n           "))")
    }
    print("commits    \(status.commits)  longest \(Int(status.longestCommit)) ms")
  }
}
